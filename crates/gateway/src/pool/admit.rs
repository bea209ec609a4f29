//! Admission: every check first, then the change; a refused transaction leaves no trace.

use super::entry::{PoolEntry, SenderState};
use super::eviction::{Excess, Newcomer, Victim};
use super::outcome::{Departed, Departure, Refusal, Standing};
use super::pool::Pool;
use super::queue::SenderQueue;
use super::tip_index::Offer;
use alloy_primitives::Address;

impl<T: PoolEntry + Clone> Pool<T> {
    /// Takes a transaction in, or says why not.
    ///
    /// `account` is the sender's account as the open block has left it. A nonce below the account's belongs to an executed
    /// transaction, whose promise is not replaced. The balance must cover what this and all queued transactions of the
    /// sender can take at most, held ones included. Whatever left the pool for it is added to `departed`, also when the
    /// transaction is refused (then only what the account's nonce turned out to have passed).
    ///
    /// Checks of signature, chain id, gas limit and quoted tip are the caller's.
    ///
    /// # Errors
    /// A [`Refusal`]; the caller answers [`Refusal::AlreadyKnown`] as a success.
    pub fn admit(
        &mut self,
        tx: T,
        account: SenderState,
        departed: &mut Vec<Departed<T>>,
    ) -> Result<Standing, Refusal> {
        if self.contains(&tx.hash()) {
            return Err(Refusal::AlreadyKnown);
        }
        if tx.size_bytes() > self.limits.max_transaction_bytes {
            return Err(Refusal::TooLarge {
                max_bytes: self.limits.max_transaction_bytes,
                got_bytes: tx.size_bytes(),
            });
        }
        let sender = tx.sender();
        if self
            .senders
            .get(&sender)
            .is_some_and(|queue| queue.next_nonce < account.nonce)
        {
            self.account_moved(sender, account.nonce, departed);
        }
        let queue = self.senders.get(&sender);
        // A snapshot that lags behind must not reopen a promised nonce.
        let next_nonce = queue.map_or(account.nonce, |queue| queue.next_nonce);
        let replaces = self.check_nonce(&tx, next_nonce, queue)?;
        check_funds(&tx, &account, queue)?;
        let mut victims = Vec::new();
        self.make_room(&tx, queue, next_nonce, replaces, &mut victims)?;

        for victim in victims {
            self.evict(victim, departed);
        }
        let nonce = tx.nonce();
        let hash = tx.hash();
        self.count(&tx);
        let queue = self
            .senders
            .entry(sender)
            .or_insert_with(|| SenderQueue::new(next_nonce));
        let replaced = queue.insert(tx, self.base_fee_wei, &mut self.ordinals);
        let standing = queue.standing(nonce);
        self.indexes.settle(sender, queue);
        if let Some(tx) = replaced {
            self.uncount(&tx);
            departed.push(Departed {
                tx,
                why: Departure::Replaced { by: hash },
            });
        }
        Ok(standing)
    }

    /// Checks the nonce; true when there is a transaction with it that this one may replace.
    fn check_nonce(
        &self,
        tx: &T,
        next_nonce: u64,
        queue: Option<&SenderQueue<T>>,
    ) -> Result<bool, Refusal> {
        let nonce = tx.nonce();
        if nonce < next_nonce {
            return Err(Refusal::NonceTooLow {
                expected: next_nonce,
                got: nonce,
            });
        }
        if let Some(slot) = queue.and_then(|queue| queue.slots.get(&nonce)) {
            if queue.is_some_and(|queue| queue.nonce_out() == Some(nonce)) {
                return Err(Refusal::InExecution { nonce });
            }
            self.check_bump(&slot.tx, tx)?;
            return Ok(true);
        }
        let pending_nonce = queue.map_or(next_nonce, |queue| queue.run_end);
        // EIP-2681: the largest nonce an account can have is 2^64 - 1, so it cannot be used by a transaction.
        let highest = pending_nonce
            .saturating_add(self.limits.max_nonce_gap)
            .min(u64::MAX.saturating_sub(1));
        if nonce > highest {
            return Err(Refusal::NonceTooFar {
                expected: pending_nonce,
                highest,
                got: nonce,
            });
        }
        Ok(false)
    }

    fn check_bump(&self, old: &T, new: &T) -> Result<(), Refusal> {
        let percent = self.limits.replacement_bump_percent;
        let min_fee_cap_wei = raised(old.max_fee_per_gas(), percent);
        let min_tip_wei = raised(old.max_priority_fee_per_gas(), percent);
        let (fee_cap_wei, tip_wei) = (new.max_fee_per_gas(), new.max_priority_fee_per_gas());
        if fee_cap_wei < min_fee_cap_wei || tip_wei < min_tip_wei {
            return Err(Refusal::ReplacementUnderpriced {
                min_fee_cap_wei,
                min_tip_wei,
                fee_cap_wei,
                tip_wei,
            });
        }
        Ok(())
    }

    /// Finds whom the transaction displaces. At its share's limit a sender can still fill a gap, at the cost of its own
    /// highest nonce; otherwise it could never get going again.
    fn make_room(
        &self,
        tx: &T,
        queue: Option<&SenderQueue<T>>,
        next_nonce: u64,
        replaces: bool,
        victims: &mut Vec<Victim>,
    ) -> Result<(), Refusal> {
        let nonce = tx.nonce();
        let replaced_bytes = queue
            .and_then(|queue| queue.slots.get(&nonce))
            .map_or(0, |slot| slot.tx.size_bytes());
        let count = self.len().saturating_add(usize::from(!replaces));
        let bytes = self
            .bytes
            .saturating_add(tx.size_bytes())
            .saturating_sub(replaced_bytes);
        let mut excess = Excess {
            count: count.saturating_sub(self.limits.max_count),
            bytes: bytes.saturating_sub(self.limits.max_bytes),
        };
        let own_count = queue.map_or(0, |queue| queue.slots.len());
        if !replaces && own_count >= self.limits.max_count_per_sender {
            let own_last = queue
                .and_then(|queue| queue.slots.last_key_value())
                .filter(|(last, _)| **last > nonce);
            let Some((last, slot)) = own_last else {
                return Err(Refusal::SenderFull {
                    count: own_count,
                    max_count: self.limits.max_count_per_sender,
                });
            };
            victims.push((tx.sender(), *last));
            excess = excess.less(slot.tx.size_bytes());
        }
        if excess.is_none() {
            return Ok(());
        }
        let ready_end = queue.map_or(next_nonce, |queue| queue.ready_end);
        let ready = nonce <= ready_end && tx.max_fee_per_gas() >= self.base_fee_wei;
        let newcomer = Newcomer {
            sender: tx.sender(),
            nonce,
            standing: if ready {
                Standing::Ready
            } else {
                Standing::Held
            },
            bid: Offer::new(tx, 0).bid(self.base_fee_wei),
            replaces,
        };
        self.plan_eviction(&newcomer, excess, victims)
            .map_err(|outbid_tip_wei| Refusal::PoolFull {
                count: self.len(),
                bytes: self.bytes,
                outbid_tip_wei,
            })
    }

    fn evict(&mut self, (sender, nonce): (Address, u64), departed: &mut Vec<Departed<T>>) {
        let Some(queue) = self.senders.get_mut(&sender) else {
            return;
        };
        if queue
            .slots
            .last_key_value()
            .is_none_or(|(last, _)| *last != nonce)
        {
            return;
        }
        let Some(tx) = queue.pop_tail() else { return };
        self.uncount(&tx);
        self.settle(sender);
        departed.push(Departed {
            tx,
            why: Departure::Evicted,
        });
    }
}

/// The balance covers this and all the sender has queued, less what this one replaces.
fn check_funds<T: PoolEntry>(
    tx: &T,
    account: &SenderState,
    queue: Option<&SenderQueue<T>>,
) -> Result<(), Refusal> {
    let replaced = queue.and_then(|queue| queue.slots.get(&tx.nonce()));
    let queued_wei = queue.map_or_else(Default::default, |queue| queue.cost_wei);
    let queued_wei = queued_wei
        .saturating_sub(replaced.map_or_else(Default::default, |slot| slot.tx.max_cost_wei()));
    let want_wei = queued_wei.saturating_add(tx.max_cost_wei());
    if want_wei > account.balance_wei {
        return Err(Refusal::InsufficientFunds {
            have_wei: account.balance_wei,
            want_wei,
            queued_wei,
        });
    }
    Ok(())
}

/// The least that counts as so many percent more, rounded up and never the same.
fn raised(wei: u128, percent: u32) -> u128 {
    let (hundreds, rest) = (wei / 100, wei % 100);
    let percent = u128::from(percent);
    let bump_wei = hundreds
        .saturating_mul(percent)
        .saturating_add((rest * percent).div_ceil(100));
    wei.saturating_add(bump_wei.max(1))
}
