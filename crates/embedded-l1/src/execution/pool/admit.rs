//! What a raw transaction must be to wait: checked in full here, so that block building only meets what a block
//! before it has made invalid.

use std::sync::Arc;

use alloy_consensus::{
    EthereumTxEnvelope, Transaction as _, TxEip4844, TxEnvelope, transaction::SignerRecoverable,
};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::Bytes;
use forebond_rpc::SubmitError;

use super::entry::PoolTransaction;
use crate::execution::{
    kzg,
    spec::{BLOB_PARAMS, BLOCK_GAS_LIMIT, MAX_TRANSACTION_GAS},
};

/// Largest transaction without its blobs, bytes.
const MAX_TRANSACTION_BYTES: usize = 128 << 10;
/// Largest init code, bytes (EIP-3860).
const MAX_INITCODE_BYTES: usize = 49_152;

/// A transaction that is valid by itself: signature, type, gas, fees, blobs and their proofs. Whether nonce and balance
/// fit is decided by the pool.
#[derive(Debug, Clone)]
pub struct Admitted(pub(super) PoolTransaction);

impl Admitted {
    /// Checks everything that needs no state. Takes milliseconds for each blob: call it off the slot path.
    ///
    /// # Errors
    /// The first rule broken.
    pub fn check(raw: &Bytes, chain_id: u64) -> Result<Self, SubmitError> {
        // No wrapper of six blobs is longer than this.
        let max_bytes = MAX_TRANSACTION_BYTES + (1 << 20);
        if raw.len() > max_bytes {
            let got_bytes = raw.len();
            return Err(SubmitError::TooLarge {
                max_bytes,
                got_bytes,
            });
        }
        let (envelope, sidecar) = kzg::decode_sent(raw).map_err(|reason| {
            let bare_blob_transaction =
                EthereumTxEnvelope::<TxEip4844>::decode_2718_exact(raw).is_ok();
            if bare_blob_transaction {
                SubmitError::Blobs {
                    reason: "its blobs are missing; send the network form with blobs, commitments and proofs".into(),
                }
            } else {
                SubmitError::Undecodable { reason }
            }
        })?;
        match envelope.chain_id() {
            // A transaction for every chain is how well-known contracts get the same address everywhere.
            None => {}
            Some(got) if got == chain_id => {}
            Some(got) => {
                return Err(SubmitError::WrongChain {
                    expected: chain_id,
                    got,
                });
            }
        }
        check_size_and_gas(&envelope)?;
        let blob_count = envelope
            .blob_versioned_hashes()
            .map_or(0, |hashes| hashes.len() as u64);
        if envelope.is_eip4844() {
            check_blob_count(blob_count)?;
        }
        let sender = envelope
            .recover_signer()
            .map_err(|error| SubmitError::InvalidSender {
                reason: error.to_string(),
            })?;
        let blobs = match sidecar {
            Some(sidecar) => kzg::verify(
                sidecar,
                envelope.blob_versioned_hashes().unwrap_or_default(),
            )
            .map_err(|reason| SubmitError::Blobs { reason })?,
            None => Vec::new(),
        };
        let transaction = PoolTransaction::new(envelope, sender, blobs);
        let required = transaction.intrinsic_gas();
        if transaction.envelope.gas_limit() < required {
            return Err(SubmitError::IntrinsicGasTooLow {
                required,
                got: transaction.envelope.gas_limit(),
            });
        }
        Ok(Self(transaction))
    }

    /// A transaction that was in a block that is no longer canonical.
    pub(crate) const fn again(transaction: PoolTransaction) -> Self {
        Self(transaction)
    }

    /// Hash of the transaction.
    pub const fn hash(&self) -> alloy_primitives::B256 {
        self.0.hash
    }

    /// The transaction.
    pub fn into_shared(self) -> Arc<PoolTransaction> {
        Arc::new(self.0)
    }
}

fn check_blob_count(blob_count: u64) -> Result<(), SubmitError> {
    let most = BLOB_PARAMS.max_blobs_per_tx;
    if (1..=most).contains(&blob_count) {
        return Ok(());
    }
    Err(SubmitError::Blobs {
        reason: format!(
            "expected 1 to {most} blobs, got {blob_count}; spread them over more transactions"
        ),
    })
}

fn check_size_and_gas(envelope: &TxEnvelope) -> Result<(), SubmitError> {
    let input = envelope.input().len();
    if input > MAX_TRANSACTION_BYTES {
        return Err(SubmitError::TooLarge {
            max_bytes: MAX_TRANSACTION_BYTES,
            got_bytes: input,
        });
    }
    if envelope.is_create() && input > MAX_INITCODE_BYTES {
        return Err(SubmitError::InitcodeTooLarge {
            max_bytes: MAX_INITCODE_BYTES,
            got_bytes: input,
        });
    }
    if envelope.authorization_list().is_some_and(<[_]>::is_empty) {
        return Err(SubmitError::NoAuthorizations);
    }
    let got = envelope.gas_limit();
    if got > BLOCK_GAS_LIMIT {
        return Err(SubmitError::GasAboveBlock {
            limit: BLOCK_GAS_LIMIT,
            got,
        });
    }
    if got > MAX_TRANSACTION_GAS {
        return Err(SubmitError::GasAboveCap {
            limit: MAX_TRANSACTION_GAS,
            got,
        });
    }
    let fee_cap_wei = envelope.max_fee_per_gas();
    match envelope.max_priority_fee_per_gas() {
        Some(tip_wei) if tip_wei > fee_cap_wei => Err(SubmitError::TipAboveFeeCap {
            tip_wei,
            fee_cap_wei,
        }),
        _ => Ok(()),
    }
}
