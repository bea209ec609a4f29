//! What is planned, slot by slot, and what stays in force.

use std::collections::BTreeMap;

use super::{Action, Deposit, Reorg, Script, ScriptError};

/// Actions kept for the future.
const MAX_PLANNED: usize = 65_536;
/// Whole participation.
const ALL_PERCENT: u8 = 100;

/// The actions ahead, with what earlier ones have left in force.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    ahead: BTreeMap<u64, Vec<Action>>,
    planned: usize,
    attesting_percent: u8,
    stalled: bool,
}

/// What one slot is to be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SlotPlan {
    pub(crate) reorg: Option<Reorg>,
    pub(crate) has_block: bool,
    pub(crate) has_transactions: bool,
    pub(crate) hides_blobs: bool,
    pub(crate) attesting_percent: u8,
    pub(crate) exits: Vec<u64>,
    pub(crate) slashings: Vec<u64>,
    pub(crate) deposits: Vec<Deposit>,
}

impl Plan {
    /// What `script` says.
    pub(crate) fn new(script: Script) -> Self {
        let planned = script.slots.values().map(Vec::len).sum();
        Self {
            ahead: script.slots,
            planned,
            attesting_percent: ALL_PERCENT,
            stalled: false,
        }
    }

    /// Adds an action for a slot after `head`.
    pub(crate) fn add(&mut self, head: u64, slot: u64, action: Action) -> Result<(), ScriptError> {
        if slot <= head {
            return Err(ScriptError::SlotOver { got: slot, head });
        }
        if let Action::Attest { percent } = action
            && percent > ALL_PERCENT
        {
            return Err(ScriptError::Percent { got: percent });
        }
        if self.planned >= MAX_PLANNED {
            return Err(ScriptError::PlanFull { max: MAX_PLANNED });
        }
        self.planned = self.planned.saturating_add(1);
        self.ahead.entry(slot).or_default().push(action);
        Ok(())
    }

    /// Whether no blocks are made at present.
    pub(crate) const fn stalled(&self) -> bool {
        self.stalled
    }

    pub(crate) const fn set_stalled(&mut self, stalled: bool) {
        self.stalled = stalled;
    }

    /// The share of validators that attest at present.
    pub(crate) const fn attesting_percent(&self) -> u8 {
        self.attesting_percent
    }

    pub(crate) fn set_attesting_percent(&mut self, percent: u8) {
        self.attesting_percent = percent.min(ALL_PERCENT);
    }

    /// What `slot` is to be like; everything planned up to it is used up. Lasting actions of slots that passed unasked
    /// still take effect.
    pub(crate) fn take(&mut self, slot: u64) -> SlotPlan {
        let later = self.ahead.split_off(&slot.saturating_add(1));
        let due = std::mem::replace(&mut self.ahead, later);
        let mut plan = SlotPlan {
            reorg: None,
            has_block: true,
            has_transactions: true,
            hides_blobs: false,
            attesting_percent: self.attesting_percent,
            exits: Vec::new(),
            slashings: Vec::new(),
            deposits: Vec::new(),
        };
        for (at, actions) in due {
            self.planned = self.planned.saturating_sub(actions.len());
            for action in actions {
                let now = at == slot;
                match action {
                    Action::Attest { percent } => self.set_attesting_percent(percent),
                    Action::Stall => self.stalled = true,
                    Action::Resume => self.stalled = false,
                    Action::Exit { validator } => plan.exits.push(validator),
                    Action::Slash { validator } => plan.slashings.push(validator),
                    Action::Deposit(deposit) => plan.deposits.push(deposit),
                    Action::Skip if now => plan.has_block = false,
                    Action::Empty if now => plan.has_transactions = false,
                    Action::HideBlobs if now => plan.hides_blobs = true,
                    Action::Reorg(reorg) if now => plan.reorg = Some(reorg),
                    Action::Skip | Action::Empty | Action::HideBlobs | Action::Reorg(_) => {}
                }
            }
        }
        plan.attesting_percent = self.attesting_percent;
        plan.has_block &= !self.stalled;
        plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stall_lasts_until_it_is_ended() {
        let script = Script::new().at(2, Action::Stall).at(5, Action::Resume);
        let mut plan = Plan::new(script);
        let with_block: Vec<bool> = (1..7).map(|slot| plan.take(slot).has_block).collect();
        assert_eq!(with_block, [true, false, false, false, true, true]);
    }

    #[test]
    fn what_is_planned_for_one_slot_does_not_touch_the_next() {
        let script = Script::new()
            .at(2, Action::Skip)
            .at(2, Action::Empty)
            .at(2, Action::HideBlobs);
        let mut plan = Plan::new(script);
        let second = plan.take(2);
        assert!(!second.has_block && !second.has_transactions && second.hides_blobs);
        let third = plan.take(3);
        assert!(third.has_block && third.has_transactions && !third.hides_blobs);
    }

    #[test]
    fn the_past_and_the_impossible_are_refused() {
        let mut plan = Plan::new(Script::new());
        assert!(matches!(
            plan.add(5, 5, Action::Skip),
            Err(ScriptError::SlotOver { got: 5, head: 5 })
        ));
        assert!(matches!(
            plan.add(5, 6, Action::Attest { percent: 101 }),
            Err(ScriptError::Percent { got: 101 })
        ));
        for _ in 0..MAX_PLANNED {
            plan.add(5, 6, Action::Skip).unwrap();
        }
        assert!(matches!(
            plan.add(5, 7, Action::Skip),
            Err(ScriptError::PlanFull { .. })
        ));
        plan.take(6);
        plan.add(6, 7, Action::Skip).unwrap();
    }
}
