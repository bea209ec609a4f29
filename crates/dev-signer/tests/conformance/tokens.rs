//! Which tokens open a route, and which do not.

use alloy_primitives::B256;
use forebond_commit_boost::jwt::{AdminClaims, LEEWAY_S, LIFETIME_S, ModuleClaims};
use serde_json::json;

use crate::{
    support::{Answer, PUBKEYS, SIGN_BLS, now_s, send, token_of},
    target::Target,
};

async fn body(target: &Target) -> Vec<u8> {
    let key = target.validator().await;
    serde_json::to_vec(&json!({"pubkey": key, "object_root": B256::repeat_byte(1), "nonce": 0}))
        .unwrap()
}

async fn sign_with(target: &Target, body: &[u8], token: &str) -> Answer {
    send(
        &target.url,
        SIGN_BLS,
        Some(body),
        Some(format!("Bearer {token}")),
    )
    .await
}

fn good(target: &Target, body: &[u8]) -> ModuleClaims {
    ModuleClaims::new(&target.module.id, SIGN_BLS, body, now_s())
}

/// Both refused and told so in text.
async fn refused(target: &Target, body: &[u8], claims: &ModuleClaims, secret: &str) {
    let answer = sign_with(target, body, &token_of(claims, secret)).await;
    let expected = Answer {
        status: 401,
        text: "unauthorized".to_owned(),
    };
    assert_eq!(answer, expected, "{claims:?}");
}

#[tokio::test]
async fn a_token_for_another_route_or_with_another_secret_is_refused() {
    let target = Target::new().await;
    let body = body(&target).await;
    let claims = good(&target, &body);
    let secret = &target.module.secret;
    assert_eq!(
        sign_with(&target, &body, &token_of(&claims, secret))
            .await
            .status,
        200
    );
    for route in [PUBKEYS, "/signer/v1/request_signature", ""] {
        let claims = ModuleClaims {
            route: route.to_owned(),
            ..claims.clone()
        };
        refused(&target, &body, &claims, secret).await;
    }
    refused(&target, &body, &claims, "another secret").await;
}

#[tokio::test]
async fn wrong_missing_and_extra_hashes_of_the_body_are_refused() {
    let target = Target::new().await;
    let body = body(&target).await;
    let secret = &target.module.secret;
    let wrong = ModuleClaims {
        payload_hash: Some(B256::repeat_byte(1)),
        ..good(&target, &body)
    };
    refused(&target, &body, &wrong, secret).await;
    let missing = ModuleClaims {
        payload_hash: None,
        ..good(&target, &body)
    };
    refused(&target, &body, &missing, secret).await;
    // The same JSON in other bytes.
    let mut spaced = body.clone();
    spaced.push(b' ');
    refused(&target, &spaced, &good(&target, &body), secret).await;
    // A hash where there is no body.
    let extra = ModuleClaims {
        payload_hash: Some(B256::repeat_byte(1)),
        ..ModuleClaims::new(&target.module.id, PUBKEYS, b"", now_s())
    };
    let answer = send(
        &target.url,
        PUBKEYS,
        None,
        Some(format!("Bearer {}", token_of(&extra, secret))),
    )
    .await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn a_token_is_good_within_the_leeway_and_not_beyond() {
    let target = Target::new().await;
    let body = body(&target).await;
    let secret = &target.module.secret;
    let at = |exp| ModuleClaims {
        exp,
        ..good(&target, &body)
    };
    let late = at(now_s() - 1);
    assert_eq!(
        sign_with(&target, &body, &token_of(&late, secret))
            .await
            .status,
        200
    );
    refused(&target, &body, &at(now_s() - LEEWAY_S - 2), secret).await;
    let fresh = at(now_s() + LIFETIME_S);
    assert_eq!(
        sign_with(&target, &body, &token_of(&fresh, secret))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_module_nobody_knows_and_one_with_anothers_secret_are_refused() {
    let target = Target::new().await;
    let body = body(&target).await;
    let foreign = ModuleClaims {
        module: "NOBODY".to_owned(),
        ..good(&target, &body)
    };
    refused(&target, &body, &foreign, &target.module.secret).await;
    let borrowed = ModuleClaims {
        module: target.other.id.clone(),
        ..good(&target, &body)
    };
    refused(&target, &body, &borrowed, &target.module.secret).await;
}

#[tokio::test]
async fn an_operators_token_is_no_modules_and_the_other_way_round() {
    let target = Target::new().await;
    let body = body(&target).await;
    let Some(admin) = &target.admin_secret else {
        return;
    };
    let claims = AdminClaims::new(SIGN_BLS, &body, now_s());
    assert_eq!(
        sign_with(&target, &body, &token_of(&claims, admin))
            .await
            .status,
        401
    );
    let claims = ModuleClaims::new(&target.module.id, "/reload", b"{}", now_s());
    let token = token_of(&claims, &target.module.secret);
    let answer = send(
        &target.url,
        "/reload",
        Some(b"{}"),
        Some(format!("Bearer {token}")),
    )
    .await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn after_the_limit_of_failures_good_tokens_are_refused_too() {
    let target = Target::new().await;
    let Some(limit) = target.fail_limit else {
        return;
    };
    let body = body(&target).await;
    let claims = good(&target, &body);
    for n in 1..=limit {
        assert_eq!(
            sign_with(&target, &body, &token_of(&claims, "wrong"))
                .await
                .status,
            401,
            "{n}"
        );
        // Successes take no failure away.
        let expected = if n < limit { 200 } else { 429 };
        let answer = sign_with(&target, &body, &token_of(&claims, &target.module.secret)).await;
        assert_eq!(
            answer.status, expected,
            "after {n} failures: {}",
            answer.text
        );
        if n == limit {
            assert!(answer.text.contains("rate limited for "), "{}", answer.text);
        }
    }
    if let Some(admin) = &target.admin_secret {
        let token = crate::support::admin_token(admin, "/reload", b"{}");
        let answer = send(
            &target.url,
            "/reload",
            Some(b"{}"),
            Some(format!("Bearer {token}")),
        )
        .await;
        assert_eq!(answer.status, 429);
    }
}
