//! Random honest turns: what a gateway that follows the rules would sign, in signing order. Made
//! without asking `Turn`, so that the two can be held against each other.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "shared by several test programs; a wrong answer should stop the test"
)]

use alloy_primitives::{B256, keccak256};
use alloy_sol_types::SolStruct;
use forebond_protocol::{BlockClock, Signed, Turn, TurnError};
use forebond_types::{Base, Frag, Seal};
use proptest::prelude::*;
use std::collections::VecDeque;

/// Clock of every history.
pub(crate) fn clock() -> BlockClock {
    BlockClock::new(1_760_000_000, 2).unwrap()
}

/// A base on `parent_block`.
pub(crate) fn base(window: u64, parent_block: u64) -> Base {
    Base {
        window,
        attempt: 0,
        parentBlock: parent_block,
        parentBlockHash: keccak256(parent_block.to_be_bytes()),
        parentFrag: B256::ZERO,
        parentSeal: B256::ZERO,
    }
}

/// One block as planned.
#[derive(Clone, Debug)]
pub(crate) struct BlockPlan {
    frags: Vec<FragPlan>,
    origin_advances: bool,
    /// The seal comes when this many more frags were signed: sealing never holds frags up.
    seal_lag: usize,
}

/// One frag as planned.
#[derive(Clone, Debug)]
struct FragPlan {
    transactions: u32,
    gas: u64,
    coverage_wei: u128,
    after_ms: u64,
}

/// A whole turn as planned.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) parent_block: u64,
    pub(crate) blocks: Vec<BlockPlan>,
    pub(crate) ordering_rule: u8,
    pub(crate) ends: bool,
}

/// Plans of one to six blocks with one to five frags each.
pub(crate) fn plans() -> impl Strategy<Value = Plan> {
    let frag = (1u32..5, 0u64..100_000, 0u128..1_000_000, 0u64..50).prop_map(
        |(transactions, gas, coverage_wei, after_ms)| FragPlan {
            transactions,
            gas,
            coverage_wei,
            after_ms,
        },
    );
    let block = (prop::collection::vec(frag, 1..6), any::<bool>(), 0usize..7).prop_map(
        |(frags, origin_advances, seal_lag)| BlockPlan {
            frags,
            origin_advances,
            seal_lag,
        },
    );
    (
        0u64..100,
        prop::collection::vec(block, 1..7),
        0u8..2,
        any::<bool>(),
    )
        .prop_map(|(parent_block, blocks, ordering_rule, ends)| Plan {
            parent_block,
            blocks,
            ordering_rule,
            ends,
        })
}

/// What an honest gateway signs under `base` when it carries out `plan`, the base left out.
pub(crate) fn honest(base: &Base, plan: &Plan) -> Vec<Signed> {
    let base_hash = base.eip712_hash_struct();
    let mut signed = vec![];
    let mut waiting: VecDeque<(usize, Seal)> = VecDeque::new();
    let (mut sequence, mut previous_frag) = (0u32, base_hash);
    let (mut origin, mut issued_at_ms, mut window_coverage) =
        (9_000u64, 1_760_000_000_000u64, 0u128);
    for (number, block) in (base.parentBlock + 1..).zip(&plan.blocks) {
        origin += u64::from(block.origin_advances);
        let (mut first_transaction, mut gas_used) = (0u32, 0u64);
        for planned in &block.frags {
            issued_at_ms += planned.after_ms;
            window_coverage += planned.coverage_wei;
            gas_used += planned.gas;
            let frag = Frag {
                base: base_hash,
                blockNumber: number,
                sequence,
                previousFrag: previous_frag,
                timestamp: 1_760_000_000 + number * 2,
                l1OriginNumber: origin,
                l1OriginHash: keccak256(origin.to_be_bytes()),
                issuedAtMs: issued_at_ms,
                firstTransaction: first_transaction,
                transactionCount: planned.transactions,
                promisesRoot: keccak256(
                    [number.to_be_bytes(), u64::from(sequence).to_be_bytes()].concat(),
                ),
                gasUsed: gas_used,
                windowCoverage: window_coverage,
                orderingRule: plan.ordering_rule,
                blockEnv: keccak256(format!("environment of block {number}")),
            };
            first_transaction += planned.transactions;
            previous_frag = frag.eip712_hash_struct();
            sequence += 1;
            signed.push(Signed::Frag(frag));
            for (lag, _) in &mut waiting {
                *lag = lag.saturating_sub(1);
            }
            while waiting.front().is_some_and(|(lag, _)| *lag == 0) {
                signed.push(Signed::Seal(waiting.pop_front().unwrap().1));
            }
        }
        let seal = Seal {
            base: base_hash,
            blockNumber: number,
            blockHash: keccak256(format!("block {number}")),
            lastSequence: sequence - 1,
            lastFrag: previous_frag,
            endOfWindow: false,
        };
        waiting.push_back((block.seal_lag, seal));
        if block.seal_lag == 0 && waiting.len() == 1 {
            let at_end = number == base.parentBlock + plan.blocks.len() as u64;
            if !at_end {
                signed.push(Signed::Seal(waiting.pop_front().unwrap().1));
            }
        }
    }
    if let Some((_, last)) = waiting.back_mut() {
        last.endOfWindow = plan.ends;
    }
    signed.extend(waiting.into_iter().map(|(_, seal)| Signed::Seal(seal)));
    signed
}

/// Offers a message to a turn; the struct hash if it is taken.
pub(crate) fn admit(turn: &mut Turn, message: &Signed) -> Result<B256, TurnError> {
    match message {
        Signed::Frag(frag) => turn.admit_frag(frag),
        Signed::Seal(seal) => turn.admit_seal(seal),
        Signed::Base(_) => panic!("a turn opens with its base"),
    }
}

/// Struct hash of a message.
pub(crate) fn struct_hash(message: &Signed) -> B256 {
    match message {
        Signed::Base(base) => base.eip712_hash_struct(),
        Signed::Frag(frag) => frag.eip712_hash_struct(),
        Signed::Seal(seal) => seal.eip712_hash_struct(),
    }
}
