use alloy_primitives::{Address, B256, Bytes};
use alloy_sol_types::SolValue;
use forebond_evidence::{Accusation, Culprit, Judge, case::Stage};

use super::codec::{self, CodecError};

/// Ended at, opened at (Unix milliseconds), stage, the accusation without its evidence.
type Row = (u64, u64, u32, Bytes);

const STAGES: [Stage; 9] = [
    Stage::Seen,
    Stage::Ready,
    Stage::Simulated,
    Stage::Committed,
    Stage::Revealed,
    Stage::Paid,
    Stage::Lost,
    Stage::Refused,
    Stage::Expired,
];

/// A case without its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The fault.
    pub id: B256,
    /// Who hears it.
    pub judge: Judge,
    /// Who is accused.
    pub culprit: Culprit,
    /// The rollup's Inbox.
    pub rollup: Address,
    /// Last L1 slot of the window, or the slot.
    pub window: u64,
    /// Unix milliseconds.
    pub opened_at_ms: u64,
    /// How it ended; `None` while it is open.
    pub ended: Option<Ended>,
}

/// The end of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Where it stood then.
    pub stage: Stage,
    /// Unix milliseconds.
    pub at_ms: u64,
}

impl Summary {
    pub(super) fn of_open(accusation: Accusation, opened_at_ms: u64) -> Self {
        Self {
            id: accusation.id,
            judge: accusation.judge,
            culprit: accusation.culprit,
            rollup: accusation.rollup,
            window: accusation.window,
            opened_at_ms,
            ended: None,
        }
    }
}

pub(super) fn encode(accusation: &Accusation, opened_at_ms: u64, ended: Ended) -> Vec<u8> {
    let stage = (0u32..)
        .zip(STAGES)
        .find(|(_, stage)| *stage == ended.stage)
        .map_or(u32::MAX, |(place, _)| place);
    let bare = Accusation {
        evidence: Bytes::new(),
        ..accusation.clone()
    };
    let row: Row = (
        ended.at_ms,
        opened_at_ms,
        stage,
        codec::encode(&bare).into(),
    );
    row.abi_encode_params()
}

pub(super) fn decode(bytes: &[u8]) -> Result<Summary, CodecError> {
    let (at_ms, opened_at_ms, stage, bare) = Row::abi_decode_params(bytes)?;
    let place = usize::try_from(stage).unwrap_or(usize::MAX);
    let stage = *STAGES.get(place).ok_or(CodecError::Stage {
        got: stage,
        known: STAGES.len(),
    })?;
    Ok(Summary {
        ended: Some(Ended { stage, at_ms }),
        ..Summary::of_open(codec::decode(&bare)?, opened_at_ms)
    })
}

/// When the case of a row ended; 0 for one that cannot be read, so that it goes first.
pub(super) fn ended_at_ms(bytes: &[u8]) -> u64 {
    Row::abi_decode_params(bytes).map_or(0, |(at_ms, ..)| at_ms)
}
