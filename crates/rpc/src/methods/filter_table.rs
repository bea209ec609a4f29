//! Filters that clients poll over HTTP: a bounded table in which an entry dies when nobody asks for it.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    time::{Duration, Instant},
};

use alloy_rpc_types_eth::Filter;
use tokio::sync::broadcast;

use crate::chain::{Family, PromisedBatch};

/// What a filter reports, and how far it has.
#[derive(Debug)]
pub(super) enum FilterKind<F: Family> {
    /// Logs of sealed blocks from `next` on.
    Logs {
        /// Address, topics and block range.
        filter: Box<Filter>,
        /// First block not reported.
        next: u64,
        /// Reorgs seen.
        mark: u64,
    },
    /// Hashes of sealed blocks from `next` on.
    Blocks {
        /// First block not reported.
        next: u64,
        /// Reorgs seen.
        mark: u64,
    },
    /// Promised transactions.
    Promised {
        /// Where they come from.
        feed: broadcast::Receiver<PromisedBatch<F>>,
        /// Whole transactions instead of hashes.
        full: bool,
    },
}

#[derive(Debug)]
struct Entry<F: Family> {
    kind: FilterKind<F>,
    polled_at: Instant,
}

/// The filters by id. Ids are unguessable, so one client can't poll or remove another's.
#[derive(Debug)]
pub(super) struct FilterTable<F: Family> {
    entries: HashMap<u64, Entry<F>>,
    max: usize,
    ttl: Duration,
    ids: RandomState,
    issued: u64,
}

impl<F: Family> FilterTable<F> {
    /// At most `max` filters, each for `ttl_ms` after its last poll.
    pub(super) fn new(max: u32, ttl_ms: u64) -> Self {
        let ttl = Duration::from_millis(ttl_ms);
        Self {
            entries: HashMap::new(),
            max: max as usize,
            ttl,
            ids: RandomState::new(),
            issued: 0,
        }
    }

    /// Adds a filter and returns its id, or `None` when the table is full of live ones.
    pub(super) fn insert(&mut self, now: Instant, kind: FilterKind<F>) -> Option<u64> {
        if self.entries.len() >= self.max {
            let ttl = self.ttl;
            self.entries
                .retain(|_, entry| now.saturating_duration_since(entry.polled_at) < ttl);
        }
        if self.entries.len() >= self.max {
            return None;
        }
        // Two of 2^64 ids are never alike in a table of thousands; if they were, the later filter would take the place.
        self.issued = self.issued.wrapping_add(1);
        let id = self.ids.hash_one(self.issued);
        self.entries.insert(
            id,
            Entry {
                kind,
                polled_at: now,
            },
        );
        Some(id)
    }

    /// The filter, its life prolonged; `None` when there is none or it has expired.
    pub(super) fn poll(&mut self, now: Instant, id: u64) -> Option<&mut FilterKind<F>> {
        let expired = now.saturating_duration_since(self.entries.get(&id)?.polled_at) >= self.ttl;
        if expired {
            self.entries.remove(&id);
        }
        let entry = self.entries.get_mut(&id)?;
        entry.polled_at = now;
        Some(&mut entry.kind)
    }

    /// Removes the filter; whether there was one.
    pub(super) fn remove(&mut self, id: u64) -> bool {
        self.entries.remove(&id).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OpStack;

    const TTL: Duration = Duration::from_secs(5);

    fn table(max: u32) -> (FilterTable<OpStack>, Instant) {
        (FilterTable::new(max, 5_000), Instant::now())
    }

    #[test]
    fn a_filter_lives_as_long_as_it_is_polled() {
        let (mut table, start) = table(4);
        let id = table
            .insert(start, FilterKind::Blocks { next: 3, mark: 0 })
            .unwrap();
        let almost = TTL - Duration::from_millis(1);
        assert!(table.poll(start + almost, id).is_some());
        assert!(table.poll(start + almost + almost, id).is_some());
        assert!(table.poll(start + almost + almost + TTL, id).is_none());
        assert!(!table.remove(id), "an expired filter is gone");
    }

    #[test]
    fn the_table_is_bounded_and_expired_filters_make_room() {
        let (mut table, start) = table(2);
        let first = table
            .insert(start, FilterKind::Blocks { next: 0, mark: 0 })
            .unwrap();
        let second = table
            .insert(start, FilterKind::Blocks { next: 0, mark: 0 })
            .unwrap();
        assert_ne!(first, second);
        assert_eq!(
            table.insert(start, FilterKind::Blocks { next: 0, mark: 0 }),
            None
        );
        assert!(table.poll(start + TTL / 2, second).is_some());
        let third = table
            .insert(start + TTL, FilterKind::Blocks { next: 0, mark: 0 })
            .unwrap();
        assert!(table.poll(start + TTL, first).is_none());
        assert!(table.poll(start + TTL, second).is_some());
        assert!(table.remove(third));
    }
}
