//! Refused tokens and lock-outs: the client must not make them worse.

use std::time::{Duration, Instant};

use forebond_commit_boost::client::{Advice, HttpSigner, ProposerSigner, SignerError};
use forebond_commit_boost::safe::SafeError;
use forebond_dev_signer::{Fault, FaultPlan, SignerConfig};

use crate::{
    support::{self, SECRET, secret, send},
    world::{World, settings},
};

fn with_secret(world: &World, text: &str) -> HttpSigner {
    let mut settings = settings(&world.signer.url());
    settings.secret = Some(secret(text));
    HttpSigner::new(settings).unwrap()
}

#[tokio::test]
async fn a_refused_token_is_the_last_one_until_the_secret_is_set_anew() {
    let world = World::new().await;
    let client = with_secret(&world, "wrong");
    let first = client.public_keys().await.unwrap_err();
    assert!(matches!(first, SignerError::Unauthorized { .. }), "{first}");
    assert_eq!(first.advice(), Advice::Operator);
    for _ in 0..5 {
        let later = client.public_keys().await.unwrap_err();
        assert!(matches!(later, SignerError::Latched { .. }), "{later}");
    }
    assert!(matches!(
        client.dialect().await,
        Err(SignerError::Latched { .. })
    ));
    assert_eq!(
        world.signer.asked(),
        1,
        "each would have counted towards a lock-out"
    );
    client.set_secret(Some(secret(SECRET)));
    client.public_keys().await.unwrap();
}

#[tokio::test]
async fn many_requests_at_once_with_a_wrong_secret_lock_nobody_out() {
    let world = World::new().await;
    let client = std::sync::Arc::new(with_secret(&world, "wrong"));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let client = std::sync::Arc::clone(&client);
        tasks.spawn(async move { client.public_keys().await.map(|_| ()) });
    }
    assert!(tasks.join_all().await.iter().all(Result::is_err));
    assert!(
        world.signer.asked() < 3,
        "{} requests went out",
        world.signer.asked()
    );
    // Another module on the same address still gets in.
    with_secret(&world, SECRET).public_keys().await.unwrap();
}

#[tokio::test]
async fn a_module_revoked_in_the_middle_stops_asking() {
    let world = World::new().await;
    let proposer = world.proposer();
    proposer.sign(world.delegation(1, 1)).await.unwrap();
    let body = br#"{"module_id":"PRECONF"}"#;
    let token = support::admin_token(support::ADMIN_SECRET, "/revoke_jwt", body);
    assert_eq!(
        send(
            &world.signer.url(),
            "/revoke_jwt",
            Some(body),
            Some(format!("Bearer {token}"))
        )
        .await
        .status,
        200
    );
    let asked = world.signer.asked();
    let first = proposer.sign(world.delegation(2, 1)).await;
    assert!(
        matches!(
            first,
            Err(SafeError::Signer(SignerError::Unauthorized { .. }))
        ),
        "{first:?}"
    );
    let second = proposer.sign(world.delegation(3, 1)).await;
    assert!(
        matches!(second, Err(SafeError::Signer(SignerError::Latched { .. }))),
        "{second:?}"
    );
    assert_eq!(world.signer.asked() - asked, 1);
    // What was signed needs no signer.
    proposer.sign(world.delegation(1, 1)).await.unwrap();
}

async fn lock_out(world: &World) {
    for _ in 0..3 {
        let answer = send(
            &world.signer.url(),
            support::PUBKEYS,
            None,
            Some("Bearer a.b.c".to_owned()),
        )
        .await;
        assert_eq!(answer.status, 401);
    }
}

#[tokio::test]
async fn a_lock_out_of_minutes_is_an_error_at_once_and_nothing_is_asked_while_it_lasts() {
    let world = World::new().await;
    lock_out(&world).await;
    let client = world.client();
    let started = Instant::now();
    let error = client.public_keys().await.unwrap_err();
    assert!(
        matches!(
            error,
            SignerError::LockedOut {
                wait_s: 200..=301,
                ..
            }
        ),
        "{error}"
    );
    let asked = world.signer.asked();
    let again = client.public_keys().await.unwrap_err();
    assert!(
        matches!(
            again,
            SignerError::LockedOut {
                wait_s: 200..=301,
                ..
            }
        ),
        "{again}"
    );
    assert_eq!(world.signer.asked(), asked);
    assert!(started.elapsed() < Duration::from_secs(100));
}

#[tokio::test]
async fn a_short_lock_out_is_waited_for() {
    let config = SignerConfig {
        auth_fail_timeout: Duration::from_secs(4),
        ..support::config()
    };
    let world = World::with(config).await;
    lock_out(&world).await;
    let started = Instant::now();
    world.client().public_keys().await.unwrap();
    assert!(
        started.elapsed() >= Duration::from_millis(2_000),
        "it was not locked out"
    );
}

#[tokio::test]
async fn a_signer_that_locks_out_for_ever_is_left_alone_after_a_few_tries() {
    let world = World::new().await;
    let proposer = world.proposer();
    proposer.signer().dialect().await.unwrap();
    world.signer.misbehave(FaultPlan::always(Fault::Status(
        429,
        "rate limited for 0".to_owned(),
    )));
    let before = world.signer.asked();
    let refused = proposer.sign(world.delegation(1, 1)).await;
    assert!(
        matches!(
            refused,
            Err(SafeError::Signer(SignerError::LockedOut { .. }))
        ),
        "{refused:?}"
    );
    assert_eq!(world.signer.asked() - before, 3);
}
