//! The consensus half of the embedded L1: Fulu's state transition and the duties of local validators.
//!
//! Pure functions over [`BeaconState`](forebond_beacon::containers::BeaconState): no clock, no I/O, no fork choice. A
//! state is cheap to clone and never changed in place, so a reorg is picking an older state and going on from there.
//!
//! A slot, as the node drives it:
//! 1. [`Consensus::advance_to`] the slot from the head's state (missed slots included);
//! 2. [`Consensus::payload_attributes`] → the execution layer builds a payload;
//! 3. [`Consensus::produce_block`] → signed block, root, post-state;
//! 4. [`Consensus::attest`] on the post-state (or on the advanced state when the slot stays empty) → votes that the
//!    next blocks take.
//!
//! Deviations from a full node: no legacy deposits (there are none since Fulu), no fork transitions (Fulu from slot 0),
//! data availability and payload validity are the node's business.

mod access;
mod block;
mod churn;
mod config;
mod epoch;
mod error;
mod genesis;
mod keys;
mod operations;
mod production;
mod rules;
mod shuffle;
mod slots;

use std::{collections::BTreeSet, marker::PhantomData, sync::Arc};

use alloy_primitives::B256;
use forebond_beacon::{
    containers::{
        Attestation, BeaconState, ProposerSlashing, SignedBeaconBlock, SignedVoluntaryExit,
    },
    preset::Preset,
    signing::domain::{DomainType, signing_root},
};
use tree_hash::TreeHash as _;

pub use access::Committees;
pub use config::{BlobLimit, ChainConfig, constants};
pub use error::TransitionError;
pub use genesis::{Genesis, GenesisValidator};
pub use keys::KeyRing;
pub use operations::deposit_request;
pub use production::{BlockParts, PayloadAttributes, ProducedBlock};

use error::Result;
use rules::Rules;

/// The rules of one chain and the keys of its local validators.
#[derive(Clone, Debug)]
pub struct Consensus<P: Preset> {
    config: Arc<ChainConfig>,
    keys: Arc<KeyRing>,
    verify_own_signatures: bool,
    preset: PhantomData<P>,
}

impl<P: Preset> Consensus<P> {
    /// Rules and keys. Blocks produced here are not verified again unless
    /// [`with_verification`](Self::with_verification) says so; blocks applied from outside always are.
    #[must_use]
    pub const fn new(config: Arc<ChainConfig>, keys: Arc<KeyRing>) -> Self {
        Self {
            config,
            keys,
            verify_own_signatures: false,
            preset: PhantomData,
        }
    }

    /// Whether signatures made here are verified while producing: several milliseconds per block.
    #[must_use]
    pub const fn with_verification(mut self, verify: bool) -> Self {
        self.verify_own_signatures = verify;
        self
    }

    /// The same rules with other keys, e.g. after a validator was added.
    #[must_use]
    pub fn with_keys(&self, keys: Arc<KeyRing>) -> Self {
        Self {
            keys,
            ..self.clone()
        }
    }

    /// Constants of the chain.
    #[must_use]
    pub const fn config(&self) -> &Arc<ChainConfig> {
        &self.config
    }

    /// Keys of the local validators.
    #[must_use]
    pub const fn keys(&self) -> &Arc<KeyRing> {
        &self.keys
    }

    fn rules(&self, verify_signatures: bool) -> Rules<'_> {
        Rules {
            config: &self.config,
            keys: &self.keys,
            verify_signatures,
        }
    }

    /// The state of slot 0. Its block has the root [`Consensus::head_root`] gives.
    ///
    /// # Errors
    /// When there is no validator, or a key is invalid.
    pub fn genesis(&self, genesis: Genesis) -> Result<BeaconState<P>> {
        genesis::genesis_state(self.rules(true), genesis)
    }

    /// The block of slot 0 that `state`, the genesis state, stands for. Nobody signed it: its signature is zero.
    #[must_use]
    pub fn genesis_block(&self, state: &BeaconState<P>) -> SignedBeaconBlock<P> {
        genesis::genesis_block(state)
    }

    /// The state at the beginning of `slot`, which must be after the state's, without a block in between.
    ///
    /// # Errors
    /// When `slot` is not after the state's, or tens of thousands of slots after it.
    pub fn advance_to(&self, state: &BeaconState<P>, slot: u64) -> Result<BeaconState<P>> {
        let mut state = state.clone();
        slots::process_slots(self.rules(true), &mut state, slot)?;
        Ok(state)
    }

    /// What the execution layer builds on for a block at the state's slot; the state must be advanced to it.
    ///
    /// # Errors
    /// When the state is inconsistent.
    pub fn payload_attributes(&self, state: &BeaconState<P>) -> Result<PayloadAttributes> {
        production::payload_attributes(self.rules(false), state)
    }

    /// The block of the state's slot by its proposer; the state must be advanced to it.
    ///
    /// # Errors
    /// When the proposer is slashed or its key is not here (the slot stays empty), or a part does not fit.
    pub fn produce_block(
        &self,
        state: &BeaconState<P>,
        parts: BlockParts<P>,
    ) -> Result<ProducedBlock<P>> {
        production::produce_block(self.rules(self.verify_own_signatures), state, parts)
    }

    /// The votes of all local validators that have the duty at the state's slot, except the silent ones, for the block
    /// `head_root`: the newest one at or before the slot. Nothing when nobody votes.
    ///
    /// # Errors
    /// When the state is inconsistent.
    pub fn attest(
        &self,
        state: &BeaconState<P>,
        head_root: B256,
        silent: &BTreeSet<u64>,
    ) -> Result<Option<Attestation<P>>> {
        production::attest(self.rules(false), state, head_root, silent)
    }

    /// Applies a block to the state of its parent (`state_transition` with full validation): slots, signatures, state
    /// root. The payload's validity is the execution layer's business.
    ///
    /// # Errors
    /// When the block breaks a rule.
    pub fn apply_block(
        &self,
        parent: &BeaconState<P>,
        block: &SignedBeaconBlock<P>,
    ) -> Result<BeaconState<P>> {
        let rules = self.rules(true);
        let message = &block.message;
        let mut state = parent.clone();
        slots::process_slots(rules, &mut state, message.slot)?;
        let proposer = access::validator(&state, message.proposer_index)?.pubkey;
        let domain = access::domain(&state, DomainType::BEACON_PROPOSER, state.current_epoch());
        let header_root = message.to_header().tree_hash_root();
        rules.check(
            "block",
            &proposer,
            signing_root(header_root, domain),
            &block.signature,
        )?;
        block::process_block(rules, &mut state, message)?;
        let expected = slots::state_root(&mut state)?;
        if message.state_root != expected {
            return Err(TransitionError::Root {
                what: "state root",
                got: message.state_root,
                expected,
            });
        }
        Ok(state)
    }

    /// Root of the newest block at or before the state's slot, whether the state is a post-state or advanced.
    #[must_use]
    pub fn head_root(&self, state: &BeaconState<P>) -> B256 {
        let mut header = state.latest_block_header;
        if header.state_root.is_zero() {
            header.state_root = state.tree_hash_root();
        }
        header.tree_hash_root()
    }

    /// Index of the proposer at the state's slot.
    #[must_use]
    pub fn proposer_index(&self, state: &BeaconState<P>) -> u64 {
        access::proposer_index(state)
    }

    /// Evidence that slashes `index`, signed by itself.
    ///
    /// # Errors
    /// When there is no such validator or its key is not here.
    pub fn proposer_slashing(
        &self,
        state: &BeaconState<P>,
        index: u64,
    ) -> Result<ProposerSlashing> {
        operations::proposer_slashing(self.rules(false), state, index)
    }

    /// The signed exit of `index`.
    ///
    /// # Errors
    /// When there is no such validator or its key is not here.
    pub fn voluntary_exit(
        &self,
        state: &BeaconState<P>,
        index: u64,
    ) -> Result<SignedVoluntaryExit> {
        operations::voluntary_exit(self.rules(false), state, index)
    }
}

#[cfg(test)]
pub(crate) mod tests;
