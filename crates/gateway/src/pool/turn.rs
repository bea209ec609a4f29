//! Turns: which transaction is next, and what the caller says became of it.

use super::entry::PoolEntry;
use super::outcome::{Departed, Departure};
use super::pool::Pool;
use super::queue::Hold;

/// The declared rule by which executable transactions of different senders follow each other. Nonces of one sender always ascend.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TurnOrder {
    /// By the time a transaction became executable: on arrival, or later if a nonce before it was missing or the base
    /// fee too high. A replacement arrives anew.
    #[default]
    Arrival,
    /// By effective tip at the present base fee, highest first; equals by arrival.
    DescendingTip,
}

/// What a parked transaction waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wait {
    /// The parent block's seal, whose hash the transaction reads.
    Seal,
    /// The next frag, because the ordering rule allows it none in this one.
    Frag,
}

/// The caller executes what [`next`](Pool::next) hands out and answers with exactly one of [`executed`](Pool::executed),
/// [`dropped`](Pool::dropped), [`returned`](Pool::returned) and [`park`](Pool::park). Until then the sender has no other
/// turn, and the transaction stays in the pool, counted, and can be neither replaced nor evicted. Transactions of
/// several senders may be out at once. Each answer is false, and changes nothing, when the transaction is not out.
impl<T: PoolEntry + Clone> Pool<T> {
    /// Hands out the transaction whose turn it is; `None` when nothing is executable at this base fee.
    #[allow(
        clippy::should_implement_trait,
        reason = "the pool is no iterator: every item wants an answer"
    )]
    pub fn next(&mut self) -> Option<T> {
        loop {
            let sender = self.indexes.first_head()?;
            let queue = self.senders.get_mut(&sender)?;
            let (_, slot) = queue.slots.first_key_value()?;
            if slot.tx.max_fee_per_gas() >= self.base_fee_wei {
                let tx = slot.tx.clone();
                queue.hold = Hold::Out(tx.hash());
                self.indexes.settle(sender, queue);
                return Some(tx);
            }
            // The base fee has risen above it since it became ready.
            queue.unready();
            self.indexes.settle(sender, queue);
        }
    }

    /// The transaction is executed (with success or reverted) and leaves the pool; the sender's next one may have its turn.
    ///
    /// `next_nonce` is the sender's nonce after it. It can be more than one further, since an EIP-7702 authorization by
    /// the sender itself uses a nonce too; what it has passed goes to `departed`.
    pub fn executed(&mut self, tx: &T, next_nonce: u64, departed: &mut Vec<Departed<T>>) -> bool {
        let sender = tx.sender();
        let Some(queue) = self.senders.get_mut(&sender) else {
            return false;
        };
        let Some(tx) = queue.take_out(tx.hash()) else {
            return false;
        };
        let first = departed.len();
        if next_nonce == queue.next_nonce {
            queue.cut_at_head();
        } else {
            queue.move_to(next_nonce, |tx| {
                departed.push(Departed {
                    tx,
                    why: Departure::Overtaken,
                })
            });
            queue.extend(self.base_fee_wei, &mut self.ordinals);
        }
        self.uncount(&tx);
        for gone in departed.iter().skip(first) {
            self.uncount(&gone.tx);
        }
        self.settle(sender);
        true
    }

    /// The transaction turned out invalid and leaves the pool; the sender's later ones are held until its nonce is filled.
    ///
    /// When it was invalid because the account's nonce has passed it, call [`account_moved`](Self::account_moved) instead.
    pub fn dropped(&mut self, tx: &T) -> bool {
        let sender = tx.sender();
        let Some(queue) = self.senders.get_mut(&sender) else {
            return false;
        };
        let Some(tx) = queue.take_out(tx.hash()) else {
            return false;
        };
        queue.cut_at_head();
        self.uncount(&tx);
        self.settle(sender);
        true
    }

    /// The transaction was not executed (the block or the frag is full) and takes its place again.
    pub fn returned(&mut self, tx: &T) -> bool {
        self.answer_with(tx, Hold::Free)
    }

    /// The transaction cannot be executed yet: its sender has no turn until [`unpark`](Self::unpark), and then takes its old place.
    pub fn park(&mut self, tx: &T, wait: Wait) -> bool {
        self.answer_with(tx, Hold::Parked(wait))
    }

    /// What was waited for has come: all senders parked for it may have their turn again.
    pub fn unpark(&mut self, wait: Wait) {
        for sender in self.indexes.take_parked(wait) {
            if let Some(queue) = self.senders.get_mut(&sender) {
                queue.hold = Hold::Free;
                self.indexes.settle(sender, queue);
            }
        }
    }

    fn answer_with(&mut self, tx: &T, hold: Hold) -> bool {
        let sender = tx.sender();
        match self.senders.get_mut(&sender) {
            Some(queue) if queue.hold == Hold::Out(tx.hash()) => {
                queue.hold = hold;
                self.indexes.settle(sender, queue);
                true
            }
            _ => false,
        }
    }
}
