use std::collections::BTreeMap;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolStruct;
use forebond_protocol::Window;
use forebond_settlement::CommitterSet;
use forebond_types::{Base, Domain};

use crate::{
    plan::Rules,
    source::{BlockSource, SignedBase, SourceError},
};

/// Windows of ours whose Bases are kept.
const KEPT: usize = 16;

/// The signed Bases a decision may rest on: each was read from the gateway and its signature checked.
#[derive(Debug, Default)]
pub(super) struct Bases {
    /// Ours, by window.
    pub own: BTreeMap<u64, Base>,
    /// Struct hashes of `own`.
    pub hashes: BTreeMap<u64, B256>,
    signed: BTreeMap<u64, SignedBase>,
}

impl Bases {
    /// The Base of a window of ours, with its signature.
    pub(super) fn signed(&self, window: u64) -> Option<&SignedBase> {
        self.signed.get(&window)
    }

    /// Asks for what is missing of our windows around `next_slot`, and for the newest one of a window that is not over: a gateway
    /// may start twice (R5). `windows` are all that are known.
    pub(super) async fn refresh<S: BlockSource>(
        &mut self,
        source: &S,
        rules: &Rules,
        windows: impl Iterator<Item = &Window>,
        next_slot: u64,
        (ours, separator): (Address, B256),
    ) -> Result<(), SourceError> {
        let handover = rules.turns.handover_slots;
        for window in windows.filter(|window| window.gateway == rules.me) {
            let begun = window.first_slot <= next_slot.saturating_add(handover);
            let matters = window
                .last_slot
                .saturating_add(rules.sequencing_window_slots)
                >= next_slot;
            let is_over = window.last_slot < next_slot;
            if !begun || !matters || (is_over && self.own.contains_key(&window.last_slot)) {
                continue;
            }
            let Some(signed) = source.base(window.last_slot).await? else {
                continue;
            };
            let hash = signed.base.eip712_hash_struct();
            let digest = Domain::digest_of(separator, hash);
            let signer = signed.signature.recover(digest);
            if signed.base.window != window.last_slot || signer != Ok(ours) {
                tracing::error!(window = window.last_slot, ?signer, %ours, "the gateway's Base of our window is not signed by our key");
                continue;
            }
            self.own.insert(window.last_slot, signed.base.clone());
            self.hashes.insert(window.last_slot, hash);
            self.signed.insert(window.last_slot, signed);
        }
        while self.own.len() > KEPT {
            if let Some((window, _)) = self.own.pop_first() {
                self.hashes.remove(&window);
                self.signed.remove(&window);
            }
        }
        Ok(())
    }
}

/// Whether one of the set signed the Base: sets of more than one signature are not permits we can pass on.
pub(super) fn is_signed_by(signed: &SignedBase, set: &CommitterSet, separator: B256) -> bool {
    let digest = Domain::digest_of(separator, signed.base.eip712_hash_struct());
    set.threshold == 1
        && signed
            .signature
            .recover(digest)
            .is_ok_and(|signer| set.members.contains(&signer))
}
