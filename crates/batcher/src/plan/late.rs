use forebond_protocol::Window;

use super::{Decision, Hold, Order, Rules, Situation, Why};

/// In somebody else's window: what we could not post in ours (R5).
pub(super) fn decide(
    rules: &Rules,
    situation: &Situation<'_>,
    present: &Window,
) -> Result<Decision, Hold> {
    let first = situation
        .blocks
        .first()
        .map(|block| block.number)
        .ok_or(Hold::NothingSealed)?;
    // The newest window of ours that is over and whose blocks are still to be posted.
    let past = situation
        .bases
        .range(..present.last_slot)
        .rev()
        .filter(|(window, _)| {
            window.saturating_add(rules.sequencing_window_slots) >= present.last_slot
        })
        .find_map(|(window, base)| {
            let hash = situation.base_hashes.get(window)?;
            // Its first slot does not matter for where the turn ends.
            let end = rules.turns.blocks_of(&Window {
                gateway: rules.me,
                first_slot: *window,
                last_slot: *window,
            });
            let last = situation.last_under(base, *hash, end.last)?;
            // Blocks that it only covers are the present owner's to cover.
            (last > base.parentBlock).then_some((*window, base, *hash, end.last))
        });
    let Some((window, base, hash, turn_end)) = past else {
        return Err(Hold::NotOurs);
    };
    if situation.next_slot <= window.saturating_add(rules.policy.patience_slots) {
        return Err(Hold::NotOurs);
    }
    let permit = situation
        .permit
        .filter(|permit| permit.window == present.last_slot)
        .ok_or(Hold::NotOurs)?;
    if situation.contradicts(base.parentBlock, base.parentBlockHash) {
        return Err(Hold::BaseContradicted);
    }
    // The owner builds on another chain than ours: it permits nothing of what we have.
    if situation.contradicts(permit.parent_block, permit.parent_block_hash) {
        return Err(Hold::NotOurs);
    }
    let last = situation
        .last_under(base, hash, turn_end.min(permit.parent_block))
        .ok_or(Hold::NotOurs)?;
    Ok(Decision::Post(Order {
        first,
        last,
        window,
        first_slot: situation.next_slot,
        last_slot: present.last_slot,
        permit: Some(present.last_slot),
        why: Why::Permit,
    }))
}
