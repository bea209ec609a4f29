//! What a slot of consensus costs: a full block with real signatures, an empty slot, an epoch's end, a state root.
//!
//! `cargo bench -p forebond-embedded-l1 --bench consensus`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "a benchmark that cannot run should stop"
)]

use std::{collections::BTreeSet, sync::Arc};

use alloy_primitives::{Address, B256, U256, keccak256};
use divan::{Bencher, counter::ItemsCount};
use forebond_beacon::{
    containers::{
        Attestation, BeaconState, ExecutionPayload, ExecutionPayloadHeader, FixedVector,
        VariableList,
    },
    preset::{Mainnet, Minimal, Preset},
};
use forebond_embedded_l1::consensus::{
    BlockParts, ChainConfig, Consensus, Genesis, KeyRing, PayloadAttributes,
};
use tree_hash::TreeHash as _;

fn main() {
    divan::main();
}

struct World<P: Preset> {
    consensus: Consensus<P>,
    state: BeaconState<P>,
    head_root: B256,
    vote: Option<Attestation<P>>,
}

impl<P: Preset> World<P> {
    fn new(validators: u64) -> Self {
        let keys = Arc::new(KeyRing::interop(validators));
        let consensus = Consensus::new(
            Arc::new(ChainConfig::devnet::<P>(31_337, 12_000)),
            Arc::clone(&keys),
        );
        let header = ExecutionPayloadHeader {
            block_hash: keccak256("genesis"),
            ..Default::default()
        };
        let state = consensus
            .genesis(Genesis::of_ring(
                &keys,
                &[Address::ZERO],
                1_700_000_000,
                header,
            ))
            .unwrap();
        let head_root = consensus.head_root(&state);
        Self {
            consensus,
            state,
            head_root,
            vote: None,
        }
    }

    /// One slot with a block, all duties done.
    fn slot(&mut self) {
        let advanced = self
            .consensus
            .advance_to(&self.state, self.state.slot + 1)
            .unwrap();
        let mut parts = BlockParts::new(payload(
            &self.consensus.payload_attributes(&advanced).unwrap(),
        ));
        parts.attestations.extend(self.vote.take());
        let produced = self.consensus.produce_block(&advanced, parts).unwrap();
        self.state = produced.post_state;
        self.head_root = produced.root;
        self.vote = self
            .consensus
            .attest(&self.state, self.head_root, &BTreeSet::new())
            .unwrap();
    }

    fn at_slot(validators: u64, slot: u64) -> Self {
        let mut world = Self::new(validators);
        while world.state.slot < slot {
            world.slot();
        }
        world
    }
}

fn payload<P: Preset>(attributes: &PayloadAttributes) -> ExecutionPayload<P> {
    ExecutionPayload {
        parent_hash: attributes.parent_hash,
        fee_recipient: Address::ZERO,
        state_root: B256::ZERO,
        receipts_root: B256::ZERO,
        logs_bloom: Default::default(),
        prev_randao: attributes.prev_randao,
        block_number: attributes.timestamp,
        gas_limit: 30_000_000,
        gas_used: 0,
        timestamp: attributes.timestamp,
        extra_data: VariableList::empty(),
        base_fee_per_gas: U256::from(7),
        block_hash: keccak256(attributes.timestamp.to_le_bytes()),
        transactions: VariableList::empty(),
        withdrawals: VariableList::new(attributes.withdrawals.clone()).unwrap(),
        blob_gas_used: 0,
        excess_blob_gas: 0,
    }
}

/// Sixteen epochs of blocks, votes and sync aggregates, with an epoch's end every eight slots.
#[divan::bench(sample_count = 5)]
fn slots_with_blocks_minimal_64_validators(bencher: Bencher) {
    const SLOTS: usize = 128;
    bencher
        .counter(ItemsCount::new(SLOTS))
        .with_inputs(|| World::<Minimal>::new(64))
        .bench_values(|mut world| (0..SLOTS).for_each(|_| world.slot()));
}

#[divan::bench(sample_count = 3)]
fn slots_with_blocks_mainnet_512_validators(bencher: Bencher) {
    const SLOTS: usize = 64;
    bencher
        .counter(ItemsCount::new(SLOTS))
        .with_inputs(|| World::<Mainnet>::new(512))
        .bench_values(|mut world| (0..SLOTS).for_each(|_| world.slot()));
}

fn root_after_a_slot<P: Preset>(bencher: Bencher, validators: u64) {
    // What changes from slot to slot: roots, randomness, some balances and flags.
    let world = World::<P>::at_slot(validators, P::slots_per_epoch() + 3);
    bencher
        .with_inputs(|| {
            let mut state = world.state.clone();
            *state.block_roots.get_mut(1).unwrap() = B256::repeat_byte(1);
            *state.state_roots.get_mut(1).unwrap() = B256::repeat_byte(2);
            *state.randao_mixes.get_mut(1).unwrap() = B256::repeat_byte(3);
            for index in 0..32 {
                *state.balances.get_mut(index).unwrap() += 1;
                *state.current_epoch_participation.get_mut(index).unwrap() ^= 1;
            }
            state
        })
        .bench_values(|mut state| {
            state.apply_updates().unwrap();
            state.tree_hash_root()
        });
}

#[divan::bench]
fn state_root_per_slot_minimal_64_validators(bencher: Bencher) {
    root_after_a_slot::<Minimal>(bencher, 64);
}

#[divan::bench]
fn state_root_per_slot_mainnet_512_validators(bencher: Bencher) {
    root_after_a_slot::<Mainnet>(bencher, 512);
}

#[divan::bench]
fn epoch_end_minimal_64_validators(bencher: Bencher) {
    let world = World::<Minimal>::at_slot(64, 23);
    bencher.bench(|| world.consensus.advance_to(&world.state, 24).unwrap());
}

#[divan::bench(sample_count = 10)]
fn epoch_end_mainnet_512_validators(bencher: Bencher) {
    let world = World::<Mainnet>::at_slot(512, 63);
    bencher.bench(|| world.consensus.advance_to(&world.state, 64).unwrap());
}

#[divan::bench]
fn clone_of_a_mainnet_state(bencher: Bencher) {
    let world = World::<Mainnet>::new(512);
    bencher.bench(|| world.state.clone());
}

#[divan::bench(sample_count = 5)]
fn genesis_minimal_64_validators() -> FixedVector<u64, <Minimal as Preset>::ProposerLookaheadSize> {
    World::<Minimal>::new(64).state.proposer_lookahead
}
