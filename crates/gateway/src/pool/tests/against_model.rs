//! The pool does exactly what the naive model does, whatever is done to it, and loses nothing.

use super::super::Wait;
use super::model::Model;
use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

const SENDERS: u8 = 4;

#[derive(Debug, Clone)]
enum Op {
    Admit {
        id: u8,
        ahead: u64,
        fee_cap: u128,
        tip: u128,
        cost: u64,
        size: usize,
    },
    Resend(usize),
    Next,
    Answer(usize, Answer),
    BaseFee(u128),
    Unpark(Wait),
    /// A deposit uses a nonce; the pool may or may not be told.
    Deposit {
        id: u8,
        told: bool,
    },
    Rewind(u8),
    Order(TurnOrder),
}

#[derive(Debug, Clone, Copy)]
enum Answer {
    Executed { nonces: u64 },
    Dropped,
    Returned,
    Park(Wait),
}

fn any_wait() -> impl Strategy<Value = Wait> {
    prop_oneof![Just(Wait::Seal), Just(Wait::Frag)]
}

fn any_answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        6 => Just(Answer::Executed { nonces: 1 }),
        1 => Just(Answer::Executed { nonces: 2 }),
        2 => Just(Answer::Dropped),
        2 => Just(Answer::Returned),
        2 => any_wait().prop_map(Answer::Park),
    ]
}

fn any_op() -> impl Strategy<Value = Op> {
    let admit = (
        0..SENDERS,
        0u64..7,
        0u128..30,
        0u128..30,
        0u64..60,
        1usize..38,
    )
        .prop_map(|(id, ahead, fee_cap, tip, cost, size)| Op::Admit {
            id,
            ahead,
            fee_cap,
            tip,
            cost,
            size,
        });
    prop_oneof![
        24 => admit,
        1 => any::<usize>().prop_map(Op::Resend),
        8 => Just(Op::Next),
        8 => (any::<usize>(), any_answer()).prop_map(|(which, answer)| Op::Answer(which, answer)),
        3 => (0u128..25).prop_map(Op::BaseFee),
        2 => any_wait().prop_map(Op::Unpark),
        1 => (0..SENDERS, any::<bool>()).prop_map(|(id, told)| Op::Deposit { id, told }),
        1 => (0..SENDERS).prop_map(Op::Rewind),
        1 => prop_oneof![Just(TurnOrder::Arrival), Just(TurnOrder::DescendingTip)].prop_map(Op::Order),
    ]
}

/// Pool and model side by side, with the accounts they are told about.
struct Pair {
    limits: PoolLimits,
    pool: Pool<Tx>,
    model: Model,
    nonces: [u64; SENDERS as usize],
    out: Vec<Tx>,
    sent: Vec<Tx>,
    /// Hashes that have to be accounted for: admitted and not yet seen to leave.
    inside: BTreeSet<B256>,
}

impl Pair {
    fn new(limits: PoolLimits) -> Self {
        Self {
            limits,
            pool: Pool::new(limits, TurnOrder::Arrival),
            model: Model::new(limits, TurnOrder::Arrival),
            nonces: [1_000; SENDERS as usize],
            out: Vec::new(),
            sent: Vec::new(),
            inside: BTreeSet::new(),
        }
    }

    fn apply(&mut self, op: Op) -> Result<(), TestCaseError> {
        let mut departed = Vec::new();
        let mut expected = Vec::new();
        match op {
            Op::Admit {
                id,
                ahead,
                fee_cap,
                tip,
                cost,
                size,
            } => {
                let nonce = self.nonces[usize::from(id)] + ahead - 1;
                let new = Arc::new(TestTx {
                    nonce,
                    fee_cap,
                    tip,
                    cost,
                    size,
                    ..tx(id, 0, 0)
                });
                self.sent.push(new.clone());
                self.admit(&new, &mut departed, &mut expected)?;
            }
            Op::Resend(which) if !self.sent.is_empty() => {
                let old = self.sent[which % self.sent.len()].clone();
                self.admit(&old, &mut departed, &mut expected)?;
            }
            Op::Next => {
                let next = self.pool.next();
                prop_assert_eq!(&next, &self.model.next());
                self.out.extend(next);
            }
            Op::Answer(which, answer) if !self.out.is_empty() => {
                let tx = self.out.swap_remove(which % self.out.len());
                self.answer(&tx, answer, &mut departed, &mut expected)?;
            }
            Op::BaseFee(base_fee) => {
                self.pool.set_base_fee(base_fee);
                self.model.set_base_fee(base_fee);
            }
            Op::Unpark(wait) => {
                self.pool.unpark(wait);
                self.model.unpark(wait);
            }
            Op::Deposit { id, told } => {
                self.nonces[usize::from(id)] += 1;
                if told {
                    self.tell(id, &mut departed, &mut expected);
                }
            }
            Op::Rewind(id) => {
                self.nonces[usize::from(id)] -= 1;
                self.tell(id, &mut departed, &mut expected);
            }
            Op::Order(order) => {
                self.pool.set_order(order);
                self.model.order = order;
            }
            Op::Resend(_) | Op::Answer(..) => {}
        }
        for gone in &departed {
            prop_assert!(
                self.inside.remove(&gone.tx.hash),
                "left without being in: {:?}",
                gone
            );
        }
        prop_assert_eq!(departed, expected);
        self.compare()
    }

    fn admit(
        &mut self,
        tx: &Tx,
        departed: &mut Vec<Departed<Tx>>,
        expected: &mut Vec<Departed<Tx>>,
    ) -> Result<(), TestCaseError> {
        let account = SenderState {
            nonce: self.nonces[usize::from(tx.sender[0])],
            balance_wei: U256::from(150),
        };
        let got = self.pool.admit(tx.clone(), account, departed);
        prop_assert_eq!(got, self.model.admit(tx, account, expected));
        if got.is_ok() {
            self.inside.insert(tx.hash);
        }
        Ok(())
    }

    fn answer(
        &mut self,
        tx: &Tx,
        answer: Answer,
        departed: &mut Vec<Departed<Tx>>,
        expected: &mut Vec<Departed<Tx>>,
    ) -> Result<(), TestCaseError> {
        let (got, model, leaves) = match answer {
            Answer::Executed { nonces } => {
                let next_nonce = tx.nonce + nonces;
                let got = self.pool.executed(tx, next_nonce, departed);
                if got {
                    self.nonces[usize::from(tx.sender[0])] = next_nonce;
                }
                (got, self.model.executed(tx, next_nonce, expected), true)
            }
            Answer::Dropped => (self.pool.dropped(tx), self.model.dropped(tx), true),
            Answer::Returned => (self.pool.returned(tx), self.model.returned(tx), false),
            Answer::Park(wait) => (self.pool.park(tx, wait), self.model.park(tx, wait), false),
        };
        prop_assert_eq!(got, model);
        if got && leaves {
            prop_assert!(self.inside.remove(&tx.hash));
        }
        Ok(())
    }

    fn tell(&mut self, id: u8, departed: &mut Vec<Departed<Tx>>, expected: &mut Vec<Departed<Tx>>) {
        let nonce = self.nonces[usize::from(id)];
        self.pool.account_moved(sender(id), nonce, departed);
        self.model.account_moved(sender(id), nonce, expected);
    }

    fn compare(&self) -> Result<(), TestCaseError> {
        let status = self.pool.status();
        let inside: BTreeSet<B256> = self
            .pool
            .entries(usize::MAX)
            .map(|(tx, _)| tx.hash)
            .collect();
        prop_assert_eq!(
            &inside,
            &self.inside,
            "something was lost or came from nowhere"
        );
        prop_assert_eq!(self.pool.len(), inside.len());
        prop_assert_eq!(status.ready + status.held, inside.len());
        prop_assert_eq!(
            status.bytes,
            self.pool
                .entries(usize::MAX)
                .map(|(tx, _)| tx.size)
                .sum::<usize>()
        );
        prop_assert_eq!(status.gas, 21_000 * inside.len() as u64);
        prop_assert_eq!(status.parked_senders, self.model.parked());
        prop_assert!(
            inside.len() <= self.limits.max_count && status.bytes <= self.limits.max_bytes
        );
        let mut ready = 0;
        for id in 0..SENDERS {
            let own: Vec<(B256, Standing)> = self
                .pool
                .entries_of(&sender(id))
                .map(|(tx, standing)| (tx.hash, standing))
                .collect();
            let model: Vec<(B256, Standing)> = self
                .model
                .of(sender(id))
                .iter()
                .map(|entry| (entry.tx.hash, entry.standing))
                .collect();
            prop_assert_eq!(&own, &model);
            prop_assert!(own.len() <= self.limits.max_count_per_sender);
            ready += own
                .iter()
                .filter(|(_, standing)| *standing == Standing::Ready)
                .count();
            prop_assert_eq!(
                self.pool.pending_nonce(&sender(id), 0),
                self.model.pending_nonce(sender(id), 0)
            );
        }
        prop_assert_eq!(status.ready, ready);
        prop_assert_eq!(self.model.bytes(), status.bytes);
        Ok(())
    }
}

proptest! {
    #[test]
    fn the_pool_does_what_the_naive_model_does_and_loses_nothing(ops in prop::collection::vec(any_op(), 1..300)) {
        let mut pair = Pair::new(PoolLimits {
            max_count: 8,
            max_bytes: 150,
            max_transaction_bytes: 35,
            max_count_per_sender: 4,
            max_nonce_gap: 3,
            replacement_bump_percent: 10,
        });
        for op in ops {
            pair.apply(op)?;
        }
    }
}
