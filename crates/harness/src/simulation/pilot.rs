//! When a gateway opens its turn: `TurnOutlook::decide` over what the process knows, as `gateway::turns::pilot` asks it.

use super::{
    process::{Life, Node, Role},
    rules::{Rules, number_of},
    sequencer::{self, Looked},
};
use forebond_protocol::{Turn, TurnDecision, TurnOutlook, WaitReason};

/// How long a silent predecessor is waited for, milliseconds.
const PATIENCE_MS: u64 = 400;
/// L1's head may be so many slots old before it counts as not followed.
const STALE_SLOTS: u64 = 4;

impl Life {
    fn synced(&self, clock_ms: u64) -> bool {
        let slots = &self.follower.facts().turns.slots;
        let fresh = self.follower.origins().newest().is_some_and(|block| {
            block.slot.saturating_add(STALE_SLOTS) >= slots.slot_at_ms(clock_ms)
        });
        fresh && self.follower.l1_backlog() < 16
    }

    fn outlook(&self, me: u32, clock_ms: u64) -> Option<TurnOutlook> {
        let ledger = self.follower.ledger()?;
        let turns = &self.follower.facts().turns;
        let open = turns.blocks.open_at(clock_ms);
        let window = self
            .book
            .schedule
            .of_block(turns, open)
            .map(|window| (window, turns.blocks_of(&window)));
        let first = window.map_or(open, |(_, blocks)| blocks.first);
        Some(TurnOutlook {
            now_ms: clock_ms,
            window,
            me,
            opens_at_ms: turns.blocks.closes_at_ms(first.saturating_sub(1)),
            tip: ledger.tip().start.opening.number,
            tip_ends_turn: ledger.turn().is_some_and(Turn::ended),
            safe: self.follower.derived_head().number,
            synced: self.synced(clock_ms),
            following_since_ms: self.following_since_ms.unwrap_or(u64::MAX),
            newest_signed_window: self.newest_signed_window,
            patience_ms: PATIENCE_MS,
        })
    }
}

impl Node {
    /// A gateway looks what is due.
    pub(crate) fn look_at_turn(&mut self, rules: &Rules, now_ms: u64) -> eyre::Result<()> {
        let Role::Gateway(place) = self.role else {
            return Ok(());
        };
        let clock_ms = self.clock_ms(now_ms);
        let (pen, Some(life)) = (&mut self.pen, &mut self.life) else {
            return Ok(());
        };
        if life.following_since_ms.is_none() && life.synced(clock_ms) {
            life.following_since_ms = Some(clock_ms);
        }
        if let Some(mut turn) = life.turn.take() {
            if life.follower.recalls_ledger() {
                pen.say("L1 contradicts what its turn stands on");
                turn.end_early();
            }
            let window = turn.window.last_slot;
            let origins = life.follower.origins();
            match turn.look(rules, pen, origins, &mut life.waiting, clock_ms)? {
                Looked::GoesOn(turn) => {
                    life.turn = Some(*turn);
                    return Ok(());
                }
                Looked::Over(ledger) => {
                    pen.say(format!(
                        "its turn of window {window} is over with block {}",
                        ledger.latest().number()
                    ));
                    life.follower.give_back(*ledger)?;
                }
            }
        }
        let Some(outlook) = life.outlook(number_of(place), clock_ms) else {
            return Ok(());
        };
        let (window, blocks) = match outlook.decide() {
            TurnDecision::Open(window, blocks) => (window, blocks),
            TurnDecision::Wait(WaitReason::Predecessor) => {
                life.follower.ask_for_end();
                return Ok(());
            }
            TurnDecision::Wait(_) | TurnDecision::Follow => return Ok(()),
        };
        let safe = life.follower.derived_head().number;
        let origins = life.follower.origins().clone();
        let Some(ledger) = life.follower.lend() else {
            return Ok(());
        };
        let previous = life.book.schedule.before(&window);
        let previous = previous.map(|window| window.last_slot);
        let (turn, base) =
            sequencer::open(ledger, (window, blocks), previous, safe, pen, &origins)?;
        pen.say(format!(
            "opens window {} (blocks {}-{}) on block {}, grade {:?}",
            window.last_slot,
            turn.blocks.first,
            turn.blocks.last,
            base.base.parentBlock,
            base.grade
        ));
        let opened = (window.last_slot, base.base.parentBlock, base.grade);
        pen.out.opened.push(opened);
        life.newest_signed_window = Some(window.last_slot);
        life.follower.own_base(&base, pen.address);
        life.turn = Some(turn);
        Ok(())
    }
}
