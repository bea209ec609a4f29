//! The operator's routes. Against a foreign signer only what leaves it as it was.

use serde_json::{Value, json};

use crate::{
    support::{Answer, MODULE, OTHER, PUBKEYS, admin_token, send},
    target::Target,
};

async fn admin(target: &Target, secret: &str, route: &str, body: &Value) -> Answer {
    let body = serde_json::to_vec(body).unwrap();
    let token = admin_token(secret, route, &body);
    send(
        &target.url,
        route,
        Some(&body),
        Some(format!("Bearer {token}")),
    )
    .await
}

#[tokio::test]
async fn an_empty_reload_and_a_module_nobody_knows() {
    let target = Target::new().await;
    let Some(secret) = target.admin_secret.clone() else {
        return;
    };
    let empty = admin(&target, &secret, "/reload", &json!({})).await;
    assert_eq!((empty.status, empty.text.as_str()), (200, ""));
    let nobody = admin(
        &target,
        &secret,
        "/revoke_jwt",
        &json!({"module_id": "NOBODY"}),
    )
    .await;
    assert_eq!(
        (nobody.status, nobody.text.as_str()),
        (404, "module id not found")
    );
    assert_eq!(target.ask(&target.module, PUBKEYS, None).await.status, 200);
}

#[tokio::test]
async fn secrets_change_without_a_restart_for_the_modules_named_and_no_others() {
    let target = Target::embedded().await;
    let secret = target.admin_secret.clone().unwrap();
    let change = json!({"jwt_secrets": format!("{MODULE}=rotated"), "admin_secret": "operator 2"});
    assert_eq!(
        admin(&target, &secret, "/reload", &change).await.status,
        200
    );
    assert_eq!(target.ask(&target.module, PUBKEYS, None).await.status, 401);
    let mut rotated = target.module.clone();
    rotated.secret = "rotated".to_owned();
    assert_eq!(target.ask(&rotated, PUBKEYS, None).await.status, 200);
    assert_eq!(target.ask(&target.other, PUBKEYS, None).await.status, 200);
    assert_eq!(
        admin(&target, &secret, "/reload", &json!({})).await.status,
        401
    );
    assert_eq!(
        admin(&target, "operator 2", "/reload", &json!({}))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_reload_that_names_a_stranger_changes_nothing() {
    let target = Target::embedded().await;
    let secret = target.admin_secret.clone().unwrap();
    let change =
        json!({"jwt_secrets": format!("{MODULE}=rotated,NOBODY=x"), "admin_secret": "operator 2"});
    assert_eq!(
        admin(&target, &secret, "/reload", &change).await.status,
        400
    );
    assert_eq!(target.ask(&target.module, PUBKEYS, None).await.status, 200);
    assert_eq!(
        admin(&target, &secret, "/reload", &json!({})).await.status,
        200
    );
}

#[tokio::test]
async fn a_revoked_module_is_shut_out_at_once() {
    let target = Target::embedded().await;
    let secret = target.admin_secret.clone().unwrap();
    assert_eq!(target.ask(&target.other, PUBKEYS, None).await.status, 200);
    let revoked = admin(
        &target,
        &secret,
        "/revoke_jwt",
        &json!({"module_id": OTHER}),
    )
    .await;
    assert_eq!(revoked.status, 200);
    assert_eq!(target.ask(&target.other, PUBKEYS, None).await.status, 401);
    assert_eq!(target.ask(&target.module, PUBKEYS, None).await.status, 200);
}

#[tokio::test]
async fn another_secret_route_or_body_opens_no_operators_route() {
    let target = Target::embedded().await;
    let secret = target.admin_secret.clone().unwrap();
    assert_eq!(
        admin(&target, "wrong", "/reload", &json!({})).await.status,
        401
    );
    let elsewhere = admin_token(&secret, "/revoke_jwt", b"{}");
    let answer = send(
        &target.url,
        "/reload",
        Some(b"{}"),
        Some(format!("Bearer {elsewhere}")),
    )
    .await;
    assert_eq!(answer.status, 401);
    let other_body = admin_token(&secret, "/reload", b"{}");
    let body = br#"{"admin_secret":"mine"}"#;
    let answer = send(
        &target.url,
        "/reload",
        Some(body),
        Some(format!("Bearer {other_body}")),
    )
    .await;
    assert_eq!(answer.status, 401);
}
