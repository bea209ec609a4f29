//! Reads answers to transactions and judges them.

use crate::{config::Mode, error_tally::ErrorTally, latency::Latencies, load::Load, rpc::Refusal};
use alloy_primitives::B256;
use forebond_protocol::Verifier;
use forebond_types::Preconfirmation;
use serde::{Deserialize, de::DeserializeOwned};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Where a transaction is, according to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Block number.
    pub(crate) block: u64,
    /// Index in the block.
    pub(crate) index: u64,
    /// The transaction's number in the run.
    pub(crate) id: u32,
}

/// What came of the load, as far as one thread saw it.
#[derive(Debug)]
pub(crate) struct Tally {
    /// From due to verified; for [`Mode::Plain`] to seen in a block.
    pub(crate) verified: Latencies,
    /// From due to the reply, which in [`Mode::Plain`] is only "in the pool".
    pub(crate) accepted: Latencies,
    /// What went wrong with transactions that count.
    pub(crate) errors: ErrorTally,
    /// Answers that claim something false.
    pub(crate) invalid: u64,
    /// Where transactions are promised to be, warm-up included.
    pub(crate) places: Vec<Place>,
    /// How many were verified while load that counts was sent, warm-up stragglers included.
    pub(crate) verified_under_load: u64,
    /// When the last transaction that counts was verified.
    pub(crate) last_verified: Option<Instant>,
}

impl Tally {
    /// Nothing yet.
    pub(crate) fn new() -> eyre::Result<Self> {
        Ok(Self {
            verified: Latencies::new()?,
            accepted: Latencies::new()?,
            errors: ErrorTally::default(),
            invalid: 0,
            places: Vec::new(),
            verified_under_load: 0,
            last_verified: None,
        })
    }

    /// Adds what another thread saw.
    pub(crate) fn merge(&mut self, other: Self) -> eyre::Result<()> {
        self.verified.add(&other.verified)?;
        self.accepted.add(&other.accepted)?;
        self.errors.merge(other.errors);
        self.invalid += other.invalid;
        self.places.extend(other.places);
        self.verified_under_load += other.verified_under_load;
        self.last_verified = self.last_verified.max(other.last_verified);
        Ok(())
    }

    /// Notes that `place.id` is verified at `at`.
    pub(crate) fn verified(&mut self, load: &Load, place: Place, at: Instant) {
        self.places.push(place);
        let under_load = (load.measured_from()..load.sent_by()).contains(&at);
        self.verified_under_load += u64::from(under_load);
        if load.is_measured(place.id) {
            self.verified.record(load.latency(place.id, at));
            self.last_verified = self.last_verified.max(Some(at));
        }
    }

    fn error(&mut self, load: &Load, id: u32, text: &str) {
        if load.is_measured(id) {
            self.errors.count(text);
        }
    }
}

/// Judges the answers of some connections.
pub(crate) struct Judge {
    load: Arc<Load>,
    mode: Mode,
    verifier: Option<Verifier>,
    /// What it has seen so far.
    pub(crate) tally: Tally,
}

#[derive(Deserialize)]
struct Reply<T> {
    id: u32,
    result: Option<T>,
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Numbered {
    id: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    transaction_hash: B256,
    #[serde(deserialize_with = "quantity")]
    block_number: u64,
    #[serde(deserialize_with = "quantity")]
    transaction_index: u64,
    #[serde(deserialize_with = "quantity")]
    status: u64,
}

fn quantity<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    alloy_primitives::U64::deserialize(deserializer).map(|number| number.to())
}

/// Why an answer does not count as verified.
enum Fault {
    /// The transaction failed; the answer itself is sound.
    Failed(Place, &'static str),
    /// The answer claims something false.
    Invalid(String),
}

impl Judge {
    /// Without a `verifier`, preconfirmations are counted and not checked.
    pub(crate) const fn new(
        load: Arc<Load>,
        mode: Mode,
        verifier: Option<Verifier>,
        tally: Tally,
    ) -> Self {
        Self {
            load,
            mode,
            verifier,
            tally,
        }
    }

    /// Judges one message of the server.
    pub(crate) fn judge(&mut self, message: &[u8]) {
        match self.mode {
            Mode::Preconf => self.answer(message, Self::preconfirmation),
            Mode::Sync => self.answer(message, Self::receipt),
            Mode::Plain | Mode::Auto => self.accepted(message),
        }
    }

    /// A connection ended before its time.
    pub(crate) fn lost(&mut self, why: &str) {
        self.tally.errors.count(&format!("connection lost: {why}"));
    }

    fn answer<T: DeserializeOwned>(
        &mut self,
        message: &[u8],
        check: fn(&mut Self, u32, T) -> Result<Place, Fault>,
    ) {
        let Some((id, result)) = self.parse::<T>(message) else {
            return;
        };
        let outcome = result.map(|object| check(self, id, object));
        // The clock is read when the client knows that the answer is sound, not when bytes came.
        let at = Instant::now();
        if !self.load.resolve(id) {
            return self.invalid(id, "a second answer to one transaction");
        }
        match outcome {
            Ok(Ok(place)) => self.tally.verified(&self.load, place, at),
            Ok(Err(Fault::Failed(place, text))) => {
                self.tally.places.push(place);
                self.tally.error(&self.load, id, text);
            }
            Ok(Err(Fault::Invalid(text))) => self.invalid(id, &text),
            Err(refusal) => self.tally.error(&self.load, id, &refusal.to_string()),
        }
    }

    /// In plain mode a reply says that the pool has the transaction; the block watcher does the rest.
    fn accepted(&mut self, message: &[u8]) {
        let Some((id, result)) = self.parse::<B256>(message) else {
            return;
        };
        let expected = self.load.get(id).map(|planned| planned.hash);
        match result {
            Ok(hash) if Some(hash) == expected => {
                if self.load.is_measured(id) {
                    self.tally
                        .accepted
                        .record(self.load.latency(id, Instant::now()));
                }
            }
            Ok(_) => self.invalid(id, "the reply names another transaction"),
            Err(refusal) => {
                self.load.resolve(id);
                self.tally.error(&self.load, id, &refusal.to_string());
            }
        }
    }

    fn parse<T: DeserializeOwned>(&mut self, message: &[u8]) -> Option<(u32, Result<T, Refusal>)> {
        let reason = match serde_json::from_slice::<Reply<T>>(message) {
            Ok(Reply {
                id,
                error: Some(refusal),
                ..
            }) => return Some((id, Err(refusal))),
            Ok(Reply {
                id,
                result: Some(result),
                ..
            }) => return Some((id, Ok(result))),
            Ok(Reply { .. }) => "neither result nor error".to_owned(),
            Err(error) => error.to_string(),
        };
        let text = format!("unreadable answer: {reason}");
        match serde_json::from_slice(message) {
            Ok(Numbered { id: Some(id) }) => {
                self.load.resolve(id);
                self.invalid(id, &text);
            }
            _ => self.tally.errors.count(&text),
        }
        None
    }

    fn invalid(&mut self, id: u32, text: &str) {
        self.tally.invalid += 1;
        self.tally.error(&self.load, id, text);
    }

    fn preconfirmation(&mut self, id: u32, object: Preconfirmation) -> Result<Place, Fault> {
        let block = object.frag.block_number;
        let place = Place {
            block,
            index: object.leaf.index,
            id,
        };
        let unknown = || Fault::Invalid("an answer to nothing that was sent".into());
        let planned = self.load.get(id).ok_or_else(unknown)?;
        if let Some(verifier) = &mut self.verifier {
            let verified = verifier
                .verify_own(&object, planned.hash, planned.sender)
                .map_err(|error| Fault::Invalid(format!("not verified: {error}")))?;
            if !verified.success {
                return Err(Fault::Failed(
                    place,
                    "the transaction was executed and failed",
                ));
            }
        }
        Ok(place)
    }

    fn receipt(&mut self, id: u32, receipt: Receipt) -> Result<Place, Fault> {
        let expected = self.load.get(id).map(|planned| planned.hash);
        if expected != Some(receipt.transaction_hash) {
            return Err(Fault::Invalid(
                "the receipt is of another transaction".into(),
            ));
        }
        let place = Place {
            block: receipt.block_number,
            index: receipt.transaction_index,
            id,
        };
        match receipt.status {
            1 => Ok(place),
            _ => Err(Fault::Failed(
                place,
                "the transaction was executed and failed",
            )),
        }
    }
}

/// How long after the last scheduled send the last answer came.
pub(crate) fn drained_after(load: &Load, tally: &Tally) -> Duration {
    let late = tally
        .last_verified
        .map(|at| at.saturating_duration_since(load.sent_by()));
    late.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::tests::load;

    fn judge(mode: Mode) -> Judge {
        Judge::new(Arc::new(load(1_100)), mode, None, Tally::new().unwrap())
    }

    fn receipt(id: u32, hash: u32, status: u8) -> String {
        let hash = B256::from(alloy_primitives::U256::from(hash));
        format!(
            r#"{{"jsonrpc":"2.0","id":{id},"result":{{"type":"0x2","status":"0x{status}","transactionHash":"{hash}","transactionIndex":"0x3","blockNumber":"0x10","logs":[]}}}}"#
        )
    }

    #[test]
    fn a_receipt_of_the_transaction_that_was_sent_is_verified_at_its_place() {
        let mut judge = judge(Mode::Sync);
        judge.judge(receipt(1_050, 1_050, 1).as_bytes());
        assert_eq!(
            judge.tally.places,
            [Place {
                block: 16,
                index: 3,
                id: 1_050
            }]
        );
        assert_eq!(
            (judge.tally.verified.count(), judge.tally.errors.total()),
            (1, 0)
        );
    }

    #[test]
    fn warm_up_answers_are_checked_at_the_end_and_counted_nowhere() {
        let mut judge = judge(Mode::Sync);
        judge.judge(receipt(5, 5, 1).as_bytes());
        assert_eq!(
            (judge.tally.places.len(), judge.tally.verified.count()),
            (1, 0)
        );
    }

    #[test]
    fn another_transactions_receipt_and_a_second_answer_are_invalid() {
        let mut judge = judge(Mode::Sync);
        judge.judge(receipt(1_050, 1_051, 1).as_bytes());
        assert_eq!(judge.tally.invalid, 1);
        judge.judge(receipt(1_060, 1_060, 1).as_bytes());
        judge.judge(receipt(1_060, 1_060, 1).as_bytes());
        assert_eq!((judge.tally.invalid, judge.tally.verified.count()), (2, 1));
        judge.judge(receipt(4_000, 0, 1).as_bytes());
        assert_eq!(judge.tally.invalid, 3);
    }

    #[test]
    fn a_failed_transaction_is_an_error_that_still_has_a_place() {
        let mut judge = judge(Mode::Sync);
        judge.judge(receipt(1_050, 1_050, 0).as_bytes());
        assert_eq!(
            (judge.tally.errors.total(), judge.tally.places.len()),
            (1, 1)
        );
        assert_eq!(judge.tally.verified.count(), 0);
    }

    #[test]
    fn the_rate_counts_what_was_verified_while_load_was_sent() {
        let load = load(3_000);
        let mut tally = Tally::new().unwrap();
        let ms = Duration::from_millis;
        let place = |id| Place {
            block: 1,
            index: 0,
            id,
        };
        tally.verified(&load, place(0), load.measured_from() - ms(1));
        tally.verified(&load, place(1), load.measured_from());
        tally.verified(&load, place(1_000), load.sent_by() - ms(1));
        tally.verified(&load, place(2_999), load.sent_by() + ms(5));
        assert_eq!((tally.verified_under_load, tally.verified.count()), (2, 2));
        assert_eq!(drained_after(&load, &tally), ms(5));
    }

    #[test]
    fn refusals_are_counted_by_their_text() {
        let mut judge = judge(Mode::Preconf);
        for id in [1_001, 1_002] {
            let refusal = format!(
                r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32000,"message":"nonce too low: {id}","data":null}}}}"#
            );
            judge.judge(refusal.as_bytes());
        }
        let top = judge.tally.errors.clone().most_frequent(5);
        assert_eq!(
            (top[0].text.as_str(), top[0].count),
            ("nonce too low: N (-N)", 2)
        );
        assert_eq!((judge.load.resolved_count(), judge.tally.invalid), (2, 0));
    }

    #[test]
    fn an_answer_of_another_shape_resolves_its_transaction_as_invalid() {
        let mut judge = judge(Mode::Preconf);
        judge.judge(br#"{"jsonrpc":"2.0","id":1001,"result":{"version":"0x1"}}"#);
        judge.judge(b"{not json");
        assert_eq!((judge.load.resolved_count(), judge.tally.invalid), (1, 1));
        assert_eq!(judge.tally.errors.total(), 2);
    }

    #[test]
    fn a_plain_reply_is_accepted_and_not_verified() {
        let mut judge = judge(Mode::Plain);
        let hash = B256::from(alloy_primitives::U256::from(1_001));
        judge.judge(format!(r#"{{"jsonrpc":"2.0","id":1001,"result":"{hash}"}}"#).as_bytes());
        assert_eq!(
            (judge.tally.accepted.count(), judge.tally.verified.count()),
            (1, 0)
        );
        assert_eq!(judge.load.resolved_count(), 0);
    }
}
