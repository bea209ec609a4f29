//! A block as a node has derived it, reduced to what promises name.

use std::collections::BTreeMap;

use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{B256, keccak256};
use alloy_rpc_types_eth::TransactionReceipt;
use eyre::{Result, WrapErr, ensure, eyre};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    rpc::{Rpc, hex},
    spam::Promise,
};

/// What promises are compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Derived {
    /// Hashes of all transactions, the attributes first.
    pub(crate) transactions: Vec<B256>,
    /// keccak256 of consensus receipts by index, of those that were promised.
    pub(crate) receipts: BTreeMap<u64, B256>,
}

#[derive(Deserialize)]
struct Block {
    hash: B256,
    transactions: Vec<B256>,
}

/// Block `number` of `node`, with the receipts that `promises` name.
pub(crate) async fn derived_block(
    node: &Rpc,
    number: u64,
    promises: &[Promise],
) -> Result<Derived> {
    let block: Option<Block> = node
        .ask("eth_getBlockByNumber", json!([hex(number), false]))
        .await?;
    let block = block.ok_or_else(|| eyre!("{} has no block {number}", node.url()))?;
    let receipts: Vec<Value> = node
        .ask("eth_getBlockReceipts", json!([hex(number)]))
        .await?;
    ensure!(
        receipts
            .iter()
            .all(|receipt| receipt.get("blockHash") == Some(&json!(block.hash))),
        "{}: block {number} was replaced meanwhile",
        node.url()
    );
    let mut found = BTreeMap::new();
    for promise in promises {
        let place = usize::try_from(promise.index).ok();
        if let Some(receipt) = place.and_then(|place| receipts.get(place)) {
            found.insert(promise.index, consensus_hash(receipt)?);
        }
    }
    Ok(Derived {
        transactions: block.transactions,
        receipts: found,
    })
}

/// Hash of the consensus receipt behind an answer (R24): what the leaf of a promise names. A deposit, which nobody promises, has
/// none here.
fn consensus_hash(receipt: &Value) -> Result<B256> {
    if receipt.get("type").and_then(Value::as_str) == Some("0x7e") {
        return Ok(B256::ZERO);
    }
    let receipt: TransactionReceipt =
        serde_json::from_value(receipt.clone()).wrap_err("a receipt")?;
    let encoded = receipt.into_primitives_receipt().inner.encoded_2718();
    Ok(keccak256(encoded))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_consensus::{Eip658Value, Receipt, ReceiptEnvelope, ReceiptWithBloom};
    use alloy_primitives::{Address, Bytes, Log};

    #[test]
    fn the_receipt_of_an_answer_hashes_to_the_receipt_that_was_promised() {
        let log = Log::new_unchecked(
            Address::repeat_byte(5),
            vec![B256::repeat_byte(6)],
            Bytes::from_static(b"data"),
        );
        let receipt = Receipt {
            status: Eip658Value::Eip658(true),
            cumulative_gas_used: 77_000,
            logs: vec![log.clone()],
        };
        let promised = ReceiptEnvelope::Eip1559(ReceiptWithBloom::from(receipt));
        let answer = json!({
            "type": "0x2", "status": "0x1", "cumulativeGasUsed": format!("{:#x}", 77_000),
            "logsBloom": promised.logs_bloom(), "gasUsed": "0x5208", "effectiveGasPrice": "0x1",
            "transactionHash": B256::repeat_byte(1), "transactionIndex": "0x1", "blockHash": B256::repeat_byte(2), "blockNumber": "0x3",
            "from": Address::repeat_byte(1), "to": Address::repeat_byte(2), "contractAddress": null, "l1Fee": "0x1",
            "logs": [{
                "address": log.address, "topics": log.topics(), "data": log.data.data, "blockHash": B256::repeat_byte(2),
                "blockNumber": "0x3", "transactionHash": B256::repeat_byte(1), "transactionIndex": "0x1", "logIndex": "0x0", "removed": false
            }],
        });
        assert_eq!(
            consensus_hash(&answer).unwrap(),
            keccak256(promised.encoded_2718())
        );
    }
}
