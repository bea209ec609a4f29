use std::future::Future;

use alloy_primitives::{Address, B256};
use forebond_beacon::{
    bls::{PublicKeyBytes, SignatureBytes},
    signing::commit_boost::{Chain, ProxyKey},
};
use serde::{Deserialize, Serialize};

use super::{SignerError, Verified};
use crate::{dialect::SignerDialect, protection::Permit};

/// A validator's key, and the keys it vouched for on our behalf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySet {
    /// The validator's.
    pub consensus: PublicKeyBytes,
    /// BLS proxies.
    pub proxy_bls: Vec<PublicKeyBytes>,
    /// ECDSA proxies. Signers of the Web3 dialect name theirs by public key; those are left out.
    pub proxy_ecdsa: Vec<Address>,
}

/// Kinds of proxy keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProxyScheme {
    /// BLS12-381.
    Bls,
    /// secp256k1.
    Ecdsa,
}

/// A new proxy key, and the validator's word for it, verified. It names no module, slot or end: bind those in messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProxyDelegation {
    /// The validator.
    pub delegator: PublicKeyBytes,
    /// The new key.
    pub proxy: ProxyKey,
    /// Over [`forebond_beacon::signing::commit_boost::delegation_signing_root`].
    pub signature: SignatureBytes,
}

/// Somebody who holds validators' keys.
///
/// 1. Nothing is signed without a [`Permit`]; what it allows is on disk already.
/// 2. Whatever is returned was verified against the root that we expect.
/// 3. Every call ends by a deadline, with a bounded number of requests.
/// 4. After a 401 nothing is asked any more until somebody changes the secret.
pub trait ProposerSigner: Send + Sync {
    /// Our module's 32 bytes.
    fn signing_id(&self) -> B256;

    /// The chain that signatures are bound to.
    fn chain(&self) -> Chain;

    /// The signer's dialect; asked once, then remembered until an answer contradicts it.
    fn dialect(&self) -> impl Future<Output = Result<SignerDialect, SignerError>> + Send;

    /// All validators' keys, each with the proxies that are ours.
    fn public_keys(&self) -> impl Future<Output = Result<Vec<KeySet>, SignerError>> + Send;

    /// A signature over what `permit` allows.
    fn sign(&self, permit: &Permit) -> impl Future<Output = Result<Verified, SignerError>> + Send;

    /// A new proxy key for `delegator`. Every call makes another one, so it is asked once and never again by itself.
    fn new_proxy(
        &self,
        delegator: PublicKeyBytes,
        scheme: ProxyScheme,
    ) -> impl Future<Output = Result<ProxyDelegation, SignerError>> + Send;

    /// By how many seconds the signer's clock is ahead of ours (negative: behind), as of its last answer; nothing when its
    /// answers carry no date.
    fn clock_skew_s(&self) -> Option<i64>;
}
