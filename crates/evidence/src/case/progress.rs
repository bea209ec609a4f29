use alloy_primitives::{Address, B256};

use super::Hearing;
use crate::{Accusation, Culprit, Ripe, commitment, docket::Standing};

/// Blocks for which a commitment counts (`Commitments.sol`).
const COMMITMENT_BLOCKS: u64 = 256;

/// An accusation that its watcher brings to L1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// What is brought.
    pub accusation: Accusation,
    /// Address of its judge.
    pub judge: Address,
    /// To whom the bounty goes.
    pub watcher: Address,
    /// Unix seconds until which the evidence is heard.
    pub until_s: u64,
}

/// How careful a watcher is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// L1 blocks on top of a commitment before evidence is shown; at least 1. A reorg that takes the commitment back after that lets
    /// others copy the evidence.
    pub commit_depth: u64,
    /// L1 blocks after which an outcome is believed to stay.
    pub settled_depth: u64,
}

/// The case on L1 that a fault's money lies in. With an excuse it is not the accused's: `unkept` then charges whoever is liable (R5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charged {
    /// Number in the registry.
    pub gateway: u32,
    /// Struct hash of the base.
    pub base: B256,
}

/// A fault in the Slasher's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Who brought it.
    pub watcher: Address,
    /// L1 block of the record.
    pub block: u64,
    /// Whose case it is in; `None` for operators' faults, which have no money.
    pub charged: Option<Charged>,
    /// Unix seconds at which its case can be closed; `None` for operators' faults.
    pub closes_at_s: Option<u64>,
    /// The case was closed.
    pub is_closed: bool,
    /// The bounty was paid.
    pub is_paid: bool,
}

/// What L1 shows of a case at one head. A case keeps no stage of its own: after a reorg or a restart, looking again is enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// L1's head.
    pub head: u64,
    /// Its timestamp, Unix seconds.
    pub now_s: u64,
    /// How the batch that the accusation waits for stands.
    pub batch: Option<Standing>,
    /// The fault, if it is recorded.
    pub recorded: Option<Recorded>,
    /// L1 block of the newest own commitment.
    pub committed: Option<u64>,
    /// The judge's answer at this head, if it was asked.
    pub hearing: Option<Hearing>,
    /// An own transaction for this case is on its way.
    pub in_flight: bool,
}

/// How far a case is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The chain has to go on before a judge convicts.
    Seen,
    /// A judge would hear it now.
    Ready,
    /// A judge was asked and convicts.
    Simulated,
    /// The commitment is on L1.
    Committed,
    /// Recorded for this watcher; its case on L1 is open.
    Revealed,
    /// Closed, and paid where there is anything to pay.
    Paid,
    /// Recorded for somebody else.
    Lost,
    /// No judge convicts.
    Refused,
    /// The horizon is over.
    Expired,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing: look again at the next head.
    Wait,
    /// Nothing: there is nothing to take for it. It gives way to cases that bring something.
    WaitForBond,
    /// Ask the judge.
    Hear,
    /// Build the evidence anew from the present chain.
    Rebuild,
    /// Send this commitment.
    Commit(B256),
    /// Send the evidence.
    Reveal,
    /// Close the case on L1.
    Close,
    /// Fetch the bounty.
    ClaimBounty,
    /// Forget the case.
    End,
}

impl Case {
    /// What is committed to before the evidence is shown.
    pub fn commitment(&self) -> B256 {
        commitment(self.judge, &self.accusation.evidence, self.watcher)
    }

    /// Where the case stands, and what to do.
    pub fn decide(&self, sight: &Sight, pace: Pace) -> (Stage, Step) {
        if let Some(recorded) = &sight.recorded {
            return self.after_record(sight, recorded, pace);
        }
        if sight.now_s > self.until_s {
            return (Stage::Expired, Step::End);
        }
        if !self.is_ripe(sight) {
            return (Stage::Seen, Step::Wait);
        }
        match sight.committed {
            Some(block) if counts(sight.head, block) => self.after_commitment(sight, block, pace),
            _ => self.before_commitment(sight),
        }
    }

    /// A batch of somebody else has to be Confirmed; one that falls leaves nothing to hear, unless a reorg brings it back.
    fn is_ripe(&self, sight: &Sight) -> bool {
        match self.accusation.ripe {
            Ripe::AtOnce => true,
            Ripe::Confirmed { .. } => sight.batch == Some(Standing::Confirmed),
        }
    }

    fn before_commitment(&self, sight: &Sight) -> (Stage, Step) {
        if sight.in_flight {
            return (Stage::Simulated, Step::Wait);
        }
        match heard(sight) {
            Ok(()) => (Stage::Simulated, Step::Commit(self.commitment())),
            Err(outcome) => outcome,
        }
    }

    fn after_commitment(&self, sight: &Sight, block: u64, pace: Pace) -> (Stage, Step) {
        let depth = sight.head.saturating_sub(block);
        if sight.in_flight || depth < pace.commit_depth.max(1) {
            return (Stage::Committed, Step::Wait);
        }
        match heard(sight) {
            Ok(()) => (Stage::Committed, Step::Reveal),
            Err((Stage::Ready, step)) => (Stage::Committed, step),
            Err(outcome) => outcome,
        }
    }

    fn after_record(&self, sight: &Sight, recorded: &Recorded, pace: Pace) -> (Stage, Step) {
        let settled = sight.head.saturating_sub(recorded.block) >= pace.settled_depth;
        let is_mine = recorded.watcher == self.watcher;
        let stage = match (is_mine, recorded.is_paid) {
            (false, _) => Stage::Lost,
            (true, false) => Stage::Revealed,
            (true, true) => Stage::Paid,
        };
        if !settled || sight.in_flight {
            return (stage, Step::Wait);
        }
        // An operator loses rewards, and nobody gets a bounty for it.
        let has_bounty = matches!(self.accusation.culprit, Culprit::Gateway { .. });
        if !is_mine || recorded.is_paid {
            (stage, Step::End)
        } else if !has_bounty {
            (Stage::Paid, Step::End)
        } else if recorded.is_closed {
            (stage, Step::ClaimBounty)
        } else if recorded.closes_at_s.is_some_and(|at| sight.now_s >= at) {
            (stage, Step::Close)
        } else {
            (stage, Step::Wait)
        }
    }
}

/// A commitment counts from the block after it, for the block that comes next.
const fn counts(head: u64, block: u64) -> bool {
    head >= block && head < block.saturating_add(COMMITMENT_BLOCKS)
}

/// Goes on when the judge convicts at this head; else where that leaves the case.
const fn heard(sight: &Sight) -> Result<(), (Stage, Step)> {
    match sight.hearing {
        Some(Hearing::Convicts) => Ok(()),
        None => Err((Stage::Ready, Step::Hear)),
        Some(Hearing::NotYet | Hearing::Recorded) => Err((Stage::Seen, Step::Wait)),
        Some(Hearing::NothingToTake) => Err((Stage::Seen, Step::WaitForBond)),
        Some(Hearing::Rebuild) => Err((Stage::Seen, Step::Rebuild)),
        Some(Hearing::Never) => Err((Stage::Refused, Step::End)),
    }
}

#[cfg(test)]
mod tests;
