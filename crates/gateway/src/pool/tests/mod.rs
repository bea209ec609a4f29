#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]

mod admission;
mod against_model;
mod arrival;
mod eviction;
mod model;
mod tip_order;
mod turns;

use super::{Departed, Pool, PoolEntry, PoolLimits, Refusal, SenderState, Standing, TurnOrder};
use alloy_primitives::{Address, B256, U256};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A transaction with nothing but what the pool asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TestTx {
    hash: B256,
    sender: Address,
    nonce: u64,
    fee_cap: u128,
    tip: u128,
    cost: u64,
    size: usize,
}

type Tx = Arc<TestTx>;

impl PoolEntry for TestTx {
    fn hash(&self) -> B256 {
        self.hash
    }
    fn sender(&self) -> Address {
        self.sender
    }
    fn nonce(&self) -> u64 {
        self.nonce
    }
    fn max_fee_per_gas(&self) -> u128 {
        self.fee_cap
    }
    fn max_priority_fee_per_gas(&self) -> u128 {
        self.tip
    }
    fn gas_limit(&self) -> u64 {
        21_000
    }
    fn max_cost_wei(&self) -> U256 {
        U256::from(self.cost)
    }
    fn size_bytes(&self) -> usize {
        self.size
    }
}

fn sender(id: u8) -> Address {
    Address::repeat_byte(id)
}

/// A fresh transaction of 100 bytes that costs 10 wei and offers the tip under a fee cap of 100 wei more.
fn tx(id: u8, nonce: u64, tip: u128) -> TestTx {
    static SERIAL: AtomicU64 = AtomicU64::new(1);
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    TestTx {
        hash: B256::from(U256::from(serial)),
        sender: sender(id),
        nonce,
        fee_cap: tip + 100,
        tip,
        cost: 10,
        size: 100,
    }
}

/// The pool with an outbox, and accounts of nonce zero and 1,000 wei.
struct Bench {
    pool: Pool<Tx>,
    departed: Vec<Departed<Tx>>,
}

impl Bench {
    fn new(limits: PoolLimits) -> Self {
        Self::ordered(limits, TurnOrder::Arrival)
    }

    fn ordered(limits: PoolLimits, order: TurnOrder) -> Self {
        Self {
            pool: Pool::new(limits, order),
            departed: Vec::new(),
        }
    }

    fn admit_at(&mut self, tx: TestTx, nonce: u64) -> Result<Standing, Refusal> {
        self.pool.admit(
            Arc::new(tx),
            SenderState {
                nonce,
                balance_wei: U256::from(1_000),
            },
            &mut self.departed,
        )
    }

    fn admit(&mut self, tx: TestTx) -> Result<Standing, Refusal> {
        self.admit_at(tx, 0)
    }

    fn next(&mut self) -> Option<(u8, u64)> {
        self.pool.next().map(|tx| name(&tx))
    }

    /// Executes the next transaction.
    fn execute(&mut self) -> Option<(u8, u64)> {
        let tx = self.pool.next()?;
        assert!(self.pool.executed(&tx, tx.nonce + 1, &mut self.departed));
        Some(name(&tx))
    }

    fn execute_all(&mut self) -> Vec<(u8, u64)> {
        std::iter::from_fn(|| self.execute()).collect()
    }

    fn departed(&mut self) -> Vec<(u8, u64)> {
        self.departed.drain(..).map(|gone| name(&gone.tx)).collect()
    }
}

fn name(tx: &TestTx) -> (u8, u64) {
    (tx.sender[0], tx.nonce)
}

fn limits() -> PoolLimits {
    PoolLimits::default()
}
