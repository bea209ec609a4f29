use alloy_primitives::{Address, B256, Bytes, keccak256};
use alloy_sol_types::SolValue;

use crate::{Accused, fault_ids};

/// What a gateway or operator can do wrong; numbers as in `Faults.sol`, where they are part of every fault id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// A promised block was not in the Inbox when its window was over.
    Late = 0,
    /// Somebody else's Confirmed block differs from a promise.
    Unkept = 1,
    /// The own batch under the promise's base differs from it.
    Lie = 2,
    /// Two signed things under one base that cannot both be true.
    Fork = 3,
    /// The own batch contradicts the own base.
    BrokenBase = 4,
    /// The own batch is void.
    FalseClaim = 5,
    /// The declared order is broken inside a frag.
    Order = 6,
    /// An operator sold slots twice.
    DoubleDelegation = 7,
    /// An operator's proposer let a lent slot pass.
    MissedSlot = 8,
}

impl FaultKind {
    /// The kind with this number.
    pub const fn of_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Late,
            1 => Self::Unkept,
            2 => Self::Lie,
            3 => Self::Fork,
            4 => Self::BrokenBase,
            5 => Self::FalseClaim,
            6 => Self::Order,
            7 => Self::DoubleDelegation,
            8 => Self::MissedSlot,
            _ => return None,
        })
    }

    /// What kinds are worth to each other, from 0: a promise or a slot, a window, the bond.
    pub const fn worth(self) -> u8 {
        match self {
            Self::Lie | Self::Fork | Self::BrokenBase | Self::FalseClaim | Self::Order => 2,
            Self::Late | Self::DoubleDelegation => 1,
            Self::Unkept | Self::MissedSlot => 0,
        }
    }

    /// Whether a verdict excuses whoever built on what has fallen (R5): it is worth its price without a wei to take.
    pub const fn excuses_others(self) -> bool {
        matches!(self, Self::Fork | Self::FalseClaim)
    }
}

/// The contract that hears the evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Judge {
    /// fork a-e, two bases.
    Fork,
    /// fork f.
    TwinLeaves,
    /// fork g.
    BatchFork,
    /// lie.
    Lie,
    /// brokenBase.
    BrokenBase,
    /// falseClaim.
    FalseClaim,
    /// order.
    Order,
    /// unkept.
    Unkept,
    /// late.
    Late,
    /// A delegation sold twice.
    DoubleDelegation,
    /// A missed slot.
    MissedSlot,
}

impl Judge {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Fork,
        Self::TwinLeaves,
        Self::BatchFork,
        Self::Lie,
        Self::BrokenBase,
        Self::FalseClaim,
        Self::Order,
        Self::Unkept,
        Self::Late,
        Self::DoubleDelegation,
        Self::MissedSlot,
    ];

    /// The fault it judges.
    pub const fn fault(self) -> FaultKind {
        match self {
            Self::Fork | Self::TwinLeaves | Self::BatchFork => FaultKind::Fork,
            Self::Lie => FaultKind::Lie,
            Self::BrokenBase => FaultKind::BrokenBase,
            Self::FalseClaim => FaultKind::FalseClaim,
            Self::Order => FaultKind::Order,
            Self::Unkept => FaultKind::Unkept,
            Self::Late => FaultKind::Late,
            Self::DoubleDelegation => FaultKind::DoubleDelegation,
            Self::MissedSlot => FaultKind::MissedSlot,
        }
    }

    /// Name of the contract in a deployment.
    pub const fn contract(self) -> &'static str {
        match self {
            Self::Fork => "ForkJudge",
            Self::TwinLeaves => "TwinLeavesJudge",
            Self::BatchFork => "BatchForkJudge",
            Self::Lie => "LieJudge",
            Self::BrokenBase => "BrokenBaseJudge",
            Self::FalseClaim => "FalseClaimJudge",
            Self::Order => "OrderJudge",
            Self::Unkept => "UnkeptJudge",
            Self::Late => "LateJudge",
            Self::DoubleDelegation => "DoubleDelegationJudge",
            Self::MissedSlot => "MissedSlotJudge",
        }
    }
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Culprit {
    /// A gateway, under a base: with its bond.
    Gateway {
        /// Number in the registry.
        gateway: u32,
        /// Struct hash of the base.
        base: B256,
    },
    /// An operator, with its rewards.
    Operator(Address),
}

/// From when on a judge convicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ripe {
    /// Now: a gateway is judged at once by what it signed itself (R4.5).
    AtOnce,
    /// When this batch of somebody else is Confirmed, and never if it falls (R4.5).
    Confirmed {
        /// Number in the Inbox.
        batch_id: u32,
    },
}

/// A fault with the evidence that convicts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accusation {
    /// What was done.
    pub kind: FaultKind,
    /// Who hears it.
    pub judge: Judge,
    /// Its identity on L1, from the messages alone (R10): whatever the evidence, it is paid for once.
    pub id: B256,
    /// Who did it.
    pub culprit: Culprit,
    /// The rollup's Inbox.
    pub rollup: Address,
    /// Last L1 slot of the window, or the slot that was sold or missed: evidence is heard until its horizon behind it.
    pub window: u64,
    /// From when on it is heard.
    pub ripe: Ripe,
    /// What the judge reads: the one ABI encoding of one struct of `Evidence.sol`.
    pub evidence: Bytes,
}

impl Accusation {
    /// A safety fault: once per base and kind.
    pub(crate) fn safety(judge: Judge, accused: &Accused, evidence: &impl SolValue) -> Self {
        let id = fault_ids::under_base(
            judge.fault(),
            accused.gateway(),
            accused.rollup(),
            accused.base_hash(),
        );
        Self::of_gateway(judge, id, accused, evidence)
    }

    /// An unkept promise: once per frag and index.
    pub(crate) fn of_promise(
        accused: &Accused,
        frag: B256,
        index: u64,
        batch_id: u32,
        evidence: &impl SolValue,
    ) -> Self {
        let id = fault_ids::of_promise(
            accused.gateway(),
            accused.rollup(),
            accused.base_hash(),
            frag,
            index,
        );
        Self {
            ripe: Ripe::Confirmed { batch_id },
            ..Self::of_gateway(Judge::Unkept, id, accused, evidence)
        }
    }

    /// A late window: once.
    pub(crate) fn of_window(accused: &Accused, evidence: &impl SolValue) -> Self {
        let id = fault_ids::of_window(accused.gateway(), accused.rollup(), accused.base().window);
        Self::of_gateway(Judge::Late, id, accused, evidence)
    }

    /// An operator's fault; `place` is the slot it missed, or the first epoch of the rewards period it sold in.
    pub(crate) fn of_operator(
        judge: Judge,
        operator: Address,
        rollup: Address,
        place: u64,
        slot: u64,
        evidence: &impl SolValue,
    ) -> Self {
        let kind = judge.fault();
        let id = fault_ids::of_operator(kind, operator, rollup, place);
        Self {
            kind,
            judge,
            id,
            culprit: Culprit::Operator(operator),
            rollup,
            window: slot,
            ripe: Ripe::AtOnce,
            evidence: evidence.abi_encode().into(),
        }
    }

    fn of_gateway(judge: Judge, id: B256, accused: &Accused, evidence: &impl SolValue) -> Self {
        Self {
            kind: judge.fault(),
            judge,
            id,
            culprit: Culprit::Gateway {
                gateway: accused.gateway(),
                base: accused.base_hash(),
            },
            rollup: accused.rollup(),
            window: accused.base().window,
            ripe: Ripe::AtOnce,
            evidence: evidence.abi_encode().into(),
        }
    }
}

/// What a watcher commits to before it shows evidence (R10): nobody can copy it from the pool, since it names the watcher.
pub fn commitment(judge: Address, evidence: &[u8], watcher: Address) -> B256 {
    keccak256((judge, keccak256(evidence), watcher).abi_encode_params())
}
