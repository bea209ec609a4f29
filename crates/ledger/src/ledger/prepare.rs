//! Bytes to transactions with senders. Recovery is the largest cost of a transfer that is followed, so long lists are shared among
//! threads; the order stays.

use alloy_eips::Decodable2718;
use alloy_primitives::Bytes;
use forebond_exec::PreparedTx;
use op_alloy_consensus::OpTxEnvelope;
use std::thread;

/// Fewer transactions than this are not worth a thread.
const SHARED_FROM: usize = 64;
/// Threads at most: execution itself runs on one, and others want to work, too.
const MAX_THREADS: usize = 4;

/// Which transaction is none, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unprepared {
    /// Place in the list.
    pub(super) index: usize,
    /// Why.
    pub(super) reason: String,
}

/// Prepares all of `raw` in order, or names the first that cannot be.
pub(super) fn prepare_all(raw: &[Bytes], chain_id: u64) -> Result<Vec<PreparedTx>, Unprepared> {
    let threads = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(MAX_THREADS);
    if raw.len() < SHARED_FROM || threads < 2 {
        return prepare_run(raw, 0, chain_id);
    }
    let share = raw.len().div_ceil(threads);
    let shares = thread::scope(|scope| {
        let workers: Vec<_> = raw
            .chunks(share)
            .zip((0..).step_by(share))
            .map(|(run, first)| scope.spawn(move || prepare_run(run, first, chain_id)))
            .collect();
        workers
            .into_iter()
            .zip((0..).step_by(share))
            .map(|(worker, index)| {
                let reason = "its preparation was not completed".to_owned();
                worker.join().unwrap_or(Err(Unprepared { index, reason }))
            })
            .collect::<Vec<_>>()
    });
    let mut all = Vec::with_capacity(raw.len());
    for share in shares {
        all.extend(share?);
    }
    Ok(all)
}

fn prepare_run(raw: &[Bytes], first: usize, chain_id: u64) -> Result<Vec<PreparedTx>, Unprepared> {
    raw.iter()
        .zip(first..)
        .map(|(raw, index)| {
            prepare_any(raw.clone(), chain_id).map_err(|reason| Unprepared { index, reason })
        })
        .collect()
}

/// A user's transaction with its sender recovered, or a deposit.
fn prepare_any(raw: Bytes, chain_id: u64) -> Result<PreparedTx, String> {
    if raw.first() != Some(&0x7e) {
        return PreparedTx::decode(raw, chain_id).map_err(|e| e.to_string());
    }
    match OpTxEnvelope::decode_2718_exact(&raw) {
        Ok(OpTxEnvelope::Deposit(deposit)) => Ok(PreparedTx::deposit(deposit.into_inner())),
        Ok(_) => Err("a deposit's type byte before something else".into()),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
    use alloy_eips::eip2718::Encodable2718;
    use alloy_primitives::{Address, TxKind};

    const CHAIN_ID: u64 = 9545;

    fn transfer(nonce: u64) -> Bytes {
        let tx = TxEip1559 {
            chain_id: CHAIN_ID,
            nonce,
            gas_limit: 21_000,
            to: TxKind::Call(Address::repeat_byte(1)),
            ..Default::default()
        };
        let key = secp256k1::SecretKey::from_slice(&[5; 32]).unwrap();
        let signature = forebond_types::Signature::sign(tx.signature_hash(), &key);
        let signature = alloy_primitives::Signature::from_raw(signature.as_bytes()).unwrap();
        TxEnvelope::from(tx.into_signed(signature))
            .encoded_2718()
            .into()
    }

    /// Pitfall: parallel sender recovery that reorders one sender's transactions, so most are refused.
    #[test]
    fn parallel_recovery_keeps_the_order_of_one_senders_transactions() {
        let raw: Vec<_> = (0..300).map(transfer).collect();
        let prepared = prepare_all(&raw, CHAIN_ID).unwrap();
        let again: Vec<_> = prepared.iter().map(|tx| tx.raw().clone()).collect();
        assert_eq!(again, raw);
        let one_by_one = prepare_run(&raw, 0, CHAIN_ID).unwrap();
        assert!(
            prepared
                .iter()
                .zip(&one_by_one)
                .all(|(a, b)| a.sender() == b.sender())
        );
    }

    #[test]
    fn the_first_transaction_that_does_not_decode_is_named_by_its_place() {
        let mut raw: Vec<_> = (0..300).map(transfer).collect();
        raw[299] = Bytes::from_static(&[2, 0xc0]);
        raw[177] = Bytes::from_static(&[0x7e, 0xc0]);
        assert_eq!(prepare_all(&raw, CHAIN_ID).unwrap_err().index, 177);
        assert_eq!(prepare_all(&raw[178..], CHAIN_ID).unwrap_err().index, 121);
    }
}
