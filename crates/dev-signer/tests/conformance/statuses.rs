//! What each mistake is answered with.

use alloy_primitives::B256;
use serde_json::json;

use crate::{
    support::{
        NEW_PROXY, SIGN_BLS, SIGN_LEGACY, SIGN_PROXY_BLS, SIGN_PROXY_ECDSA, http, send, token,
    },
    target::Target,
};

#[tokio::test]
async fn a_missing_or_malformed_header_is_a_bad_request_and_not_a_failure() {
    let target = Target::new().await;
    for header in [None, Some("Basic abc".to_owned()), Some("token".to_owned())] {
        assert_eq!(
            send(&target.url, SIGN_BLS, Some(b"{}"), header)
                .await
                .status,
            400
        );
    }
}

#[tokio::test]
async fn tokens_are_checked_before_bodies() {
    let target = Target::new().await;
    let answer = send(
        &target.url,
        SIGN_BLS,
        Some(b"not json"),
        Some("Bearer a.b.c".to_owned()),
    )
    .await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn bodies_of_another_syntax_shape_or_type_are_400_422_and_415() {
    let target = Target::new().await;
    let key = target.validator().await;
    let no_nonce = json!({"pubkey": key, "object_root": B256::ZERO});
    let largest = format!(
        r#"{{"pubkey":"{key}","object_root":"{}","nonce":18446744073709551616}}"#,
        B256::ZERO
    );
    for (body, expected) in [
        (b"not json".to_vec(), 400),
        (b"{".to_vec(), 400),
        (b"{}".to_vec(), 422),
        (serde_json::to_vec(&no_nonce).unwrap(), 422),
        (largest.into_bytes(), 422),
    ] {
        let token = token(&target.module.id, &target.module.secret, SIGN_BLS, &body);
        let answer = send(
            &target.url,
            SIGN_BLS,
            Some(&body),
            Some(format!("Bearer {token}")),
        )
        .await;
        assert_eq!(
            answer.status,
            expected,
            "{}",
            String::from_utf8_lossy(&body)
        );
    }
    let body = b"{}".to_vec();
    let token = token(&target.module.id, &target.module.secret, SIGN_BLS, &body);
    let plain = http()
        .post(format!("{}{SIGN_BLS}", target.url))
        .bearer_auth(token)
        .body(body);
    assert_eq!(plain.send().await.unwrap().status().as_u16(), 415);
}

#[tokio::test]
async fn keys_it_does_not_hold_are_404_and_named() {
    let target = Target::new().await;
    // A point of the curve that is nobody's key.
    let key = forebond_beacon::bls::interop_key(987_654)
        .public_key()
        .to_string();
    let address = "0x00000000000000000000000000000000000000aa";
    let root = B256::ZERO;
    for (route, body, expected) in [
        (
            SIGN_BLS,
            json!({"pubkey": key, "object_root": root, "nonce": 0}),
            "unknown consensus signer: ",
        ),
        (
            SIGN_PROXY_BLS,
            json!({"proxy": key, "object_root": root, "nonce": 0}),
            "unknown proxy signer: ",
        ),
        (
            SIGN_PROXY_ECDSA,
            json!({"proxy": address, "object_root": root, "nonce": 0}),
            "unknown proxy signer: ",
        ),
        (
            NEW_PROXY,
            json!({"pubkey": key, "scheme": "bls"}),
            "unknown consensus signer: ",
        ),
    ] {
        let answer = target.ask(&target.module, route, Some(&body)).await;
        assert_eq!(answer.status, 404, "{route}");
        assert!(
            answer.text.starts_with(expected),
            "{route}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn a_route_that_is_not_there_is_404_with_nothing_about_keys() {
    let target = Target::new().await;
    for route in [SIGN_LEGACY, "/signer/v2/get_pubkeys", "/nowhere"] {
        let answer = target.ask(&target.module, route, Some(&json!({}))).await;
        assert_eq!((answer.status, answer.text.as_str()), (404, ""), "{route}");
    }
}

#[tokio::test]
async fn a_body_beyond_a_mebibyte_is_refused() {
    let target = Target::new().await;
    let body = vec![b' '; (1 << 20) + 1];
    let token = token(&target.module.id, &target.module.secret, SIGN_BLS, &body);
    let answer = send(
        &target.url,
        SIGN_BLS,
        Some(&body),
        Some(format!("Bearer {token}")),
    )
    .await;
    assert_eq!(answer.status, 400);
}
