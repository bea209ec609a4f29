//! When to begin to listen to peers: not before windows are read, and not while L1 has more to say than peers.

use super::peers::Peers;
use crate::core::{Standing, StandingBoard};
use forebond_settlement::{Settlement, WindowBook};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// How often it is looked.
const LOOK: Duration = Duration::from_millis(20);
/// L1 blocks derivation may be behind when streams begin.
const CLOSE: usize = 2;
/// Derivation that stands still for so long waits for something L1 may never bring, like blobs that are gone: peers may have it.
const STILL: Duration = Duration::from_secs(3);

/// Follows the named peers and whoever L1 names, from the newest block on.
///
/// Before windows are read nobody's signature can be told from a stranger's, and what peers bring would be lost. And promises of
/// blocks that L1 already holds say nothing new: to check their signatures costs a new node as much as deriving them.
pub(super) async fn then_listen(
    peers: Arc<Peers>,
    named: Vec<String>,
    settlement: Settlement,
    standing: Arc<StandingBoard>,
) {
    let mut progress = Progress::default();
    while !progress.ready(&settlement.windows(), &standing.standing(), Instant::now()) {
        tokio::time::sleep(LOOK).await;
    }
    for peer in &named {
        peers.add(peer);
    }
    peers.watch(settlement).await;
}

/// How far derivation has come, and since when.
#[derive(Debug, Default)]
struct Progress(Option<((u64, u64, usize), Instant)>);

impl Progress {
    /// Whether peers are worth listening to now.
    fn ready(&mut self, windows: &WindowBook, standing: &Standing, now: Instant) -> bool {
        let Some(head) = &windows.at else {
            return false;
        };
        let seen = standing.l1.map_or(0, |block| block.number);
        let missing = usize::try_from(head.number.saturating_sub(seen)).unwrap_or(usize::MAX);
        if missing.saturating_add(standing.l1_backlog) <= CLOSE {
            return true;
        }
        let here = (standing.heads.safe.0, seen, standing.l1_backlog);
        match self.0 {
            Some((before, since)) if before == here => now.duration_since(since) >= STILL,
            _ => {
                self.0 = Some((here, now));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::B256;
    use forebond_l1::execution::BlockRef;

    fn at(number: u64) -> BlockRef {
        BlockRef {
            number,
            hash: B256::ZERO,
            parent_hash: B256::ZERO,
            timestamp_s: 0,
        }
    }

    fn windows(number: u64) -> WindowBook {
        WindowBook {
            at: Some(at(number)),
            ..WindowBook::default()
        }
    }

    fn standing(seen: u64, l1_backlog: usize, safe: u64) -> Standing {
        let mut standing = Standing {
            l1: Some(at(seen)),
            l1_backlog,
            ..Standing::default()
        };
        standing.heads.safe.0 = safe;
        standing
    }

    #[test]
    fn peers_are_listened_to_once_windows_are_read_and_l1_is_nearly_derived() {
        let now = Instant::now();
        let mut progress = Progress::default();
        assert!(!progress.ready(&WindowBook::default(), &standing(100, 0, 0), now));
        assert!(!progress.ready(&windows(100), &standing(0, 0, 0), now));
        assert!(!progress.ready(&windows(100), &standing(100, 100, 5), now));
        assert!(!progress.ready(&windows(100), &standing(97, 0, 5), now));
        assert!(progress.ready(&windows(100), &standing(99, 1, 900), now));
    }

    #[test]
    fn a_node_whose_derivation_stands_still_asks_its_peers_all_the_same() {
        let (start, mut progress) = (Instant::now(), Progress::default());
        let after = |ms| start + Duration::from_millis(ms);
        let stuck = standing(100, 60, 5);
        assert!(!progress.ready(&windows(100), &stuck, start));
        assert!(!progress.ready(&windows(100), &stuck, after(2_900)));
        // One step forward, and it waits anew.
        let further = standing(100, 60, 6);
        assert!(!progress.ready(&windows(100), &further, after(2_950)));
        assert!(!progress.ready(&windows(100), &further, after(5_900)));
        assert!(progress.ready(&windows(100), &further, after(5_950)));
    }
}
