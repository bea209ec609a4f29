use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes};
use forebond_l1::sender::{Outgoing, SlotRules, SlotWork};
use prometheus::IntCounter;
use tokio::sync::watch;

/// A call on L1 that is good for everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// What it does, for the log.
    pub what: String,
    /// The contract.
    pub to: Address,
    /// The call.
    pub input: Bytes,
    /// L1 block after which it was needed.
    pub seen_at: u64,
    /// Gateways that take turns with it.
    pub gateways: u32,
}

/// The newest errand there is, from who finds it to who has the account.
#[derive(Clone, Debug)]
pub struct Errands {
    newest: watch::Receiver<Option<Arc<Errand>>>,
    /// L1 block in which the last one landed, or after which it failed: what was seen before it is not done again.
    done_in: u64,
    /// How close to a slot something is sent; its slots do not matter.
    pub slots: SlotRules,
    /// Errands that landed.
    pub landed: IntCounter,
}

impl Errands {
    /// A way for errands.
    pub fn channel(
        slots: SlotRules,
        landed: IntCounter,
    ) -> (watch::Sender<Option<Arc<Errand>>>, Self) {
        let (sender, newest) = watch::channel(None);
        let errands = Self {
            newest,
            done_in: 0,
            slots,
            landed,
        };
        (sender, errands)
    }

    /// The errand to do now, if it was found after the last one was done.
    pub fn due(&self) -> Option<Arc<Errand>> {
        let errand = self.newest.borrow().clone();
        errand.filter(|errand| errand.seen_at > self.done_in)
    }

    /// It came to an end in this L1 block.
    pub const fn done(&mut self, block: u64) {
        self.done_in = block;
    }
}

impl SlotWork for Errand {
    async fn for_slot(&mut self, _slot: u64) -> Option<Outgoing> {
        Some(Outgoing {
            to: Some(self.to),
            input: self.input.clone(),
            ..Outgoing::default()
        })
    }

    fn sent(&mut self, slot: u64, hash: B256) {
        tracing::debug!(slot, transaction = %hash, what = %self.what, "sent");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]
    use super::*;
    use forebond_protocol::SlotClock;

    #[test]
    fn what_was_found_before_the_last_one_landed_is_not_done_twice() {
        let slots = SlotRules {
            clock: SlotClock {
                genesis_s: 0,
                seconds_per_slot: 12,
                slots_per_epoch: 32,
            },
            first_slot: 0,
            last_slot: 0,
            lead_ms: 0,
            grace_ms: 0,
        };
        let landed = IntCounter::new("landed", "landed").unwrap();
        let (found, mut errands) = Errands::channel(slots, landed);
        assert!(errands.due().is_none());
        let errand = |seen_at| {
            Some(Arc::new(Errand {
                what: "attribute".into(),
                to: Address::ZERO,
                input: Bytes::new(),
                seen_at,
                gateways: 1,
            }))
        };
        found.send(errand(7)).unwrap();
        assert!(errands.due().is_some());
        errands.done(9);
        assert!(errands.due().is_none());
        found.send(errand(10)).unwrap();
        assert!(errands.due().is_some());
    }
}
