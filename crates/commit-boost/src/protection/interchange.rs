//! The file that carries protection from one signer's host to another, in the spirit of EIP-3076.

use alloy_primitives::{B256, FixedBytes};
use forebond_beacon::{bls::PublicKeyBytes, signing::commit_boost::Chain};
use serde::{Deserialize, Serialize};

use super::{Content, KeySignature, Kind};
use crate::dialect::SignerDialect;

/// Name of the format.
pub const FORMAT: &str = "forebond-commitment-protection";
/// Its version.
pub const VERSION: &str = "1";

/// The whole file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interchange {
    /// What it is about.
    pub metadata: Metadata,
    /// Each proposer under each signing id.
    pub data: Vec<OwnerEntry>,
}

/// Format and chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: String,
    /// Of the beacon chain.
    pub genesis_fork_version: FixedBytes<4>,
    /// Of the execution chain.
    #[serde(with = "decimal")]
    pub chain_id: u64,
}

impl Metadata {
    /// For a file about `chain`.
    #[must_use]
    pub fn of(chain: &Chain) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION.to_owned(),
            genesis_fork_version: chain.genesis_fork_version,
            chain_id: chain.chain_id,
        }
    }
}

/// One proposer under one signing id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnerEntry {
    /// The module's.
    pub signing_id: B256,
    /// The validator.
    pub proposer: PublicKeyBytes,
    /// Below it nothing new is signed.
    #[serde(with = "decimal")]
    pub min_slot: u64,
    /// What was asked for.
    #[serde(default)]
    pub signed: Vec<SignedEntry>,
}

/// One position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedEntry {
    /// L1 slot.
    #[serde(with = "decimal")]
    pub slot: u64,
    /// What was signed.
    pub kind: Kind,
    /// The content. Without it the whole slot, and all below it, is closed to the importer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// How it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<SignerDialect>,
    /// What came back; an importer verifies it before keeping it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<KeySignature>,
}

/// 64-bit numbers as decimal strings: JavaScript's end at 2^53.
pub(super) mod decimal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in super::super) fn serialize<S: Serializer>(
        number: &u64,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| is_plain).ok_or_else(|| {
            D::Error::custom(format!(
                "expected a decimal string of 64 bits, got {text:.40?}"
            ))
        })
    }
}
