use alloy_primitives::{Address, B256, Bytes};
use alloy_sol_types::SolValue;
use forebond_evidence::{Accusation, Culprit, Judge, Ripe};

/// Judge, id, gateway, base, operator, rollup, window, batch waited for, evidence.
type Row = (u32, B256, u32, B256, Address, Address, u64, u32, Bytes);

/// A case on disk that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// Not a row.
    #[error("a stored case does not decode: {0}")]
    Row(#[from] alloy_sol_types::Error),
    /// Written by a later version.
    #[error("a stored case names judge {got}, known are {known}")]
    Judge {
        /// As stored.
        got: u32,
        /// How many there are.
        known: usize,
    },
    /// Written by a later version.
    #[error("a stored case names stage {got}, known are {known}")]
    Stage {
        /// As stored.
        got: u32,
        /// How many there are.
        known: usize,
    },
}

/// An accusation as stored: ABI encoding of a [`Row`]. Zero stands for what does not apply: gateways and batches count from 1.
pub(super) fn encode(accusation: &Accusation) -> Vec<u8> {
    let judge = (0u32..)
        .zip(Judge::ALL)
        .find(|(_, judge)| *judge == accusation.judge)
        .map_or(u32::MAX, |(place, _)| place);
    let (gateway, base, operator) = match accusation.culprit {
        Culprit::Gateway { gateway, base } => (gateway, base, Address::ZERO),
        Culprit::Operator(operator) => (0, B256::ZERO, operator),
    };
    let batch = match accusation.ripe {
        Ripe::AtOnce => 0,
        Ripe::Confirmed { batch_id } => batch_id,
    };
    let row: Row = (
        judge,
        accusation.id,
        gateway,
        base,
        operator,
        accusation.rollup,
        accusation.window,
        batch,
        accusation.evidence.clone(),
    );
    row.abi_encode_params()
}

pub(super) fn decode(bytes: &[u8]) -> Result<Accusation, CodecError> {
    let (judge, id, gateway, base, operator, rollup, window, batch, evidence) =
        Row::abi_decode_params(bytes)?;
    let place = usize::try_from(judge).unwrap_or(usize::MAX);
    let judge = *Judge::ALL.get(place).ok_or(CodecError::Judge {
        got: judge,
        known: Judge::ALL.len(),
    })?;
    Ok(Accusation {
        kind: judge.fault(),
        judge,
        id,
        culprit: if gateway == 0 {
            Culprit::Operator(operator)
        } else {
            Culprit::Gateway { gateway, base }
        },
        rollup,
        window,
        ripe: if batch == 0 {
            Ripe::AtOnce
        } else {
            Ripe::Confirmed { batch_id: batch }
        },
        evidence,
    })
}
