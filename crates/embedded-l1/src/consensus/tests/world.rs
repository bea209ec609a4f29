//! A chain of consensus blocks over payloads that nobody executes: their hashes only have to link.

use std::{collections::BTreeSet, sync::Arc};

use alloy_primitives::{Address, B256, U256, keccak256};
use forebond_beacon::{
    containers::{
        Attestation, BeaconState, ExecutionPayload, ExecutionPayloadHeader, SignedBeaconBlock,
        VariableList,
    },
    preset::Preset,
};

use super::super::{
    BlockParts, ChainConfig, Consensus, Genesis, KeyRing, PayloadAttributes, ProducedBlock,
    access::at,
};

pub(crate) const OPERATOR: Address = Address::repeat_byte(0x0a);

pub(crate) struct World<P: Preset> {
    pub(crate) consensus: Consensus<P>,
    pub(crate) state: BeaconState<P>,
    pub(crate) head_root: B256,
    pub(crate) votes: Vec<Attestation<P>>,
    pub(crate) blocks: Vec<SignedBeaconBlock<P>>,
    pub(crate) silent: BTreeSet<u64>,
}

impl<P: Preset> World<P> {
    pub(crate) fn new(validators: u64) -> Self {
        Self::with_config(validators, ChainConfig::devnet::<P>(31_337, 12_000))
    }

    pub(crate) fn with_config(validators: u64, config: ChainConfig) -> Self {
        // Two keys more than validators: of those who join later.
        let keys = Arc::new(KeyRing::interop(validators + 2));
        let consensus = Consensus::new(Arc::new(config), Arc::clone(&keys));
        let header = ExecutionPayloadHeader {
            block_hash: keccak256("genesis"),
            gas_limit: 30_000_000,
            ..ExecutionPayloadHeader::default()
        };
        let mut genesis = Genesis::of_ring(&keys, &[OPERATOR], 1_700_000_000, header);
        genesis.validators.truncate(at(validators));
        let state = consensus.genesis(genesis).unwrap();
        let head_root = consensus.head_root(&state);
        Self {
            consensus,
            state,
            head_root,
            votes: Vec::new(),
            blocks: Vec::new(),
            silent: BTreeSet::new(),
        }
    }

    /// The next slot passes without a block; everybody votes for the old head.
    pub(crate) fn miss(&mut self) {
        self.state = self
            .consensus
            .advance_to(&self.state, self.state.slot + 1)
            .unwrap();
        self.vote();
    }

    /// The next slot gets a block with whatever `fill` adds.
    pub(crate) fn propose_with(
        &mut self,
        fill: impl FnOnce(&mut BlockParts<P>),
    ) -> SignedBeaconBlock<P> {
        let advanced = self
            .consensus
            .advance_to(&self.state, self.state.slot + 1)
            .unwrap();
        let mut parts = self.parts(&advanced);
        fill(&mut parts);
        let ProducedBlock {
            block,
            root,
            post_state,
        } = self.consensus.produce_block(&advanced, parts).unwrap();
        self.state = post_state;
        self.head_root = root;
        self.vote();
        self.blocks.push(block.clone());
        block
    }

    pub(crate) fn propose(&mut self) -> SignedBeaconBlock<P> {
        self.propose_with(|_| ())
    }

    pub(crate) fn parts(&self, advanced: &BeaconState<P>) -> BlockParts<P> {
        let mut parts = BlockParts::new(payload(
            &self.consensus.payload_attributes(advanced).unwrap(),
        ));
        parts.attestations.clone_from(&self.votes);
        parts.silent.clone_from(&self.silent);
        parts
    }

    fn vote(&mut self) {
        let vote = self
            .consensus
            .attest(&self.state, self.head_root, &self.silent)
            .unwrap();
        self.votes.extend(vote);
        let keep = self.votes.len().saturating_sub(8);
        self.votes.drain(..keep);
    }
}

/// A payload that consensus accepts.
pub(crate) fn payload<P: Preset>(attributes: &PayloadAttributes) -> ExecutionPayload<P> {
    ExecutionPayload {
        parent_hash: attributes.parent_hash,
        fee_recipient: OPERATOR,
        state_root: B256::repeat_byte(1),
        receipts_root: B256::repeat_byte(2),
        logs_bloom: alloy_primitives::FixedBytes::ZERO,
        prev_randao: attributes.prev_randao,
        block_number: attributes.timestamp,
        gas_limit: 30_000_000,
        gas_used: 21_000,
        timestamp: attributes.timestamp,
        extra_data: VariableList::new(b"forebond".to_vec()).unwrap(),
        base_fee_per_gas: U256::from(7),
        block_hash: keccak256(
            [
                attributes.parent_hash.as_slice(),
                &attributes.timestamp.to_le_bytes(),
            ]
            .concat(),
        ),
        transactions: VariableList::new(vec![VariableList::new(vec![2, 3, 4]).unwrap()]).unwrap(),
        withdrawals: VariableList::new(attributes.withdrawals.clone()).unwrap(),
        blob_gas_used: 0,
        excess_blob_gas: 0,
    }
}
