//! A standing in a sentence.

use std::fmt;

use alloy_primitives::{U256, utils::format_ether};

use crate::Standing;

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uncovered => f.write_str(
                "the promise carries no coverage: nothing is owed, whether it is kept or not",
            ),
            Self::Kept { batch_id } => {
                write!(f, "kept: the Confirmed batch {batch_id} holds what was promised")
            }
            Self::Lie { batch_id } => write!(
                f,
                "the gateway's own batch {batch_id} differs from its promise: that is a lie, for which it loses its bond and nobody is refunded"
            ),
            Self::TooLate { heard_until_s } => write!(
                f,
                "nobody brought the fault before Unix second {heard_until_s}, when evidence was heard for the last time"
            ),
            Self::NotSettled { batch_id: Some(id) } => write!(
                f,
                "not settled yet: batch {id} holds the block and can still be disputed; ask again when it is Confirmed"
            ),
            Self::NotSettled { batch_id: None } => f.write_str(
                "not settled yet: no batch on L1 holds the block; ask again when one is Confirmed",
            ),
            Self::Unknown { batch_id } => write!(
                f,
                "settled in the Confirmed batch {batch_id}, and no fault is recorded; whether it holds what was promised a node of the rollup knows: give --node or --watcher"
            ),
            Self::NotBrought {
                batch_id,
                heard_until_s,
            } => write!(
                f,
                "broken: the Confirmed batch {batch_id} holds something else, and nobody has brought the fault to L1 yet; it is heard until Unix second {heard_until_s}: give --watcher"
            ),
            Self::Recorded {
                closes_at_s,
                expected_wei,
            } => write!(
                f,
                "broken, and recorded on L1: {} can be claimed from Unix second {closes_at_s} on, as things are",
                eth(*expected_wei)
            ),
            Self::Claimable { amount_wei } => write!(f, "{} can be claimed now", eth(*amount_wei)),
            Self::Empty => f.write_str(
                "broken, and recorded on L1, but nothing was left to take from the gateway: there is nothing to claim",
            ),
            Self::Paid => f.write_str("paid"),
        }
    }
}

fn eth(wei: u128) -> String {
    let digits = format_ether(U256::from(wei));
    format!("{} ETH", digits.trim_end_matches('0').trim_end_matches('.'))
}
