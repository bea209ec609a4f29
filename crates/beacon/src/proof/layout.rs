//! Where things stand in the beacon state, by fork and preset.

use super::{Gindex, ProofError};
use crate::preset::Preset;

/// Proposers in one 32-byte chunk of `proposer_lookahead`: little-endian uint64.
pub(super) const INDICES_PER_CHUNK: u64 = 4;
/// Fulu's state fills a tree of two to this power of leaves.
const STATE_DEPTH: u32 = 6;
/// Progressive lists have no limit; this many validators have positions of at most 64 bits.
const GLOAS_REGISTRY_LIMIT: u64 = ((1 << 36) - 1) / 3;
/// `VALIDATOR_REGISTRY_LIMIT` is two to this power.
pub(super) const REGISTRY_DEPTH: u32 = 40;

/// A fork that moved what we prove. The next one becomes a variant here and an arm in each match below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fork {
    /// Live since epoch 411392 of mainnet: 38 fields in a tree of 64 leaves.
    Fulu,
    /// The state is a progressive container and its registry a progressive list (EIP-7688, EIP-7916): every position moves,
    /// and a validator's depth depends on its index. As in eth-consensus-specs 1.7.0b4; not final.
    Gloas,
}

/// One of the two epochs that a state's `proposer_lookahead` covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LookaheadHalf {
    /// The epoch of the state's slot.
    Current,
    /// The one after it.
    Next,
}

/// Positions below the state root, for one fork and one preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ForkLayout {
    fork: Fork,
    /// Power of two.
    slots_per_epoch: u64,
    /// Power of two.
    slots_per_historical_root: u64,
}

impl ForkLayout {
    /// Fulu under preset `P`.
    #[must_use]
    pub fn fulu<P: Preset>() -> Self {
        Self {
            fork: Fork::Fulu,
            slots_per_epoch: P::slots_per_epoch(),
            slots_per_historical_root: P::slots_per_historical_root(),
        }
    }

    /// Gloas under preset `P`, for verifying only: there is no Gloas state here to prove from.
    #[must_use]
    pub fn gloas<P: Preset>() -> Self {
        Self {
            fork: Fork::Gloas,
            ..Self::fulu::<P>()
        }
    }

    /// The fork.
    #[must_use]
    pub const fn fork(&self) -> Fork {
        self.fork
    }

    /// Slots of an epoch.
    #[must_use]
    pub const fn slots_per_epoch(&self) -> u64 {
        self.slots_per_epoch
    }

    /// Slots whose block roots a state keeps.
    #[must_use]
    pub const fn slots_per_historical_root(&self) -> u64 {
        self.slots_per_historical_root
    }

    /// The epoch of `slot`.
    #[must_use]
    pub const fn epoch_of(&self, slot: u64) -> u64 {
        slot / self.slots_per_epoch
    }

    /// Chunks that hold one epoch's proposers.
    #[must_use]
    pub const fn chunks_per_epoch(&self) -> u64 {
        self.slots_per_epoch / INDICES_PER_CHUNK
    }

    /// `block_roots`.
    #[must_use]
    pub const fn block_roots(&self) -> Gindex {
        self.field(5)
    }

    /// `validators`: the list's root, with the length mixed in.
    #[must_use]
    pub const fn validators(&self) -> Gindex {
        self.field(11)
    }

    /// `proposer_lookahead`.
    #[must_use]
    pub const fn lookahead(&self) -> Gindex {
        self.field(37)
    }

    /// Root of the chunks of one epoch's proposers.
    #[must_use]
    pub const fn lookahead_half(&self, half: LookaheadHalf) -> Gindex {
        let place = match half {
            LookaheadHalf::Current => 0,
            LookaheadHalf::Next => 1,
        };
        self.lookahead().below(1, place)
    }

    /// Which half of a state's lookahead, at the header's slot, is that of `epoch`.
    ///
    /// # Errors
    /// [`ProofError::Epoch`] when it is neither the state's epoch nor the next one.
    pub const fn half_of(&self, header_slot: u64, epoch: u64) -> Result<LookaheadHalf, ProofError> {
        let first = self.epoch_of(header_slot);
        match epoch.checked_sub(first) {
            Some(0) => Ok(LookaheadHalf::Current),
            Some(1) => Ok(LookaheadHalf::Next),
            _ => Err(ProofError::Epoch {
                header_slot,
                first,
                epoch,
            }),
        }
    }

    /// The chunk with the proposer of `slot`, in a state at the header's slot.
    ///
    /// # Errors
    /// [`ProofError::Epoch`] when the state does not know the slot's epoch.
    pub const fn lookahead_chunk(&self, header_slot: u64, slot: u64) -> Result<Gindex, ProofError> {
        let half = match self.half_of(header_slot, self.epoch_of(slot)) {
            Ok(half) => half,
            Err(error) => return Err(error),
        };
        let place = (slot % self.slots_per_epoch) / INDICES_PER_CHUNK;
        Ok(self
            .lookahead_half(half)
            .below(self.chunks_per_epoch().ilog2(), place))
    }

    /// Parent of a validator's leaves 0 (root of the public key) and 1 (withdrawal credentials).
    ///
    /// # Errors
    /// [`ProofError::ValidatorIndex`] beyond the registry's limit, where a larger index would name another node.
    pub const fn validator_identity(&self, index: u64) -> Result<Gindex, ProofError> {
        let limit = match self.fork {
            Fork::Fulu => 1 << REGISTRY_DEPTH,
            Fork::Gloas => GLOAS_REGISTRY_LIMIT,
        };
        if index >= limit {
            return Err(ProofError::ValidatorIndex { index, limit });
        }
        // Left child of the list is its tree, right child its length; a validator has eight leaves.
        let tree = self.validators().below(1, 0);
        let validator = match self.fork {
            Fork::Fulu => tree.below(REGISTRY_DEPTH, index),
            Fork::Gloas => tree.progressive(index),
        };
        Ok(validator.below(2, 0))
    }

    /// The root of the newest block at or before `slot`. The caller checks that the ring still holds that slot.
    #[must_use]
    pub const fn block_root(&self, slot: u64) -> Gindex {
        let ring = self.slots_per_historical_root;
        self.block_roots().below(ring.ilog2(), slot % ring)
    }

    /// A field of the state by its place among all fields.
    const fn field(&self, place: u64) -> Gindex {
        match self.fork {
            // 38 fields, padded to 64 leaves.
            Fork::Fulu => Gindex::ROOT.below(STATE_DEPTH, place),
            // Left child of the container is its tree, right child says which fields are in use.
            Fork::Gloas => Gindex::ROOT.below(1, 0).progressive(place),
        }
    }
}
