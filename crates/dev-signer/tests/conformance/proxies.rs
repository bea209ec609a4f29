use alloy_primitives::{Address, B256};
use forebond_beacon::{
    bls::{PublicKey, PublicKeyBytes, Signature},
    signing::commit_boost::{ProxyKey, delegation_signing_root},
};
use serde_json::{Value, json};

use crate::{
    support::{NEW_PROXY, PUBKEYS, SIGN_PROXY_BLS, SIGN_PROXY_ECDSA},
    target::{Target, is_signed},
};

/// A new proxy, its delegation verified.
async fn make(target: &Target, delegator: &PublicKeyBytes, scheme: &str) -> String {
    let body = json!({"pubkey": delegator, "scheme": scheme});
    let answer = target
        .ask(&target.module, NEW_PROXY, Some(&body))
        .await
        .json();
    assert_eq!(answer["message"]["delegator"], json!(delegator));
    let proxy = answer["message"]["proxy"].as_str().unwrap().to_owned();
    let key = match scheme {
        "bls" => ProxyKey::Bls(proxy.parse().unwrap()),
        _ => ProxyKey::Ecdsa(proxy.parse().unwrap()),
    };
    let signature: Signature = answer["signature"].as_str().unwrap().parse().unwrap();
    let root = delegation_signing_root(&target.chain, delegator, &key);
    signature
        .verify(&PublicKey::try_from(delegator).unwrap(), root)
        .unwrap();
    proxy
}

async fn listed(target: &Target, caller: &crate::target::Caller, kind: &str) -> Vec<String> {
    let answer = target.ask(caller, PUBKEYS, None).await.json();
    let lists = answer["keys"].as_array().unwrap().iter();
    let all = lists.flat_map(|entry| entry[kind].as_array().unwrap().clone());
    all.map(|key| key.as_str().unwrap().to_lowercase())
        .collect()
}

#[tokio::test]
async fn each_call_makes_another_proxy_which_its_module_sees_and_others_do_not() {
    let target = Target::new().await;
    let delegator = target.validator().await;
    for (scheme, kind) in [("bls", "proxy_bls"), ("ecdsa", "proxy_ecdsa")] {
        let first = make(&target, &delegator, scheme).await;
        let second = make(&target, &delegator, scheme).await;
        assert_ne!(first, second);
        let ours = listed(&target, &target.module, kind).await;
        assert!(ours.contains(&first) && ours.contains(&second));
        assert!(!listed(&target, &target.other, kind).await.contains(&first));
    }
}

fn ecdsa_signer(answer: &Value, root: B256) -> Address {
    let bytes: alloy_primitives::Bytes = answer["signature"].as_str().unwrap().parse().unwrap();
    forebond_types::Signature::from_bytes(&bytes)
        .unwrap()
        .recover(root)
        .unwrap()
}

#[tokio::test]
async fn proxies_sign_the_same_root_as_validators() {
    let target = Target::new().await;
    let delegator = target.validator().await;
    let object_root = B256::repeat_byte(5);
    let root = target.root(&target.module, object_root, 9);

    let proxy = make(&target, &delegator, "bls").await;
    let body = json!({"proxy": proxy, "object_root": object_root, "nonce": 9});
    let answer = target
        .ask(&target.module, SIGN_PROXY_BLS, Some(&body))
        .await
        .json();
    assert_eq!(answer["pubkey"], json!(proxy));
    assert!(is_signed(&answer, &proxy.parse().unwrap(), root));

    let proxy = make(&target, &delegator, "ecdsa").await;
    let body = json!({"proxy": proxy, "object_root": object_root, "nonce": 9});
    let answer = target
        .ask(&target.module, SIGN_PROXY_ECDSA, Some(&body))
        .await
        .json();
    assert_eq!(answer["address"].as_str().unwrap().to_lowercase(), proxy);
    assert_eq!(
        ecdsa_signer(&answer, root),
        proxy.parse::<Address>().unwrap()
    );
}

/// The real signer lets a module use another's proxy. What must never be is a signature that passes for the other module's.
#[tokio::test]
async fn another_modules_proxy_is_refused_or_signs_in_the_name_of_who_asks() {
    let target = Target::new().await;
    let delegator = target.validator().await;
    let object_root = B256::repeat_byte(6);
    let proxy = make(&target, &delegator, "bls").await;
    let body = json!({"proxy": proxy, "object_root": object_root, "nonce": 0});
    let answer = target.ask(&target.other, SIGN_PROXY_BLS, Some(&body)).await;
    if answer.status == 404 {
        assert!(
            answer.text.starts_with("unknown proxy signer: "),
            "{}",
            answer.text
        );
        return;
    }
    let (answer, key) = (answer.json(), proxy.parse().unwrap());
    assert_eq!(answer["module_signing_id"], json!(target.other.signing_id));
    assert!(is_signed(
        &answer,
        &key,
        target.root(&target.other, object_root, 0)
    ));
    assert!(!is_signed(
        &answer,
        &key,
        target.root(&target.module, object_root, 0)
    ));
}
