//! Keys and signatures as points for the precompiles equal those of an unrelated library (`fixtures/beacon/bls.json`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test stops at the first surprise"
)]

use alloy_primitives::{B256, hex};
use forebond_beacon::bls::{BlsError, CIPHERSUITE, PublicKey, Signature, interop_key};
use serde_json::Value;

fn vectors() -> Value {
    let path = format!(
        "{}/../../fixtures/beacon/bls.json",
        env!("CARGO_MANIFEST_DIR")
    );
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap()
}

#[test]
fn keys_and_signatures_equal_those_of_another_library() {
    let file = vectors();
    assert_eq!(text(&file, "tag").as_bytes(), CIPHERSUITE);
    let signed = file["signed"].as_array().unwrap();
    assert!(!signed.is_empty());
    for vector in signed {
        let secret = interop_key(text(vector, "validatorIndex").parse().unwrap());
        let message: B256 = text(vector, "message").parse().unwrap();
        let (key, signature) = (secret.public_key(), secret.sign(message));
        assert_eq!(key.to_string(), text(vector, "publicKey"));
        assert_eq!(signature.to_string(), text(vector, "signature"));
        assert_eq!(
            hex::encode_prefixed(key.to_eip2537()),
            text(vector, "publicKeyPoint")
        );
        assert_eq!(
            hex::encode_prefixed(signature.to_eip2537()),
            text(vector, "signaturePoint")
        );
        assert_eq!(signature.verify(&key, message), Ok(()));
    }
}

#[test]
fn points_outside_the_subgroup_which_add_precompiles_accept_are_refused() {
    let stray = &vectors()["outsideSubgroup"];
    let bytes = |key| hex::decode(text(stray, key)).unwrap();
    let refused = Some(BlsError::NotInSubgroup);
    assert_eq!(PublicKey::from_bytes(&bytes("publicKey")).err(), refused);
    assert_eq!(
        PublicKey::from_eip2537(&bytes("publicKeyPoint")).err(),
        refused
    );
    assert_eq!(Signature::from_bytes(&bytes("signature")).err(), refused);
    assert_eq!(
        Signature::from_eip2537(&bytes("signaturePoint")).err(),
        refused
    );
}
