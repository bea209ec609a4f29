//! Whom to ask for what was missed. A peer whose answers are useless rests, twice as long each time, even if it goes and
//! comes back: one that answers with gaps for ever costs a question now and then, and never keeps others from being asked.

use std::collections::HashMap;

use libp2p::PeerId;

use super::Bucket;

/// First rest after a useless answer, milliseconds.
const REST_MS: u64 = 1_000;
/// Longest rest, milliseconds.
const LONGEST_REST_MS: u64 = 300_000;
/// Rest after an answer that it has too much to do, milliseconds.
const BUSY_REST_MS: u64 = 500;
/// Questions a second to one peer, and at once: half of what [`crate::Limits::requests_per_second`] grants by default.
const PACE_PER_SECOND: u32 = 10;
const PACE_AT_ONCE: u64 = 10;
/// Peers that are remembered.
const REMEMBERED: usize = 1_024;

#[derive(Clone, Debug)]
struct Record {
    useless_in_a_row: u32,
    rests_until_ms: u64,
    under_way: u32,
    last_asked_ms: u64,
    pace: Bucket,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            useless_in_a_row: 0,
            rests_until_ms: 0,
            under_way: 0,
            last_asked_ms: 0,
            pace: Bucket::new(PACE_PER_SECOND, PACE_AT_ONCE, 0),
        }
    }
}

/// Whom to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// This peer.
    Ask(PeerId),
    /// Nobody yet: those who could be asked were asked too often just now.
    Wait,
    /// Nobody: all were tried or rest.
    Nobody,
}

/// What is known of peers as sources.
#[derive(Debug, Default)]
pub(crate) struct Asking {
    records: HashMap<PeerId, Record>,
}

impl Asking {
    /// The best of `connected` that was not `tried` and does not rest: few useless answers, then few questions under way,
    /// then the longest not asked.
    pub(crate) fn choose<'a>(
        &self,
        connected: impl Iterator<Item = &'a PeerId>,
        tried: &[PeerId],
        now_ms: u64,
    ) -> Choice {
        let able: Vec<_> = connected
            .filter(|peer| !tried.contains(peer))
            .map(|peer| (self.record(peer), peer))
            .filter(|(record, _)| record.rests_until_ms <= now_ms)
            .collect();
        if able.is_empty() {
            return Choice::Nobody;
        }
        able.into_iter()
            .filter(|(record, _)| record.pace.clone().has_one(now_ms))
            .min_by_key(|(record, peer)| {
                (
                    record.useless_in_a_row,
                    record.under_way,
                    record.last_asked_ms,
                    **peer,
                )
            })
            .map_or(Choice::Wait, |(_, peer)| Choice::Ask(*peer))
    }

    /// How many of `connected` rest.
    pub(crate) fn resting<'a>(
        &self,
        connected: impl Iterator<Item = &'a PeerId>,
        now_ms: u64,
    ) -> usize {
        connected
            .filter(|peer| self.record(peer).rests_until_ms > now_ms)
            .count()
    }

    pub(crate) fn asked(&mut self, peer: PeerId, now_ms: u64) {
        self.make_room();
        let record = self.records.entry(peer).or_default();
        record.under_way = record.under_way.saturating_add(1);
        record.last_asked_ms = now_ms;
        record.pace.take(1, now_ms);
    }

    /// It has too much to do; no reason to think less of it.
    pub(crate) fn busy(&mut self, peer: PeerId, now_ms: u64) {
        let record = self.records.entry(peer).or_default();
        record.under_way = record.under_way.saturating_sub(1);
        record.rests_until_ms = now_ms.saturating_add(BUSY_REST_MS);
    }

    pub(crate) fn useful(&mut self, peer: PeerId) {
        let record = self.records.entry(peer).or_default();
        record.under_way = record.under_way.saturating_sub(1);
        record.useless_in_a_row = 0;
        record.rests_until_ms = 0;
    }

    /// Nothing of use came; the peer rests.
    pub(crate) fn useless(&mut self, peer: PeerId, now_ms: u64) {
        let record = self.records.entry(peer).or_default();
        record.under_way = record.under_way.saturating_sub(1);
        let rest = REST_MS
            .saturating_mul(1 << record.useless_in_a_row.min(20))
            .min(LONGEST_REST_MS);
        record.useless_in_a_row = record.useless_in_a_row.saturating_add(1);
        record.rests_until_ms = now_ms.saturating_add(rest);
    }

    fn record(&self, peer: &PeerId) -> Record {
        self.records.get(peer).cloned().unwrap_or_default()
    }

    fn make_room(&mut self) {
        if self.records.len() < REMEMBERED {
            return;
        }
        let oldest = self
            .records
            .iter()
            .min_by_key(|(peer, record)| (record.last_asked_ms, **peer))
            .map(|(peer, _)| *peer);
        if let Some(peer) = oldest {
            self.records.remove(&peer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_sends_gaps_for_ever_is_asked_ever_less_and_others_are_asked_instead() {
        let (gaps, good) = (PeerId::random(), PeerId::random());
        let connected = [gaps, good];
        let mut asking = Asking::default();
        let mut asked_gaps = 0;
        for now_ms in (0..600_000).step_by(100) {
            let mut tried = Vec::new();
            while let Choice::Ask(peer) = asking.choose(connected.iter(), &tried, now_ms) {
                asking.asked(peer, now_ms);
                tried.push(peer);
                if peer == good {
                    asking.useful(peer);
                    break;
                }
                asked_gaps += 1;
                asking.useless(peer, now_ms);
            }
            assert!(tried.contains(&good), "the honest peer is always asked");
        }
        assert!(asked_gaps <= 1, "{asked_gaps} of 6000 questions");
        // Alone, it is asked again, but rarely.
        let mut alone = 0;
        for now_ms in (600_000..1_200_000).step_by(100) {
            if asking.choose([gaps].iter(), &[], now_ms) == Choice::Ask(gaps) {
                asking.asked(gaps, now_ms);
                asking.useless(gaps, now_ms);
                alone += 1;
            }
        }
        assert!(
            (1..=12).contains(&alone),
            "{alone} questions in ten minutes"
        );
        assert_eq!(asking.resting([gaps].iter(), 1_200_000), 1);
    }

    #[test]
    fn a_thousand_peers_that_come_and_go_are_remembered_in_bounded_memory() {
        let mut asking = Asking::default();
        for now_ms in 0..5_000 {
            let peer = PeerId::random();
            asking.asked(peer, now_ms);
            asking.useless(peer, now_ms);
            assert!(asking.records.len() <= REMEMBERED);
        }
    }

    #[test]
    fn questions_are_spread_over_peers_that_are_equally_good() {
        let connected: Vec<_> = (0..4).map(|_| PeerId::random()).collect();
        let mut asking = Asking::default();
        let mut chosen = Vec::new();
        for now_ms in 0..4 {
            let Choice::Ask(peer) = asking.choose(connected.iter(), &[], now_ms) else {
                panic!("all four can be asked")
            };
            asking.asked(peer, now_ms);
            chosen.push(peer);
        }
        chosen.sort();
        chosen.dedup();
        assert_eq!(chosen.len(), 4);
    }

    #[test]
    fn one_peer_alone_is_asked_at_a_pace_that_no_server_takes_for_a_flood() {
        let peer = PeerId::random();
        let mut asking = Asking::default();
        let mut asked = 0;
        for now_ms in 0..10_000 {
            match asking.choose([peer].iter(), &[], now_ms) {
                Choice::Ask(_) => {
                    asking.asked(peer, now_ms);
                    asking.useful(peer);
                    asked += 1;
                }
                Choice::Wait => {}
                Choice::Nobody => panic!("it can be asked later"),
            }
        }
        assert!((100..=110).contains(&asked), "{asked} in ten seconds");
        asking.busy(peer, 10_000);
        assert_eq!(asking.choose([peer].iter(), &[], 10_100), Choice::Nobody);
        assert_eq!(asking.choose([peer].iter(), &[], 10_500), Choice::Ask(peer));
    }
}
