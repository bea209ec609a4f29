//! What is signed, and the lies about it.

use alloy_primitives::{B256, Bytes};
use forebond_beacon::{
    bls::PublicKeyBytes,
    signing::commit_boost::{Chain, Dialect, ProxyKey, object_signing_root},
};
use forebond_types::Signature;

use crate::{
    Fault,
    keys::{Keys, ProxySecret},
    refusal::Refusal,
    state::State,
};

/// A key as a request names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Consensus(PublicKeyBytes),
    Proxy(ProxyKey),
}

/// What a request asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    pub wanted: Wanted,
    pub object_root: B256,
    pub dialect: Dialect,
}

/// What the answer says it is about, and the signature.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub object_root: B256,
    pub signing_id: B256,
    pub nonce: u64,
    pub chain_id: u64,
    pub signature: Bytes,
}

/// Signs `order` for the module `caller`, or does with it what `fault` says.
pub(crate) fn sign(
    state: &State,
    caller: &str,
    order: &Order,
    fault: &Fault,
) -> Result<Signed, Refusal> {
    let keys = state.keys.lock();
    known(&keys, state.foreign_proxies, caller, &order.wanted)?;
    let (mut object_root, mut chain) = (order.object_root, state.chain);
    let (mut signing_id, mut nonce) = match order.dialect {
        Dialect::Bare => (B256::ZERO, 0),
        Dialect::Module { signing_id, nonce } => (signing_id, nonce),
    };
    match fault {
        Fault::OtherNonce => nonce ^= 1,
        Fault::OtherSigningId => signing_id = B256::repeat_byte(0x5a),
        Fault::OtherChain => chain = Chain::new(chain.genesis_fork_version.0, chain.chain_id ^ 1),
        Fault::OtherRoot => object_root = B256::repeat_byte(0xa5),
        _ => {}
    }
    let dialect = match order.dialect {
        Dialect::Bare => Dialect::Bare,
        Dialect::Module { .. } => Dialect::Module { signing_id, nonce },
    };
    let mut root = object_signing_root(&chain, dialect, object_root);
    if *fault == Fault::WrongSignature {
        root = !root;
    }
    let signature = with_key(&keys, &order.wanted, root, fault)?;
    if *fault == Fault::WrongEcho {
        nonce ^= 1;
    }
    state.count_signature();
    Ok(Signed {
        object_root,
        signing_id,
        nonce,
        chain_id: chain.chain_id,
        signature,
    })
}

fn known(keys: &Keys, foreign: bool, caller: &str, wanted: &Wanted) -> Result<(), Refusal> {
    match wanted {
        Wanted::Consensus(key) => keys
            .validator(key)
            .map(|_| ())
            .ok_or_else(|| Refusal::UnknownConsensus(key.to_string())),
        Wanted::Proxy(key) => {
            let name = match key {
                ProxyKey::Bls(key) => key.to_string(),
                ProxyKey::Ecdsa(address) => address.to_string().to_lowercase(),
            };
            let proxy = keys
                .proxy(key)
                .filter(|proxy| foreign || proxy.module == caller);
            proxy.map(|_| ()).ok_or(Refusal::UnknownProxy(name))
        }
    }
}

fn with_key(keys: &Keys, wanted: &Wanted, root: B256, fault: &Fault) -> Result<Bytes, Refusal> {
    let bls = |secret: &forebond_beacon::bls::SecretKey| {
        Bytes::copy_from_slice(secret.sign(root).to_bytes().as_slice())
    };
    match wanted {
        Wanted::Consensus(key) if *fault == Fault::OtherKey => {
            keys.other_validator(key).map(bls).ok_or(Refusal::Internal)
        }
        Wanted::Consensus(key) => keys.validator(key).map(bls).ok_or(Refusal::Internal),
        Wanted::Proxy(key) => match &keys.proxy(key).ok_or(Refusal::Internal)?.secret {
            ProxySecret::Bls(secret) => Ok(bls(secret)),
            ProxySecret::Ecdsa(secret) => {
                let root = if *fault == Fault::OtherKey {
                    !root
                } else {
                    root
                };
                Ok(Bytes::copy_from_slice(
                    Signature::sign(root, secret).as_bytes(),
                ))
            }
        },
    }
}
