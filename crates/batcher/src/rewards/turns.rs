//! Whose turn it is to pay for what is good for everybody. Each gateway has some slots, or blocks, in a row; one that does nothing
//! is followed by the next.

/// L1 slots of a gateway's turn: as long as a transaction takes at most, and a look at what came of it.
const SLOTS: u64 = 4;
/// Of which a transaction is begun in these.
const SLOTS_TO_BEGIN: u64 = 2;
/// Rollup blocks of a gateway's turn.
const BLOCKS: u64 = 16;

/// Whether gateway `me` of `gateways` (numbered from 1) may begin something on L1 in `slot`.
pub const fn may_begin(slot: u64, me: u32, gateways: u32) -> bool {
    slot % SLOTS < SLOTS_TO_BEGIN && is_ours(slot / SLOTS, me, gateways)
}

/// Whether gateway `me` of `gateways` (numbered from 1) settles after rollup block `head`.
pub const fn may_settle(head: u64, me: u32, gateways: u32) -> bool {
    is_ours(head / BLOCKS, me, gateways)
}

const fn is_ours(turn: u64, me: u32, gateways: u32) -> bool {
    let count = if gateways == 0 { 1 } else { gateways };
    turn % count as u64 == me.wrapping_sub(1) as u64 % count as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_gateway_at_a_time_and_each_has_its_turn() {
        for gateways in 1..6 {
            for at in 0..200 {
                let whose = |may: fn(u64, u32, u32) -> bool| {
                    (1..=gateways).filter(|me| may(at, *me, gateways)).count()
                };
                assert_eq!(whose(may_settle), 1);
                assert_eq!(whose(may_begin), usize::from(at % 4 < 2));
            }
            for me in 1..=gateways {
                let round = u64::from(gateways) * 16;
                assert!((0..round).any(|at| may_settle(at, me, gateways)));
                assert!((0..round).any(|at| may_begin(at, me, gateways)));
            }
        }
    }
}
