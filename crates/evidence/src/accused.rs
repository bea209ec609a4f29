use alloy_primitives::{Address, B256};
use alloy_sol_types::SolStruct;
use forebond_contracts::bindings::IEvidenceShapes as abi;
use forebond_types::{Base, CommitterSet};

use crate::shapes;

/// Who is accused, and under which Base, with the preimages that judges ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accused {
    rollup: Address,
    gateway: u32,
    set: CommitterSet,
    base: Base,
    base_hash: B256,
}

impl Accused {
    /// `rollup` is its Inbox; `set` signs for `gateway` in the epoch of the base's window (R15).
    pub fn new(rollup: Address, gateway: u32, set: CommitterSet, base: Base) -> Self {
        let base_hash = base.eip712_hash_struct();
        Self {
            rollup,
            gateway,
            set,
            base,
            base_hash,
        }
    }

    /// The rollup's Inbox.
    pub const fn rollup(&self) -> Address {
        self.rollup
    }

    /// Number in the registry.
    pub const fn gateway(&self) -> u32 {
        self.gateway
    }

    /// Who signs for it in the window.
    pub const fn set(&self) -> &CommitterSet {
        &self.set
    }

    /// The base.
    pub const fn base(&self) -> &Base {
        &self.base
    }

    /// Its struct hash.
    pub const fn base_hash(&self) -> B256 {
        self.base_hash
    }

    /// The same gateway and set under another base of the same window.
    pub fn under(&self, base: Base) -> Self {
        Self::new(self.rollup, self.gateway, self.set.clone(), base)
    }

    pub(crate) fn shape(&self) -> abi::Accusation {
        abi::Accusation {
            rollup: self.rollup,
            gateway: self.gateway,
            set: abi::CommitterSet {
                threshold: self.set.threshold,
                members: self.set.members.clone(),
            },
            base: shapes::base(&self.base),
        }
    }
}
