//! What the server is: chain, prices, and the best way of sending it knows.

use crate::{
    config::{BenchConfig, Mode},
    rpc::{Refusal, Rpc},
};
use alloy_primitives::{Address, U64, U256};
use eyre::WrapErr;
use forebond_types::Domain;
use serde::Deserialize;
use serde_json::{Value, json};

/// A gateway that signs preconfirmations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Gateway {
    /// Who signs.
    pub(crate) committer: Address,
    /// In which domain.
    pub(crate) domain: Option<Domain>,
}

/// Prices in wei per gas that leave room for a rise during the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prices {
    /// `maxFeePerGas` of every transaction.
    pub(crate) max_fee_wei: u128,
    /// `maxPriorityFeePerGas`, which is also the highest preconfirmation fee accepted.
    pub(crate) tip_wei: u128,
}

/// The server of a run.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Its chain.
    pub(crate) chain_id: u64,
    /// What it calls itself.
    pub(crate) client: String,
    /// How to send to it; never [`Mode::Auto`].
    pub(crate) mode: Mode,
    /// Who signs, in [`Mode::Preconf`].
    pub(crate) gateway: Option<Gateway>,
    /// What to pay.
    pub(crate) prices: Prices,
}

/// A tip this many times the suggested one still pays when congestion has raised the quote.
const TIP_HEADROOM: u128 = 4;
/// The same for the base fee, which moves by an eighth per block at most.
const BASE_FEE_HEADROOM: u128 = 8;

impl Prices {
    fn with_headroom(base_fee_wei: u128, suggested_tip_wei: u128) -> Self {
        let tip_wei = suggested_tip_wei.saturating_mul(TIP_HEADROOM).max(1);
        let max_fee_wei = base_fee_wei
            .saturating_mul(BASE_FEE_HEADROOM)
            .saturating_add(tip_wei);
        Self {
            max_fee_wei,
            tip_wei,
        }
    }
}

impl Target {
    /// Asks the server what it is; refuses a mode it does not know.
    pub(crate) async fn probe(rpc: &mut Rpc, config: &BenchConfig) -> eyre::Result<Self> {
        let chain_id: U64 = rpc.call("eth_chainId", json!([])).await?;
        let client = rpc
            .call("web3_clientVersion", json!([]))
            .await
            .unwrap_or_default();
        let gateway = gateway(rpc, config).await?;
        let mode = match (config.mode, &gateway) {
            (Mode::Auto | Mode::Preconf, Some(_)) => Mode::Preconf,
            (Mode::Preconf, None) => eyre::bail!(
                "{} has no eth_getGatewayStatus, so it gives no preconfirmations; use another mode",
                config.url
            ),
            (Mode::Auto, None) if knows_sync(rpc).await? => Mode::Sync,
            (Mode::Auto, None) => Mode::Plain,
            (mode, _) => mode,
        };
        Ok(Self {
            chain_id: chain_id.to(),
            client,
            mode,
            gateway,
            prices: prices(rpc).await?,
        })
    }
}

async fn gateway(rpc: &mut Rpc, config: &BenchConfig) -> eyre::Result<Option<Gateway>> {
    let Ok(status) = rpc.ask("eth_getGatewayStatus", json!([])).await? else {
        return Ok(None);
    };
    let gateway: Gateway = serde_json::from_value(status)
        .wrap_err("eth_getGatewayStatus: expected an object with committer and domain")?;
    if let Some(expected) = config.gateway {
        eyre::ensure!(
            gateway.committer == expected,
            "the gateway signs with {}, expected {expected}",
            gateway.committer
        );
    }
    Ok(Some(gateway))
}

/// Sends nonsense: a server that knows the method complains about its parameter.
async fn knows_sync(rpc: &mut Rpc) -> eyre::Result<bool> {
    let answer = rpc.ask("eth_sendRawTransactionSync", json!(["0x"])).await?;
    Ok(!matches!(answer, Err(Refusal { code: -32601, .. })))
}

async fn prices(rpc: &mut Rpc) -> eyre::Result<Prices> {
    let block: Value = rpc
        .call("eth_getBlockByNumber", json!(["latest", false]))
        .await?;
    let base_fee: U256 =
        serde_json::from_value(block.get("baseFeePerGas").cloned().unwrap_or(json!("0x0")))
            .wrap_err("baseFeePerGas of the latest block")?;
    let tip: U256 = match rpc.ask("eth_maxPriorityFeePerGas", json!([])).await? {
        Ok(tip) => serde_json::from_value(tip).wrap_err("eth_maxPriorityFeePerGas")?,
        Err(_) => U256::from(1_000_000_000u64),
    };
    Ok(Prices::with_headroom(
        base_fee.saturating_to(),
        tip.saturating_to(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_leave_room_and_never_offer_a_tip_of_nothing() {
        let prices = Prices::with_headroom(10, 3);
        assert_eq!(
            prices,
            Prices {
                tip_wei: 12,
                max_fee_wei: 92
            }
        );
        assert_eq!(
            Prices::with_headroom(0, 0),
            Prices {
                tip_wei: 1,
                max_fee_wei: 1
            }
        );
        assert!(Prices::with_headroom(u128::MAX, 5).max_fee_wei == u128::MAX);
    }

    #[test]
    fn a_gateway_status_is_read_and_further_fields_do_not_matter() {
        let gateway: Gateway = serde_json::from_value(json!({
            "committer": "0x00000000000000000000000000000000000000aa",
            "domain": {"l1ChainId": "0x1", "inbox": "0x00000000000000000000000000000000000000bb"},
            "head": "0x5",
        }))
        .unwrap();
        assert_eq!(gateway.committer, Address::with_last_byte(0xaa));
        assert_eq!(gateway.domain.unwrap().l1_chain_id, 1);
    }
}
