//! The pool's orders over senders, kept true by one function: after a queue has changed, [`Indexes::settle`] compares where
//! its sender is listed with where it belongs and corrects the difference.

use super::entry::PoolEntry;
use super::outcome::Standing;
use super::queue::{Hold, SenderQueue};
use super::tip_index::{Offer, TipIndex};
use super::turn::{TurnOrder, Wait};
use alloy_primitives::Address;
use std::collections::BTreeSet;

/// Where the indexes name a sender; together with it, all that is needed to take it out again.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listed {
    /// Its first transaction, when it may have a turn.
    pub(super) head: Option<Offer>,
    /// Its last transaction, when it may be evicted.
    pub(super) tail: Option<(Standing, Offer)>,
    /// Fee cap (wei per gas) at which the ready part would go on, when it ends before the run does.
    pub(super) capped_wei: Option<u128>,
    pub(super) parked: Option<Wait>,
    /// What it adds to [`Indexes::ready`].
    pub(super) ready: usize,
}

impl Listed {
    fn due<T: PoolEntry>(queue: &SenderQueue<T>) -> Self {
        if queue.slots.is_empty() {
            return Self::default();
        }
        let ready = queue.ready_count();
        let head = || {
            let (_, slot) = queue.slots.first_key_value()?;
            Some(Offer::new(&slot.tx, slot.ordinal.max(queue.last_turn)))
        };
        let tail = || {
            let (nonce, slot) = queue.slots.last_key_value()?;
            Some((queue.standing(*nonce), Offer::new(&slot.tx, slot.ordinal)))
        };
        let capped_wei = || {
            queue
                .slots
                .get(&queue.ready_end)
                .map(|slot| slot.tx.max_fee_per_gas())
        };
        Self {
            head: if ready > 0 && queue.hold == Hold::Free {
                head()
            } else {
                None
            },
            // A transaction being executed is past eviction; it is the last one only if it is the only one.
            tail: if queue.nonce_out().is_some() && queue.slots.len() == 1 {
                None
            } else {
                tail()
            },
            capped_wei: if queue.ready_end < queue.run_end {
                capped_wei()
            } else {
                None
            },
            parked: match queue.hold {
                Hold::Parked(wait) => Some(wait),
                Hold::Free | Hold::Out(_) => None,
            },
            ready,
        }
    }
}

/// Who has the next turn.
#[derive(Debug)]
enum Heads {
    Arrival(BTreeSet<(u64, Address)>),
    Tip(TipIndex),
}

#[derive(Debug)]
pub(super) struct Indexes {
    heads: Heads,
    pub(super) held_tails: TipIndex,
    pub(super) ready_tails: TipIndex,
    /// Senders whose run would go on at a lower base fee, by the fee cap it waits for (wei per gas).
    capped: BTreeSet<(u128, Address)>,
    parked_for_seal: BTreeSet<Address>,
    parked_for_frag: BTreeSet<Address>,
    /// Ready transactions of all senders.
    pub(super) ready: usize,
}

impl Indexes {
    pub(super) fn new(order: TurnOrder) -> Self {
        Self {
            heads: Heads::new(order, 0),
            held_tails: TipIndex::new(0),
            ready_tails: TipIndex::new(0),
            capped: BTreeSet::new(),
            parked_for_seal: BTreeSet::new(),
            parked_for_frag: BTreeSet::new(),
            ready: 0,
        }
    }

    /// Starts an empty order of heads; the senders in it have to be unlisted before and settled after.
    pub(super) fn set_order(&mut self, order: TurnOrder, base_fee_wei: u128) {
        self.heads = Heads::new(order, base_fee_wei);
    }

    pub(super) fn set_base_fee(&mut self, base_fee_wei: u128) {
        self.held_tails.set_base_fee(base_fee_wei);
        self.ready_tails.set_base_fee(base_fee_wei);
        if let Heads::Tip(index) = &mut self.heads {
            index.set_base_fee(base_fee_wei);
        }
    }

    /// The sender whose turn it is.
    pub(super) fn first_head(&self) -> Option<Address> {
        match &self.heads {
            Heads::Arrival(turns) => turns.first().map(|(_, sender)| *sender),
            Heads::Tip(index) => index.best(),
        }
    }

    /// Takes the senders out of `capped` whose fee cap the base fee has come down to.
    pub(super) fn uncap(&mut self, base_fee_wei: u128) -> BTreeSet<(u128, Address)> {
        self.capped.split_off(&(base_fee_wei, Address::ZERO))
    }

    pub(super) fn take_parked(&mut self, wait: Wait) -> BTreeSet<Address> {
        std::mem::take(self.parked(wait))
    }

    pub(super) fn parked_count(&self) -> usize {
        self.parked_for_seal
            .len()
            .saturating_add(self.parked_for_frag.len())
    }

    /// Lists a sender where its queue says it belongs, and nowhere else.
    pub(super) fn settle<T: PoolEntry>(&mut self, sender: Address, queue: &mut SenderQueue<T>) {
        let due = Listed::due(queue);
        let was = std::mem::replace(&mut queue.listed, due);
        self.ready = self
            .ready
            .saturating_sub(was.ready)
            .saturating_add(due.ready);
        if was.head != due.head {
            self.heads.relist(sender, was.head, due.head);
        }
        if was.tail != due.tail {
            if let Some((standing, offer)) = was.tail {
                self.tails(standing).remove(sender, offer);
            }
            if let Some((standing, offer)) = due.tail {
                self.tails(standing).insert(sender, offer);
            }
        }
        if was.capped_wei != due.capped_wei {
            if let Some(fee_cap_wei) = was.capped_wei {
                self.capped.remove(&(fee_cap_wei, sender));
            }
            if let Some(fee_cap_wei) = due.capped_wei {
                self.capped.insert((fee_cap_wei, sender));
            }
        }
        if was.parked != due.parked {
            if let Some(wait) = was.parked {
                self.parked(wait).remove(&sender);
            }
            if let Some(wait) = due.parked {
                self.parked(wait).insert(sender);
            }
        }
    }

    fn tails(&mut self, standing: Standing) -> &mut TipIndex {
        match standing {
            Standing::Held => &mut self.held_tails,
            Standing::Ready => &mut self.ready_tails,
        }
    }

    fn parked(&mut self, wait: Wait) -> &mut BTreeSet<Address> {
        match wait {
            Wait::Seal => &mut self.parked_for_seal,
            Wait::Frag => &mut self.parked_for_frag,
        }
    }
}

impl Heads {
    fn new(order: TurnOrder, base_fee_wei: u128) -> Self {
        match order {
            TurnOrder::Arrival => Self::Arrival(BTreeSet::new()),
            TurnOrder::DescendingTip => Self::Tip(TipIndex::new(base_fee_wei)),
        }
    }

    fn relist(&mut self, sender: Address, was: Option<Offer>, due: Option<Offer>) {
        match self {
            Self::Arrival(turns) => {
                if let Some(offer) = was {
                    turns.remove(&(offer.ordinal, sender));
                }
                if let Some(offer) = due {
                    turns.insert((offer.ordinal, sender));
                }
            }
            Self::Tip(index) => {
                if let Some(offer) = was {
                    index.remove(sender, offer);
                }
                if let Some(offer) = due {
                    index.insert(sender, offer);
                }
            }
        }
    }
}
