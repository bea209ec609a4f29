//! Which slots to hand over by a signed message. The registry's checkpoint alone decides who may write (R15); the message repeats it
//! for those who do not read L1, so it says nothing that the checkpoint does not say.

use std::collections::BTreeMap;

use alloy_primitives::{Address, Bytes};
use alloy_sol_types::SolValue;
use forebond_beacon::{bls::PublicKeyBytes, signing::fabric::SlotDelegation};

/// Messages made in one round; the rest follows in the next one, the nearest slots first.
pub const MOST_PER_ROUND: usize = 64;

/// A slot that one of our validators proposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duty {
    /// The slot.
    pub slot: u64,
    /// Its L1 epoch.
    pub epoch: u64,
    /// The validator's number.
    pub index: u64,
    /// Its key.
    pub key: PublicKeyBytes,
}

/// Whom the operator's slots of one epoch are lent to, as the registry's checkpoint says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lent {
    /// The gateway's number.
    pub gateway: u32,
    /// Its BLS key, by our configuration.
    pub delegate: Option<PublicKeyBytes>,
    /// Who signs promises for it, by the registry.
    pub committers: Vec<Address>,
}

/// The rollup that slots are lent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RollupName {
    /// Chain id of L1.
    pub l1_chain_id: u64,
    /// Its Inbox.
    pub inbox: Address,
}

/// A message to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotMessage {
    /// The gateway's number.
    pub gateway: u32,
    /// What is signed.
    pub message: SlotDelegation,
}

/// Why a slot of ours is not handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skipped {
    /// The validator is not the operator's in this epoch.
    NotOurs,
    /// Nothing is lent in this epoch, or its gateway may not own windows.
    NotLent,
    /// The configuration has no `delegate` for the gateway.
    NoDelegateKey,
    /// The form has a place for one committer; the gateway has none, or several.
    Committers,
}

/// `gateway` and rollup, for those who read `metadata`: `abi.encode(uint256 l1ChainId, address inbox, uint32 gateway)`.
fn metadata(rollup: &RollupName, gateway: u32) -> Bytes {
    (rollup.l1_chain_id, rollup.inbox, gateway)
        .abi_encode()
        .into()
}

/// Messages for the slots after `now_slot`, nearest first. `ours`: whether the validator is the operator's in its epoch; `lent`: by
/// epoch.
#[must_use]
pub fn due(
    now_slot: u64,
    duties: &[Duty],
    ours: impl Fn(&Duty) -> bool,
    lent: &BTreeMap<u64, Lent>,
    rollup: &RollupName,
) -> (Vec<SlotMessage>, Vec<(u64, Skipped)>) {
    let (mut messages, mut skipped) = (Vec::new(), Vec::new());
    let mut coming: Vec<_> = duties.iter().filter(|duty| duty.slot > now_slot).collect();
    coming.sort_unstable_by_key(|duty| duty.slot);
    for duty in coming {
        match message(duty, &ours, lent, rollup) {
            Ok(message) => messages.push(message),
            Err(why) => skipped.push((duty.slot, why)),
        }
    }
    (messages, skipped)
}

fn message(
    duty: &Duty,
    ours: &impl Fn(&Duty) -> bool,
    lent: &BTreeMap<u64, Lent>,
    rollup: &RollupName,
) -> Result<SlotMessage, Skipped> {
    if !ours(duty) {
        return Err(Skipped::NotOurs);
    }
    let lent = lent.get(&duty.epoch).ok_or(Skipped::NotLent)?;
    let delegate = lent.delegate.ok_or(Skipped::NoDelegateKey)?;
    let [committer] = lent.committers.as_slice() else {
        return Err(Skipped::Committers);
    };
    Ok(SlotMessage {
        gateway: lent.gateway,
        message: SlotDelegation {
            proposer: duty.key,
            delegate,
            committer: *committer,
            slot: duty.slot,
            metadata: metadata(rollup, lent.gateway),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLLUP: RollupName = RollupName {
        l1_chain_id: 1337,
        inbox: Address::repeat_byte(9),
    };

    fn duty(slot: u64) -> Duty {
        Duty {
            slot,
            epoch: slot / 8,
            index: slot % 4,
            key: PublicKeyBytes::repeat_byte(7),
        }
    }

    fn lent(committers: usize, has_key: bool) -> Lent {
        Lent {
            gateway: 3,
            delegate: has_key.then(|| PublicKeyBytes::repeat_byte(5)),
            committers: vec![Address::repeat_byte(6); committers],
        }
    }

    #[test]
    fn only_slots_to_come_that_are_ours_and_lent_are_handed_over() {
        let duties = [duty(20), duty(9), duty(11), duty(17), duty(8)];
        let lent = BTreeMap::from([(1, lent(1, true))]);
        let (messages, skipped) = due(8, &duties, |duty| duty.slot != 11, &lent, &ROLLUP);
        let slots: Vec<_> = messages.iter().map(|one| one.message.slot).collect();
        assert_eq!(slots, [9]);
        assert_eq!(
            skipped,
            [
                (11, Skipped::NotOurs),
                (17, Skipped::NotLent),
                (20, Skipped::NotLent)
            ]
        );
    }

    #[test]
    fn a_gateway_that_the_form_has_no_words_for_gets_no_message() {
        for (lent, why) in [
            (lent(1, false), Skipped::NoDelegateKey),
            (lent(2, true), Skipped::Committers),
            (lent(0, true), Skipped::Committers),
        ] {
            let lent = BTreeMap::from([(1, lent)]);
            let (messages, skipped) = due(8, &[duty(9)], |_| true, &lent, &ROLLUP);
            assert!(messages.is_empty());
            assert_eq!(skipped, [(9, why)]);
        }
    }
}
