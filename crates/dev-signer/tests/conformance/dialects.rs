//! The older family, as the development signer plays it.

use alloy_primitives::B256;
use forebond_beacon::{
    bls::{PublicKey, Signature},
    signing::commit_boost::{Chain, Dialect, object_signing_root},
};
use forebond_dev_signer::{ConfigError, DevSigner, Flavour, SignerConfig, StartError};
use serde_json::json;

use crate::support::{self, CHAIN, MODULE, SECRET, SIGN_BLS, SIGN_LEGACY, send, token, token_of};

async fn start(flavour: Flavour) -> DevSigner {
    DevSigner::start(SignerConfig {
        flavour,
        ..support::config()
    })
    .await
    .unwrap()
}

async fn ask(
    signer: &DevSigner,
    route: &str,
    body: &serde_json::Value,
    authorization: Option<String>,
) -> support::Answer {
    let body = serde_json::to_vec(body).unwrap();
    send(&signer.url(), route, Some(&body), authorization).await
}

#[tokio::test]
async fn a_legacy_signer_answers_a_bare_string_over_the_bare_root() {
    let signer = start(Flavour::Legacy).await;
    let key = signer.validators()[0];
    let object_root = B256::repeat_byte(1);
    let body = json!({"type": "consensus", "pubkey": key, "object_root": object_root});
    // Its tokens bind neither route nor body.
    let older = token_of(
        &json!({"exp": support::now_s() + 60, "module": MODULE}),
        SECRET,
    );
    let bytes = serde_json::to_vec(&body).unwrap();
    let newer = token(MODULE, SECRET, SIGN_LEGACY, &bytes);
    for token in [older, newer] {
        let answer = ask(&signer, SIGN_LEGACY, &body, Some(format!("Bearer {token}")))
            .await
            .json();
        let signature: Signature = answer.as_str().unwrap().parse().unwrap();
        let root = object_signing_root(&CHAIN, Dialect::Bare, object_root);
        signature
            .verify(&PublicKey::try_from(&key).unwrap(), root)
            .unwrap();
    }
    assert_eq!(ask(&signer, SIGN_BLS, &body, None).await.status, 404);
    assert_eq!(ask(&signer, "/reload", &json!({}), None).await.status, 404);
}

#[tokio::test]
async fn a_web3_signer_wants_no_token_and_calls_every_key_pubkey() {
    let signer = start(Flavour::Web3).await;
    let key = signer.validators()[0];
    let made = ask(
        &signer,
        support::NEW_PROXY,
        &json!({"pubkey": key, "scheme": "bls"}),
        None,
    )
    .await
    .json();
    let proxy = made["message"]["proxy"].clone();
    for (kind, key) in [("consensus", json!(key)), ("proxy_bls", proxy)] {
        let body = json!({"type": kind, "pubkey": key, "object_root": B256::ZERO});
        assert!(
            ask(&signer, SIGN_LEGACY, &body, None)
                .await
                .json()
                .is_string(),
            "{kind}"
        );
    }
    let unknown = forebond_beacon::bls::interop_key(77)
        .public_key()
        .to_bytes();
    let body = json!({"type": "consensus", "pubkey": unknown, "object_root": B256::ZERO});
    let answer = ask(&signer, SIGN_LEGACY, &body, None).await;
    assert_eq!(answer.status, 404);
    assert!(answer.text.contains("<html>"), "{}", answer.text);
    assert_eq!(send(&signer.url(), "/status", None, None).await.status, 404);
}

#[tokio::test]
async fn mainnet_is_refused_by_chain_id_and_by_fork_version() {
    for chain in [
        Chain::MAINNET,
        Chain::new([1, 2, 3, 4], 1),
        Chain::new([0; 4], 31_337),
    ] {
        let refused = DevSigner::start(SignerConfig {
            chain,
            ..support::config()
        })
        .await;
        assert!(matches!(
            refused.err(),
            Some(StartError::Config(ConfigError::Mainnet))
        ));
    }
}

#[tokio::test]
async fn proxies_survive_a_restart_in_files_that_nobody_else_reads() {
    use std::os::unix::fs::MetadataExt;
    let dir = tempfile::tempdir().unwrap();
    let config = || SignerConfig {
        proxy_dir: Some(dir.path().to_owned()),
        ..support::config()
    };
    let signer = DevSigner::start(config()).await.unwrap();
    let key = signer.validators()[0];
    let make = async |signer: &DevSigner, scheme: &str| {
        let body = json!({"pubkey": key, "scheme": scheme});
        let bytes = serde_json::to_vec(&body).unwrap();
        let token = token(MODULE, SECRET, support::NEW_PROXY, &bytes);
        let answer = ask(
            signer,
            support::NEW_PROXY,
            &body,
            Some(format!("Bearer {token}")),
        )
        .await
        .json();
        answer["message"]["proxy"].as_str().unwrap().to_owned()
    };
    let bls = make(&signer, "bls").await;
    let ecdsa = make(&signer, "ecdsa").await;
    for (scheme, name) in [("bls", &bls), ("ecdsa", &ecdsa)] {
        let file = dir.path().join(MODULE).join(scheme).join(name);
        assert_eq!(std::fs::metadata(file).unwrap().mode() & 0o777, 0o600);
    }
    signer.stop().await;
    let signer = DevSigner::start(config()).await.unwrap();
    let token_ = token(MODULE, SECRET, support::PUBKEYS, b"");
    let listed = send(
        &signer.url(),
        support::PUBKEYS,
        None,
        Some(format!("Bearer {token_}")),
    )
    .await
    .text;
    assert!(listed.contains(&bls) && listed.contains(&ecdsa), "{listed}");
    assert_ne!(make(&signer, "bls").await, bls);
}

#[tokio::test]
async fn proxies_are_the_same_for_one_seed_and_others_for_another() {
    let make = async |seed: u64| {
        let signer = DevSigner::start(SignerConfig {
            seed,
            flavour: Flavour::Web3,
            ..support::config()
        })
        .await
        .unwrap();
        let body = json!({"pubkey": signer.validators()[0], "scheme": "bls"});
        ask(&signer, support::NEW_PROXY, &body, None).await.json()
    };
    assert_eq!(make(1).await, make(1).await);
    assert_ne!(make(1).await, make(2).await);
}
