use super::ChainReader;
use crate::board::{Outcome, Promise};
use alloy_consensus::Transaction;
use alloy_primitives::{Address, B256, Bytes};
use forebond_exec::{DecodeError, PreparedTx};
use forebond_rpc::SubmitError;
use op_alloy_consensus::OpTxEnvelope;
use std::{future::Future, sync::Arc, time::Duration};

/// Init code at most, bytes (EIP-3860).
const MAX_INITCODE_BYTES: usize = 49_152;
/// After this time without an answer the store is asked, too: the ordinary case never gets there.
const REPEAT_CHECK: Duration = Duration::from_millis(25);

/// Where transactions go: into the own pool while this process sequences, to the window's gateway else.
pub trait Ingress: Send + Sync + 'static {
    /// The account's next nonce with pooled transactions counted in; `None` when only the promised state is known. May block
    /// the thread for a moment.
    fn next_nonce(&self, address: Address) -> Option<u64>;

    /// A transaction that waits here. May block the thread for a moment.
    fn pooled(&self, hash: B256) -> Option<Arc<PreparedTx>>;

    /// The tip per gas, wei, a transaction must offer at present.
    fn quoted_tip_wei(&self) -> u128;

    /// Takes a raw transaction and resolves with its hash once somebody who will sequence it has it.
    fn submit(&self, raw: Bytes) -> impl Future<Output = Result<B256, SubmitError>> + Send;

    /// As [`Self::submit`], then waits for the promise, for `timeout` at most.
    fn submit_and_wait(
        &self,
        raw: Bytes,
        timeout: Duration,
    ) -> impl Future<Output = Result<Waited, SubmitError>> + Send;
}

/// How waiting for a promise ends.
#[derive(Clone, Debug)]
pub enum Waited {
    /// The transaction is promised.
    Promised(Promise),
    /// It was taken and is not promised yet.
    Still(B256),
}

/// Decodes a raw transaction and checks what can be checked without state. Recovers the sender: about 40 µs.
pub fn prepare(raw: Bytes, chain_id: u64, max_bytes: usize) -> Result<PreparedTx, SubmitError> {
    if raw.len() > max_bytes {
        return Err(SubmitError::TooLarge {
            max_bytes,
            got_bytes: raw.len(),
        });
    }
    let tx = PreparedTx::decode(raw, chain_id).map_err(|error| match error {
        DecodeError::Malformed(reason) => SubmitError::Undecodable { reason },
        DecodeError::Type(got) => SubmitError::TypeNotSupported { got },
        DecodeError::Signature => SubmitError::InvalidSender {
            reason: "the signature does not recover an address, or its s is too high".into(),
        },
        DecodeError::ChainId { expected, got } => SubmitError::WrongChain { expected, got },
        DecodeError::NoChainId(expected) => SubmitError::NotReplayProtected { expected },
    })?;
    check_form(&tx)?;
    Ok(tx)
}

/// Waits for the promise of `hash`, for `timeout` at most: registers, then lets `hand_in` pass the transaction on, so that no
/// answer is missed. `None` when it is not promised yet.
pub async fn promised(
    reader: &ChainReader,
    hash: B256,
    timeout: Duration,
    hand_in: impl Future<Output = Result<(), SubmitError>>,
) -> Result<Option<Promise>, SubmitError> {
    let waiters = reader.board.waiters();
    let Some(mut answer) = waiters.register(hash) else {
        return Err(SubmitError::NotAccepting {
            reason: "too many callers wait for this transaction already".into(),
        });
    };
    let tidy = TidyOnDrop { reader, hash };
    if let Some(promise) = reader.board.promise(&hash) {
        return Ok(Some(promise));
    }
    if let Err(refused) = hand_in.await {
        return known_already(reader, hash, refused);
    }
    let soon = timeout.min(REPEAT_CHECK);
    let mut outcome = tokio::time::timeout(soon, &mut answer).await;
    if outcome.is_err() {
        // A transaction of the last two blocks sent again: the sequencer knows it as executed and
        // says nothing, and its promise may have left the board for the store.
        if let Ok(Some(promise)) = reader.find_promise(hash) {
            return Ok(Some(promise));
        }
        outcome = tokio::time::timeout(timeout.saturating_sub(soon), &mut answer).await;
    }
    drop(tidy);
    match outcome {
        Ok(Ok(Outcome::Promised(promise))) => Ok(Some(promise)),
        Ok(Ok(Outcome::Refused(refused))) => known_already(reader, hash, refused),
        Ok(Ok(Outcome::Gone(reason))) => Err(SubmitError::Dropped { reason }),
        Ok(Err(_)) => Err(SubmitError::NotAccepting {
            reason: "the gateway is shutting down; send the transaction again in a moment".into(),
        }),
        Err(_) => Ok(None),
    }
}

/// A used nonce is no refusal when this very transaction used it: the same transaction is answered with the same promise, however
/// old.
fn known_already(
    reader: &ChainReader,
    hash: B256,
    refused: SubmitError,
) -> Result<Option<Promise>, SubmitError> {
    if let SubmitError::NonceTooLow { .. } = refused
        && let Ok(Some(promise)) = reader.find_promise(hash)
    {
        return Ok(Some(promise));
    }
    Err(refused)
}

/// Forgets a waiter when its caller goes away.
struct TidyOnDrop<'a> {
    reader: &'a ChainReader,
    hash: B256,
}

impl Drop for TidyOnDrop<'_> {
    fn drop(&mut self) {
        self.reader.board.waiters().tidy(self.hash);
    }
}

/// Rules about the transaction alone.
fn check_form(tx: &PreparedTx) -> Result<(), SubmitError> {
    let envelope = tx.envelope();
    let (gas_limit, fee_cap_wei) = (envelope.gas_limit(), envelope.max_fee_per_gas());
    if let Some(tip_wei) = envelope.max_priority_fee_per_gas()
        && tip_wei > fee_cap_wei
    {
        return Err(SubmitError::TipAboveFeeCap {
            tip_wei,
            fee_cap_wei,
        });
    }
    if envelope.is_create() && envelope.input().len() > MAX_INITCODE_BYTES {
        let got_bytes = envelope.input().len();
        return Err(SubmitError::InitcodeTooLarge {
            max_bytes: MAX_INITCODE_BYTES,
            got_bytes,
        });
    }
    if let OpTxEnvelope::Eip7702(signed) = envelope
        && signed.tx().authorization_list.is_empty()
    {
        return Err(SubmitError::NoAuthorizations);
    }
    let required = tx.intrinsic_gas();
    if gas_limit < required {
        return Err(SubmitError::IntrinsicGasTooLow {
            required,
            got: gas_limit,
        });
    }
    Ok(())
}
