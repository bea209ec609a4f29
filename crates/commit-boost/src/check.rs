//! What a process looks at before its first slot: zero keys, another chain, a refused token and wrong clocks show here, and
//! not when the first delegation is due.

use forebond_beacon::bls::PublicKeyBytes;

use crate::{
    client::{ProposerSigner, SignerError},
    dialect::SignerDialect,
    jwt::LEEWAY_S,
    protection::Permit,
};

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelfCheck {
    /// The signer's dialect.
    pub dialect: SignerDialect,
    /// Validators' keys it holds.
    pub consensus_keys: usize,
    /// BLS and ECDSA proxies that are ours.
    pub proxies: usize,
    /// The key that signed the test.
    pub tested: PublicKeyBytes,
    /// Signer's clock minus ours, seconds; nothing when its answers carry no date.
    pub clock_skew_s: Option<i64>,
}

/// Why the process should not go on.
#[derive(Debug, thiserror::Error)]
pub enum SelfCheckError {
    /// The signer fails, or lies.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// Keystores that cannot be read are skipped by signers with a warning.
    #[error(
        "the signer has loaded no keys: look at its log for skipped keystores, at their owner (Commit-Boost's images run as user 10001, which cannot read root's 0600 files), and at [signer.local.loader]"
    )]
    NoKeys,
    /// A key that we count on is not there.
    #[error("the signer does not hold {key}; it holds {count} others")]
    MissingKey {
        /// The key.
        key: PublicKeyBytes,
        /// How many it has.
        count: usize,
    },
    /// Tokens made now would be refused, or live longer than meant.
    #[error(
        "the signer's clock is {skew_s} s ahead of ours (negative: behind), expected at most {LEEWAY_S} s; synchronise both"
    )]
    ClockSkew {
        /// Signer's minus ours.
        skew_s: i64,
    },
}

/// Asks for all keys, has one of them sign a root that means nothing, verifies it, and compares the clocks. `expected`: the
/// validators we count on; the first of them signs, or else the first key there is.
///
/// # Errors
/// [`SelfCheckError`].
pub async fn self_check<S: ProposerSigner>(
    signer: &S,
    expected: &[PublicKeyBytes],
) -> Result<SelfCheck, SelfCheckError> {
    let dialect = signer.dialect().await;
    // First, because wrong clocks show as refused tokens.
    let clock_skew_s = signer.clock_skew_s();
    if let Some(skew_s) = clock_skew_s.filter(|skew| skew.unsigned_abs() > LEEWAY_S) {
        return Err(SelfCheckError::ClockSkew { skew_s });
    }
    let dialect = dialect?;
    let keys = signer.public_keys().await?;
    for key in expected {
        if !keys.is_empty() && !keys.iter().any(|set| set.consensus == *key) {
            return Err(SelfCheckError::MissingKey {
                key: *key,
                count: keys.len(),
            });
        }
    }
    let first = keys.first().ok_or(SelfCheckError::NoKeys)?.consensus;
    let tested = expected.first().copied().unwrap_or(first);
    let permit = Permit::self_test(signer.signing_id(), tested, dialect);
    signer.sign(&permit).await?;
    Ok(SelfCheck {
        dialect,
        consensus_keys: keys.len(),
        proxies: keys
            .iter()
            .map(|set| set.proxy_bls.len() + set.proxy_ecdsa.len())
            .sum(),
        tested,
        clock_skew_s,
    })
}
