//! When to move a recorded fault to whom a verdict blames (R5). The money it lies in says where it stands, so a restart, a reorg or
//! a competitor that was faster needs no care.

use alloy_sol_types::SolError;
use forebond_contracts::bindings::{Excuses, Slasher};

/// L1 blocks after which a fault that lies elsewhere is looked at again: a reorg may have brought it back.
const MOVED_BLOCKS: u64 = 64;
/// L1 blocks after which what was refused for now is asked again.
const REFUSED_BLOCKS: u64 = 32;
/// L1 blocks after which anything else that was refused is asked again: only a reorg can have changed it, and a question costs nothing.
const HOPELESS_BLOCKS: u64 = 256;

/// L1 blocks until what failed after it was simulated well is looked at again, the first time.
const LOST_BLOCKS: u64 = 8;
/// Doublings of that wait.
const MOST_DOUBLINGS: u32 = 10;

/// L1 blocks to wait after so many failures: somebody was faster, or the shift fails in a block though a simulation passes, and that
/// may not be paid for again and again.
pub fn shift_wait(failures: u32) -> u64 {
    let doublings = failures.saturating_sub(1).min(MOST_DOUBLINGS);
    LOST_BLOCKS.checked_shl(doublings).unwrap_or(u64::MAX)
}

/// What the Slasher says to a simulated shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShiftAnswer {
    /// It moves.
    Moves,
    /// Not as L1 stands now: the verdict or the liable one's case is not there, or not yet; or not with so little gas.
    NotNow,
    /// Not with this evidence, unless a reorg changes what it names.
    Hopeless,
}

/// What L1 shows of a recorded fault at one head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShiftSight {
    /// The fault lies in the case of whoever promised.
    pub is_with_promiser: bool,
    /// Its case is closed, and the shares are fixed.
    pub is_settled: bool,
    /// What a simulation said, if it was asked.
    pub answer: Option<ShiftAnswer>,
}

/// What to do about a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShiftStep {
    /// Simulate.
    Ask,
    /// Send.
    Send,
    /// Look again after so many L1 blocks.
    Again(u64),
}

/// What is due.
pub const fn shift_step(sight: &ShiftSight) -> ShiftStep {
    if !sight.is_with_promiser || sight.is_settled {
        return ShiftStep::Again(MOVED_BLOCKS);
    }
    match sight.answer {
        None => ShiftStep::Ask,
        Some(ShiftAnswer::Moves) => ShiftStep::Send,
        Some(ShiftAnswer::NotNow) => ShiftStep::Again(REFUSED_BLOCKS),
        Some(ShiftAnswer::Hopeless) => ShiftStep::Again(HOPELESS_BLOCKS),
    }
}

/// Reads the answer to a simulated `shiftLiability`: it passed, or the data it reverted with.
pub fn shift_answer(answer: Result<(), &[u8]>) -> ShiftAnswer {
    let Err(revert) = answer else {
        return ShiftAnswer::Moves;
    };
    let later = [
        Excuses::NoVerdict::SELECTOR,
        Excuses::ParentUndecided::SELECTOR,
        Excuses::WindowTooFar::SELECTOR,
        Slasher::CaseNotOpen::SELECTOR,
        Slasher::TooLittleGas::SELECTOR,
    ];
    match revert.first_chunk::<4>() {
        Some(selector) if later.contains(selector) => ShiftAnswer::NotNow,
        _ => ShiftAnswer::Hopeless,
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, B256};

    use super::*;

    const OPEN: ShiftSight = ShiftSight {
        is_with_promiser: true,
        is_settled: false,
        answer: None,
    };

    #[test]
    fn a_fault_is_asked_about_before_it_is_moved_and_only_where_it_was_recorded() {
        assert_eq!(shift_step(&OPEN), ShiftStep::Ask);
        let answered = |answer| {
            shift_step(&ShiftSight {
                answer: Some(answer),
                ..OPEN
            })
        };
        assert_eq!(answered(ShiftAnswer::Moves), ShiftStep::Send);
        let blocks_until = |answer| match answered(answer) {
            ShiftStep::Again(blocks) => blocks,
            step => panic!("{step:?}"),
        };
        let hopeless = blocks_until(ShiftAnswer::Hopeless);
        assert!(
            hopeless > blocks_until(ShiftAnswer::NotNow),
            "a reorg can give a refused fault its ground back"
        );
        for (is_with_promiser, is_settled) in [(false, false), (true, true), (false, true)] {
            let elsewhere = ShiftSight {
                is_with_promiser,
                is_settled,
                answer: Some(ShiftAnswer::Moves),
            };
            assert!(matches!(shift_step(&elsewhere), ShiftStep::Again(1..)));
        }
    }

    #[test]
    fn what_fails_again_and_again_is_paid_for_ever_less_often() {
        let waits: Vec<u64> = (1..30).map(shift_wait).collect();
        assert_eq!(waits[..4], [8, 16, 32, 64]);
        assert!(waits.is_sorted() && waits[28] == 8_192, "{waits:?}");
        assert_eq!(shift_wait(0), 8);
    }

    #[test]
    fn only_what_the_chain_can_still_change_is_asked_again_soon() {
        let (id, rollup, gateway) = (B256::repeat_byte(1), Address::repeat_byte(2), 3);
        let refused = |data: Vec<u8>| shift_answer(Err(&data));
        let base = id;
        let not_yet = Excuses::NoVerdict { gateway, base };
        assert_eq!(refused(not_yet.abi_encode()), ShiftAnswer::NotNow);
        let undecided = Excuses::ParentUndecided {
            batchId: 1,
            status: 1,
        };
        assert_eq!(refused(undecided.abi_encode()), ShiftAnswer::NotNow);
        let closed = Slasher::CaseNotOpen {
            gateway,
            rollup,
            base,
        };
        assert_eq!(refused(closed.abi_encode()), ShiftAnswer::NotNow);
        let another = Slasher::NotOfThisCase {
            id,
            gateway,
            rollup,
            base,
        };
        assert_eq!(refused(another.abi_encode()), ShiftAnswer::Hopeless);
        let stands = Excuses::ParentStands { batchId: 1 };
        assert_eq!(refused(stands.abi_encode()), ShiftAnswer::Hopeless);
        assert_eq!(refused(Vec::new()), ShiftAnswer::Hopeless);
        assert_eq!(shift_answer(Ok(())), ShiftAnswer::Moves);
    }
}
