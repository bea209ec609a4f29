//! Logs in JSON, and which of them a filter wants.

use alloy_primitives::B256;
use alloy_rpc_types_eth::{Filter, Log};

use crate::chain::{Family, TransactionView};

/// The `nth` log of a transaction, with its place in the block.
pub fn log_json<F: Family>(
    view: &TransactionView<F>,
    nth: u64,
    log: &alloy_primitives::Log,
    block_hash: Option<B256>,
) -> Log {
    Log {
        inner: log.clone(),
        block_hash,
        block_number: Some(view.block_number),
        block_timestamp: Some(view.block_timestamp_s),
        transaction_hash: Some(view.hash),
        transaction_index: Some(view.index),
        log_index: Some(view.first_log_index.saturating_add(nth)),
        removed: false,
    }
}

/// All logs of a transaction, with their places.
pub(super) fn logs_json<F: Family>(
    view: &TransactionView<F>,
    block_hash: Option<B256>,
) -> Vec<Log> {
    F::logs(&view.receipt)
        .iter()
        .zip(0_u64..)
        .map(|(log, nth)| log_json(view, nth, log, block_hash))
        .collect()
}

/// The logs of a transaction whose address and topics match; the filter's block range is not looked at.
pub(crate) fn matching_logs<'a, F: Family>(
    view: &'a TransactionView<F>,
    block_hash: Option<B256>,
    filter: &'a Filter,
) -> impl Iterator<Item = Log> + 'a {
    F::logs(&view.receipt)
        .iter()
        .zip(0_u64..)
        .filter(|(log, _)| {
            filter.matches_address(log.address) && topics_match(filter, log.data.topics())
        })
        .map(move |(log, nth)| log_json(view, nth, log, block_hash))
}

/// A log matches when it has every topic the filter asks for; topics beyond the last one asked for are free.
fn topics_match(filter: &Filter, topics: &[B256]) -> bool {
    filter.topics.iter().enumerate().all(|(position, wanted)| {
        wanted.is_empty()
            || topics
                .get(position)
                .is_some_and(|topic| wanted.matches(topic))
    })
}

#[cfg(test)]
mod tests {
    use alloy_primitives::Address;
    use serde_json::json;

    use super::*;

    fn filter(topics: serde_json::Value) -> Filter {
        serde_json::from_value(json!({ "address": Address::ZERO, "topics": topics })).unwrap()
    }

    #[test]
    fn a_null_topic_matches_anything_and_topics_after_the_filter_are_free() {
        let (a, b, c) = (
            B256::repeat_byte(1),
            B256::repeat_byte(2),
            B256::repeat_byte(3),
        );
        assert!(topics_match(&filter(json!([])), &[a, b]));
        assert!(topics_match(&filter(json!([a])), &[a, b, c]));
        assert!(topics_match(&filter(json!([null, b])), &[a, b]));
        assert!(topics_match(&filter(json!([[a, c], b])), &[c, b]));
        assert!(!topics_match(&filter(json!([b])), &[a, b]));
        assert!(!topics_match(&filter(json!([a, b])), &[a]));
    }
}
