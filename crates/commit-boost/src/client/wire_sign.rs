//! A permit as the request of its dialect, and the answer as a signature: every field that comes back is compared.

use alloy_primitives::{Bytes as HexBytes, U256};
use bytes::Bytes;
use forebond_beacon::{bls::SignatureBytes, signing::commit_boost::Chain};
use forebond_types::Signature;

use super::{
    SignerError,
    answer::shortened,
    http::RawAnswer,
    signer::{encode, read},
    wire::{
        LegacyRequest, SIGN_BLS, SIGN_LEGACY, SIGN_PROXY_BLS, SIGN_PROXY_ECDSA, SplitAnswer,
        SplitRequest,
    },
};
use crate::{
    dialect::SignerDialect,
    protection::{KeySignature, Permit, SigningKey},
};

/// Route and body.
pub(super) struct Call {
    pub route: &'static str,
    pub body: Bytes,
}

pub(super) fn call(what: &str, permit: &Permit) -> Result<Call, SignerError> {
    let (request, dialect) = (permit.request(), permit.dialect());
    if !dialect.can_name(&request.key) {
        return Err(SignerError::unnameable(what, dialect));
    }
    let object_root = request.object_root;
    let (pubkey, proxy) = match request.key {
        SigningKey::Consensus(key) => (Some(key), None),
        // Web3Signer names every BLS key `pubkey`.
        SigningKey::ProxyBls(key) if dialect == SignerDialect::Web3 => (Some(key), None),
        SigningKey::ProxyBls(key) => (None, Some(key.to_string())),
        SigningKey::ProxyEcdsa(address) => (None, Some(address.to_string().to_lowercase())),
    };
    if dialect == SignerDialect::Split {
        let route = match request.key {
            SigningKey::Consensus(_) => SIGN_BLS,
            SigningKey::ProxyBls(_) => SIGN_PROXY_BLS,
            SigningKey::ProxyEcdsa(_) => SIGN_PROXY_ECDSA,
        };
        let body = encode(&SplitRequest {
            pubkey,
            proxy,
            object_root,
            nonce: request.nonce,
        })?;
        return Ok(Call { route, body });
    }
    let kind = match request.key {
        SigningKey::Consensus(_) => "consensus",
        SigningKey::ProxyBls(_) => "proxy_bls",
        SigningKey::ProxyEcdsa(_) => "proxy_ecdsa",
    };
    let body = encode(&LegacyRequest {
        kind,
        pubkey,
        proxy,
        object_root,
    })?;
    Ok(Call {
        route: SIGN_LEGACY,
        body,
    })
}

pub(super) fn signature(
    what: &str,
    permit: &Permit,
    chain: &Chain,
    answer: &RawAnswer,
) -> Result<KeySignature, SignerError> {
    let bytes = match permit.dialect() {
        SignerDialect::Split => split(what, permit, chain, answer)?,
        SignerDialect::Legacy | SignerDialect::Web3 => bare(what, permit, answer)?,
    };
    let wrong = |expected| SignerError::Answer {
        what: what.to_owned(),
        expected,
        got: shortened(&bytes.to_string()),
    };
    match permit.request().key {
        SigningKey::Consensus(_) | SigningKey::ProxyBls(_) => SignatureBytes::try_from(&bytes[..])
            .map(KeySignature::Bls)
            .map_err(|_| wrong("a BLS signature of 96 bytes")),
        SigningKey::ProxyEcdsa(_) => Signature::from_bytes(&bytes)
            .map(KeySignature::Ecdsa)
            .map_err(|_| wrong("a signature r, s, v of 65 bytes with low s and v of 27 or 28")),
    }
}

/// Whether a success is what the other family of dialects answers.
fn changed(what: &str, permit: &Permit) -> SignerError {
    SignerError::DialectChanged {
        what: what.to_owned(),
        before: permit.dialect(),
    }
}

fn bare(what: &str, permit: &Permit, answer: &RawAnswer) -> Result<HexBytes, SignerError> {
    if answer.status == 200 && serde_json::from_slice::<SplitAnswer>(&answer.body).is_ok() {
        return Err(changed(what, permit));
    }
    read(what, "a signature as one string", answer)
}

fn split(
    what: &str,
    permit: &Permit,
    chain: &Chain,
    answer: &RawAnswer,
) -> Result<HexBytes, SignerError> {
    if answer.status == 200 && serde_json::from_slice::<HexBytes>(&answer.body).is_ok() {
        return Err(changed(what, permit));
    }
    let request = permit.request();
    let answer: SplitAnswer = read(
        what,
        "an object with pubkey, object_root, module_signing_id, nonce, chain_id and signature",
        answer,
    )?;
    let same = |field, expected: String, got: String| {
        if expected == got {
            return Ok(());
        }
        Err(SignerError::Echo {
            what: what.to_owned(),
            field,
            expected,
            got,
        })
    };
    let absent = || "nothing".to_owned();
    match request.key {
        SigningKey::Consensus(key) | SigningKey::ProxyBls(key) => {
            let got = answer.pubkey.map_or_else(absent, |key| key.to_string());
            same("pubkey", key.to_string(), got)?;
        }
        SigningKey::ProxyEcdsa(address) => {
            let got = answer
                .address
                .map_or_else(absent, |address| address.to_string());
            same("address", address.to_string(), got)?;
        }
    }
    same(
        "object_root",
        request.object_root.to_string(),
        answer.object_root.to_string(),
    )?;
    let signing_id = request.position.signing_id;
    same(
        "module_signing_id",
        signing_id.to_string(),
        answer.module_signing_id.to_string(),
    )?;
    same("nonce", request.nonce.to_string(), answer.nonce.to_string())?;
    let chain_id = U256::from(chain.chain_id);
    same(
        "chain_id",
        chain_id.to_string(),
        answer.chain_id.to_string(),
    )?;
    Ok(answer.signature)
}
