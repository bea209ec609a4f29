//! A delegation sold twice (R15): one operator, one rollup, one epoch, two gateways.
//!
//! A delegation that was revoked or replaced is honest though its signature lives on: a signature sells only while its nonce is
//! unused. Two delegations with one nonce are one thing sold twice, whatever became of the nonce.

use alloy_primitives::{Address, B256, Bytes};
use forebond_contracts::bindings::IEvidenceShapes as abi;
use forebond_types::{CommitterSet, Delegation};

use crate::{Accusation, Attested, Judge, shapes};

/// Most rollups, and most slashers, of a delegation that is judged.
const MOST_LISTED: usize = 64;

/// Which sale is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The rollup's Inbox.
    pub rollup: Address,
    /// The L1 epoch that was sold.
    pub epoch: u64,
    /// Slots of an epoch.
    pub slots_per_epoch: u64,
    /// Epochs of a rewards period: the fault counts once in each; 0 counts as 1.
    pub period_epochs: u64,
}

/// What the second buyer has in hand.
#[derive(Clone, Copy, Debug)]
pub enum Second<'a> {
    /// The registry's record: to whom the operator's slots of the epoch are lent; 0 to nobody.
    Record(u32),
    /// Another signed delegation.
    Signed(&'a Attested<Delegation>),
}

/// Accuses when both are sales of the place, to two gateways. `separator` is the registry's; `is_used` says whether one of the
/// operator's nonces is used or cancelled.
pub fn accuse(
    place: Place,
    separator: B256,
    first: &Attested<Delegation>,
    second: Second<'_>,
    is_used: impl Fn(u64) -> bool,
) -> Option<Accusation> {
    sells(place, separator, first)?;
    let one = &first.message;
    let (other, signature) = match second {
        Second::Record(lent_to) => {
            if is_used(one.nonce) || lent_to == 0 || lent_to == one.gateway {
                return None;
            }
            (none(), Bytes::new())
        }
        Second::Signed(second) => {
            sells(place, separator, second)?;
            let other = &second.message;
            let same_nonce = one.nonce == other.nonce;
            let both_sell = same_nonce || (!is_used(one.nonce) && !is_used(other.nonce));
            if other.operator != one.operator || other.gateway == one.gateway || !both_sell {
                return None;
            }
            (shapes::delegation(other), second.signature.clone())
        }
    };
    let evidence = abi::DoubleDelegationEvidence {
        rollup: place.rollup,
        epoch: place.epoch,
        first: shapes::delegation(one),
        firstSignature: first.signature.clone(),
        second: other,
        secondSignature: signature,
    };
    let period = place.period_epochs.max(1);
    let slot = place
        .epoch
        .checked_add(1)?
        .checked_mul(place.slots_per_epoch)?
        .checked_sub(1)?;
    Some(Accusation::of_operator(
        Judge::DoubleDelegation,
        one.operator,
        place.rollup,
        place.epoch - place.epoch % period,
        slot,
        &evidence,
    ))
}

/// The operator signed it, and it covers the place.
fn sells(place: Place, separator: B256, sale: &Attested<Delegation>) -> Option<()> {
    let one = &sale.message;
    sale.verify(&CommitterSet::single(one.operator), separator)
        .ok()?;
    let listed = one.rollups.len() <= MOST_LISTED && one.slashers.len() <= MOST_LISTED;
    let covers = (one.firstEpoch..=one.lastEpoch).contains(&place.epoch)
        && one.rollups.contains(&place.rollup);
    (listed && covers && one.operator != Address::ZERO).then_some(())
}

const fn none() -> abi::Delegation {
    abi::Delegation {
        operator: Address::ZERO,
        gateway: 0,
        firstEpoch: 0,
        lastEpoch: 0,
        nonce: 0,
        rollups: Vec::new(),
        slashers: Vec::new(),
    }
}
