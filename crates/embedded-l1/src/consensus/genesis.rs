//! The first state: Fulu from slot 0, everybody active (as `initialize_beacon_state_from_eth1` with all forks passed).

use std::sync::Arc;

use alloy_primitives::{Address, B256, FixedBytes};
use forebond_beacon::{
    bls::SignatureBytes,
    containers::{
        BeaconBlock, BeaconBlockBody, BeaconBlockHeader, BeaconState, BitVector, Checkpoint,
        Eth1Data, ExecutionPayload, ExecutionPayloadHeader, ExecutionRequests, FixedVector, Fork,
        JustificationBits, PublicKeyBytes, SignedBeaconBlock, SyncAggregate, SyncCommittee,
        TreeList, TreeVector, VariableList,
    },
    preset::Preset,
};
use tree_hash::TreeHash as _;
use typenum::Unsigned;

use super::{
    access::draw_proposers,
    config::constants::{ETH1_ADDRESS_WITHDRAWAL_PREFIX, MIN_ACTIVATION_BALANCE},
    epoch::{new_validator, next_sync_committee},
    error::{Result, TransitionError},
    keys::KeyRing,
    rules::Rules,
};

/// "No legacy deposit is expected any more."
const UNSET_DEPOSIT_REQUESTS_START_INDEX: u64 = u64::MAX;

/// A validator that is active from the start.
#[derive(Clone, Copy, Debug)]
pub struct GenesisValidator {
    /// Its public key.
    pub pubkey: PublicKeyBytes,
    /// Where its withdrawals go (0x01 credentials).
    pub withdrawal_address: Address,
    /// Gwei; 32 ETH and more count as 32.
    pub balance_gwei: u64,
}

/// What a chain begins with.
#[derive(Clone, Debug)]
pub struct Genesis {
    /// Unix seconds of slot 0.
    pub time: u64,
    /// Validators in registry order, at least one.
    pub validators: Vec<GenesisValidator>,
    /// Header of the execution layer's genesis block.
    pub execution_header: ExecutionPayloadHeader,
}

impl Genesis {
    /// Every key of the ring with 32 ETH; withdrawal addresses are dealt out in turn.
    #[must_use]
    pub fn of_ring(
        keys: &KeyRing,
        withdrawal_addresses: &[Address],
        time: u64,
        execution_header: ExecutionPayloadHeader,
    ) -> Self {
        let addresses = withdrawal_addresses.iter().copied().cycle();
        let addresses = addresses.chain(core::iter::repeat(Address::ZERO));
        let validators = keys
            .public_keys()
            .iter()
            .zip(addresses)
            .map(|(pubkey, withdrawal_address)| GenesisValidator {
                pubkey: *pubkey,
                withdrawal_address,
                balance_gwei: MIN_ACTIVATION_BALANCE,
            })
            .collect();
        Self {
            time,
            validators,
            execution_header,
        }
    }
}

pub(super) fn genesis_state<P: Preset>(
    rules: Rules<'_>,
    genesis: Genesis,
) -> Result<BeaconState<P>> {
    let registered = genesis.validators.len();
    let count = registered as u64;
    let validators = TreeList::try_from_iter(genesis.validators.iter().map(|validator| {
        let mut credentials = validator.withdrawal_address.into_word();
        credentials[0] = ETH1_ADDRESS_WITHDRAWAL_PREFIX;
        let mut record = new_validator(validator.pubkey, credentials, validator.balance_gwei);
        record.activation_eligibility_epoch = 0;
        record.activation_epoch = 0;
        record
    }))?;
    let version = rules.config.fulu_version();
    let seed = genesis.execution_header.block_hash;
    let nobody = Arc::new(SyncCommittee {
        pubkeys: FixedVector::from_elem(FixedBytes::ZERO),
        aggregate_pubkey: FixedBytes::ZERO,
    });
    let eth1_data = Eth1Data {
        deposit_root: B256::ZERO,
        deposit_count: count,
        block_hash: seed,
    };
    let mut state = BeaconState {
        genesis_time: genesis.time,
        genesis_validators_root: validators.tree_hash_root(),
        slot: 0,
        fork: Fork {
            previous_version: version,
            current_version: version,
            epoch: 0,
        },
        latest_block_header: BeaconBlockHeader {
            body_root: empty_body::<P>().tree_hash_root(),
            ..BeaconBlockHeader::default()
        },
        block_roots: TreeVector::from_elem(B256::ZERO)?,
        state_roots: TreeVector::from_elem(B256::ZERO)?,
        historical_roots: TreeList::empty(),
        eth1_data,
        eth1_data_votes: TreeList::empty(),
        eth1_deposit_index: count,
        validators,
        balances: TreeList::try_from_iter(
            genesis
                .validators
                .iter()
                .map(|validator| validator.balance_gwei),
        )?,
        randao_mixes: TreeVector::from_elem(seed)?,
        slashings: TreeVector::from_elem(0)?,
        previous_epoch_participation: TreeList::repeat(0, registered)?,
        current_epoch_participation: TreeList::repeat(0, registered)?,
        justification_bits: JustificationBits::new(),
        previous_justified_checkpoint: Checkpoint::default(),
        current_justified_checkpoint: Checkpoint::default(),
        finalized_checkpoint: Checkpoint::default(),
        inactivity_scores: TreeList::repeat(0, registered)?,
        current_sync_committee: Arc::clone(&nobody),
        next_sync_committee: nobody,
        latest_execution_payload_header: genesis.execution_header,
        next_withdrawal_index: 0,
        next_withdrawal_validator_index: 0,
        historical_summaries: TreeList::empty(),
        deposit_requests_start_index: UNSET_DEPOSIT_REQUESTS_START_INDEX,
        deposit_balance_to_consume: 0,
        exit_balance_to_consume: 0,
        earliest_exit_epoch: 0,
        consolidation_balance_to_consume: 0,
        earliest_consolidation_epoch: 0,
        pending_deposits: TreeList::empty(),
        pending_partial_withdrawals: TreeList::empty(),
        pending_consolidations: TreeList::empty(),
        proposer_lookahead: FixedVector::from_elem(0),
    };
    let committee = Arc::new(next_sync_committee(rules, &state)?);
    state.current_sync_committee = Arc::clone(&committee);
    state.next_sync_committee = committee;
    let mut lookahead = draw_proposers(&state, 0)?;
    lookahead.extend(draw_proposers(&state, 1)?);
    state.proposer_lookahead =
        FixedVector::new(lookahead).map_err(|reason| TransitionError::Length {
            what: "proposer lookahead",
            reason: reason.to_string(),
        })?;
    debug_assert_eq!(
        state.proposer_lookahead.len(),
        P::ProposerLookaheadSize::USIZE
    );
    state.apply_updates()?;
    Ok(state)
}

pub(super) fn genesis_block<P: Preset>(state: &BeaconState<P>) -> SignedBeaconBlock<P> {
    let message = BeaconBlock {
        slot: 0,
        proposer_index: 0,
        parent_root: B256::ZERO,
        state_root: state.tree_hash_root(),
        body: empty_body(),
    };
    SignedBeaconBlock {
        message,
        signature: SignatureBytes::ZERO,
    }
}

/// The body with every field at its default; the genesis block has it.
fn empty_body<P: Preset>() -> BeaconBlockBody<P> {
    let no_signature = SignatureBytes::ZERO;
    BeaconBlockBody {
        randao_reveal: no_signature,
        eth1_data: Eth1Data::default(),
        graffiti: B256::ZERO,
        proposer_slashings: VariableList::empty(),
        attester_slashings: VariableList::empty(),
        attestations: VariableList::empty(),
        deposits: VariableList::empty(),
        voluntary_exits: VariableList::empty(),
        sync_aggregate: SyncAggregate {
            sync_committee_bits: BitVector::new(),
            sync_committee_signature: no_signature,
        },
        execution_payload: ExecutionPayload {
            parent_hash: B256::ZERO,
            fee_recipient: Address::ZERO,
            state_root: B256::ZERO,
            receipts_root: B256::ZERO,
            logs_bloom: FixedBytes::ZERO,
            prev_randao: B256::ZERO,
            block_number: 0,
            gas_limit: 0,
            gas_used: 0,
            timestamp: 0,
            extra_data: VariableList::empty(),
            base_fee_per_gas: alloy_primitives::U256::ZERO,
            block_hash: B256::ZERO,
            transactions: VariableList::empty(),
            withdrawals: VariableList::empty(),
            blob_gas_used: 0,
            excess_blob_gas: 0,
        },
        bls_to_execution_changes: VariableList::empty(),
        blob_kzg_commitments: VariableList::empty(),
        execution_requests: ExecutionRequests::default(),
    }
}
