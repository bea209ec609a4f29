//! Whom to register. A validator that has left, or that somebody else has, is not brought back by itself: whoever deregistered it
//! meant it, and two operators who take a validator from each other would sign for ever.

use std::collections::BTreeSet;

use alloy_primitives::Address;
use forebond_beacon::bls::PublicKeyBytes;

/// Validators in one transaction, fewer than the registry's 64: the proofs are calldata.
pub const MOST_PER_BATCH: usize = 32;

/// What the registry knows last of a validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Newest {
    /// Its operator from `from_epoch` on; zero when it left, or never came.
    pub operator: Address,
    /// L1 epoch.
    pub from_epoch: u64,
    /// By whose word.
    pub authority: Authority,
    /// What the validator's key has to sign with next.
    pub next_nonce: u64,
}

/// By whose word a validator belongs to its operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// It was never registered.
    None,
    /// The account that it withdraws to. Its key alone cannot change that any more.
    WithdrawalAddress,
    /// The validator's key.
    Key,
}

/// A validator whose key the signer holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its key.
    pub key: PublicKeyBytes,
    /// What the beacon chain knows; none when it does not know the key.
    pub on_chain: Option<OnChain>,
}

/// A validator of the beacon chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnChain {
    /// Its number.
    pub index: u64,
    /// It is active, or will be: not exited.
    pub is_active: bool,
    /// It keeps its slots and cannot fill them.
    pub is_slashed: bool,
    /// What the registry says.
    pub newest: Newest,
}

/// Where a validator stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The beacon chain does not know its key (yet).
    Unknown,
    /// Slashed or exited.
    Gone,
    /// Ours.
    Ours {
        /// From this epoch on.
        from_epoch: u64,
    },
    /// Another operator's.
    Elsewhere {
        /// Whose.
        operator: Address,
    },
    /// It was registered and has left.
    Left {
        /// Its key may bring it back.
        by_key: bool,
    },
    /// Nobody's, and never was anybody's.
    Open,
}

/// Where `seen` stands for `operator`.
#[must_use]
pub fn place_of(seen: &Seen, operator: Address) -> Place {
    let Some(validator) = seen.on_chain else {
        return Place::Unknown;
    };
    let newest = validator.newest;
    if newest.operator == operator {
        return Place::Ours {
            from_epoch: newest.from_epoch,
        };
    }
    if !newest.operator.is_zero() {
        return Place::Elsewhere {
            operator: newest.operator,
        };
    }
    if validator.is_slashed || !validator.is_active {
        return Place::Gone;
    }
    match newest.authority {
        Authority::None => Place::Open,
        Authority::Key => Place::Left { by_key: true },
        Authority::WithdrawalAddress => Place::Left { by_key: false },
    }
}

/// One registration by keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// What every one of them signs with.
    pub nonce: u64,
    /// Numbers and keys, ascending by number.
    pub validators: Vec<(u64, PublicKeyBytes)>,
}

/// The next registration that is due, if any. `asked`: validators that have left and whose operator wants them back.
#[must_use]
pub fn due(seen: &[Seen], operator: Address, asked: &BTreeSet<u64>) -> Option<Registration> {
    let wanted = |one: &&Seen| match place_of(one, operator) {
        Place::Open => true,
        Place::Left { by_key: true } => one
            .on_chain
            .is_some_and(|validator| asked.contains(&validator.index)),
        _ => false,
    };
    let mut open: Vec<_> = seen
        .iter()
        .filter(wanted)
        .filter_map(|one| Some((one.on_chain?, one.key)))
        .map(|(validator, key)| (validator.newest.next_nonce, validator.index, key))
        .collect();
    open.sort_unstable();
    // Two keys cannot have one number; a node that says so is not followed into a refusal.
    open.dedup_by_key(|(_, index, _)| *index);
    let nonce = open.first()?.0;
    let validators = open
        .into_iter()
        .take_while(|(other, _, _)| *other == nonce)
        .take(MOST_PER_BATCH)
        .map(|(_, index, key)| (index, key))
        .collect();
    Some(Registration { nonce, validators })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    const US: Address = Address::repeat_byte(1);
    const THEM: Address = Address::repeat_byte(2);

    fn seen(index: u64, operator: Address, authority: Authority, next_nonce: u64) -> Seen {
        Seen {
            key: PublicKeyBytes::repeat_byte(u8::try_from(index).unwrap()),
            on_chain: Some(OnChain {
                index,
                is_active: true,
                is_slashed: false,
                newest: Newest {
                    operator,
                    from_epoch: 5,
                    authority,
                    next_nonce,
                },
            }),
        }
    }

    fn numbers(registration: Option<Registration>) -> Vec<u64> {
        let list = registration.map(|found| found.validators);
        list.into_iter().flatten().map(|(index, _)| index).collect()
    }

    #[test]
    fn who_was_never_registered_is_registered_in_ascending_order_and_nobody_else() {
        let exited = Seen {
            on_chain: Some(OnChain {
                is_active: false,
                ..seen(6, Address::ZERO, Authority::None, 0).on_chain.unwrap()
            }),
            ..seen(6, Address::ZERO, Authority::None, 0)
        };
        let unknown = Seen {
            key: PublicKeyBytes::repeat_byte(9),
            on_chain: None,
        };
        let all = [
            seen(3, Address::ZERO, Authority::None, 0),
            seen(1, Address::ZERO, Authority::None, 0),
            seen(2, US, Authority::Key, 1),
            seen(4, THEM, Authority::Key, 1),
            seen(5, Address::ZERO, Authority::Key, 1),
            exited,
            unknown,
        ];
        let due = due(&all, US, &BTreeSet::new());
        assert_eq!(due.as_ref().unwrap().nonce, 0);
        assert_eq!(numbers(due), [1, 3]);
    }

    /// Pitfall: a running proposer brings a validator back that its operator has just deregistered.
    #[test]
    fn a_validator_that_left_comes_back_only_when_asked_and_never_against_its_withdrawal_account() {
        let left = seen(5, Address::ZERO, Authority::Key, 1);
        let held = seen(6, Address::ZERO, Authority::WithdrawalAddress, 1);
        let all = [left, held];
        assert_eq!(due(&all, US, &BTreeSet::new()), None);
        let found = due(&all, US, &BTreeSet::from([5, 6]));
        assert_eq!(found.as_ref().unwrap().nonce, 1);
        assert_eq!(numbers(found), [5]);
    }

    /// Pitfall: two operators with one validator's key take it from each other for ever.
    #[test]
    fn a_validator_of_another_operator_is_never_taken() {
        let all = [seen(4, THEM, Authority::Key, 1)];
        assert_eq!(place_of(&all[0], US), Place::Elsewhere { operator: THEM });
        assert_eq!(due(&all, US, &BTreeSet::from([4])), None);
    }

    #[test]
    fn one_registration_is_of_one_nonce_and_bounded() {
        let mut all: Vec<_> = (0..40)
            .map(|index| seen(index, Address::ZERO, Authority::None, 0))
            .collect();
        all.push(seen(50, Address::ZERO, Authority::Key, 2));
        let found = due(&all, US, &BTreeSet::from([50])).unwrap();
        assert_eq!((found.nonce, found.validators.len()), (0, MOST_PER_BATCH));
        assert_eq!(numbers(due(&all[40..], US, &BTreeSet::from([50]))), [50]);
    }
}
