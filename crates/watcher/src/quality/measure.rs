use std::collections::BTreeMap;

use forebond_protocol::BlockClock;

use super::{
    HeardFrag, HeardSeal, Judged, Settled, TurnOver,
    rolling::Rolling,
    tally::{LATENCY_S, SETTLEMENT_S, Tally},
};

/// Gateways measured at most; the others are counted as one figure, [`Quality::unmeasured`].
pub const MOST_GATEWAYS: usize = 256;
/// Turns of one gateway that may be open: the present one, the next one, and some whose end nobody told.
const MOST_TURNS: usize = 16;
/// Ranges of blocks by whoever was heard with them, over all gateways.
const MOST_RANGES: usize = 1_024;
/// Blocks of one batch that are measured one by one; the Inbox takes longer ones.
const MOST_BLOCKS: u64 = 65_536;
/// A block is seen in time when something of it is heard so long after its timestamp at most, milliseconds.
const GRACE_MS: u64 = 2_000;

/// What is known of all gateways. See the [module](super) for who feeds it, when.
#[derive(Clone, Debug)]
pub struct Quality {
    clock: BlockClock,
    watching_since_ms: u64,
    gateways: BTreeMap<u32, Measured>,
    /// (first block) → (last block, gateway): whose blocks these are, as heard.
    heard: BTreeMap<u64, (u64, u32)>,
    unmeasured: u64,
}

#[derive(Clone, Debug, Default)]
struct Measured {
    rolling: Rolling,
    /// By window.
    turns: BTreeMap<u64, Presence>,
}

/// Blocks of a turn that were seen in time. They come in order.
#[derive(Clone, Copy, Debug)]
struct Presence {
    last_block: u64,
    count: u64,
}

impl Quality {
    /// `clock` is the rollup's; `now_ms` when watching begins, Unix milliseconds: what closed before cannot have been seen.
    pub const fn new(clock: BlockClock, now_ms: u64) -> Self {
        Self {
            clock,
            watching_since_ms: now_ms,
            gateways: BTreeMap::new(),
            heard: BTreeMap::new(),
            unmeasured: 0,
        }
    }

    /// The watcher did not hear for a while: turns that began before now are not measured.
    pub fn watching_from(&mut self, now_ms: u64) {
        self.watching_since_ms = self.watching_since_ms.max(now_ms);
    }

    /// A frag was accepted.
    pub fn heard_frag(&mut self, frag: HeardFrag) {
        self.note_block(frag.gateway, frag.block);
        let latency_ms = frag.heard_at_ms.saturating_sub(frag.issued_at_ms);
        let promises = u64::from(frag.promises);
        self.note(frag.gateway, frag.heard_at_ms, |tally| {
            tally.promises = tally.promises.saturating_add(promises);
            if frag.live && promises != 0 {
                tally
                    .latency
                    .observe(&LATENCY_S, seconds(latency_ms), promises);
            }
        });
        self.see(HeardSeal {
            gateway: frag.gateway,
            window: frag.window,
            block: frag.block,
            heard_at_ms: frag.heard_at_ms,
            live: frag.live,
        });
    }

    /// A seal was accepted.
    pub fn heard_seal(&mut self, seal: HeardSeal) {
        self.note_block(seal.gateway, seal.block);
        self.see(seal);
    }

    /// A promised block was compared with what L1 gives.
    pub fn judged(&mut self, judged: Judged) {
        self.note(judged.gateway, judged.at_ms, |tally| {
            tally.kept = tally.kept.saturating_add(judged.kept);
            tally.broken = tally.broken.saturating_add(judged.broken);
        });
    }

    /// A batch stays in L1.
    pub fn settled(&mut self, batch: Settled) {
        let measured = batch.first_block.saturating_add(MOST_BLOCKS - 1);
        let mut block = batch.first_block;
        let last = batch.last_block.min(measured);
        while block <= last {
            let (until, gateway) = self.whose(block, batch.gateway);
            let until = until.min(last);
            let clock = self.clock;
            self.note(gateway, batch.at_ms, |tally| {
                for block in block..=until {
                    let waited_s = batch
                        .l1_timestamp_s
                        .saturating_sub(clock.timestamp_s(block));
                    let waited = seconds(waited_s.saturating_mul(1_000));
                    tally.settlement.observe(&SETTLEMENT_S, waited, 1);
                }
            });
            let Some(next) = until.checked_add(1) else {
                return;
            };
            block = next;
        }
    }

    /// A turn is over. It counts only if the watcher heard from its first block on.
    pub fn turn_over(&mut self, turn: TurnOver) {
        let presence = self
            .gateways
            .get_mut(&turn.gateway)
            .and_then(|known| known.turns.remove(&turn.window));
        let length = turn
            .last_block
            .checked_add(1)
            .and_then(|end| end.checked_sub(turn.first_block))
            .unwrap_or_default();
        let opens_ms = self.clock.closes_at_ms(turn.first_block.saturating_sub(1));
        if length == 0 || opens_ms < self.watching_since_ms {
            return;
        }
        let seen = presence.map_or(0, |presence| presence.count).min(length);
        self.note(turn.gateway, turn.at_ms, |tally| {
            tally.seen = tally.seen.saturating_add(seen);
            tally.missed = tally.missed.saturating_add(length - seen);
        });
    }

    /// What was said of gateways beyond [`MOST_GATEWAYS`], things.
    pub const fn unmeasured(&self) -> u64 {
        self.unmeasured
    }

    pub(super) fn tallies(&self) -> impl Iterator<Item = (u32, &Rolling)> {
        self.gateways
            .iter()
            .map(|(gateway, measured)| (*gateway, &measured.rolling))
    }

    fn note(&mut self, gateway: u32, at_ms: u64, note: impl Fn(&mut Tally)) {
        match self.known(gateway) {
            Some(measured) => measured.rolling.note(at_ms, note),
            None => self.unmeasured = self.unmeasured.saturating_add(1),
        }
    }

    fn known(&mut self, gateway: u32) -> Option<&mut Measured> {
        if !self.gateways.contains_key(&gateway) && self.gateways.len() >= MOST_GATEWAYS {
            return None;
        }
        Some(self.gateways.entry(gateway).or_default())
    }

    fn see(&mut self, heard: HeardSeal) {
        let due_ms = self
            .clock
            .closes_at_ms(heard.block)
            .saturating_add(GRACE_MS);
        if !heard.live || heard.heard_at_ms > due_ms {
            return;
        }
        let Some(measured) = self.known(heard.gateway) else {
            return;
        };
        let presence = measured.turns.entry(heard.window).or_insert(Presence {
            last_block: heard.block,
            count: 1,
        });
        if heard.block > presence.last_block {
            presence.last_block = heard.block;
            presence.count = presence.count.saturating_add(1);
        }
        while measured.turns.len() > MOST_TURNS {
            measured.turns.pop_first();
        }
    }

    /// Remembers whose block it is: what is settled later counts for whoever promised it.
    fn note_block(&mut self, gateway: u32, block: u64) {
        let before = self.heard.range_mut(..=block).next_back();
        if let Some((_, (last, whose))) = before {
            if *last >= block && *whose == gateway {
                return;
            }
            if last.checked_add(1) == Some(block) && *whose == gateway {
                *last = block;
                return;
            }
            // Promised again by somebody else: the later promise counts from here on.
            *last = (*last).min(block.saturating_sub(1));
        }
        self.heard.insert(block, (block, gateway));
        while self.heard.len() > MOST_RANGES {
            self.heard.pop_first();
        }
    }

    /// Whose a block is, and up to which block; `poster` where nobody was heard.
    fn whose(&self, block: u64, poster: u32) -> (u64, u32) {
        let known = self.heard.range(..=block).next_back();
        if let Some((_, (last, gateway))) = known
            && *last >= block
        {
            return (*last, *gateway);
        }
        let next = self.heard.range(block..).next();
        let until = next.map_or(u64::MAX, |(first, _)| first.saturating_sub(1));
        (until, poster)
    }
}

/// Milliseconds as seconds.
#[allow(clippy::cast_precision_loss, reason = "exact for 285,000 years")]
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}

#[cfg(test)]
mod tests;
