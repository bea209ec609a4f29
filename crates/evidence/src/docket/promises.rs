use std::collections::BTreeMap;

use alloy_primitives::Bytes;
use forebond_types::{BlockEnv, Frag};

use crate::{
    Accusation, Accused, Attested, Promise,
    faults::{
        order::{self, Told},
        twin_leaves::{self, PlacedLeaf},
    },
};

/// What is known of the transactions in one frag.
#[derive(Clone, Debug)]
pub(crate) struct FragPromises {
    frag: Attested<Frag>,
    env: BlockEnv,
    told: BTreeMap<u64, Told>,
}

impl FragPromises {
    pub(crate) const fn new(frag: Attested<Frag>, env: BlockEnv) -> Self {
        Self {
            frag,
            env,
            told: BTreeMap::new(),
        }
    }

    /// Takes checked promises of this frag with their raw transactions. Returns what they prove among themselves and against what
    /// was known, and how many bytes they add.
    pub(crate) fn take(
        &mut self,
        accused: &Accused,
        promises: Vec<(Promise, Bytes)>,
    ) -> (Vec<Accusation>, usize) {
        let (mut found, mut bytes) = (Vec::new(), 0_usize);
        for (promise, transaction) in promises {
            let index = promise.leaf.index;
            let told = Told {
                leaf: promise.leaf,
                branch: promise.branch,
                transaction,
            };
            if self.told.contains_key(&index) {
                continue;
            }
            bytes = bytes.saturating_add(size(&told));
            self.told.insert(index, told);
        }
        if bytes > 0 {
            found.extend(order::accuse(accused, &self.frag, &self.env, &self.told));
        }
        (found, bytes)
    }

    /// A leaf at another place of the tree than its index says, against the one that stands there.
    pub(crate) fn twin(&self, accused: &Accused, placed: &PlacedLeaf) -> Option<Accusation> {
        let known = self.told.get(&placed.leaf.index)?;
        let place = known
            .leaf
            .index
            .checked_sub(u64::from(self.frag.message.firstTransaction))
            .and_then(|place| u32::try_from(place).ok())?;
        let known = PlacedLeaf {
            leaf: known.leaf,
            place,
            branch: known.branch.clone(),
        };
        twin_leaves::accuse(accused, &self.frag, &known, placed)
    }

    /// All promises known, in the order of their indices.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Promise> {
        self.told.values().map(|told| Promise {
            frag: self.frag.clone(),
            env: self.env.clone(),
            leaf: told.leaf,
            branch: told.branch.clone(),
        })
    }
}

fn size(told: &Told) -> usize {
    size_of::<Told>() + told.branch.len() * 32 + told.transaction.len()
}
