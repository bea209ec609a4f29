//! Whether a bid will do.

use alloy_primitives::{B256, FixedBytes};
use serde::Deserialize;

/// A blob's KZG commitment.
pub type Commitment = FixedBytes<48>;
/// Longest list of commitments that is read.
pub const MOST_COMMITMENTS: usize = 4_096;

/// The fork a bid is of: always from its tag, never guessed from its fields, because those of Electra and Fulu are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fork {
    /// Blinded blocks, one proof a blob.
    Electra,
    /// Blinded blocks, proofs of cells.
    Fulu,
    /// EIP-7732: bids come by another route and are committed to before the payload is seen. Not served yet.
    Gloas,
}

/// Why the beacon node builds locally.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The bid lacks blobs of the batch.
    #[error("the bid has {present} of the batch's {expected} blobs")]
    BlobsMissing {
        /// How many it has.
        present: usize,
        /// How many it should have.
        expected: usize,
    },
    /// It is not known whether the slot is lent.
    #[error(
        "it is not known yet whether this slot is lent: registry or beacon node were not read; see the proposer's log"
    )]
    SlotUnknown,
    /// It is not known whether a batch is expected.
    #[error("it is not known which batch is expected: {0}")]
    SourceUnknown(String),
    /// The upstream gave no bid that can be read.
    #[error("upstream: {0}")]
    Upstream(String),
    /// The bid is of a fork that this guard does not read.
    #[error("bids of {0:?} are not read here")]
    Fork(Fork),
    /// The bid is not what was asked for.
    #[error("the bid is not for this block: {0}")]
    OtherBlock(&'static str),
}

impl Reason {
    /// Its name in figures.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::BlobsMissing { .. } => "blobs_missing",
            Self::SlotUnknown => "slot_unknown",
            Self::SourceUnknown(_) => "source_unknown",
            Self::Upstream(_) => "upstream",
            Self::Fork(_) => "fork",
            Self::OtherBlock(_) => "other_block",
        }
    }
}

/// What we read of a bid. Everything else is passed on as it came.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Bid {
    /// Its fork's name.
    pub version: Fork,
    data: Signed,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Signed {
    message: Message,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Message {
    header: Header,
    blob_kzg_commitments: Vec<Commitment>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Header {
    parent_hash: B256,
}

/// Reads a bid from JSON. `tag`: the fork in the answer's `Eth-Consensus-Version`, if it had one.
///
/// # Errors
/// [`Reason::Upstream`], [`Reason::Fork`].
pub fn read(body: &[u8], tag: Option<&str>) -> Result<Bid, Reason> {
    // The tag first: what stands in a bid of a fork to come is not known.
    #[derive(Deserialize)]
    struct Tagged {
        version: Fork,
    }
    let unread = |error: serde_json::Error| Reason::Upstream(format!("no bid: {error}"));
    let Tagged { version } = serde_json::from_slice(body).map_err(unread)?;
    if version == Fork::Gloas {
        return Err(Reason::Fork(version));
    }
    let named = tag.map(str::to_lowercase);
    let name = format!("{version:?}").to_lowercase();
    if named.is_some_and(|named| named != name) {
        return Err(Reason::Upstream(format!(
            "the bid says it is of {name}, its header {}",
            tag.unwrap_or_default()
        )));
    }
    let bid: Bid = serde_json::from_slice(body).map_err(unread)?;
    if bid.data.message.blob_kzg_commitments.len() > MOST_COMMITMENTS {
        return Err(Reason::Upstream(
            "more blobs than a block can have".to_owned(),
        ));
    }
    Ok(bid)
}

/// Whether a bid for the block after `parent_hash` has all the blobs that are expected. In no order, and beside others.
///
/// # Errors
/// Why the beacon node should build locally.
pub fn judge(bid: &Bid, parent_hash: B256, expected: &[Commitment]) -> Result<(), Reason> {
    let message = &bid.data.message;
    if message.header.parent_hash != parent_hash {
        return Err(Reason::OtherBlock("it builds on another one"));
    }
    let has = |one: &&Commitment| message.blob_kzg_commitments.contains(one);
    let present = expected.iter().filter(has).count();
    if present < expected.len() {
        return Err(Reason::BlobsMissing {
            present,
            expected: expected.len(),
        });
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    fn body(version: &str, commitments: &[u8]) -> Vec<u8> {
        let commitments: Vec<_> = commitments
            .iter()
            .map(|byte| Commitment::repeat_byte(*byte))
            .collect();
        serde_json::to_vec(&serde_json::json!({
            "version": version,
            "data": {
                "message": {
                    "header": { "parent_hash": B256::repeat_byte(1), "block_number": "5" },
                    "blob_kzg_commitments": commitments,
                    "value": "7",
                    "pubkey": "0x00",
                },
                "signature": "0x00",
            },
        }))
        .unwrap()
    }

    fn judged(commitments: &[u8], expected: &[u8]) -> Result<(), Reason> {
        let bid = read(&body("fulu", commitments), Some("fulu")).unwrap();
        let expected: Vec<_> = expected
            .iter()
            .map(|byte| Commitment::repeat_byte(*byte))
            .collect();
        judge(&bid, B256::repeat_byte(1), &expected)
    }

    #[test]
    fn a_bid_passes_with_all_blobs_of_the_batch_in_any_order_and_beside_others() {
        assert_eq!(judged(&[5, 9, 4], &[4, 5]), Ok(()));
        assert_eq!(judged(&[], &[]), Ok(()));
        let missing = Reason::BlobsMissing {
            present: 1,
            expected: 2,
        };
        assert_eq!(judged(&[5, 9], &[4, 5]), Err(missing));
    }

    #[test]
    fn the_fork_is_read_from_the_tag_and_never_guessed() {
        for version in ["electra", "fulu"] {
            assert!(read(&body(version, &[1]), None).is_ok());
        }
        assert_eq!(
            read(&body("gloas", &[1]), None),
            Err(Reason::Fork(Fork::Gloas))
        );
        assert!(matches!(
            read(&body("fulu", &[1]), Some("electra")),
            Err(Reason::Upstream(_))
        ));
        assert!(read(&body("capella", &[1]), None).is_err());
        assert!(read(br#"{"version":"fulu","data":{}}"#, None).is_err());
    }

    #[test]
    fn a_bid_on_another_block_is_none() {
        let bid = read(&body("fulu", &[1]), None).unwrap();
        let judged = judge(&bid, B256::repeat_byte(2), &[]);
        assert!(matches!(judged, Err(Reason::OtherBlock(_))));
    }
}
