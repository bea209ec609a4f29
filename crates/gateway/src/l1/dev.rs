use super::L1Source;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use forebond_rollup::op::{L1Origin, user_deposit_source};
use op_alloy_consensus::TxDeposit;
use parking_lot::Mutex;
use std::{collections::VecDeque, sync::Arc};

/// Seconds between L1 blocks.
const SLOT_S: u64 = 12;
/// How far the origin lags behind the head (`originDepth` on a devnet).
const ORIGIN_DEPTH: u64 = 2;
/// Deposits that may wait for the next origin.
const MAX_WAITING: usize = 1_024;

/// The stand-in for L1 under `--dev`, where there is none: an endless row of empty blocks, twelve
/// seconds apart, whose hashes follow from the chain's identity. Deposits are put in by hand
/// through the administrative port and come with the next origin.
#[derive(Debug)]
pub struct DevL1 {
    identity: B256,
    genesis_s: u64,
    waiting: Arc<Mutex<VecDeque<Deposit>>>,
}

/// A deposit put in by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposit {
    /// Sender on L1.
    pub from: Address,
    /// Callee; none creates a contract.
    pub to: Option<Address>,
    /// Wei minted to the sender first.
    pub mint: u128,
    /// Value, wei.
    pub value: U256,
    /// Gas bought on L1.
    pub gas_limit: u64,
    /// Call data.
    pub input: Bytes,
}

/// Puts deposits into a [`DevL1`].
#[derive(Clone, Debug)]
pub struct DepositDesk(Arc<Mutex<VecDeque<Deposit>>>);

impl DepositDesk {
    /// Queues a deposit for the next origin; false when too many wait.
    pub fn put(&self, deposit: Deposit) -> bool {
        let mut waiting = self.0.lock();
        if waiting.len() >= MAX_WAITING {
            return false;
        }
        waiting.push_back(deposit);
        true
    }
}

impl DevL1 {
    /// The L1 of the development chain with this identity and genesis time (Unix seconds).
    pub fn new(identity: B256, genesis_s: u64) -> Self {
        Self {
            identity,
            genesis_s,
            waiting: Arc::default(),
        }
    }

    /// Where deposits are put in.
    pub fn desk(&self) -> DepositDesk {
        DepositDesk(self.waiting.clone())
    }

    fn block(&self, number: u64) -> L1Origin {
        let derive = |what: &[u8]| {
            let mut input = Vec::with_capacity(what.len() + 40);
            input.extend_from_slice(what);
            input.extend_from_slice(self.identity.as_slice());
            input.extend_from_slice(&number.to_be_bytes());
            keccak256(input)
        };
        L1Origin {
            number,
            hash: derive(b"forebond dev l1 block"),
            timestamp_s: self.genesis_s.saturating_add(number.saturating_mul(SLOT_S)),
            base_fee_wei: 1_000_000_000,
            blob_base_fee_wei: 1,
            prev_randao: derive(b"forebond dev l1 randao"),
            parent_beacon_root: derive(b"forebond dev beacon root"),
        }
    }
}

impl L1Source for DevL1 {
    fn first_origin(&mut self) -> L1Origin {
        self.block(0)
    }

    fn next_origin(&mut self, current: &L1Origin, timestamp_s: u64) -> L1Origin {
        let elapsed_s = timestamp_s.saturating_sub(self.genesis_s);
        let deep_enough = (elapsed_s / SLOT_S).saturating_sub(ORIGIN_DEPTH);
        if current.number < deep_enough {
            self.block(current.number.saturating_add(1))
        } else {
            *current
        }
    }

    fn deposits(&mut self, origin: &L1Origin) -> Vec<TxDeposit> {
        let waiting: Vec<_> = self.waiting.lock().drain(..).collect();
        waiting
            .into_iter()
            .zip(0u64..)
            .map(|(deposit, log_index)| TxDeposit {
                source_hash: user_deposit_source(origin.hash, log_index),
                from: deposit.from,
                to: deposit.to.map_or(TxKind::Create, TxKind::Call),
                mint: deposit.mint,
                value: deposit.value,
                gas_limit: deposit.gas_limit,
                is_system_transaction: false,
                input: deposit.input,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_advances_by_one_at_most_and_stays_behind_the_head() {
        let mut l1 = DevL1::new(B256::ZERO, 1000);
        let mut origin = l1.first_origin();
        for timestamp_s in 1001..1400 {
            let next = l1.next_origin(&origin, timestamp_s);
            assert!(next.number - origin.number <= 1);
            assert!(
                next.timestamp_s + ORIGIN_DEPTH * SLOT_S
                    <= timestamp_s.max(1000 + ORIGIN_DEPTH * SLOT_S)
            );
            origin = next;
        }
        assert_eq!(origin.number, 399 / SLOT_S - ORIGIN_DEPTH);
    }
}
