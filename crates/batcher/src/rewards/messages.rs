//! What L1 has told the rollup, and what has not arrived: a deposit that runs out of gas on the rollup changes nothing there, and L1
//! does not hear of it. L1 keeps each message, and anybody may send it again with more gas.

use std::collections::BTreeMap;

use alloy_primitives::{Address, Bytes};
use alloy_sol_types::SolCall;
use forebond_contracts::bindings::RewardsManager::{attributeCall, forfeitCall};
use forebond_rewards::book::Book;

/// Messages remembered: those that have arrived are forgotten first.
const MOST: usize = 4_096;
/// L1 blocks behind a message's own until the rollup must have it: its origin has passed, and the safe chain shows it.
const ARRIVES_WITHIN: u64 = 2;

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Who earned the batches of these places, first and last.
    Attributed(u64, u64),
    /// That an operator lost a period.
    Forfeited(Address, u64),
}

/// A message that L1 has stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What it says.
    pub told: Told,
    /// Its bytes, as `resend` wants them.
    pub data: Bytes,
    /// L1 block of its newest deposit.
    pub sent_in: u64,
    /// Rollup gas of its newest deposit, if it was sent again.
    pub gas: Option<u64>,
}

/// Reads the bytes of a message; none for another call.
pub fn read(data: &Bytes) -> Option<Told> {
    if let Ok(call) = attributeCall::abi_decode(data) {
        let count = u64::try_from(call.attributions.len()).ok()?;
        let last = call.firstPlace.checked_add(count.checked_sub(1)?)?;
        return Some(Told::Attributed(call.firstPlace, last));
    }
    let call = forfeitCall::abi_decode(data).ok()?;
    Some(Told::Forfeited(call.operator, call.period))
}

impl Told {
    /// Batches that the message is about, for its gas.
    pub const fn batches(&self) -> u64 {
        match self {
            Self::Attributed(first, last) => last.saturating_sub(*first).saturating_add(1),
            Self::Forfeited(..) => 0,
        }
    }

    /// Whether the rollup knows it.
    pub fn has_arrived(&self, book: &Book) -> bool {
        match self {
            // All of a message or nothing.
            Self::Attributed(_, last) => book.is_attributed(*last),
            Self::Forfeited(operator, period) => book.is_forfeited(*operator, *period),
        }
    }
}

/// The messages of one rollup, by their number.
#[derive(Clone, Debug, Default)]
pub struct Messages {
    all: BTreeMap<u64, Message>,
}

impl Messages {
    /// A message was stored in an L1 block.
    pub fn stored(&mut self, id: u64, data: Bytes, block: u64) {
        let Some(told) = read(&data) else {
            return;
        };
        let message = Message {
            told,
            data,
            sent_in: block,
            gas: None,
        };
        self.all.insert(id, message);
        while self.all.len() > MOST {
            self.all.pop_first();
        }
    }

    /// It was sent again with so much gas.
    pub fn resent(&mut self, id: u64, gas: u64, block: u64) {
        if let Some(message) = self.all.get_mut(&id) {
            message.sent_in = block;
            message.gas = Some(gas);
        }
    }

    /// Whether L1 has told the rollup of a forfeiture.
    pub fn tells_of(&self, operator: Address, period: u64) -> bool {
        let told = Told::Forfeited(operator, period);
        self.all.values().any(|message| message.told == told)
    }

    /// Forgets what has arrived for good.
    pub fn forget_arrived(&mut self, book: &Book) {
        self.all
            .retain(|_, message| !message.told.has_arrived(book) || message.told.batches() == 0);
    }

    /// The oldest message that should have arrived by now, the rollup's safe chain having deposits up to L1 block `origin`.
    pub fn lost(&self, book: &Book, origin: u64) -> Option<(u64, &Message)> {
        self.all
            .iter()
            .find(|(_, message)| {
                origin > message.sent_in.saturating_add(ARRIVES_WITHIN)
                    && !message.told.has_arrived(book)
            })
            .map(|(id, message)| (*id, message))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]
    use super::*;
    use forebond_contracts::bindings::RewardsManager::Attribution;
    use forebond_rewards::book::Entry;

    const OPERATOR: Address = Address::repeat_byte(7);

    fn attribution(first: u64, count: usize) -> Bytes {
        let attributions = vec![Attribution::default(); count];
        let call = attributeCall {
            firstPlace: first,
            attributions,
        };
        call.abi_encode().into()
    }

    fn forfeiture() -> Bytes {
        let call = forfeitCall {
            operator: OPERATOR,
            period: 3,
        };
        call.abi_encode().into()
    }

    #[test]
    fn a_message_is_read_as_the_messenger_writes_it_and_strangers_bytes_are_none() {
        assert_eq!(read(&attribution(5, 3)), Some(Told::Attributed(5, 7)));
        assert_eq!(read(&forfeiture()), Some(Told::Forfeited(OPERATOR, 3)));
        for nonsense in [Bytes::new(), Bytes::from(vec![1; 100]), attribution(5, 0)] {
            assert_eq!(read(&nonsense), None);
        }
    }

    #[test]
    fn a_deposit_that_changed_nothing_is_sent_again_and_one_that_may_still_come_is_not() {
        let mut messages = Messages::default();
        messages.stored(1, attribution(1, 2), 100);
        messages.stored(2, forfeiture(), 101);
        let mut book = Book::default();
        assert_eq!(messages.lost(&book, 102), None, "it may still come");
        assert_eq!(messages.lost(&book, 103).map(|(id, _)| id), Some(1));
        for place in 1..=2 {
            book.add(Entry::Attributed {
                place,
                attribution: Box::default(),
            });
        }
        assert_eq!(messages.lost(&book, 103), None, "it has arrived");
        assert_eq!(messages.lost(&book, 104).map(|(id, _)| id), Some(2));
        messages.resent(2, 200_000, 110);
        assert_eq!(messages.lost(&book, 112), None, "sent again");
        let (_, message) = messages.lost(&book, 113).unwrap();
        assert_eq!(message.gas, Some(200_000), "the next one takes more");
        book.add(Entry::Forfeited {
            operator: OPERATOR,
            period: 3,
        });
        assert_eq!(messages.lost(&book, 200), None);
    }

    #[test]
    fn a_forfeiture_is_told_once_and_remembered_after_it_arrived() {
        let mut messages = Messages::default();
        assert!(!messages.tells_of(OPERATOR, 3));
        messages.stored(1, forfeiture(), 5);
        let mut book = Book::default();
        book.add(Entry::Forfeited {
            operator: OPERATOR,
            period: 3,
        });
        messages.forget_arrived(&book);
        assert!(messages.tells_of(OPERATOR, 3) && !messages.tells_of(OPERATOR, 4));
    }
}
