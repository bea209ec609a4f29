//! Which promised transactions a batch leaves out, or puts in another order: pure.

use alloy_primitives::{Address, Bytes};

/// A transaction as it stands in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    /// Raw EIP-2718 bytes.
    pub(super) raw: Bytes,
    /// Who sent it; none for a deposit.
    pub(super) sender: Option<Address>,
}

/// How to tamper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tampering {
    /// The newest transaction of a user goes.
    Omit,
    /// Two neighbours of different users change places.
    Swap,
}

/// Tampers with the newest block that allows it, at or behind `first` (a place in `blocks`). What is left stays valid: nobody's nonces
/// get a gap before a later transaction, and none come in another order. Gives the block's place, or nothing if there is no such block.
pub(super) fn tamper(blocks: &mut [Vec<Placed>], first: usize, how: Tampering) -> Option<usize> {
    for place in (first..blocks.len()).rev() {
        let (_, later) = blocks.split_at_checked(place + 1)?;
        let is_over = later
            .iter()
            .all(|block| block.iter().all(|placed| placed.sender.is_none()));
        let block = blocks.get_mut(place)?;
        let done = match how {
            Tampering::Omit => is_over && omit(block),
            Tampering::Swap => swap(block),
        };
        if done {
            return Some(place);
        }
    }
    None
}

fn omit(block: &mut Vec<Placed>) -> bool {
    let has = block.last().is_some_and(|last| last.sender.is_some());
    if has {
        block.pop();
    }
    has
}

fn swap(block: &mut [Placed]) -> bool {
    let found = block.windows(2).rposition(|pair| match pair {
        [one, other] => {
            one.sender.is_some() && other.sender.is_some() && one.sender != other.sender
        }
        _ => false,
    });
    if let Some(place) = found {
        block.swap(place, place + 1);
    }
    found.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(sender: u8, nonce: u8) -> Placed {
        Placed {
            raw: Bytes::from(vec![2, sender, nonce]),
            sender: (sender != 0).then(|| Address::repeat_byte(sender)),
        }
    }

    #[test]
    fn the_newest_transaction_of_a_user_is_left_out_and_no_later_one_stands_on_it() {
        let mut blocks = vec![
            vec![placed(0, 0), placed(1, 0)],
            vec![placed(0, 0), placed(1, 1), placed(2, 0)],
            vec![placed(0, 0)],
        ];
        assert_eq!(tamper(&mut blocks, 0, Tampering::Omit), Some(1));
        assert_eq!(blocks[1], [placed(0, 0), placed(1, 1)]);
        assert_eq!(
            tamper(&mut blocks, 2, Tampering::Omit),
            None,
            "earlier blocks are somebody else's"
        );
    }

    #[test]
    fn neighbours_of_two_users_change_places_and_one_users_never() {
        let mut blocks = vec![vec![placed(0, 0), placed(1, 0), placed(2, 0), placed(2, 1)]];
        assert_eq!(tamper(&mut blocks, 0, Tampering::Swap), Some(0));
        assert_eq!(
            blocks[0],
            [placed(0, 0), placed(2, 0), placed(1, 0), placed(2, 1)]
        );
        let mut alone = vec![vec![placed(0, 0), placed(1, 0), placed(1, 1)]];
        assert_eq!(tamper(&mut alone, 0, Tampering::Swap), None);
    }
}
