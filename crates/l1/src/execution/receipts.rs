//! Logs that prove themselves: receipts hash to the header's root, the header to the block's hash. Pure.

use alloy_consensus::{Header, proofs::calculate_receipt_root};
use alloy_primitives::{Address, B256, BloomInput};
use alloy_rpc_types_eth::{Log, TransactionReceipt};

use crate::L1Error;

/// Whether a block with this header can hold logs of these contracts.
pub fn may_have_logs(header: &Header, addresses: &[Address]) -> bool {
    addresses.iter().any(|address| {
        header
            .logs_bloom
            .contains_input(BloomInput::Raw(address.as_slice()))
    })
}

/// The logs of these contracts in order, from all receipts of a block, which must be those its header commits to. A log's block,
/// index and place are set from where it stands, whatever the node said.
///
/// # Errors
/// [`L1Error::Answer`] when receipts were changed, left out or added.
pub fn proven_logs(
    block: B256,
    header: &Header,
    receipts: Vec<TransactionReceipt>,
    addresses: &[Address],
) -> Result<Vec<Log>, L1Error> {
    let transactions: Vec<_> = receipts.iter().map(|one| one.transaction_hash).collect();
    let envelopes: Vec<_> = receipts
        .into_iter()
        .map(|one| one.inner.into_primitives_receipt())
        .collect();
    let root = calculate_receipt_root(&envelopes);
    if root != header.receipts_root {
        return Err(L1Error::answer(
            &format!("receipts of block {block}"),
            format!("receipts with the root {}", header.receipts_root),
            &format!("{} with the root {root}", envelopes.len()),
        ));
    }
    let all = (0u64..)
        .zip(&transactions)
        .zip(&envelopes)
        .flat_map(|((place, hash), receipt)| {
            let at = (place, *hash);
            receipt.logs().iter().map(move |log| (at, log))
        });
    Ok((0u64..)
        .zip(all)
        .filter(|(_, (_, log))| addresses.contains(&log.address))
        .map(|(log_index, ((place, transaction), log))| Log {
            inner: log.clone(),
            block_hash: Some(block),
            block_number: Some(header.number),
            block_timestamp: Some(header.timestamp),
            transaction_hash: Some(transaction),
            transaction_index: Some(place),
            log_index: Some(log_index),
            removed: false,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_consensus::{Receipt, ReceiptEnvelope, ReceiptWithBloom};
    use alloy_primitives::{Bytes, LogData, logs_bloom};

    const OURS: Address = Address::repeat_byte(1);
    const OTHER: Address = Address::repeat_byte(2);

    fn receipt(number: u8, addresses: &[Address]) -> TransactionReceipt {
        let logs: Vec<_> = addresses
            .iter()
            .map(|address| Log {
                inner: alloy_primitives::Log {
                    address: *address,
                    data: LogData::new_unchecked(vec![], Bytes::from(vec![number])),
                },
                // What a node says beside the log counts for nothing.
                log_index: Some(99),
                removed: true,
                ..Log::default()
            })
            .collect();
        let logs_bloom = logs_bloom(logs.iter().map(|log| &log.inner));
        let receipt = Receipt {
            status: true.into(),
            cumulative_gas_used: u64::from(number) * 21_000,
            logs,
        };
        TransactionReceipt {
            inner: ReceiptEnvelope::Eip1559(ReceiptWithBloom {
                receipt,
                logs_bloom,
            }),
            transaction_hash: B256::repeat_byte(number),
            transaction_index: None,
            block_hash: None,
            block_number: None,
            gas_used: 21_000,
            effective_gas_price: 1,
            blob_gas_used: None,
            blob_gas_price: None,
            from: OTHER,
            to: None,
            contract_address: None,
        }
    }

    fn block(receipts: &[TransactionReceipt]) -> Header {
        let envelopes: Vec<_> = receipts
            .iter()
            .map(|one| one.inner.clone().into_primitives_receipt())
            .collect();
        Header {
            number: 7,
            receipts_root: calculate_receipt_root(&envelopes),
            logs_bloom: envelopes
                .iter()
                .fold(Default::default(), |all, one| all | *one.logs_bloom()),
            ..Header::default()
        }
    }

    #[test]
    fn logs_are_counted_over_all_transactions_and_only_ours_are_given() {
        let receipts = vec![
            receipt(1, &[OTHER, OURS]),
            receipt(2, &[OTHER, OTHER, OURS]),
        ];
        let header = block(&receipts);
        assert!(may_have_logs(&header, &[OURS]));
        let hash = B256::repeat_byte(9);
        let logs = proven_logs(hash, &header, receipts, &[OURS]).unwrap();
        let places: Vec<_> = logs
            .iter()
            .map(|log| (log.log_index, log.transaction_index, log.transaction_hash))
            .collect();
        assert_eq!(
            places,
            [
                (Some(1), Some(0), Some(B256::repeat_byte(1))),
                (Some(4), Some(1), Some(B256::repeat_byte(2)))
            ]
        );
        assert!(
            logs.iter()
                .all(|log| !log.removed && log.block_hash == Some(hash))
        );
    }

    #[test]
    fn a_node_cannot_hide_invent_or_change_a_log() {
        let honest = vec![receipt(1, &[OTHER]), receipt(2, &[OURS])];
        let header = block(&honest);
        let lies = [
            vec![receipt(1, &[OTHER])],
            vec![receipt(1, &[OTHER]), receipt(2, &[])],
            vec![receipt(1, &[OTHER]), receipt(2, &[OURS, OURS])],
            vec![receipt(1, &[OTHER]), receipt(3, &[OURS])],
            vec![receipt(2, &[OURS]), receipt(1, &[OTHER])],
        ];
        for lie in lies {
            assert!(matches!(
                proven_logs(B256::ZERO, &header, lie, &[OURS]),
                Err(L1Error::Answer { .. })
            ));
        }
        assert!(proven_logs(B256::ZERO, &header, honest, &[OURS]).is_ok());
    }

    #[test]
    fn a_block_whose_bloom_has_no_address_of_ours_has_no_logs_of_ours() {
        assert!(!may_have_logs(&block(&[receipt(1, &[OTHER])]), &[OURS]));
    }
}
