use crate::GatewayConfig;
use serde::Serialize;

/// The terms of service: what a transaction is asked for, and what it gets. They come from the operator's sections of the
/// configuration alone, so a gateway that serves several rollups with one configuration gives all of them the same
/// (`specs/neutrality.md`). What depends on the rollup stands beside them in the status: its reserve, its ordering rule, its block limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Terms {
    fees: Fees,
    coverage_fee_multiple: u32,
    max_transaction_gas: u64,
    max_transaction_bytes: u32,
    max_transactions_per_sender: u32,
    max_nonce_gap: u64,
    replacement_bump_percent: u32,
    frag_max_gas: u64,
    frag_max_transactions: u32,
    frag_interval_ms: u64,
}

/// From which a quote is computed (`FeeSchedule`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Fees {
    base_fee_wei_per_gas: u64,
    priority_multiplier_permille: u32,
    congestion_multiplier_permille: u32,
    maximum_wei_per_gas: u64,
}

impl Terms {
    /// The terms under this configuration.
    pub const fn of(config: &GatewayConfig) -> Self {
        let (fees, pool, sequencer) = (&config.fees, &config.pool, &config.sequencer);
        Self {
            fees: Fees {
                base_fee_wei_per_gas: fees.base_fee_wei_per_gas,
                priority_multiplier_permille: fees.priority_multiplier_permille,
                congestion_multiplier_permille: fees.congestion_multiplier_permille,
                maximum_wei_per_gas: fees.maximum_wei_per_gas,
            },
            coverage_fee_multiple: config.coverage.fee_multiple,
            max_transaction_gas: sequencer.max_transaction_gas,
            max_transaction_bytes: pool.max_transaction_bytes,
            max_transactions_per_sender: pool.max_transactions_per_sender,
            max_nonce_gap: pool.max_nonce_gap,
            replacement_bump_percent: pool.replacement_bump_percent,
            frag_max_gas: sequencer.frag_max_gas,
            frag_max_transactions: sequencer.frag_max_transactions,
            frag_interval_ms: sequencer.frag_interval_ms,
        }
    }
}
