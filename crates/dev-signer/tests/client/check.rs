use forebond_beacon::bls::interop_key;
use forebond_commit_boost::{
    check::{SelfCheckError, self_check},
    client::{HttpSigner, SignerError},
    dialect::SignerDialect,
};
use forebond_dev_signer::{Fault, FaultPlan, Flavour, SignerConfig};

use crate::{
    support,
    world::{World, settings},
};

#[tokio::test]
async fn a_good_signer_passes_in_every_dialect() {
    for (flavour, dialect) in [
        (Flavour::Split, SignerDialect::Split),
        (Flavour::Legacy, SignerDialect::Legacy),
        (Flavour::Web3, SignerDialect::Web3),
    ] {
        let world = World::with(SignerConfig {
            flavour,
            ..support::config()
        })
        .await;
        let wanted = world.validator(2);
        let found = self_check(&world.client(), &[wanted]).await.unwrap();
        assert_eq!(
            (found.dialect, found.consensus_keys, found.tested),
            (dialect, 4, wanted)
        );
        assert!(found.clock_skew_s.unwrap().abs() <= 10);
        assert_eq!(world.signer.signed(), 1);
    }
}

#[tokio::test]
async fn a_signer_without_keys_says_where_to_look() {
    let world = World::with(SignerConfig {
        validators: vec![],
        ..support::config()
    })
    .await;
    let error = self_check(&world.client(), &[]).await.unwrap_err();
    assert!(matches!(error, SelfCheckError::NoKeys), "{error}");
    assert!(error.to_string().contains("10001"), "{error}");
}

#[tokio::test]
async fn a_validator_that_we_count_on_must_be_there() {
    let world = World::new().await;
    let missing = interop_key(77).public_key().to_bytes();
    let error = self_check(&world.client(), &[world.validator(0), missing])
        .await
        .unwrap_err();
    assert!(
        matches!(error, SelfCheckError::MissingKey { key, .. } if key == missing),
        "{error}"
    );
}

#[tokio::test]
async fn a_signer_of_another_chain_or_signing_id_fails_the_self_test() {
    let world = World::new().await;
    let mut other_chain = settings(&world.signer.url());
    other_chain.chain.chain_id = 1;
    let mut other_fork = settings(&world.signer.url());
    other_fork.chain.genesis_fork_version = [9; 4].into();
    let mut other_id = settings(&world.signer.url());
    other_id.signing_id = [9; 32].into();
    for (settings, is_echo) in [(other_chain, true), (other_fork, false), (other_id, true)] {
        let error = self_check(&HttpSigner::new(settings).unwrap(), &[])
            .await
            .unwrap_err();
        match error {
            SelfCheckError::Signer(SignerError::Echo { .. }) if is_echo => {}
            SelfCheckError::Signer(SignerError::NotVerified { .. }) if !is_echo => {}
            other => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn clocks_that_differ_by_more_than_the_leeway_are_named_before_tokens_fail() {
    for (off_s, is_bad) in [(-300, true), (300, true), (-2, false), (2, false)] {
        let world = World::new().await;
        world
            .signer
            .misbehave(FaultPlan::always(Fault::ClockOff(off_s)));
        let outcome = self_check(&world.client(), &[]).await;
        match outcome {
            Err(SelfCheckError::ClockSkew { skew_s }) if is_bad => {
                assert!((skew_s - off_s).abs() <= 60, "{skew_s}")
            }
            Ok(found) if !is_bad => assert!((found.clock_skew_s.unwrap() - off_s).abs() <= 8),
            other => panic!("{off_s}: {other:?}"),
        }
    }
}
