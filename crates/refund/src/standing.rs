//! Where a refund stands: facts in, a standing out. No I/O, no clock.

use alloy_primitives::{Address, B256};

use crate::{Finding, Held, Liable, expected_wei};

/// How far the promised block has come on L1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// No batch of the chain holds it.
    Nowhere,
    /// A batch holds it and may still fall.
    Posted {
        /// Number in the Inbox.
        batch_id: u32,
    },
    /// A Confirmed batch holds it.
    Confirmed {
        /// Number in the Inbox.
        batch_id: u32,
        /// Signed by the promiser, under the promise's base: what differs there is a `lie`, which has no payee (R7).
        is_own: bool,
    },
}

/// What the Slasher says of the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The case that pays: the promiser's, or that of whoever it fell on (R5).
    pub case_key: B256,
    /// Who is paid.
    pub payee: Address,
    /// Not yet paid, wei; 0 once it is.
    pub owed_wei: u128,
    /// Fixed share of a closed case, wei.
    pub claimable_wei: u128,
    /// The case is closed.
    pub is_settled: bool,
    /// Unix seconds from which the case can be closed; 0 once it is.
    pub closes_at_s: u64,
    /// Taken so far in the open case, wei.
    pub taken_wei: u128,
    /// Sum of the refunds owed by the open case, wei.
    pub refunds_wei: u128,
}

/// What L1 showed at one head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Number of the gateway that promised.
    pub gateway: u32,
    /// Identity of the fault.
    pub fault_id: B256,
    /// Timestamp of L1's head, Unix seconds.
    pub now_s: u64,
    /// Unix seconds until which the fault is heard.
    pub heard_until_s: u64,
    /// Where the block is.
    pub settled: Settled,
    /// The fault, if it is recorded.
    pub claim: Option<Claim>,
    /// Whose case pays; known whenever the fault is recorded.
    pub liable: Option<Liable>,
}

/// Where a refund stands. Amounts in wei, times in Unix seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The promise has no coverage: nothing is owed whatever happens.
    Uncovered,
    /// The chain holds what was promised.
    Kept {
        /// The batch.
        batch_id: u32,
    },
    /// The gateway's own batch differs: it is punished for the lie, and nobody is refunded (R7).
    Lie {
        /// The batch.
        batch_id: u32,
    },
    /// Nobody brought the fault in time.
    TooLate {
        /// Until when it was heard.
        heard_until_s: u64,
    },
    /// The block is not Confirmed on L1.
    NotSettled {
        /// The batch that may still fall, if there is one.
        batch_id: Option<u32>,
    },
    /// Confirmed, not recorded, and no node was asked what the block holds.
    Unknown {
        /// The batch.
        batch_id: u32,
    },
    /// Broken, and not recorded yet.
    NotBrought {
        /// The batch.
        batch_id: u32,
        /// Until when it is heard.
        heard_until_s: u64,
    },
    /// Recorded; the case is still open.
    Recorded {
        /// From when on the case can be closed.
        closes_at_s: u64,
        /// What the claim would bring as things are.
        expected_wei: u128,
    },
    /// One call pays.
    Claimable {
        /// What it brings.
        amount_wei: u128,
    },
    /// Recorded, and the case held nothing for it: nothing stood behind the promise.
    Empty,
    /// Paid.
    Paid,
}

impl Standing {
    /// One word, for programs.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Uncovered => "uncovered",
            Self::Kept { .. } => "kept",
            Self::Lie { .. } => "lie",
            Self::TooLate { .. } => "too-late",
            Self::NotSettled { .. } => "not-settled",
            Self::Unknown { .. } => "unknown",
            Self::NotBrought { .. } => "not-brought",
            Self::Recorded { .. } => "recorded",
            Self::Claimable { .. } => "claimable",
            Self::Empty => "empty",
            Self::Paid => "paid",
        }
    }

    /// 0 paid, 2 nothing to claim, now or ever, 3 not yet.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Paid => 0,
            Self::Uncovered
            | Self::Kept { .. }
            | Self::Lie { .. }
            | Self::TooLate { .. }
            | Self::Empty => 2,
            Self::NotSettled { .. }
            | Self::Unknown { .. }
            | Self::NotBrought { .. }
            | Self::Recorded { .. }
            | Self::Claimable { .. } => 3,
        }
    }

    /// A watcher can do something with the promise: it is not kept, or nobody knows.
    pub const fn is_for_a_watcher(&self) -> bool {
        matches!(
            self,
            Self::Unknown { .. } | Self::NotBrought { .. } | Self::Lie { .. }
        )
    }
}

/// Decides. `finding` is what a node holds where the promise was made, if one was asked; it is believed about the words only: what
/// is paid is what the contract says.
pub fn standing(held: &Held, facts: &Facts, finding: Option<Finding>) -> Standing {
    if let Some(claim) = &facts.claim {
        return of_claim(claim, facts.now_s);
    }
    if held.coverage_wei == 0 {
        return Standing::Uncovered;
    }
    let (batch_id, is_own) = match facts.settled {
        Settled::Confirmed { batch_id, is_own } => (batch_id, is_own),
        _ if facts.now_s > facts.heard_until_s => {
            return Standing::TooLate {
                heard_until_s: facts.heard_until_s,
            };
        }
        Settled::Posted { batch_id } => {
            return Standing::NotSettled {
                batch_id: Some(batch_id),
            };
        }
        Settled::Nowhere => return Standing::NotSettled { batch_id: None },
    };
    match finding {
        Some(Finding::Kept) => Standing::Kept { batch_id },
        Some(Finding::Different) if is_own => Standing::Lie { batch_id },
        _ if facts.now_s > facts.heard_until_s => Standing::TooLate {
            heard_until_s: facts.heard_until_s,
        },
        Some(Finding::Different) => Standing::NotBrought {
            batch_id,
            heard_until_s: facts.heard_until_s,
        },
        Some(Finding::NotThere) | None => Standing::Unknown { batch_id },
    }
}

fn of_claim(claim: &Claim, now_s: u64) -> Standing {
    if claim.owed_wei == 0 {
        return Standing::Paid;
    }
    let amount_wei = if claim.is_settled {
        claim.claimable_wei
    } else {
        expected_wei(claim.taken_wei, claim.refunds_wei, claim.owed_wei)
    };
    if !claim.is_settled && now_s < claim.closes_at_s {
        return Standing::Recorded {
            closes_at_s: claim.closes_at_s,
            expected_wei: amount_wei,
        };
    }
    if amount_wei == 0 {
        return Standing::Empty;
    }
    Standing::Claimable { amount_wei }
}

#[cfg(test)]
mod tests;
