//! The pool's rules written down naively: one list, searched and sorted anew for every question.

use super::super::{
    Departed, Departure, PoolEntry, PoolLimits, Refusal, SenderState, Standing, TurnOrder, Wait,
};
use super::{TestTx, Tx};
use alloy_primitives::{Address, U256};
use std::cmp::Reverse;
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) tx: Tx,
    pub(super) standing: Standing,
    /// When it arrived or became ready.
    since: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Out,
    Parked(Wait),
}

#[derive(Debug, Clone)]
pub(super) struct Model {
    limits: PoolLimits,
    pub(super) order: TurnOrder,
    base_fee: u128,
    pub(super) entries: Vec<Entry>,
    /// Next nonce by sender, known while the sender has entries.
    nonces: BTreeMap<Address, u64>,
    states: BTreeMap<Address, State>,
    last_turns: BTreeMap<Address, u64>,
    time: u64,
}

/// Below the base fee by so much, or the tip.
fn bid(tx: &TestTx, base_fee: u128) -> (i128, u128) {
    let room = tx.fee_cap as i128 - base_fee as i128;
    if room < 0 {
        (room, 0)
    } else {
        (0, tx.tip.min(room as u128))
    }
}

impl Model {
    pub(super) fn new(limits: PoolLimits, order: TurnOrder) -> Self {
        let (entries, nonces, states, last_turns) = Default::default();
        Self {
            limits,
            order,
            base_fee: 0,
            entries,
            nonces,
            states,
            last_turns,
            time: 0,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.entries.iter().map(|entry| entry.tx.size).sum()
    }

    pub(super) fn parked(&self) -> usize {
        self.states
            .values()
            .filter(|state| matches!(state, State::Parked(_)))
            .count()
    }

    pub(super) fn of(&self, sender: Address) -> Vec<Entry> {
        let mut own: Vec<Entry> = self
            .entries
            .iter()
            .filter(|entry| entry.tx.sender == sender)
            .cloned()
            .collect();
        own.sort_by_key(|entry| entry.tx.nonce);
        own
    }

    pub(super) fn pending_nonce(&self, sender: Address, account_nonce: u64) -> u64 {
        let mut nonce = *self.nonces.get(&sender).unwrap_or(&account_nonce);
        while self.of(sender).iter().any(|entry| entry.tx.nonce == nonce) {
            nonce += 1;
        }
        nonce
    }

    fn now(&mut self) -> u64 {
        self.time += 1;
        self.time
    }

    fn remove(&mut self, tx: &Tx) {
        self.entries.retain(|entry| entry.tx.hash != tx.hash);
        self.stand(tx.sender);
    }

    /// Ready is what follows the account's nonce without a gap, each either ready before or able to pay now.
    fn stand(&mut self, sender: Address) {
        let mut expected = self.nonces.get(&sender).copied();
        for entry in self.of(sender) {
            let continues = expected == Some(entry.tx.nonce);
            let ready = continues
                && (entry.standing == Standing::Ready || entry.tx.fee_cap >= self.base_fee);
            expected = if ready {
                Some(entry.tx.nonce + 1)
            } else {
                None
            };
            let now = self.now();
            let kept = self
                .entries
                .iter_mut()
                .find(|kept| kept.tx.hash == entry.tx.hash)
                .unwrap();
            if ready && entry.standing == Standing::Held {
                kept.since = now;
            }
            kept.standing = if ready {
                Standing::Ready
            } else {
                Standing::Held
            };
        }
        if self.of(sender).is_empty() {
            self.nonces.remove(&sender);
            self.states.remove(&sender);
            self.last_turns.remove(&sender);
        }
    }

    pub(super) fn set_base_fee(&mut self, base_fee: u128) {
        self.base_fee = base_fee;
        let mut blocked: Vec<Entry> = Vec::new();
        for sender in self.nonces.keys() {
            let own = self.of(*sender);
            blocked.extend(
                own.into_iter()
                    .find(|entry| entry.standing == Standing::Held),
            );
        }
        blocked.sort_by_key(|entry| entry.since);
        for entry in blocked {
            self.stand(entry.tx.sender);
        }
    }

    pub(super) fn account_moved(
        &mut self,
        sender: Address,
        nonce: u64,
        departed: &mut Vec<Departed<Tx>>,
    ) {
        match self.nonces.get(&sender) {
            Some(known) if *known != nonce => {}
            _ => return,
        }
        self.nonces.insert(sender, nonce);
        self.states.remove(&sender);
        for entry in self
            .of(sender)
            .into_iter()
            .filter(|entry| entry.tx.nonce < nonce)
        {
            self.entries.retain(|kept| kept.tx.hash != entry.tx.hash);
            departed.push(Departed {
                tx: entry.tx,
                why: Departure::Overtaken,
            });
        }
        self.stand(sender);
    }

    pub(super) fn admit(
        &mut self,
        tx: &Tx,
        account: SenderState,
        departed: &mut Vec<Departed<Tx>>,
    ) -> Result<Standing, Refusal> {
        let sender = tx.sender;
        if self.entries.iter().any(|entry| entry.tx.hash == tx.hash) {
            return Err(Refusal::AlreadyKnown);
        }
        if tx.size > self.limits.max_transaction_bytes {
            return Err(Refusal::TooLarge {
                max_bytes: self.limits.max_transaction_bytes,
                got_bytes: tx.size,
            });
        }
        if self
            .nonces
            .get(&sender)
            .is_some_and(|known| *known < account.nonce)
        {
            self.account_moved(sender, account.nonce, departed);
        }
        let next_nonce = *self.nonces.get(&sender).unwrap_or(&account.nonce);
        let own = self.of(sender);
        let old = own
            .iter()
            .find(|entry| entry.tx.nonce == tx.nonce)
            .map(|entry| entry.tx.clone());
        if tx.nonce < next_nonce {
            return Err(Refusal::NonceTooLow {
                expected: next_nonce,
                got: tx.nonce,
            });
        }
        if let Some(old) = &old {
            if self.out(sender).is_some_and(|out| out.hash == old.hash) {
                return Err(Refusal::InExecution { nonce: tx.nonce });
            }
            let enough = |wei: u128| (wei * 110).div_ceil(100).max(wei + 1);
            let (min_fee_cap_wei, min_tip_wei) = (enough(old.fee_cap), enough(old.tip));
            if tx.fee_cap < min_fee_cap_wei || tx.tip < min_tip_wei {
                let (fee_cap_wei, tip_wei) = (tx.fee_cap, tx.tip);
                return Err(Refusal::ReplacementUnderpriced {
                    min_fee_cap_wei,
                    min_tip_wei,
                    fee_cap_wei,
                    tip_wei,
                });
            }
        } else {
            let expected = self.pending_nonce(sender, account.nonce);
            let highest = expected + self.limits.max_nonce_gap;
            if tx.nonce > highest {
                return Err(Refusal::NonceTooFar {
                    expected,
                    highest,
                    got: tx.nonce,
                });
            }
        }
        let others = own.iter().filter(|entry| entry.tx.nonce != tx.nonce);
        let queued_wei = U256::from(others.map(|entry| entry.tx.cost).sum::<u64>());
        let want_wei = queued_wei + tx.max_cost_wei();
        if want_wei > account.balance_wei {
            return Err(Refusal::InsufficientFunds {
                have_wei: account.balance_wei,
                want_wei,
                queued_wei,
            });
        }

        // A copy tries it out; it takes the model's place if all goes well.
        let mut after = self.clone();
        let mut gone = Vec::new();
        if let Some(old) = &old {
            after.entries.retain(|entry| entry.tx.hash != old.hash);
        } else if own.len() >= self.limits.max_count_per_sender {
            let last = own.last().unwrap().tx.clone();
            if last.nonce < tx.nonce {
                return Err(Refusal::SenderFull {
                    count: own.len(),
                    max_count: self.limits.max_count_per_sender,
                });
            }
            after.remove(&last);
            gone.push(Departed {
                tx: last,
                why: Departure::Evicted,
            });
        }
        let before: Vec<Entry> = own
            .iter()
            .filter(|entry| entry.tx.nonce < tx.nonce)
            .cloned()
            .collect();
        let ready_before = before
            .iter()
            .filter(|entry| entry.standing == Standing::Ready)
            .count() as u64;
        let would_be_ready = next_nonce + ready_before == tx.nonce && tx.fee_cap >= self.base_fee;
        let standing = if would_be_ready {
            Standing::Ready
        } else {
            Standing::Held
        };
        while after.entries.len() >= self.limits.max_count
            || after.bytes() + tx.size > self.limits.max_bytes
        {
            let full = |outbid_tip_wei| Refusal::PoolFull {
                count: self.entries.len(),
                bytes: self.bytes(),
                outbid_tip_wei,
            };
            let Some(last) = after.cheapest_last(tx, old.is_some()) else {
                return Err(full(None));
            };
            let lower = bid(&last.tx, self.base_fee) < bid(tx, self.base_fee);
            if last.standing > standing {
                return Err(full(None));
            }
            if last.standing == standing && !lower {
                return Err(full(Some(bid(&last.tx, self.base_fee).1)));
            }
            after.entries.retain(|entry| entry.tx.hash != last.tx.hash);
            if last.tx.sender != sender {
                after.stand(last.tx.sender);
            }
            gone.push(Departed {
                tx: last.tx,
                why: Departure::Evicted,
            });
        }
        let now = after.now();
        let was_ready = old.as_ref().is_some_and(|old| {
            own.iter()
                .any(|e| e.tx.hash == old.hash && e.standing == Standing::Ready)
        });
        let kept = if was_ready && tx.fee_cap >= self.base_fee {
            Standing::Ready
        } else {
            Standing::Held
        };
        after.entries.push(Entry {
            tx: tx.clone(),
            standing: kept,
            since: now,
        });
        after.nonces.insert(sender, next_nonce);
        after.stand(sender);
        *self = after;
        departed.extend(gone);
        departed.extend(old.map(|old| Departed {
            tx: old,
            why: Departure::Replaced { by: tx.hash },
        }));
        Ok(self
            .entries
            .iter()
            .find(|entry| entry.tx.hash == tx.hash)
            .unwrap()
            .standing)
    }

    fn cheapest_last(&self, newcomer: &TestTx, replaces: bool) -> Option<Entry> {
        let mut lasts: Vec<Entry> = self
            .nonces
            .keys()
            .filter_map(|sender| self.of(*sender).pop())
            .collect();
        lasts.retain(|last| {
            self.out(last.tx.sender)
                .is_none_or(|out| out.hash != last.tx.hash)
        });
        lasts.retain(|last| {
            last.tx.sender != newcomer.sender || (!replaces && last.tx.nonce > newcomer.nonce)
        });
        lasts.into_iter().min_by_key(|last| {
            (
                last.standing,
                bid(&last.tx, self.base_fee),
                Reverse(last.since),
            )
        })
    }

    fn out(&self, sender: Address) -> Option<Tx> {
        (self.states.get(&sender) == Some(&State::Out)).then(|| self.of(sender).swap_remove(0).tx)
    }

    pub(super) fn next(&mut self) -> Option<Tx> {
        loop {
            let heads = self
                .nonces
                .keys()
                .filter(|sender| !self.states.contains_key(*sender));
            let heads = heads.filter_map(|sender| self.of(*sender).into_iter().next());
            let heads = heads.filter(|entry| entry.standing == Standing::Ready);
            let turn = |entry: &Entry| {
                entry
                    .since
                    .max(*self.last_turns.get(&entry.tx.sender).unwrap_or(&0))
            };
            let head = match self.order {
                TurnOrder::Arrival => heads.min_by_key(turn)?,
                TurnOrder::DescendingTip => heads
                    .max_by_key(|entry| (bid(&entry.tx, self.base_fee), Reverse(turn(entry))))?,
            };
            let sender = head.tx.sender;
            if head.tx.fee_cap >= self.base_fee {
                self.states.insert(sender, State::Out);
                return Some(head.tx);
            }
            for entry in self
                .entries
                .iter_mut()
                .filter(|entry| entry.tx.sender == sender)
            {
                entry.standing = Standing::Held;
            }
        }
    }

    /// Takes a transaction out that is out.
    fn answer(&mut self, tx: &Tx) -> bool {
        let is_out = self.out(tx.sender).is_some_and(|out| out.hash == tx.hash);
        if is_out {
            self.states.remove(&tx.sender);
        }
        is_out
    }

    pub(super) fn executed(
        &mut self,
        tx: &Tx,
        next_nonce: u64,
        departed: &mut Vec<Departed<Tx>>,
    ) -> bool {
        if !self.answer(tx) {
            return false;
        }
        let since = self.of(tx.sender)[0].since;
        let last = self.last_turns.entry(tx.sender).or_default();
        *last = since.max(*last);
        self.entries.retain(|entry| entry.tx.hash != tx.hash);
        self.account_moved(tx.sender, next_nonce, departed);
        true
    }

    pub(super) fn dropped(&mut self, tx: &Tx) -> bool {
        let is_out = self.answer(tx);
        if is_out {
            let since = self.of(tx.sender)[0].since;
            let last = self.last_turns.entry(tx.sender).or_default();
            *last = since.max(*last);
            self.remove(tx);
        }
        is_out
    }

    pub(super) fn returned(&mut self, tx: &Tx) -> bool {
        self.answer(tx)
    }

    pub(super) fn park(&mut self, tx: &Tx, wait: Wait) -> bool {
        let is_out = self.answer(tx);
        if is_out {
            self.states.insert(tx.sender, State::Parked(wait));
        }
        is_out
    }

    pub(super) fn unpark(&mut self, wait: Wait) {
        self.states.retain(|_, state| *state != State::Parked(wait));
    }
}
