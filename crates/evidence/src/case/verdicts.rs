//! What a judge's answer to a simulation means for a case.

use alloy_primitives::B256;
use alloy_sol_types::{SolCall, SolError};
use forebond_contracts::bindings::{
    BeaconVerifiers, Excuses, FalseClaimJudge, ForkJudge, Inbox, LateJudge, Lookahead,
    MissedSlotJudge, Slasher, UnkeptJudge,
};

/// Outcome of asking a judge before money is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hearing {
    /// It convicts of this very fault.
    Convicts,
    /// Not yet: the chain has to go on first.
    NotYet,
    /// What the evidence rests on has moved, by a reorg or with time: build it anew from the present chain.
    Rebuild,
    /// Somebody else was faster.
    Recorded,
    /// It was not asked: nothing stands behind the base that could be taken.
    NothingToTake,
    /// Never: the case is given up, and whoever built the evidence has a defect to look for.
    Never,
}

/// Wei that have to stand behind a base before money is spent on a case about it: about what a commitment and its evidence cost.
///
/// **Attack** - a gateway needs no bond to register keys. It signs contradictions off chain without end, each a fault of its own, and
/// every watcher pays to record them for nothing. A wei or two behind its base must not make that worth anybody's money.
const LEAST_BEHIND_WEI: u128 = 10_000_000_000_000_000;

/// Whether so much behind a base (`Slasher.insuredWei`) is worth bringing a case for.
pub const fn is_worth_bringing(behind_wei: u128) -> bool {
    behind_wei >= LEAST_BEHIND_WEI
}

/// Reads the answer to `judge(evidence)`: what it returned, or the data it reverted with. A call that failed for want of a node is
/// no answer.
pub fn hearing(answer: Result<&[u8], &[u8]>, expected_id: B256) -> Hearing {
    let revert = match answer {
        // Every judge returns a Fault: the shape is one, whichever binding reads it.
        Ok(returned) => {
            return match ForkJudge::judgeCall::abi_decode_returns(returned) {
                Ok(fault) if fault.id == expected_id => Hearing::Convicts,
                _ => Hearing::Never,
            };
        }
        Err(revert) => revert,
    };
    let Some(selector) = revert.first_chunk::<4>() else {
        return Hearing::Never;
    };
    let later = [
        UnkeptJudge::NotConfirmed::SELECTOR,
        FalseClaimJudge::NotVoid::SELECTOR,
        LateJudge::WindowNotOver::SELECTOR,
        ForkJudge::WindowTooFar::SELECTOR,
        Lookahead::LookaheadUnknown::SELECTOR,
        // A node that is behind knows older keys.
        ForkJudge::NotTheCommitterSet::SELECTOR,
        // What an excuse rests on may still fall.
        Excuses::ParentUndecided::SELECTOR,
        // Beacon blocks of a new fork, until governance has told where its fields lie.
        BeaconVerifiers::NoLayout::SELECTOR,
    ];
    let moved = [
        UnkeptJudge::OtherBatch::SELECTOR,
        // A late gateway that posts its blocks once it is accused of an uncovered window: the evidence has to name that batch.
        LateJudge::NameTheCover::SELECTOR,
        LateJudge::NotACover::SELECTOR,
        LateJudge::SlotNotAmongTheLast::SELECTOR,
        // A reorg gave the gateway its batch back, or took one away that the evidence names; the next one may do the contrary.
        LateJudge::PostedInTime::SELECTOR,
        Inbox::UnknownBatch::SELECTOR,
        MissedSlotJudge::SlotNotLent::SELECTOR,
        // An excuse that a reorg took back: without it the promise is broken all the same.
        Excuses::NoVerdict::SELECTOR,
        Excuses::ParentStands::SELECTOR,
        // The number is another batch's by now.
        Excuses::RestsElsewhere::SELECTOR,
        Excuses::SetOfAnotherGateway::SELECTOR,
        BeaconVerifiers::BeaconRootUnknown::SELECTOR,
        BeaconVerifiers::HeaderMismatch::SELECTOR,
        BeaconVerifiers::SlotOutsideBlockRoots::SELECTOR,
    ];
    if *selector == Slasher::AlreadyRecorded::SELECTOR {
        Hearing::Recorded
    } else if later.contains(selector) {
        Hearing::NotYet
    } else if moved.contains(selector) {
        Hearing::Rebuild
    } else {
        Hearing::Never
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_whether_to_wait_to_build_anew_or_to_give_up() {
        let id = B256::repeat_byte(1);
        let said = |data: Vec<u8>| hearing(Err(&data), id);
        let unconfirmed = UnkeptJudge::NotConfirmed {
            batchId: 1,
            status: 1,
        };
        assert_eq!(said(unconfirmed.abi_encode()), Hearing::NotYet);
        let moved = UnkeptJudge::OtherBatch {
            batchId: 1,
            recorded: id,
            got: B256::ZERO,
        };
        assert_eq!(said(moved.abi_encode()), Hearing::Rebuild);
        let gone = Excuses::NoVerdict {
            gateway: 3,
            base: id,
        };
        assert_eq!(said(gone.abi_encode()), Hearing::Rebuild);
        let covered = LateJudge::NameTheCover {
            fromSlot: 17,
            newestBlock: 9,
        };
        assert_eq!(
            said(covered.abi_encode()),
            Hearing::Rebuild,
            "covering after the accusation is no escape"
        );
        assert_eq!(
            said(Slasher::AlreadyRecorded { id }.abi_encode()),
            Hearing::Recorded
        );
        assert_eq!(
            said(ForkJudge::NoContradiction {}.abi_encode()),
            Hearing::Never
        );
        assert_eq!(said(vec![]), Hearing::Never);
        assert_eq!(hearing(Ok(&[]), id), Hearing::Never);
    }

    /// Pitfall: a reorg, a node that is behind or a fork of the beacon chain comes between, and a true case is given up for ever.
    #[test]
    fn what_the_chain_may_still_change_is_no_reason_to_give_up() {
        let id = B256::repeat_byte(1);
        let said = |data: Vec<u8>| hearing(Err(&data), id);
        let undecided = Excuses::ParentUndecided {
            batchId: 7,
            status: 2,
        };
        assert_eq!(said(undecided.abi_encode()), Hearing::NotYet);
        let fork = BeaconVerifiers::NoLayout { epoch: 9 };
        assert_eq!(said(fork.abi_encode()), Hearing::NotYet);
        let set = ForkJudge::NotTheCommitterSet {
            gateway: 1,
            epoch: 2,
            expected: id,
            got: B256::ZERO,
        };
        assert_eq!(said(set.abi_encode()), Hearing::NotYet);
        let unknown = Inbox::UnknownBatch { batchId: 7 };
        assert_eq!(said(unknown.abi_encode()), Hearing::Rebuild);
        let posted = LateJudge::PostedInTime {
            blockNumber: 7,
            lastBlock: 8,
        };
        assert_eq!(said(posted.abi_encode()), Hearing::Rebuild);
        let other = Excuses::RestsElsewhere {
            expected: id,
            got: B256::ZERO,
        };
        assert_eq!(said(other.abi_encode()), Hearing::Rebuild);
    }

    #[test]
    fn a_base_with_dust_behind_it_is_not_worth_a_case() {
        assert!(!is_worth_bringing(0));
        assert!(!is_worth_bringing(1));
        assert!(is_worth_bringing(1_000_000_000_000_000_000));
    }
}
