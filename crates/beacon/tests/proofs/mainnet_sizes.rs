//! Proofs made from a state of mainnet's sizes. The specification's mainnet vectors check the verifier; a state to make
//! them from would be megabytes, so this one is put together here and the verifier checks the prover.

use std::sync::Arc;

use alloy_primitives::{B256, keccak256};
use forebond_beacon::{
    containers::{BeaconState, FixedVector, SyncCommittee, TreeList, TreeVector},
    preset::{Mainnet, Minimal},
    proof::{ForkLayout, Presence, ProofError, StateProver},
};
use tree_hash::TreeHash;

use crate::made_here::{NEWEST, state};

/// Far enough for the ring of 8192 block roots to have wrapped.
const SLOT: u64 = 20_000;
const MISSED: u64 = SLOT - 8000;

/// The minimal fixture state with mainnet's vectors in place of its own.
fn mainnet_state() -> BeaconState<Mainnet> {
    let from: BeaconState<Minimal> = state(NEWEST);
    let committee = Arc::new(SyncCommittee {
        pubkeys: FixedVector::from_elem(from.current_sync_committee.aggregate_pubkey),
        aggregate_pubkey: from.current_sync_committee.aggregate_pubkey,
    });
    let mut header = from.latest_block_header;
    header.slot = SLOT;
    let root_at = |slot: u64| keccak256(slot.to_be_bytes());
    let mut block_roots = vec![B256::ZERO; 8192];
    for slot in SLOT - 8192..SLOT {
        let newest = if slot == MISSED { slot - 1 } else { slot };
        block_roots[usize::try_from(slot % 8192).unwrap()] = root_at(newest);
    }
    BeaconState {
        genesis_time: from.genesis_time,
        genesis_validators_root: from.genesis_validators_root,
        slot: SLOT,
        fork: from.fork,
        latest_block_header: header,
        block_roots: TreeVector::new(block_roots).unwrap(),
        state_roots: TreeVector::from_elem(B256::repeat_byte(1)).unwrap(),
        historical_roots: from.historical_roots,
        eth1_data: from.eth1_data,
        eth1_data_votes: TreeList::empty(),
        eth1_deposit_index: from.eth1_deposit_index,
        validators: from.validators,
        balances: from.balances,
        randao_mixes: TreeVector::from_elem(B256::repeat_byte(2)).unwrap(),
        slashings: TreeVector::from_elem(0).unwrap(),
        previous_epoch_participation: from.previous_epoch_participation,
        current_epoch_participation: from.current_epoch_participation,
        justification_bits: from.justification_bits,
        previous_justified_checkpoint: from.previous_justified_checkpoint,
        current_justified_checkpoint: from.current_justified_checkpoint,
        finalized_checkpoint: from.finalized_checkpoint,
        inactivity_scores: from.inactivity_scores,
        current_sync_committee: committee.clone(),
        next_sync_committee: committee,
        latest_execution_payload_header: from.latest_execution_payload_header,
        next_withdrawal_index: from.next_withdrawal_index,
        next_withdrawal_validator_index: from.next_withdrawal_validator_index,
        historical_summaries: from.historical_summaries,
        deposit_requests_start_index: from.deposit_requests_start_index,
        deposit_balance_to_consume: from.deposit_balance_to_consume,
        exit_balance_to_consume: from.exit_balance_to_consume,
        earliest_exit_epoch: from.earliest_exit_epoch,
        consolidation_balance_to_consume: from.consolidation_balance_to_consume,
        earliest_consolidation_epoch: from.earliest_consolidation_epoch,
        pending_deposits: from.pending_deposits,
        pending_partial_withdrawals: TreeList::empty(),
        pending_consolidations: TreeList::empty(),
        proposer_lookahead: FixedVector::new((0..64).map(|slot| slot % 31).collect()).unwrap(),
    }
}

#[test]
fn proofs_of_mainnet_sizes_verify() {
    let (layout, state) = (ForkLayout::fulu::<Mainnet>(), mainnet_state());
    let prover = StateProver::new(&state).unwrap();
    let root = prover.block_root();
    assert_eq!(prover.header().state_root, state.tree_hash_root());
    let epoch = SLOT / 32;
    for (epoch, from) in [(epoch, 0), (epoch + 1, 32)] {
        let proof = prover.lookahead(epoch).unwrap();
        assert_eq!((proof.chunks.len(), proof.branch.len()), (8, 7));
        let proposers = proof.verify(&layout, root, epoch).unwrap();
        assert_eq!(proposers, state.proposer_lookahead[from..from + 32]);
        for (slot, proposer) in (epoch * 32..).zip(proposers) {
            let proof = prover.slot(slot).unwrap();
            assert_eq!(proof.branch.len(), 10);
            assert_eq!(proof.verify(&layout, root, slot), Ok(proposer));
        }
    }
    for proof in prover.validators(&[0, 1, 31]).unwrap() {
        assert_eq!(proof.branch.len(), 49);
        assert_eq!(proof.verify(&layout, root), Ok(()));
    }
    for slot in [
        SLOT - 8191,
        MISSED - 1,
        MISSED,
        MISSED + 1,
        16_383,
        16_384,
        SLOT - 1,
    ] {
        let proof = prover.presence(slot).unwrap();
        assert_eq!(proof.branch_at.len(), 19);
        let expected = if slot == MISSED {
            Presence::Missed
        } else {
            Presence::Present
        };
        assert_eq!(proof.verify(&layout, root), Ok(expected), "slot {slot}");
    }
    assert!(matches!(
        prover.presence(SLOT - 8192),
        Err(ProofError::Ring { ring: 8192, .. })
    ));
}
