//! A signer that lies: its signatures go nowhere, and what was asked stays the only thing that may be asked.

use forebond_commit_boost::{
    client::{Advice, ProposerSigner, ProxyScheme, SignerError},
    safe::SafeError,
};
use forebond_dev_signer::{Fault, FaultPlan, Flavour, SignerConfig};

use crate::{support, world::World};

/// What comes of a request whose answer has `fault`, after an honest look at the dialect.
async fn lied_to(flavour: Flavour, fault: Fault) -> (World, SignerError) {
    let world = World::with(SignerConfig {
        flavour,
        ..support::config()
    })
    .await;
    let proposer = world.proposer();
    proposer.signer().dialect().await.unwrap();
    world.signer.misbehave(FaultPlan::always(fault));
    let error = match proposer.sign(world.delegation(100, 1)).await.unwrap_err() {
        SafeError::Signer(error) => error,
        other => panic!("{other}"),
    };
    // Nothing of the answer was kept …
    assert_eq!(
        proposer
            .protection()
            .look(&world.delegation(100, 1))
            .unwrap(),
        None
    );
    // … and the lie opens no way to another content, now or after a restart.
    world.signer.misbehave(FaultPlan::default());
    assert!(matches!(
        proposer.sign(world.delegation(100, 2)).await,
        Err(SafeError::Protection(_))
    ));
    drop(proposer);
    let proposer = world.proposer();
    assert!(matches!(
        proposer.sign(world.delegation(100, 2)).await,
        Err(SafeError::Protection(_))
    ));
    // The same content goes on from there.
    proposer.sign(world.delegation(100, 1)).await.unwrap();
    (world, error)
}

#[tokio::test]
async fn a_wrong_signature_and_another_keys_are_not_verified() {
    for flavour in [Flavour::Split, Flavour::Legacy, Flavour::Web3] {
        for fault in [Fault::WrongSignature, Fault::OtherKey, Fault::OtherRoot] {
            let (_world, error) = lied_to(flavour, fault.clone()).await;
            let is_echo = fault == Fault::OtherRoot && flavour == Flavour::Split;
            match &error {
                SignerError::Echo {
                    field: "object_root",
                    ..
                } if is_echo => {}
                SignerError::NotVerified { .. } if !is_echo => {}
                other => panic!("{flavour:?} {fault:?}: {other}"),
            }
            assert_eq!(error.advice(), Advice::Alarm);
        }
    }
}

#[tokio::test]
async fn an_echo_of_another_nonce_module_or_chain_is_refused_whatever_the_signature() {
    for (fault, expected) in [
        (Fault::OtherNonce, "nonce"),
        (Fault::WrongEcho, "nonce"),
        (Fault::OtherSigningId, "module_signing_id"),
        (Fault::OtherChain, "chain_id"),
    ] {
        let (_world, error) = lied_to(Flavour::Split, fault).await;
        let SignerError::Echo { field, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!(*field, expected);
    }
}

#[tokio::test]
async fn garbage_is_shown_shortened_and_not_asked_for_again() {
    let long = format!("\"0x{}\"", "ab".repeat(5_000));
    for text in [
        "<html>Welcome to nginx!</html>",
        "{}",
        "null",
        "\"0x1234\"",
        "\"text\"",
        "",
        &long,
        "[[[[[[[",
    ] {
        let (world, error) = lied_to(Flavour::Legacy, Fault::Garbage(text.to_owned())).await;
        assert!(
            matches!(error, SignerError::Answer { .. }),
            "{text:.30}: {error}"
        );
        assert!(error.to_string().len() < 600, "{error}");
        // A probe, the garbage, and after the restart a probe and the answer.
        assert_eq!(world.signer.asked(), 4, "{text:.30}");
    }
}

#[tokio::test]
async fn a_body_of_a_gigabyte_is_cut_off() {
    let (world, error) = lied_to(Flavour::Split, Fault::Huge(1 << 30)).await;
    assert!(matches!(error, SignerError::TooLong { .. }), "{error}");
    drop(world);
    let world = World::new().await;
    world
        .signer
        .misbehave(FaultPlan::always(Fault::Huge(1 << 30)));
    let error = world.client().public_keys().await.unwrap_err();
    assert!(matches!(error, SignerError::TooLong { .. }), "{error}");
}

#[tokio::test]
async fn a_delegation_by_another_key_or_about_another_validator_is_refused() {
    let world = World::new().await;
    let client = world.client();
    client.dialect().await.unwrap();
    for scheme in [ProxyScheme::Bls, ProxyScheme::Ecdsa] {
        world
            .signer
            .misbehave(FaultPlan::once([Fault::WrongSignature, Fault::WrongEcho]));
        let wrong = client.new_proxy(world.validator(0), scheme).await;
        assert!(
            matches!(wrong, Err(SignerError::NotVerified { .. })),
            "{wrong:?}"
        );
        let wrong = client.new_proxy(world.validator(0), scheme).await;
        assert!(
            matches!(
                wrong,
                Err(SignerError::Echo {
                    field: "delegator",
                    ..
                })
            ),
            "{wrong:?}"
        );
    }
}
