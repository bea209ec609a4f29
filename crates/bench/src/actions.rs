//! What each transaction of the load does.

use crate::{
    config::{BenchConfig, Recipients},
    contracts, keys,
    schedule::sender_of,
    transaction::Call,
};
use alloy_primitives::{Address, Bytes, U256};

/// Gas of a plain transfer (yellow paper, G_transaction).
pub(crate) const TRANSFER_GAS: u64 = 21_000;
/// Units of a token that one swap sells.
const SWAP_UNITS: u64 = 1_000_000_000_000_000;

/// What transaction number `index` does: a pure function, so that signing can be parallel.
pub(crate) struct Actions {
    kind: Kind,
    seed: u64,
    senders: u32,
    recipients: Recipients,
    /// The recipients, when they are a fixed set.
    known: Vec<Address>,
}

/// What all transactions of a run do, and with which contracts.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// One wei to a recipient.
    Transfer,
    /// One unit of this token to a recipient.
    Erc20 { token: Address },
    /// A swap in this pool of these tokens, to and fro.
    Swap { pool: Address, tokens: [Address; 2] },
}

impl Actions {
    /// Works out the recipients.
    pub(crate) fn new(kind: Kind, config: &BenchConfig) -> Self {
        let recipients = config
            .recipients
            .unwrap_or(Recipients::Among(config.senders));
        let known = match recipients {
            Recipients::Among(count) => (0..count)
                .map(|i| keys::recipient(config.seed, i.into()))
                .collect(),
            Recipients::Distinct => Vec::new(),
        };
        Self {
            kind,
            seed: config.seed,
            senders: config.senders,
            recipients,
            known,
        }
    }

    /// What transaction `index` does, which `sender` signs.
    pub(crate) fn call(&self, index: u64, sender: Address) -> Call {
        match self.kind {
            Kind::Transfer => Call {
                to: Some(self.recipient(index)),
                value: U256::ONE,
                input: Bytes::new(),
                gas: TRANSFER_GAS,
            },
            Kind::Erc20 { token } => contracts::transfer(token, self.recipient(index), U256::ONE),
            Kind::Swap {
                pool,
                tokens: [first, second],
            } => {
                let (number, turn) = sender_of(index, self.senders);
                let token = if (number + turn) % 2 == 0 {
                    first
                } else {
                    second
                };
                contracts::swap(pool, token, U256::from(SWAP_UNITS), sender)
            }
        }
    }

    fn recipient(&self, index: u64) -> Address {
        let fresh = || keys::recipient(self.seed, index);
        match self.recipients {
            Recipients::Distinct => fresh(),
            Recipients::Among(count) => {
                let place = scatter(self.seed ^ index) % u64::from(count.max(1));
                let place = usize::try_from(place).unwrap_or_default();
                self.known.get(place).copied().unwrap_or_else(fresh)
            }
        }
    }
}

/// A well-mixed number for every number (the finaliser of SplitMix64).
const fn scatter(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn actions(recipients: Recipients) -> Actions {
        let config = BenchConfig {
            recipients: Some(recipients),
            ..BenchConfig::default()
        };
        Actions::new(Kind::Transfer, &config)
    }

    fn receivers(actions: &Actions, count: u64) -> HashSet<Address> {
        (0..count)
            .filter_map(|i| actions.call(i, Address::ZERO).to)
            .collect()
    }

    #[test]
    fn recipients_are_spread_over_the_set_or_all_distinct() {
        let few = receivers(&actions(Recipients::Among(50)), 2_000);
        assert_eq!(few.len(), 50);
        assert_eq!(
            receivers(&actions(Recipients::Distinct), 2_000).len(),
            2_000
        );
    }

    #[test]
    fn a_sender_swaps_back_and_forth() {
        let tokens = [Address::with_last_byte(1), Address::with_last_byte(2)];
        let kind = Kind::Swap {
            pool: Address::with_last_byte(3),
            tokens,
        };
        let config = BenchConfig {
            senders: 10,
            ..BenchConfig::default()
        };
        let actions = Actions::new(kind, &config);
        let sells = |index| actions.call(index, Address::ZERO).input[35];
        for sender in 0..10 {
            assert_ne!(sells(sender), sells(sender + 10));
            assert_eq!(sells(sender), sells(sender + 20));
        }
    }
}
