//! From raw bytes to the pool: decoding and sender recovery happen here, on the RPC's threads,
//! before the sequencing thread sees anything.

use super::GatewayChain;
use crate::{
    board::{Outcome, Promise},
    pool::Refusal,
    promise::Pooled,
    sequencer::{Refused, Submission},
};
use alloy_consensus::Transaction;
use alloy_primitives::{B256, Bytes};
use forebond_exec::{DecodeError, PreparedTx};
use forebond_rpc::SubmitError;
use op_alloy_consensus::OpTxEnvelope;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// Init code at most, bytes (EIP-3860).
const MAX_INITCODE_BYTES: usize = 49_152;
/// After this time without an answer the store is asked, too: the ordinary case never gets there.
const REPEAT_CHECK: Duration = Duration::from_millis(25);

impl GatewayChain {
    /// Decodes and checks what can be checked without state.
    pub(super) fn prepare(&self, raw: Bytes) -> Result<Pooled, SubmitError> {
        let received = Instant::now();
        let max_bytes = self.parts.max_transaction_bytes;
        if raw.len() > max_bytes {
            return Err(SubmitError::TooLarge {
                max_bytes,
                got_bytes: raw.len(),
            });
        }
        let chain_id = self.parts.config.chain_id;
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
        self.parts
            .metrics
            .decode_recover
            .observe(received.elapsed().as_secs_f64());
        Ok(Pooled {
            tx: Arc::new(tx),
            received,
        })
    }

    /// Hands a prepared transaction to the sequencer and waits for the pool's verdict.
    pub(super) async fn hand_in(&self, entry: Pooled) -> Result<(), SubmitError> {
        let (verdict, answer) = oneshot::channel();
        self.enqueue(Submission {
            entry,
            verdict: Some(verdict),
        })?;
        match answer.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(refused)) => Err(self.refusal(refused)),
            Err(_) => Err(SubmitError::NotAccepting {
                reason: Refused::Stopping.to_string(),
            }),
        }
    }

    fn enqueue(&self, submission: Submission) -> Result<(), SubmitError> {
        self.parts
            .submissions
            .try_send(submission)
            .map_err(|refused| {
                let refused = match refused {
                    crossbeam_channel::TrySendError::Full(_) => {
                        Refused::Busy(self.parts.submissions.len())
                    }
                    crossbeam_channel::TrySendError::Disconnected(_) => Refused::Stopping,
                };
                SubmitError::NotAccepting {
                    reason: refused.to_string(),
                }
            })
    }

    /// Submits and waits for the promise: registers first, so that no answer is missed.
    pub(super) async fn promised(
        &self,
        entry: Pooled,
        timeout: Duration,
    ) -> Result<Option<Promise>, SubmitError> {
        let hash = entry.tx.hash();
        let Some(mut answer) = self.parts.board.waiters().register(hash) else {
            return Err(SubmitError::NotAccepting {
                reason: "too many callers wait for this transaction already".into(),
            });
        };
        let tidy = TidyOnDrop { chain: self, hash };
        if let Some(promise) = self.parts.board.promise(&hash) {
            return Ok(Some(promise));
        }
        self.enqueue(Submission {
            entry,
            verdict: None,
        })?;
        let soon = timeout.min(REPEAT_CHECK);
        let mut outcome = tokio::time::timeout(soon, &mut answer).await;
        if outcome.is_err() {
            // A transaction of the last two blocks sent again: the sequencer knows it as executed and
            // says nothing, and its promise may have left the board for the store.
            if let Ok(Some(promise)) = self.find_promise(hash) {
                return Ok(Some(promise));
            }
            outcome = tokio::time::timeout(timeout.saturating_sub(soon), &mut answer).await;
        }
        drop(tidy);
        match outcome {
            Ok(Ok(Outcome::Promised(promise))) => Ok(Some(promise)),
            Ok(Ok(Outcome::Refused(refused))) => self.sealed_long_ago(hash, refused),
            Ok(Ok(Outcome::Gone(reason))) => Err(SubmitError::Dropped { reason }),
            Ok(Err(_)) => Err(SubmitError::NotAccepting {
                reason: Refused::Stopping.to_string(),
            }),
            Err(_) => Ok(None),
        }
    }

    /// A used nonce is no refusal when this very transaction used it: the same transaction is
    /// answered with the same promise, however old.
    fn sealed_long_ago(
        &self,
        hash: B256,
        refused: Refused,
    ) -> Result<Option<Promise>, SubmitError> {
        if let Refused::Pool(Refusal::NonceTooLow { .. }) = refused
            && let Ok(Some(promise)) = self.find_promise(hash)
        {
            return Ok(Some(promise));
        }
        Err(self.refusal(refused))
    }

    fn refusal(&self, refused: Refused) -> SubmitError {
        let base_fee_wei = self.pending_base_fee_wei();
        match refused {
            Refused::Pool(refusal) => pool_refusal(refusal),
            Refused::TipTooLow { quote_wei, tip_wei } => SubmitError::TipBelowQuote {
                quoted_wei: quote_wei,
                got_wei: tip_wei,
                base_fee_wei,
            },
            Refused::GasLimit { max, got } if got > self.parts.config.gas_limit => {
                SubmitError::GasAboveBlock {
                    limit: self.parts.config.gas_limit.min(max),
                    got,
                }
            }
            Refused::GasLimit { max, got } => SubmitError::GasAboveCap { limit: max, got },
            Refused::Funds { have_wei, want_wei } => SubmitError::InsufficientFunds {
                have_wei,
                want_wei,
                queued_wei: Default::default(),
            },
            other => SubmitError::NotAccepting {
                reason: other.to_string(),
            },
        }
    }
}

/// Forgets a waiter when its caller goes away.
struct TidyOnDrop<'a> {
    chain: &'a GatewayChain,
    hash: B256,
}

impl Drop for TidyOnDrop<'_> {
    fn drop(&mut self) {
        self.chain.parts.board.waiters().tidy(self.hash);
    }
}

fn pool_refusal(refusal: Refusal) -> SubmitError {
    match refusal {
        Refusal::NonceTooLow { expected, got } => SubmitError::NonceTooLow { expected, got },
        Refusal::NonceTooFar {
            expected,
            highest,
            got,
        } => SubmitError::NonceTooHigh {
            expected,
            highest,
            got,
        },
        Refusal::ReplacementUnderpriced {
            min_fee_cap_wei,
            min_tip_wei,
            fee_cap_wei,
            tip_wei,
        } => SubmitError::ReplacementUnderpriced {
            min_fee_cap_wei,
            min_tip_wei,
            fee_cap_wei,
            tip_wei,
        },
        Refusal::InExecution { nonce } => SubmitError::InExecution {
            expected: nonce.saturating_add(1),
            got: nonce,
        },
        Refusal::InsufficientFunds {
            have_wei,
            want_wei,
            queued_wei,
        } => SubmitError::InsufficientFunds {
            have_wei,
            want_wei,
            queued_wei,
        },
        Refusal::TooLarge {
            max_bytes,
            got_bytes,
        } => SubmitError::TooLarge {
            max_bytes,
            got_bytes,
        },
        Refusal::SenderFull { count, max_count } => SubmitError::SenderFull { count, max_count },
        other @ (Refusal::PoolFull { .. } | Refusal::AlreadyKnown) => SubmitError::PoolFull {
            advice: other.to_string(),
        },
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
