use crate::l1::L1Source;
use forebond_ledger::promise::BlockStart;
use forebond_protocol::BlockClock;
use forebond_rollup::op::{self, ChainConfig};

/// How the block after `now` starts; `gas_used` is what the block `now` used. It needs nothing of
/// the block's seal, so the next block opens at once.
pub fn next_start(
    config: &ChainConfig,
    block_clock: &BlockClock,
    l1: &mut dyn L1Source,
    now: &BlockStart,
    gas_used: u64,
) -> BlockStart {
    let number = now.opening.number.saturating_add(1);
    let timestamp_s = block_clock.timestamp_s(number);
    let origin = l1.next_origin(&now.origin, timestamp_s);
    let same = origin.number == now.origin.number;
    let base_fee = op::next_base_fee(config, now.opening.env.baseFee, gas_used);
    BlockStart {
        opening: op::open_block(config, number, timestamp_s, base_fee, &origin),
        origin,
        origin_sequence: if same {
            now.origin_sequence.saturating_add(1)
        } else {
            0
        },
    }
}
