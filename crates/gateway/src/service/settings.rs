//! From the configuration to what the parts take.

use crate::{
    GatewayConfig, RunOptions,
    pool::{PoolLimits, TurnOrder},
    recovery::RecoverySettings,
    sequencer::AdmissionLimits,
};
use eyre::{WrapErr, bail, eyre};
use forebond_exec::StoreOptions;
use forebond_ledger::FragLimits;
use forebond_protocol::OrderingRule;
use forebond_runtime::CommitterKey;
use forebond_runtime::{Clock, SystemClock};
use std::time::Duration;

pub(super) fn size(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// The committer key: the configured one, or the built-in one under `--dev`.
pub(super) fn committer_key(
    config: &GatewayConfig,
    options: &RunOptions,
) -> eyre::Result<CommitterKey> {
    if let Some(key) = config.keys.load()? {
        return Ok(key);
    }
    if !options.dev {
        bail!(
            "no committer key: set keys.committer (env:NAME or a keystore file), or use --dev for a development chain"
        );
    }
    CommitterKey::development().ok_or_else(|| eyre!("the built-in development key is unusable"))
}

pub(super) fn recovery(
    config: &GatewayConfig,
    options: &RunOptions,
    key: &CommitterKey,
) -> eyre::Result<RecoverySettings> {
    let now_s = SystemClock.now_ms() / 1000;
    Ok(RecoverySettings {
        data_dir: options.data_dir.clone(),
        guard_dir: config.guard.resolve().wrap_err("the guard's directory")?,
        chain: config.chain.chain_config(now_s),
        segment_bytes: config.log.segment_bytes,
        store: store(config),
        cache_entries: size(config.sequencer.cache_entries),
        ordering_rule: config.sequencer.ordering_rule,
        key: *key.expose_secret(),
        committer: key.address(),
    })
}

pub(super) fn store(config: &GatewayConfig) -> StoreOptions {
    StoreOptions {
        cache_bytes: size(config.store.cache_bytes),
        history_blocks: config.store.history_blocks,
    }
}

pub(super) fn pool_limits(config: &GatewayConfig) -> PoolLimits {
    let pool = &config.pool;
    PoolLimits {
        max_count: pool.max_transactions as usize,
        max_bytes: size(pool.max_bytes),
        max_transaction_bytes: (pool.max_transaction_bytes as usize)
            .saturating_mul(2)
            .saturating_add(512),
        max_count_per_sender: pool.max_transactions_per_sender as usize,
        max_nonce_gap: pool.max_nonce_gap,
        replacement_bump_percent: pool.replacement_bump_percent,
    }
}

pub(super) const fn turn_order(rule: OrderingRule) -> TurnOrder {
    match rule {
        OrderingRule::Arrival => TurnOrder::Arrival,
        OrderingRule::PriorityFee => TurnOrder::DescendingTip,
    }
}

pub(super) const fn frag_limits(config: &GatewayConfig) -> FragLimits {
    FragLimits {
        max_bytes: config.sequencer.frag_max_bytes as usize,
        max_gas: config.sequencer.frag_max_gas,
        max_transactions: config.sequencer.frag_max_transactions as usize,
        interval: Duration::from_millis(config.sequencer.frag_interval_ms),
    }
}

pub(super) const fn admission(config: &GatewayConfig) -> AdmissionLimits {
    AdmissionLimits {
        max_transaction_gas: config.sequencer.max_transaction_gas,
    }
}
