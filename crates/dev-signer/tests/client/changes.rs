//! A signer that becomes another between two requests.

use forebond_commit_boost::{
    client::{HttpSigner, ProposerSigner, SignerError},
    dialect::SignerDialect,
    safe::SafeError,
};
use forebond_dev_signer::{Fault, FaultPlan, Flavour, SignerConfig};

use crate::{
    support,
    world::{World, settings},
};

/// The first request after the change fails in a way that says so; the second finds the new dialect.
#[tokio::test]
async fn a_changed_dialect_is_noticed_and_the_next_request_goes_on_in_the_new_one() {
    for (before, after, dialect) in [
        (Flavour::Split, Flavour::Legacy, SignerDialect::Legacy),
        (Flavour::Split, Flavour::Web3, SignerDialect::Web3),
        (Flavour::Legacy, Flavour::Split, SignerDialect::Split),
        (Flavour::Web3, Flavour::Split, SignerDialect::Split),
    ] {
        let world = World::with(SignerConfig {
            flavour: before,
            ..support::config()
        })
        .await;
        let proposer = world.proposer();
        let old = proposer.sign(world.delegation(1, 1)).await.unwrap();
        world.signer.become_another(after);
        let error = proposer.sign(world.delegation(2, 1)).await.unwrap_err();
        match (&error, before) {
            (SafeError::Signer(SignerError::DialectChanged { .. }), Flavour::Split) => {}
            // Older signers say of a missing route what they say of a missing key.
            (
                SafeError::Signer(SignerError::UnknownKey { .. }),
                Flavour::Legacy | Flavour::Web3,
            ) => {}
            other => panic!("{before:?} to {after:?}: {other:?}"),
        }
        let new = proposer.sign(world.delegation(2, 1)).await.unwrap();
        assert_eq!(new.dialect, dialect);
        assert_ne!(new.dialect, old.dialect);
        // Each was stored with its own.
        assert_eq!(proposer.sign(world.delegation(1, 1)).await.unwrap(), old);
        assert!(proposer.sign(world.delegation(2, 9)).await.is_err());
    }
}

#[tokio::test]
async fn an_answer_in_the_other_form_is_not_read_as_ones_own() {
    let bare = format!("\"0x{}\"", "ab".repeat(96));
    let object = format!(
        r#"{{"pubkey":"0x{}","object_root":"0x{}","module_signing_id":"0x{}","nonce":0,"chain_id":"0x1","signature":"0x{}"}}"#,
        "11".repeat(48),
        "22".repeat(32),
        "33".repeat(32),
        "44".repeat(96)
    );
    for (flavour, answer) in [
        (Flavour::Split, bare),
        (Flavour::Legacy, object.clone()),
        (Flavour::Web3, object),
    ] {
        let world = World::with(SignerConfig {
            flavour,
            ..support::config()
        })
        .await;
        let proposer = world.proposer();
        proposer.signer().dialect().await.unwrap();
        world
            .signer
            .misbehave(FaultPlan::once([Fault::Garbage(answer)]));
        let error = proposer.sign(world.delegation(1, 1)).await.unwrap_err();
        assert!(
            matches!(error, SafeError::Signer(SignerError::DialectChanged { .. })),
            "{error}"
        );
        proposer.sign(world.delegation(1, 1)).await.unwrap();
    }
}

#[tokio::test]
async fn a_dialect_that_was_set_is_not_looked_for() {
    let world = World::new().await;
    let mut settings = settings(&world.signer.url());
    settings.dialect = Some(SignerDialect::Legacy);
    let client = HttpSigner::new(settings).unwrap();
    assert_eq!(client.dialect().await.unwrap(), SignerDialect::Legacy);
    assert_eq!(world.signer.asked(), 0);
}

#[tokio::test]
async fn a_failing_signer_is_not_taken_for_an_older_one() {
    for status in [500, 502, 503, 302, 418] {
        let world = World::new().await;
        world
            .signer
            .misbehave(FaultPlan::always(Fault::Status(status, "down".to_owned())));
        let client = world.client();
        let error = client.dialect().await.unwrap_err();
        assert!(
            matches!(
                error,
                SignerError::Failed { .. } | SignerError::Refused { .. }
            ),
            "{error}"
        );
        world.signer.misbehave(FaultPlan::default());
        assert_eq!(client.dialect().await.unwrap(), SignerDialect::Split);
    }
}
