//! Into the pool: decoding and sender recovery happen here, on the RPC's threads, before the sequencing thread sees anything.
//! While this process does not sequence, transactions go to the gateway that does.

use crate::{
    door::{Door, Doorway, Forward},
    metrics::StageMetrics,
    pool::Pooled,
    sequencer::{PoolQuestion, Refused, SequencerInput, Submission},
};
use alloy_primitives::{Address, B256, Bytes};
use crossbeam_channel::TrySendError;
use forebond_exec::PreparedTx;
use forebond_ledger::rpc::{ChainReader, Ingress, Waited, prepare, promised};
use forebond_protocol::FeeSchedule;
use forebond_rpc::SubmitError;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// How long a question to the sequencer may take.
const ANSWER_DEADLINE: Duration = Duration::from_secs(2);

/// How long a transaction waits for a turn to open, and how often it looks.
const DOOR_WAIT: Duration = Duration::from_secs(2);
const DOOR_LOOK: Duration = Duration::from_millis(4);

/// Where a gateway's transactions go.
#[derive(Debug)]
pub struct GatewayIngress {
    /// What is published.
    pub reader: Arc<ChainReader>,
    /// The way to the sequencer while there is one.
    pub doorway: Arc<Doorway>,
    /// Where transactions go while there is none.
    pub forward: Option<Arc<dyn Forward>>,
    /// The quote's numbers.
    pub fees: FeeSchedule,
    /// Pool capacity, transactions.
    pub pool_capacity: usize,
    /// Largest transaction, bytes.
    pub max_transaction_bytes: usize,
    /// Figures.
    pub metrics: Arc<StageMetrics>,
}

/// What became of a transaction at the door.
enum TakenIn {
    Yes,
    No(SubmitError),
    /// The turn ended first: here it is again.
    TurnOver(Pooled),
}

fn stopping() -> SubmitError {
    SubmitError::NotAccepting {
        reason: Refused::Stopping.to_string(),
    }
}

impl GatewayIngress {
    fn decode(&self, raw: Bytes) -> Result<Pooled, SubmitError> {
        let received = Instant::now();
        let tx = prepare(raw, self.reader.config.chain_id, self.max_transaction_bytes)?;
        self.metrics
            .decode_recover
            .observe(received.elapsed().as_secs_f64());
        Ok(Pooled {
            tx: Arc::new(tx),
            received,
        })
    }

    /// Hands a decoded transaction to whoever sequences, or, unless it may be sent on, to this gateway alone. With `verdict`, waits
    /// until its pool has taken it.
    async fn hand_in(
        &self,
        mut entry: Pooled,
        verdict: bool,
        may_send_on: bool,
    ) -> Result<(), SubmitError> {
        let until = Instant::now() + DOOR_WAIT;
        loop {
            if let Some(forward) = self.elsewhere().filter(|_| may_send_on) {
                return forward.send(entry.tx.raw().clone()).await;
            }
            match self.take_in(entry, verdict, until).await {
                TakenIn::Yes => return Ok(()),
                TakenIn::No(refused) => return Err(refused),
                TakenIn::TurnOver(same) => entry = same,
            }
        }
    }

    /// The way to whoever else sequences now.
    fn elsewhere(&self) -> Option<&Arc<dyn Forward>> {
        let forward = self.forward.as_ref()?;
        (self.doorway.open().is_none() && forward.is_elsewhere()).then_some(forward)
    }

    /// The sequencer's door, waited for a moment if a turn is about to open.
    async fn door(&self, until: Instant) -> Result<Arc<Door>, SubmitError> {
        loop {
            if let Some(door) = self.doorway.open() {
                return Ok(door);
            }
            if self.forward.is_none() || Instant::now() >= until {
                return Err(SubmitError::NotAccepting {
                    reason: "this gateway does not sequence now; try again in a moment".into(),
                });
            }
            tokio::time::sleep(DOOR_LOOK).await;
        }
    }

    /// Takes a raw transaction into the own pool, and never sends it on.
    pub(super) async fn accept(&self, raw: Bytes) -> Result<B256, SubmitError> {
        let entry = self.decode(raw)?;
        let hash = entry.tx.hash();
        self.hand_in(entry, true, false).await.map(|()| hash)
    }

    async fn take_in(&self, entry: Pooled, verdict: bool, until: Instant) -> TakenIn {
        let door = match self.door(until).await {
            Ok(door) => door,
            Err(refused) => return TakenIn::No(refused),
        };
        let (sender, answer) = oneshot::channel();
        let submission = Submission {
            entry,
            verdict: verdict.then_some(sender),
        };
        match door.submissions.try_send(submission) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                let reason = Refused::Busy(door.submissions.len()).to_string();
                return TakenIn::No(SubmitError::NotAccepting { reason });
            }
            // The turn is over, and its door is still there for a moment.
            Err(TrySendError::Disconnected(submission)) => {
                if self.forward.is_none() || Instant::now() >= until {
                    return TakenIn::No(stopping());
                }
                tokio::time::sleep(DOOR_LOOK).await;
                return TakenIn::TurnOver(submission.entry);
            }
        }
        if !verdict {
            return TakenIn::Yes;
        }
        match answer.await {
            Ok(Ok(())) => TakenIn::Yes,
            Ok(Err(refused)) => {
                let base_fee_wei = self.reader.pending_base_fee_wei();
                let gas_limit = self.reader.config.gas_limit;
                TakenIn::No(refused.into_submit_error(base_fee_wei, gas_limit))
            }
            Err(_) => TakenIn::No(stopping()),
        }
    }

    fn question<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<T>) -> PoolQuestion,
    ) -> Option<oneshot::Receiver<T>> {
        let (reply, answer) = oneshot::channel();
        let asked = SequencerInput::Ask(question(reply));
        self.doorway.open()?.control.try_send(asked).ok()?;
        Some(answer)
    }

    /// Asks the sequencer about the pool; `None` when there is none or it does not answer in time.
    pub(super) async fn ask<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<T>) -> PoolQuestion,
    ) -> Option<T> {
        tokio::time::timeout(ANSWER_DEADLINE, self.question(question)?)
            .await
            .ok()?
            .ok()
    }
}

impl Ingress for GatewayIngress {
    fn next_nonce(&self, address: Address) -> Option<u64> {
        self.question(|reply| PoolQuestion::NextNonce(address, reply))?
            .blocking_recv()
            .ok()
    }

    fn pooled(&self, hash: B256) -> Option<Arc<PreparedTx>> {
        self.question(|reply| PoolQuestion::Transaction(hash, reply))?
            .blocking_recv()
            .ok()
            .flatten()
    }

    fn quoted_tip_wei(&self) -> u128 {
        if let Some(forward) = self.elsewhere() {
            return forward.quoted_tip_wei();
        }
        let pooled = self.metrics.pool_transactions.get().max(0);
        let fullness =
            usize::try_from(pooled).unwrap_or(0).saturating_mul(1000) / self.pool_capacity.max(1);
        self.fees
            .quote_wei_per_gas(u32::try_from(fullness).unwrap_or(1000))
    }

    async fn submit(&self, raw: Bytes) -> Result<B256, SubmitError> {
        let entry = self.decode(raw)?;
        let hash = entry.tx.hash();
        match self.hand_in(entry, true, true).await {
            // Sealed long ago, or promised: the same transaction again is a success.
            Err(SubmitError::NonceTooLow { .. })
                if matches!(self.reader.find_promise(hash), Ok(Some(_))) =>
            {
                Ok(hash)
            }
            other => other.map(|()| hash),
        }
    }

    async fn submit_and_wait(&self, raw: Bytes, timeout: Duration) -> Result<Waited, SubmitError> {
        let entry = self.decode(raw)?;
        let hash = entry.tx.hash();
        let promise = promised(
            &self.reader,
            hash,
            timeout,
            self.hand_in(entry, false, true),
        )
        .await?;
        Ok(promise.map_or(Waited::Still(hash), Waited::Promised))
    }
}
