//! Reads answers to transactions and judges them.

use crate::{
    config::Mode,
    load::Load,
    rpc::Refusal,
    tally::{Place, Tally},
};
use alloy_primitives::B256;
use forebond_protocol::Verifier;
use forebond_types::Preconfirmation;
use serde::{Deserialize, de::DeserializeOwned};
use std::{sync::Arc, time::Instant};

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
