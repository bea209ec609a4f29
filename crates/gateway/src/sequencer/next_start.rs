use crate::l1::L1Source;
use forebond_ledger::promise::BlockStart;
use forebond_protocol::BlockClock;
use forebond_rollup::op::ChainConfig;

/// How the block after `now` starts, on the origin that L1 has for it; `gas_used` is what the block `now` used.
pub fn next_start(
    config: &ChainConfig,
    block_clock: &BlockClock,
    l1: &mut dyn L1Source,
    now: &BlockStart,
    gas_used: u64,
) -> BlockStart {
    let timestamp_s = block_clock.timestamp_s(now.opening.number.saturating_add(1));
    let origin = l1.next_origin(&now.origin, timestamp_s);
    now.next(config, block_clock, origin, gas_used)
}
