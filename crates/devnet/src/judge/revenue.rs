//! Where the rollup's fees went, checked against what its receipts say users paid.

use std::time::{Duration, Instant};

use alloy_primitives::U256;
use eyre::{Result, bail, ensure};
use forebond_l1::execution::{ExecutionClient, ExecutionConfig};
use forebond_rewards::{overview::Overview, rollup::Manager};
use serde::Serialize;
use serde_json::{Value, json};

use crate::rpc::{Rpc, hex};

/// Chunks of 5,000 blocks: longer than any devnet runs.
const MOST_CHUNKS: usize = 100;
/// Time for reading all receipts.
const PATIENCE: Duration = Duration::from_secs(60);
/// Type of the transactions that L1 brings, as text: they pay nothing.
const DEPOSIT: &str = "0x7e";

/// Fees of a run.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Revenue {
    /// What the rewards manager says.
    #[serde(flatten)]
    pub(crate) overview: Overview,
    /// What users paid by their receipts up to the same block, wei, in decimals; none if reading them took too long.
    pub(crate) receipts_wei: Option<String>,
}

impl Revenue {
    /// What is wrong with it.
    pub(crate) fn complaint(&self) -> Option<String> {
        let overview = &self.overview;
        let came_in = overview.came_in_wei.to_string();
        if !overview.is_conserved() {
            return Some(format!(
                "fees are not conserved at block {}: {came_in} wei came in, {} paid, {} burned, {} held, {} split",
                overview.block,
                overview.paid_wei,
                overview.burned_wei,
                overview.held_wei,
                overview.earned_wei
            ));
        }
        let receipts = self.receipts_wei.as_ref()?;
        (*receipts != came_in).then(|| {
            format!(
                "up to block {} users paid {receipts} wei of fees, {came_in} wei came in",
                overview.block
            )
        })
    }
}

/// Asks the first node that answers.
pub(crate) async fn revenue(nodes: &[(String, Rpc)]) -> Result<Revenue> {
    let mut last = None;
    for (_, node) in nodes {
        match of(node).await {
            Ok(revenue) => return Ok(revenue),
            Err(error) => last = Some(error),
        }
    }
    match last {
        Some(error) => Err(error),
        None => bail!("there is no node to ask"),
    }
}

async fn of(node: &Rpc) -> Result<Revenue> {
    let client = ExecutionClient::new(&ExecutionConfig::new(node.url()))?;
    let overview = Overview::read(&Manager::new(client), MOST_CHUNKS).await?;
    let receipts = paid_by_receipts(node, overview.block).await?;
    Ok(Revenue {
        overview,
        receipts_wei: receipts.map(|wei| wei.to_string()),
    })
}

async fn paid_by_receipts(node: &Rpc, last: u64) -> Result<Option<U256>> {
    let begun = Instant::now();
    let mut sum = U256::ZERO;
    for number in 1..=last {
        if begun.elapsed() > PATIENCE {
            return Ok(None);
        }
        let receipts: Vec<Value> = node
            .ask("eth_getBlockReceipts", json!([hex(number)]))
            .await?;
        for receipt in &receipts {
            sum += fees_of(receipt)?;
        }
    }
    Ok(Some(sum))
}

/// Execution and L1 fee of one receipt. This chain charges no operator fee.
fn fees_of(receipt: &Value) -> Result<U256> {
    if receipt["type"] == DEPOSIT {
        return Ok(U256::ZERO);
    }
    let wei = |name: &str| -> Result<U256> {
        let text = receipt[name].as_str();
        let number = text.and_then(|text| text.parse::<U256>().ok());
        ensure!(number.is_some(), "a receipt without {name}: {receipt}");
        Ok(number.unwrap_or_default())
    };
    Ok(wei("gasUsed")? * wei("effectiveGasPrice")? + wei("l1Fee")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_pays_for_gas_and_for_l1_and_deposits_pay_nothing() {
        let paid =
            json!({"type": "0x2", "gasUsed": "0x5208", "effectiveGasPrice": "0xa", "l1Fee": "0x7"});
        assert_eq!(fees_of(&paid).unwrap(), U256::from(210_007));
        assert_eq!(fees_of(&json!({"type": "0x7e"})).unwrap(), U256::ZERO);
        assert!(fees_of(&json!({"type": "0x2", "gasUsed": "0x1"})).is_err());
    }

    #[test]
    fn money_that_came_from_nowhere_or_went_nowhere_is_named() {
        let revenue = |held: u64, receipts: Option<&str>| Revenue {
            overview: Overview {
                block: 9,
                came_in_wei: U256::from(10),
                held_wei: U256::from(held),
                paid_wei: U256::from(3),
                burned_wei: U256::from(2),
                earned_wei: U256::from(6),
                parties: Vec::new(),
            },
            receipts_wei: receipts.map(str::to_owned),
        };
        assert_eq!(revenue(5, Some("10")).complaint(), None);
        assert_eq!(revenue(5, None).complaint(), None);
        let words = revenue(4, Some("10")).complaint().unwrap();
        assert!(words.contains("not conserved at block 9"), "{words}");
        let words = revenue(5, Some("11")).complaint().unwrap();
        assert!(words.contains("users paid 11 wei"), "{words}");
    }
}
