//! What local validators do: propose, attest, sign for the sync committee. All signatures are real.

use std::collections::BTreeSet;

use alloy_primitives::B256;
use forebond_beacon::{
    bls::INFINITY_SIGNATURE,
    containers::{
        AggregationBits, Attestation, AttestationData, AttesterSlashing, BeaconBlock,
        BeaconBlockBody, BeaconState, BitVector, Checkpoint, CommitteeBits, ExecutionPayload,
        ExecutionRequests, KzgCommitment, ProposerSlashing, PublicKeyBytes, SignedBeaconBlock,
        SignedBlsToExecutionChange, SignedVoluntaryExit, SyncAggregate, VariableList, Withdrawal,
    },
    preset::{Preset, limits},
    signing::domain::{DomainType, signing_root},
};
use tree_hash::TreeHash as _;
use typenum::Unsigned;

use super::{
    access::{
        Committees, at, block_root_at, domain, indices_by_key, proposer_index, randao_mix,
        start_slot, validator,
    },
    block::{expected_withdrawals, includable, process_block},
    error::{Result, TransitionError},
    rules::Rules,
    slots::state_root,
};

/// What the execution layer needs to build the payload of the state's slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayloadAttributes {
    /// Execution block to build on.
    pub parent_hash: B256,
    /// Unix seconds.
    pub timestamp: u64,
    /// Randomness for the block.
    pub prev_randao: B256,
    /// Withdrawals the payload must hold, in order.
    pub withdrawals: Vec<Withdrawal>,
    /// Root of the parent beacon block: what EIP-4788 stores.
    pub parent_beacon_block_root: B256,
    /// Blobs the payload may hold at most.
    pub max_blobs: u64,
    /// Who proposes.
    pub proposer_index: u64,
}

/// What a block is made of besides the duties of its proposer.
#[derive(Clone, Debug)]
pub struct BlockParts<P: Preset> {
    /// Built from [`PayloadAttributes`].
    pub payload: ExecutionPayload<P>,
    /// Requests that came out of the payload.
    pub requests: ExecutionRequests,
    /// Commitments to the payload's blobs, in order.
    pub commitments: Vec<KzgCommitment>,
    /// Votes seen; those that are valid here are taken, newest first.
    pub attestations: Vec<Attestation<P>>,
    /// Evidence against proposers.
    pub proposer_slashings: Vec<ProposerSlashing>,
    /// Evidence against attesters.
    pub attester_slashings: Vec<AttesterSlashing<P>>,
    /// Validators that leave.
    pub voluntary_exits: Vec<SignedVoluntaryExit>,
    /// New withdrawal credentials.
    pub bls_to_execution_changes: Vec<SignedBlsToExecutionChange>,
    /// 32 bytes of the proposer's choice.
    pub graffiti: B256,
    /// Validators that do not sign for the sync committee in this slot.
    pub silent: BTreeSet<u64>,
}

impl<P: Preset> BlockParts<P> {
    /// A block with a payload and nothing else.
    #[must_use]
    pub fn new(payload: ExecutionPayload<P>) -> Self {
        Self {
            payload,
            requests: ExecutionRequests::default(),
            commitments: Vec::new(),
            attestations: Vec::new(),
            proposer_slashings: Vec::new(),
            attester_slashings: Vec::new(),
            voluntary_exits: Vec::new(),
            bls_to_execution_changes: Vec::new(),
            graffiti: B256::ZERO,
            silent: BTreeSet::new(),
        }
    }
}

/// A block that was produced, and what it leads to.
#[derive(Clone, Debug)]
pub struct ProducedBlock<P: Preset> {
    /// The signed block.
    pub block: SignedBeaconBlock<P>,
    /// Its root.
    pub root: B256,
    /// The state after it.
    pub post_state: BeaconState<P>,
}

pub(super) fn payload_attributes<P: Preset>(
    rules: Rules<'_>,
    state: &BeaconState<P>,
) -> Result<PayloadAttributes> {
    let epoch = state.current_epoch();
    Ok(PayloadAttributes {
        parent_hash: state.latest_execution_payload_header.block_hash,
        timestamp: rules.config.seconds_at_slot(state.genesis_time, state.slot),
        prev_randao: randao_mix(state, epoch),
        withdrawals: expected_withdrawals(state)?.withdrawals,
        parent_beacon_block_root: state.latest_block_header.tree_hash_root(),
        max_blobs: rules.config.max_blobs_per_block(epoch),
        proposer_index: proposer_index(state),
    })
}

pub(super) fn produce_block<P: Preset>(
    rules: Rules<'_>,
    state: &BeaconState<P>,
    parts: BlockParts<P>,
) -> Result<ProducedBlock<P>> {
    let proposer_index = proposer_index(state);
    let proposer = validator(state, proposer_index)?.pubkey;
    let epoch = state.current_epoch();
    let sign = |purpose, object_root: B256| {
        rules
            .keys
            .sign(
                &proposer,
                signing_root(object_root, domain(state, purpose, epoch)),
            )
            .ok_or(TransitionError::NoKey {
                index: proposer_index,
            })
    };
    let body = BeaconBlockBody {
        randao_reveal: sign(DomainType::RANDAO, epoch.tree_hash_root())?,
        eth1_data: state.eth1_data,
        graffiti: parts.graffiti,
        proposer_slashings: bounded("proposer slashings", parts.proposer_slashings)?,
        attester_slashings: bounded("attester slashings", parts.attester_slashings)?,
        attestations: bounded(
            "attestations",
            includable(
                rules,
                state,
                &parts.attestations,
                limits::Attestations::USIZE,
            )?,
        )?,
        deposits: VariableList::empty(),
        voluntary_exits: bounded("voluntary exits", parts.voluntary_exits)?,
        sync_aggregate: sync_aggregate(rules, state, &parts.silent)?,
        execution_payload: parts.payload,
        bls_to_execution_changes: bounded("credentials changes", parts.bls_to_execution_changes)?,
        blob_kzg_commitments: bounded("blob commitments", parts.commitments)?,
        execution_requests: parts.requests,
    };
    let mut block = BeaconBlock {
        slot: state.slot,
        proposer_index,
        parent_root: state.latest_block_header.tree_hash_root(),
        state_root: B256::ZERO,
        body,
    };
    let mut post_state = state.clone();
    process_block(rules, &mut post_state, &block)?;
    block.state_root = state_root(&mut post_state)?;
    let mut header = post_state.latest_block_header;
    header.state_root = block.state_root;
    let root = header.tree_hash_root();
    let signature = sign(DomainType::BEACON_PROPOSER, root)?;
    Ok(ProducedBlock {
        block: SignedBeaconBlock {
            message: block,
            signature,
        },
        root,
        post_state,
    })
}

fn bounded<T, N: Unsigned>(what: &'static str, items: Vec<T>) -> Result<VariableList<T, N>> {
    VariableList::new(items).map_err(|reason| TransitionError::Length {
        what,
        reason: reason.to_string(),
    })
}

/// The local members' signature over the parent, without the silent ones.
fn sync_aggregate<P: Preset>(
    rules: Rules<'_>,
    state: &BeaconState<P>,
    silent: &BTreeSet<u64>,
) -> Result<SyncAggregate<P>> {
    let previous_slot = state.slot.saturating_sub(1);
    let root = signing_root(
        block_root_at(state, previous_slot)?,
        domain(
            state,
            DomainType::SYNC_COMMITTEE,
            previous_slot / P::slots_per_epoch(),
        ),
    );
    let silent_keys: BTreeSet<PublicKeyBytes> = if silent.is_empty() {
        BTreeSet::new()
    } else {
        let indices = indices_by_key(state);
        indices
            .into_iter()
            .filter(|(_, index)| silent.contains(index))
            .map(|(key, _)| key)
            .collect()
    };
    let mut bits = BitVector::<P::SyncCommitteeSize>::new();
    let mut signers = Vec::new();
    for (place, key) in state.current_sync_committee.pubkeys.iter().enumerate() {
        if rules.keys.holds(key) && !silent_keys.contains(key) {
            // The committee and its bits have the same length.
            let _ = bits.set(place, true);
            signers.push(key);
        }
    }
    let signature = rules
        .keys
        .sign_together(signers, root)
        .unwrap_or(INFINITY_SIGNATURE);
    Ok(SyncAggregate {
        sync_committee_bits: bits,
        sync_committee_signature: signature,
    })
}

/// The local validators' votes of the state's slot for `head_root`, all committees in one attestation. Nothing when
/// nobody votes. Committees in which nobody votes are left out.
pub(super) fn attest<P: Preset>(
    rules: Rules<'_>,
    state: &BeaconState<P>,
    head_root: B256,
    silent: &BTreeSet<u64>,
) -> Result<Option<Attestation<P>>> {
    let (slot, epoch) = (state.slot, state.current_epoch());
    let first_slot = start_slot::<P>(epoch);
    let target_root = if first_slot < slot {
        block_root_at(state, first_slot)?
    } else {
        head_root
    };
    let data = AttestationData {
        slot,
        index: 0,
        beacon_block_root: head_root,
        source: state.current_justified_checkpoint,
        target: Checkpoint {
            epoch,
            root: target_root,
        },
    };
    let committees = Committees::new(state, epoch)?;
    let mut committee_bits = CommitteeBits::<P>::new();
    let mut votes = Vec::new();
    let mut voters = Vec::new();
    for index in 0..committees.per_slot() {
        let mut of_committee = Vec::new();
        for member in committees.members(slot, index) {
            let key = validator(state, *member)?.pubkey;
            let votes = rules.keys.holds(&key) && !silent.contains(member);
            of_committee.push(votes);
            if votes {
                voters.push(key);
            }
        }
        if of_committee.contains(&true) {
            // There are never more committees than bits.
            let _ = committee_bits.set(at(index), true);
            votes.extend(of_committee);
        }
    }
    let root = signing_root(
        data.tree_hash_root(),
        domain(state, DomainType::BEACON_ATTESTER, epoch),
    );
    let Some(signature) = rules.keys.sign_together(&voters, root) else {
        return Ok(None);
    };
    let mut aggregation_bits =
        AggregationBits::<P>::with_capacity(votes.len()).map_err(|reason| {
            TransitionError::Length {
                what: "aggregation bits",
                reason: format!("{reason:?}"),
            }
        })?;
    for (place, votes) in votes.into_iter().enumerate() {
        // The bits were made for this many votes.
        let _ = aggregation_bits.set(place, votes);
    }
    Ok(Some(Attestation {
        aggregation_bits,
        data,
        signature,
        committee_bits,
    }))
}
