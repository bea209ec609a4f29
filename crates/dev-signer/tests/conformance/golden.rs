//! Roots and signatures that other implementations arrived at (`fixtures/commit-boost`).

use alloy_primitives::{B256, FixedBytes, U256, b256};
use forebond_beacon::{
    bls::{PublicKey, PublicKeyBytes, SecretKey, Signature},
    signing::commit_boost::{
        Chain, Dialect, ProxyKey, delegation_signing_root, object_signing_root,
    },
};
use forebond_commit_boost::dialect::SignerDialect;
use forebond_dev_signer::{DevSigner, Module, SignerConfig};
use serde_json::{Value, json};

use crate::support::{MODULE, SECRET, SIGN_BLS, secret, send, token};

fn vectors(text: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(text).unwrap();
    file["vectors"].as_array().unwrap().clone()
}

fn roots() -> Vec<Value> {
    vectors(include_str!(
        "../../../../fixtures/commit-boost/signing_roots.json"
    ))
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap()
}

fn bytes32(vector: &Value, name: &str) -> B256 {
    text(vector, name).parse().unwrap()
}

fn chain(vector: &Value) -> Chain {
    let fork: FixedBytes<4> = text(vector, "genesisForkVersion").parse().unwrap();
    Chain::new(fork.0, text(vector, "chainId").parse().unwrap())
}

/// The signing root by the dialect that the client would be in.
#[test]
fn each_dialect_of_the_client_expects_the_golden_root() {
    let mut seen = Vec::new();
    for vector in roots() {
        let nonce: u64 = text(&vector, "nonce").parse().unwrap();
        let signing_id = bytes32(&vector, "signingId");
        let dialects: &[SignerDialect] = match text(&vector, "dialect") {
            "bare" => &[SignerDialect::Legacy, SignerDialect::Web3],
            "module" => &[SignerDialect::Split],
            other => panic!("{other}"),
        };
        for dialect in dialects {
            let wrapper = dialect.wrapper(signing_id, nonce);
            let root =
                object_signing_root(&chain(&vector), wrapper, bytes32(&vector, "objectRoot"));
            assert_eq!(root, bytes32(&vector, "signingRoot"), "{}", vector["name"]);
            seen.push(*dialect);
        }
    }
    for dialect in [
        SignerDialect::Legacy,
        SignerDialect::Split,
        SignerDialect::Web3,
    ] {
        assert!(seen.contains(&dialect), "no vector for {dialect}");
    }
}

/// A consent that viem and `py_ecc` made with the interop key of validator 0.
#[tokio::test]
async fn a_signer_with_the_same_key_answers_the_golden_signature_byte_for_byte() {
    let vector: Value = serde_json::from_str(include_str!(
        "../../../../fixtures/commit-boost/registration.json"
    ))
    .unwrap();
    let module = Module {
        secret: secret(SECRET),
        signing_id: bytes32(&vector, "signingId"),
    };
    let config = SignerConfig::new(chain(&vector), vec![0], MODULE, module, secret("operator"));
    let signer = DevSigner::start(config).await.unwrap();
    let nonce: u64 = text(&vector, "nonce").parse().unwrap();
    let body =
        json!({"pubkey": vector["publicKey"], "object_root": vector["objectRoot"], "nonce": nonce});
    let body = serde_json::to_vec(&body).unwrap();
    let token = token(MODULE, SECRET, SIGN_BLS, &body);
    let answer = send(
        &signer.url(),
        SIGN_BLS,
        Some(&body),
        Some(format!("Bearer {token}")),
    )
    .await;
    let answer = answer.json();
    assert_eq!(answer["signature"], vector["signature"]);
    // As the real one writes it: a hex quantity.
    let chain_id = U256::from(chain(&vector).chain_id);
    assert_eq!(answer["chain_id"], json!(format!("{chain_id:#x}")));
}

/// A secret key of Commit-Boost's own tests, published with them: the delegator of the golden delegation.
const PUBLISHED: B256 = b256!("0x0088e364a5396a81b50febbdc8784663fb9089b5e67cbdc173991a00c587673f");

#[test]
fn the_golden_delegation_verifies_and_binds_its_chain() {
    let file = include_str!("../../../../fixtures/commit-boost/delegations.json");
    for vector in vectors(file) {
        let delegator: PublicKeyBytes = text(&vector, "delegator").parse().unwrap();
        let proxy = ProxyKey::Bls(text(&vector, "proxy").parse().unwrap());
        let signature: Signature = text(&vector, "signature").parse().unwrap();
        let key = PublicKey::try_from(&delegator).unwrap();
        let root = delegation_signing_root(&chain(&vector), &delegator, &proxy);
        assert!(signature.verify(&key, root).is_ok());
        // Byte for byte what we make of it: signatures are deterministic.
        let published = SecretKey::from_bytes(&PUBLISHED.0).unwrap();
        assert_eq!(published.public_key().to_bytes(), delegator);
        assert_eq!(published.sign(root), signature);
        let elsewhere = delegation_signing_root(&Chain::SEPOLIA, &delegator, &proxy);
        assert!(signature.verify(&key, elsewhere).is_err());
        // A delegation is no signature over an object.
        let object = object_signing_root(&chain(&vector), Dialect::Bare, root);
        assert!(signature.verify(&key, object).is_err());
    }
}
