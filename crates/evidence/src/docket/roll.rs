use std::collections::BTreeMap;

use alloy_primitives::{Address, B256};
use forebond_types::{CommitterSet, Signature};

/// Who signs for which gateway, by epoch, as L1's registry says. A key belongs to one gateway for ever (R15).
#[derive(Clone, Debug, Default)]
pub struct Roll {
    gateways: BTreeMap<Address, u32>,
    sets: BTreeMap<u32, BTreeMap<u64, CommitterSet>>,
}

impl Roll {
    /// Notes that `set` signs for `gateway` from this epoch on.
    pub fn note(&mut self, gateway: u32, from_epoch: u64, set: CommitterSet) {
        for member in &set.members {
            self.gateways.entry(*member).or_insert(gateway);
        }
        self.sets
            .entry(gateway)
            .or_default()
            .insert(from_epoch, set);
    }

    /// The set that signs for a gateway in an epoch.
    pub fn set_at(&self, gateway: u32, epoch: u64) -> Option<&CommitterSet> {
        let (_, set) = self.sets.get(&gateway)?.range(..=epoch).next_back()?;
        Some(set)
    }

    /// Whose signature on `digest` this is, in an epoch: one recovery tells a stranger.
    pub fn signer(
        &self,
        digest: B256,
        signature: &[u8],
        epoch: u64,
    ) -> Option<(u32, &CommitterSet)> {
        let first = Signature::from_bytes(signature.get(..65)?).ok()?;
        let gateway = *self.gateways.get(&first.recover(digest).ok()?)?;
        let set = self.set_at(gateway, epoch)?;
        set.verify(digest, signature).ok()?;
        Some((gateway, set))
    }
}
