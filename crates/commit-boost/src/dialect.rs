//! The three signer interfaces in use. They differ in paths, bodies, answers and, above all, in what the key signs.
//!
//! | | spoken by | path | answer | signed root |
//! |---|---|---|---|---|
//! | [`SignerDialect::Split`] | Commit-Boost from v0.10 | one per kind of key | object | bound to module, nonce and chain id |
//! | [`SignerDialect::Legacy`] | Commit-Boost v0.8 to v0.9 | one, `type` in the body | bare string | object root and domain only |
//! | [`SignerDialect::Web3`] | Web3Signer, SSV nodes | as legacy | bare string | as legacy |
//!
//! Which one answers is found out by [`after_split_probe`] and [`after_status_probe`], with a body that nobody can sign.

use alloy_primitives::B256;
use forebond_beacon::signing::commit_boost::Dialect;
use serde::{Deserialize, Serialize};

use crate::protection::SigningKey;

/// A signer's interface. Stored beside every signature: a verifier must know which root it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignerDialect {
    /// Commit-Boost v0.8 to v0.9.
    Legacy,
    /// Commit-Boost from v0.10 on.
    Split,
    /// Web3Signer with its Commit-Boost routes, SSV nodes.
    Web3,
}

impl SignerDialect {
    /// What it mixes into the object root.
    #[must_use]
    pub const fn wrapper(self, signing_id: B256, nonce: u64) -> Dialect {
        match self {
            Self::Legacy | Self::Web3 => Dialect::Bare,
            Self::Split => Dialect::Module { signing_id, nonce },
        }
    }

    /// Whether its signatures are bound to the module, the nonce and the chain id.
    #[must_use]
    pub const fn binds_module(self) -> bool {
        matches!(self, Self::Split)
    }

    /// Whether its requests can name `key`: Web3Signer calls ECDSA proxies by their public key, which we do not know.
    #[must_use]
    pub const fn can_name(self, key: &SigningKey) -> bool {
        !matches!((self, key), (Self::Web3, SigningKey::ProxyEcdsa(_)))
    }

    /// Its name in files and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Split => "split",
            Self::Web3 => "web3",
        }
    }
}

impl std::fmt::Display for SignerDialect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether a 404 is about a key the signer does not hold, and not about a route it does not have.
#[must_use]
pub fn names_unknown_key(message: &str) -> bool {
    message.contains("unknown consensus signer")
        || message.contains("unknown proxy signer")
        || message.contains("module id not found")
}

/// What a request on the split path brought to light.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SplitProbe {
    /// The path is there.
    Split,
    /// It is not: the signer is of the older family.
    Older,
    /// The answer is about something else; it is an error of its own.
    Unclear,
}

/// Reads the answer to a request on the split path that cannot be signed.
#[must_use]
pub fn after_split_probe(status: u16, message: &str) -> SplitProbe {
    match status {
        404 if names_unknown_key(message) => SplitProbe::Split,
        // Some routers know the path's parent and refuse the method instead.
        404 | 405 => SplitProbe::Older,
        200 | 400 | 415 | 422 => SplitProbe::Split,
        _ => SplitProbe::Unclear,
    }
}

/// Which of the older family it is: Commit-Boost serves `/status`, the others do not.
#[must_use]
pub const fn after_status_probe(status: u16) -> SignerDialect {
    if status == 200 {
        SignerDialect::Legacy
    } else {
        SignerDialect::Web3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_404_about_a_key_is_not_a_missing_route() {
        let key = "unknown consensus signer: 0x8838";
        assert_eq!(after_split_probe(404, key), SplitProbe::Split);
        for other in ["", "Not Found", "<html>404</html>", "{\"code\":404}"] {
            assert_eq!(after_split_probe(404, other), SplitProbe::Older, "{other}");
        }
    }

    #[test]
    fn statuses_that_are_about_something_else_decide_nothing() {
        for status in [401, 403, 429, 500, 502, 503] {
            assert_eq!(
                after_split_probe(status, ""),
                SplitProbe::Unclear,
                "{status}"
            );
        }
        for status in [400, 415, 422] {
            assert_eq!(after_split_probe(status, ""), SplitProbe::Split);
        }
    }

    #[test]
    fn only_the_newest_dialect_binds_a_signature_to_its_module() {
        let (id, nonce) = (B256::repeat_byte(2), 7);
        assert_eq!(
            SignerDialect::Split.wrapper(id, nonce),
            Dialect::Module {
                signing_id: id,
                nonce
            }
        );
        for old in [SignerDialect::Legacy, SignerDialect::Web3] {
            assert_eq!(old.wrapper(id, nonce), Dialect::Bare);
            assert!(!old.binds_module());
        }
    }
}
