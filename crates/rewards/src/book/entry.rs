use alloy_primitives::{Address, B256, Log, U256};
use alloy_sol_types::{SolEvent, SolEventInterface};
use forebond_contracts::bindings::RewardsManager::{
    Attributed, Attribution, Burned, Claimed, Forfeited, Released, RewardsManagerEvents, Settled,
    Unmeasured,
};

/// An event that does not decode.
#[derive(Debug, thiserror::Error)]
#[error("an event of the rewards manager does not decode ({0}); is its code of this version?")]
pub struct EntryError(#[from] alloy_sol_types::Error);

/// One event that matters to somebody's money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// L1 told who earned the batch at this place of the Confirmed chain.
    Attributed {
        /// Place, from 1.
        place: u64,
        /// Who.
        attribution: Box<Attribution>,
    },
    /// A batch's fees were split.
    Settled(Box<Settled>),
    /// A batch could not be measured: the next settlement gives what it earned to the rollup operator.
    Unmeasured {
        /// Place, from 1.
        place: u64,
    },
    /// An operator lost a period.
    Forfeited {
        /// The operator, by its L1 address.
        operator: Address,
        /// The period.
        period: u64,
    },
    /// A pot became claimable.
    Released {
        /// The operator, by its L1 address.
        operator: Address,
        /// The period.
        period: u64,
        /// What was in it.
        amount_wei: U256,
    },
    /// A pot is gone.
    Burned {
        /// The operator, by its L1 address.
        operator: Address,
        /// The period.
        period: u64,
        /// What was in it.
        amount_wei: U256,
    },
    /// Somebody was paid.
    Claimed {
        /// Whose credit it was.
        account: Address,
        /// What was paid.
        amount_wei: U256,
    },
}

impl Entry {
    /// Topics of the events that are entries.
    pub const TOPICS: [B256; 7] = [
        Attributed::SIGNATURE_HASH,
        Settled::SIGNATURE_HASH,
        Unmeasured::SIGNATURE_HASH,
        Forfeited::SIGNATURE_HASH,
        Released::SIGNATURE_HASH,
        Burned::SIGNATURE_HASH,
        Claimed::SIGNATURE_HASH,
    ];

    /// Reads an event of the manager; none for those that move nobody's money.
    ///
    /// # Errors
    /// [`EntryError`].
    pub fn read(log: &Log) -> Result<Option<Self>, EntryError> {
        if !log
            .topics()
            .first()
            .is_some_and(|topic| Self::TOPICS.contains(topic))
        {
            return Ok(None);
        }
        let event = RewardsManagerEvents::decode_log(log)?.data;
        Ok(Some(match event {
            RewardsManagerEvents::Attributed(event) => Self::Attributed {
                place: event.place,
                attribution: Box::new(event.attribution),
            },
            RewardsManagerEvents::Settled(event) => Self::Settled(Box::new(event)),
            RewardsManagerEvents::Unmeasured(event) => Self::Unmeasured { place: event.place },
            RewardsManagerEvents::Forfeited(event) => Self::Forfeited {
                operator: event.operator,
                period: event.period,
            },
            RewardsManagerEvents::Released(event) => Self::Released {
                operator: event.operator,
                period: event.period,
                amount_wei: event.amountWei,
            },
            RewardsManagerEvents::Burned(event) => Self::Burned {
                operator: event.operator,
                period: event.period,
                amount_wei: event.amountWei,
            },
            RewardsManagerEvents::Claimed(event) => Self::Claimed {
                account: event.account,
                amount_wei: event.amountWei,
            },
            _ => return Ok(None),
        }))
    }
}
