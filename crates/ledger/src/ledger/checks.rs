//! What a frag must say that execution does not show.

use super::FollowError;
use crate::promise::BlockStart;
use forebond_types::FragEnvelope;

/// The L1 block behind a block is that of its parent or the next one, and is counted (R23).
pub(super) fn check_origin(parent: &BlockStart, start: &BlockStart) -> Result<(), FollowError> {
    let same = parent.origin == start.origin;
    let next = parent.origin.number.checked_add(1) == Some(start.origin.number);
    if !same && !next {
        return Err(untrue(
            "L1 origin",
            format!(
                "{} {} or the next one",
                parent.origin.number, parent.origin.hash
            ),
            format!("{} {}", start.origin.number, start.origin.hash),
        ));
    }
    let sequence = if same {
        parent.origin_sequence.saturating_add(1)
    } else {
        0
    };
    if start.origin_sequence != sequence {
        return Err(untrue("origin sequence", sequence, start.origin_sequence));
    }
    Ok(())
}

/// The running sum counts exactly what is promised (R6).
pub(super) fn check_coverage(before_wei: u128, envelope: &FragEnvelope) -> Result<(), FollowError> {
    let sum = envelope
        .transactions
        .iter()
        .try_fold(before_wei, |sum, tx| sum.checked_add(tx.coverage_wei));
    match sum {
        Some(sum) if sum == envelope.frag.windowCoverage => Ok(()),
        Some(sum) => Err(untrue("windowCoverage", sum, envelope.frag.windowCoverage)),
        None => Err(untrue(
            "windowCoverage",
            "a sum below 2^128",
            envelope.frag.windowCoverage,
        )),
    }
}

pub(super) fn untrue(
    what: &'static str,
    ours: impl ToString,
    theirs: impl ToString,
) -> FollowError {
    FollowError::Untrue {
        what,
        ours: ours.to_string(),
        theirs: theirs.to_string(),
    }
}
