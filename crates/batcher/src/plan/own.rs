use forebond_protocol::Window;

use super::{Decision, Hold, Order, Rules, Situation, Why};

/// In our own window.
pub(super) fn decide(
    rules: &Rules,
    situation: &Situation<'_>,
    window: &Window,
) -> Result<Decision, Hold> {
    let (Some(base), Some(hash)) = (
        situation.bases.get(&window.last_slot),
        situation.base_hashes.get(&window.last_slot),
    ) else {
        return Err(Hold::NoBase);
    };
    if situation.contradicts(base.parentBlock, base.parentBlockHash) {
        return Err(Hold::BaseContradicted);
    }
    let first = situation
        .blocks
        .first()
        .map(|block| block.number)
        .ok_or(Hold::NothingSealed)?;
    let turn_end = rules.turns.blocks_of(window).last;
    let last = situation
        .last_under(base, *hash, turn_end)
        .ok_or(if first > turn_end {
            Hold::NotOurs
        } else {
            Hold::NotUnderOurBase
        })?;
    let order = |why| {
        Ok(Decision::Post(Order {
            first,
            last,
            window: window.last_slot,
            first_slot: situation.next_slot,
            last_slot: window.last_slot,
            permit: None,
            why,
        }))
    };

    // The next sealed block is of another Base: ours was handed over early.
    let followed = situation.blocks.iter().any(|block| block.number > last);
    let cut_by_size = last == situation.fits_until && followed;
    if last == turn_end || (followed && !cut_by_size) {
        return order(Why::TurnComplete);
    }
    // In the last slot neither fullness nor age is a reason, unless nothing more fits: what is sealed in the meantime would miss the
    // window.
    let is_last_slot = situation.next_slot >= window.last_slot;
    let is_full = situation.blobs >= rules.policy.full_blobs.max(1);
    if cut_by_size || (is_full && !is_last_slot) {
        return order(Why::Full);
    }
    let moments = Moments::of(rules, situation, first);
    let relief = situation.next_slot.saturating_add(1) == window.last_slot && situation.blobs > 1;
    if !is_last_slot {
        if situation.now_ms >= moments.aged_ms {
            return order(Why::Age);
        }
        if relief && situation.now_ms >= moments.send_ms {
            return order(Why::Relief);
        }
    } else if situation.now_ms >= moments.send_ms {
        return order(Why::LastChance);
    }
    let until_ms = if is_last_slot || relief {
        moments.send_ms
    } else {
        moments.aged_ms.min(moments.next_slot_ms)
    };
    Ok(Decision::Wait {
        until_ms,
        hold: Hold::Window,
    })
}

/// Unix milliseconds.
struct Moments {
    /// The oldest block is old enough.
    aged_ms: u64,
    /// Proofs begun now are ready just in time for the next slot.
    send_ms: u64,
    /// The next slot begins.
    next_slot_ms: u64,
}

impl Moments {
    fn of(rules: &Rules, situation: &Situation<'_>, first: u64) -> Self {
        let blobs = u64::try_from(situation.blobs).unwrap_or(u64::MAX);
        let needed_ms = rules
            .policy
            .lead_ms
            .saturating_add(rules.policy.proof_ms.saturating_mul(blobs));
        let next_slot_ms = rules
            .turns
            .slots
            .start_s(situation.next_slot)
            .saturating_mul(1000);
        let sealed_ms = rules.turns.blocks.timestamp_s(first).saturating_mul(1000);
        Self {
            aged_ms: sealed_ms.saturating_add(rules.policy.max_age_ms),
            send_ms: next_slot_ms.saturating_sub(needed_ms),
            next_slot_ms,
        }
    }
}
