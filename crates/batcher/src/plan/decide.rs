use super::{Decision, Hold, Rules, Situation, late, own, situation::own_window};

/// What to do in this situation.
pub fn decide(rules: &Rules, situation: &Situation<'_>) -> Decision {
    let slots = &rules.turns.slots;
    let next_slot_ms = slots.start_s(situation.next_slot).saturating_mul(1000);
    if situation.blocks.is_empty() {
        return Decision::Wait {
            until_ms: next_slot_ms,
            hold: Hold::NothingSealed,
        };
    }
    let Some(present) = situation.schedule.at(situation.next_slot) else {
        return Decision::Wait {
            until_ms: next_slot_ms,
            hold: Hold::OwnerUnknown,
        };
    };
    let decision = match own_window(rules, situation) {
        Some(window) => own::decide(rules, situation, &window),
        None => late::decide(rules, situation, &present),
    };
    decision.unwrap_or_else(|hold| Decision::Wait {
        until_ms: next_slot_ms,
        hold,
    })
}
