//! The state of one gateway's turn: which frag or seal may come next.
//!
//! One hash chain runs from the base on, across block borders. The gateway asks [`Turn`] before a
//! message is logged; a replay and a follower ask it again. Whatever it accepts can never be two
//! halves of a `fork` (R2): the property test in `tests/turn.rs` holds it to that.

use crate::{BlockClock, OrderingRule};
use alloy_primitives::B256;
use alloy_sol_types::SolStruct;
use forebond_types::{Base, Frag, Seal};
use std::collections::VecDeque;

/// Blocks that may be closed and not yet sealed at once; sealing that far behind is a defect.
const MAX_UNSEALED_BLOCKS: usize = 1024;

/// What was promised so far in a turn.
#[derive(Clone, Debug)]
pub struct Turn {
    base: Base,
    base_hash: B256,
    clock: BlockClock,
    next_sequence: u32,
    previous_frag: B256,
    last_issued_at_ms: u64,
    window_coverage_wei: u128,
    block: Option<OpenBlock>,
    closed: VecDeque<BlockEnd>,
    next_seal: u64,
    ended: bool,
}

/// The part of the open block that later frags of it must repeat or continue.
#[derive(Clone, Debug)]
struct OpenBlock {
    number: u64,
    origin: (u64, B256),
    ordering_rule: u8,
    env: B256,
    next_transaction: u32,
    gas_used: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct BlockEnd {
    number: u64,
    last_sequence: u32,
    last_frag: B256,
}

/// Why a message may not come next in this turn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: expected {expected}, got {got}")]
pub struct TurnError {
    /// The field or rule that fails.
    pub what: &'static str,
    /// What the turn requires.
    pub expected: String,
    /// What the message says.
    pub got: String,
}

fn require<T: PartialEq + std::fmt::Display>(
    what: &'static str,
    expected: T,
    got: T,
) -> Result<(), TurnError> {
    if expected == got {
        return Ok(());
    }
    Err(TurnError {
        what,
        expected: expected.to_string(),
        got: got.to_string(),
    })
}

fn refuse<T>(
    what: &'static str,
    expected: impl Into<String>,
    got: impl ToString,
) -> Result<T, TurnError> {
    Err(TurnError {
        what,
        expected: expected.into(),
        got: got.to_string(),
    })
}

impl Turn {
    /// Opens a turn with its base.
    pub fn open(base: Base, clock: BlockClock) -> Self {
        let base_hash = base.eip712_hash_struct();
        Self {
            next_seal: base.parentBlock.saturating_add(1),
            base,
            base_hash,
            clock,
            next_sequence: 0,
            previous_frag: base_hash,
            last_issued_at_ms: 0,
            window_coverage_wei: 0,
            block: None,
            closed: VecDeque::new(),
            ended: false,
        }
    }

    /// Resumes a turn behind the last frag of its newest sealed block: everything before it is
    /// known to be in order.
    pub fn resume(base: Base, clock: BlockClock, last: &Frag) -> Self {
        let mut turn = Self::open(base, clock);
        turn.next_sequence = last.sequence.saturating_add(1);
        turn.previous_frag = last.eip712_hash_struct();
        turn.last_issued_at_ms = last.issuedAtMs;
        turn.window_coverage_wei = last.windowCoverage;
        turn.next_seal = last.blockNumber.saturating_add(1);
        turn.block = Some(OpenBlock {
            number: last.blockNumber,
            origin: (last.l1OriginNumber, last.l1OriginHash),
            ordering_rule: last.orderingRule,
            env: last.blockEnv,
            next_transaction: last.firstTransaction.saturating_add(last.transactionCount),
            gas_used: last.gasUsed,
        });
        turn
    }

    /// The base.
    pub const fn base(&self) -> &Base {
        &self.base
    }

    /// Struct hash of the base; every message of the turn carries it.
    pub const fn base_hash(&self) -> B256 {
        self.base_hash
    }

    /// Sequence the next frag must have.
    pub const fn next_sequence(&self) -> u32 {
        self.next_sequence
    }

    /// Struct hash the next frag must name as its predecessor.
    pub const fn previous_frag(&self) -> B256 {
        self.previous_frag
    }

    /// Block the next seal is of.
    pub const fn next_seal(&self) -> u64 {
        self.next_seal
    }

    /// Whether the end-of-window seal is in: nothing may follow.
    pub const fn ended(&self) -> bool {
        self.ended
    }

    /// Ends the turn as its end-of-window seal did, when that is known from elsewhere.
    pub const fn end(&mut self) {
        self.ended = true;
    }

    /// The ordering rule the turn's frags follow; none before the first one. It stays for the whole
    /// turn (R19).
    pub fn ordering_rule(&self) -> Option<u8> {
        self.block.as_ref().map(|block| block.ordering_rule)
    }

    /// Running coverage since the base, wei.
    pub const fn window_coverage_wei(&self) -> u128 {
        self.window_coverage_wei
    }

    /// Milliseconds of the newest frag: the next one may not lie before it (R22).
    pub const fn last_issued_at_ms(&self) -> u64 {
        self.last_issued_at_ms
    }

    /// The seal of a closed block with this hash, as this turn's gateway signs it.
    pub fn seal_of(&self, block_number: u64, block_hash: B256, ends_turn: bool) -> Seal {
        let (last_sequence, last_frag) = self.block_end(block_number).unwrap_or_default();
        Seal {
            base: self.base_hash,
            blockNumber: block_number,
            blockHash: block_hash,
            lastSequence: last_sequence,
            lastFrag: last_frag,
            endOfWindow: ends_turn,
        }
    }

    /// Checks that `frag` continues the chain and takes it in. Returns its struct hash.
    pub fn admit_frag(&mut self, frag: &Frag) -> Result<B256, TurnError> {
        if self.ended {
            return refuse("turn", "nothing after the end-of-window seal", "a frag");
        }
        require("base", self.base_hash, frag.base)?;
        require("sequence", self.next_sequence, frag.sequence)?;
        require("previousFrag", self.previous_frag, frag.previousFrag)?;
        require(
            "timestamp",
            self.clock.timestamp_s(frag.blockNumber),
            frag.timestamp,
        )?;
        if frag.transactionCount == 0 {
            return refuse("transactionCount", "at least 1", 0);
        }
        if frag.issuedAtMs < self.last_issued_at_ms {
            return refuse(
                "issuedAtMs",
                format!("at least {}", self.last_issued_at_ms),
                frag.issuedAtMs,
            );
        }
        if frag.windowCoverage < self.window_coverage_wei {
            return refuse(
                "windowCoverage",
                format!("at least {}", self.window_coverage_wei),
                frag.windowCoverage,
            );
        }
        let Some(next_transaction) = frag.firstTransaction.checked_add(frag.transactionCount)
        else {
            return refuse(
                "transactionCount",
                "an end below 2^32",
                frag.transactionCount,
            );
        };
        if frag.blockNumber == u64::MAX {
            return refuse("blockNumber", "below 2^64 - 1", frag.blockNumber);
        }
        let Some(next_sequence) = frag.sequence.checked_add(1) else {
            return refuse("sequence", "below 2^32 - 1", frag.sequence);
        };
        let closes = self.check_place(frag)?;

        if let Some(end) = closes {
            self.closed.push_back(end);
        }
        let hash = frag.eip712_hash_struct();
        self.block = Some(OpenBlock {
            number: frag.blockNumber,
            origin: (frag.l1OriginNumber, frag.l1OriginHash),
            ordering_rule: frag.orderingRule,
            env: frag.blockEnv,
            next_transaction,
            gas_used: frag.gasUsed,
        });
        self.next_sequence = next_sequence;
        self.previous_frag = hash;
        self.last_issued_at_ms = frag.issuedAtMs;
        self.window_coverage_wei = frag.windowCoverage;
        Ok(hash)
    }

    /// Checks the frag against the open block, or as the first one of the next block, in which
    /// case the end of the block it closes is returned.
    fn check_place(&self, frag: &Frag) -> Result<Option<BlockEnd>, TurnError> {
        match &self.block {
            Some(block) if block.number == frag.blockNumber => {
                if self.next_seal > block.number {
                    return refuse("blockNumber", "a block that is not sealed", block.number);
                }
                require("l1OriginNumber", block.origin.0, frag.l1OriginNumber)?;
                require("l1OriginHash", block.origin.1, frag.l1OriginHash)?;
                require("orderingRule", block.ordering_rule, frag.orderingRule)?;
                require("blockEnv", block.env, frag.blockEnv)?;
                require(
                    "firstTransaction",
                    block.next_transaction,
                    frag.firstTransaction,
                )?;
                if frag.gasUsed < block.gas_used {
                    return refuse(
                        "gasUsed",
                        format!("at least {}", block.gas_used),
                        frag.gasUsed,
                    );
                }
                Ok(None)
            }
            Some(block) => {
                require(
                    "blockNumber",
                    block.number.saturating_add(1),
                    frag.blockNumber,
                )?;
                require("firstTransaction", 0, frag.firstTransaction)?;
                // One rule for the whole window (R19).
                require("orderingRule", block.ordering_rule, frag.orderingRule)?;
                let step = frag.l1OriginNumber.checked_sub(block.origin.0);
                match step {
                    Some(0) => require("l1OriginHash", block.origin.1, frag.l1OriginHash)?,
                    Some(1) => {}
                    _ => {
                        return refuse(
                            "l1OriginNumber",
                            format!("{} or one more", block.origin.0),
                            frag.l1OriginNumber,
                        );
                    }
                }
                if self.next_seal > block.number {
                    return Ok(None);
                }
                if self.closed.len() >= MAX_UNSEALED_BLOCKS {
                    return refuse(
                        "blockNumber",
                        format!("at most {MAX_UNSEALED_BLOCKS} blocks closed and not sealed"),
                        frag.blockNumber,
                    );
                }
                Ok(Some(BlockEnd {
                    number: block.number,
                    last_sequence: self.next_sequence.saturating_sub(1),
                    last_frag: self.previous_frag,
                }))
            }
            None => {
                require(
                    "blockNumber",
                    self.base.parentBlock.saturating_add(1),
                    frag.blockNumber,
                )?;
                require("firstTransaction", 0, frag.firstTransaction)?;
                if OrderingRule::from_id(frag.orderingRule).is_none() {
                    return refuse("orderingRule", "0 (arrival) or 1 (fee)", frag.orderingRule);
                }
                Ok(None)
            }
        }
    }

    /// The seal fields `(lastSequence, lastFrag)` of the next block to seal, once it has frags.
    pub fn block_end(&self, number: u64) -> Option<(u32, B256)> {
        if let Some(end) = self.closed.iter().find(|end| end.number == number) {
            return Some((end.last_sequence, end.last_frag));
        }
        let block = self.block.as_ref().filter(|b| b.number == number)?;
        (self.next_seal <= block.number)
            .then(|| (self.next_sequence.saturating_sub(1), self.previous_frag))
    }

    /// Checks that `seal` seals the oldest unsealed block at its last frag and takes it in.
    /// Returns its struct hash.
    pub fn admit_seal(&mut self, seal: &Seal) -> Result<B256, TurnError> {
        if self.ended {
            return refuse("turn", "nothing after the end-of-window seal", "a seal");
        }
        require("base", self.base_hash, seal.base)?;
        require("blockNumber", self.next_seal, seal.blockNumber)?;
        let Some((last_sequence, last_frag)) = self.block_end(seal.blockNumber) else {
            return refuse("blockNumber", "a block with frags", seal.blockNumber);
        };
        require("lastSequence", last_sequence, seal.lastSequence)?;
        require("lastFrag", last_frag, seal.lastFrag)?;
        if seal.endOfWindow {
            require(
                "endOfWindow at sequence",
                self.next_sequence.saturating_sub(1),
                last_sequence,
            )?;
        }
        if self
            .closed
            .front()
            .is_some_and(|end| end.number == seal.blockNumber)
        {
            self.closed.pop_front();
        }
        self.next_seal = seal.blockNumber.saturating_add(1);
        self.ended = seal.endOfWindow;
        Ok(seal.eip712_hash_struct())
    }
}
