use alloy_primitives::{B256, U256};
use serde_json::{Value, json};

use crate::{
    support::{PUBKEYS, SIGN_BLS, send},
    target::{Target, is_signed},
};

fn number(value: &Value) -> U256 {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    text.parse().unwrap()
}

#[tokio::test]
async fn a_consensus_key_signs_the_root_that_names_module_nonce_and_chain() {
    let target = Target::new().await;
    let key = target.validator().await;
    let largest = u64::MAX - 1;
    for nonce in [0, 1, 101, largest] {
        let object_root = B256::repeat_byte(7);
        let body = json!({"pubkey": key, "object_root": object_root, "nonce": nonce});
        let answer = target
            .ask(&target.module, SIGN_BLS, Some(&body))
            .await
            .json();
        assert_eq!(answer["pubkey"], json!(key));
        assert_eq!(answer["object_root"], json!(object_root));
        assert_eq!(answer["module_signing_id"], json!(target.module.signing_id));
        assert_eq!(answer["nonce"], json!(nonce));
        assert_eq!(
            number(&answer["chain_id"]),
            U256::from(target.chain.chain_id)
        );
        assert!(is_signed(
            &answer,
            &key,
            target.root(&target.module, object_root, nonce)
        ));
    }
}

#[tokio::test]
async fn modules_get_different_signatures_over_the_same_object() {
    let target = Target::new().await;
    let key = target.validator().await;
    let object_root = B256::repeat_byte(7);
    let body = json!({"pubkey": key, "object_root": object_root, "nonce": 0});
    let ours = target
        .ask(&target.module, SIGN_BLS, Some(&body))
        .await
        .json();
    let theirs = target
        .ask(&target.other, SIGN_BLS, Some(&body))
        .await
        .json();
    assert!(is_signed(
        &ours,
        &key,
        target.root(&target.module, object_root, 0)
    ));
    assert!(is_signed(
        &theirs,
        &key,
        target.root(&target.other, object_root, 0)
    ));
    assert_ne!(ours["signature"], theirs["signature"]);
}

#[tokio::test]
async fn the_same_request_gives_the_same_signature() {
    let target = Target::new().await;
    let body = json!({"pubkey": target.validator().await, "object_root": B256::repeat_byte(8), "nonce": 3});
    let first = target
        .ask(&target.module, SIGN_BLS, Some(&body))
        .await
        .json();
    let second = target
        .ask(&target.module, SIGN_BLS, Some(&body))
        .await
        .json();
    assert_eq!(first, second);
}

#[tokio::test]
async fn all_validators_are_listed_and_the_health_check_needs_no_token() {
    let target = Target::new().await;
    let keys = target.ask(&target.module, PUBKEYS, None).await.json();
    let keys = keys["keys"].as_array().unwrap();
    assert!(!keys.is_empty());
    for entry in keys {
        assert!(entry["proxy_bls"].is_array() && entry["proxy_ecdsa"].is_array());
    }
    assert_eq!(send(&target.url, "/status", None, None).await.status, 200);
}
