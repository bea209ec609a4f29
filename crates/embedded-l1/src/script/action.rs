//! Things that can be made to happen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One thing that happens at a slot. In JSON: `{"action":"reorg","depth":2}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "camelCase", deny_unknown_fields)]
pub enum Action {
    /// The slot stays without a block: its proposer is offline.
    Skip,
    /// The slot's block holds no transactions: its proposer censors.
    Empty,
    /// Before the slot's block is made, newest slots are replaced.
    Reorg(Reorg),
    /// The blobs of the slot's block are committed to but never served.
    HideBlobs,
    /// From this slot on only so many percent of the validators attest; under 67 finality stops.
    Attest {
        /// 0 to 100.
        percent: u8,
    },
    /// From this slot on no blocks are made.
    Stall,
    /// Ends a stall.
    Resume,
    /// The validator asks to leave (a voluntary exit in the slot's block).
    Exit {
        /// Its index.
        validator: u64,
    },
    /// The validator is slashed for two blocks in one slot (a proposer slashing in the slot's block).
    Slash {
        /// Its index.
        validator: u64,
    },
    /// A new validator deposits; it becomes active some epochs later, as the queue allows.
    Deposit(Deposit),
}

/// Replaces the newest slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reorg {
    /// How many slots are replaced, missed ones counted; at least 1, and none that is finalized.
    pub depth: u64,
    /// The first of them stays without a block, as after a late block that nobody builds on.
    #[serde(default)]
    pub miss_first: bool,
    /// The new blocks take transactions from the pool; otherwise they are empty, and what was included waits again.
    #[serde(default)]
    pub with_transactions: bool,
}

/// A validator to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deposit {
    /// Which interop key it has: one that no validator has yet.
    pub key: u64,
    /// Address it may withdraw to (0x01 credentials).
    pub withdrawal_address: alloy_primitives::Address,
    /// Gwei.
    pub amount_gwei: u64,
}

/// Actions by slot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Script {
    /// What happens at which slot, in order.
    pub slots: BTreeMap<u64, Vec<Action>>,
}

impl Script {
    /// Nothing happens.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one more action.
    #[must_use]
    pub fn at(mut self, slot: u64, action: Action) -> Self {
        self.slots.entry(slot).or_default().push(action);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_reads_as_slots_with_their_actions() {
        let json = r#"{"3":[{"action":"skip"}],"9":[{"action":"reorg","depth":2},{"action":"attest","percent":50}]}"#;
        let script: Script = serde_json::from_str(json).unwrap();
        let reorg = Reorg {
            depth: 2,
            miss_first: false,
            with_transactions: false,
        };
        assert_eq!(
            script,
            Script::new()
                .at(3, Action::Skip)
                .at(9, Action::Reorg(reorg))
                .at(9, Action::Attest { percent: 50 })
        );
        let back: Script = serde_json::from_str(&serde_json::to_string(&script).unwrap()).unwrap();
        assert_eq!(back, script);
    }

    #[test]
    fn a_misspelt_action_is_refused() {
        for bad in [
            r#"{"3":[{"action":"skipp"}]}"#,
            r#"{"3":[{"action":"reorg","dept":2}]}"#,
            r#"{"x":[]}"#,
        ] {
            assert!(serde_json::from_str::<Script>(bad).is_err(), "{bad}");
        }
    }
}
