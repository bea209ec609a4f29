use super::{
    Decision, Hold, Order, Rules, Situation, late, own, parent::last_slot_of, situation::own_window,
};

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
    match decision {
        // Later its first block is due, and nodes make it without us.
        Ok(Decision::Post(order)) => Decision::Post(Order {
            last_slot: order.last_slot.min(last_slot_of(rules, order.first)),
            ..order
        }),
        Ok(wait) => wait,
        Err(hold) => Decision::Wait {
            until_ms: next_slot_ms,
            hold,
        },
    }
}
