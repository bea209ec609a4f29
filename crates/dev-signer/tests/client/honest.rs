use alloy_primitives::B256;
use forebond_beacon::{
    bls::{PublicKey, Signature},
    signing::{
        commit_boost::{Dialect, ProxyKey, object_signing_root},
        registration,
    },
};
use forebond_commit_boost::{
    client::{ProposerSigner, ProxyScheme, SignerError},
    dialect::SignerDialect,
    protection::{KeySignature, Kind, Request, SigningKey},
    safe::SafeError,
};
use forebond_dev_signer::{Flavour, SignerConfig};

use crate::{
    support::{self, CHAIN, SIGNING_ID},
    world::World,
};

fn flavours() -> [(Flavour, SignerDialect); 4] {
    [
        (Flavour::Split, SignerDialect::Split),
        (Flavour::SplitAndLegacy, SignerDialect::Split),
        (Flavour::Legacy, SignerDialect::Legacy),
        (Flavour::Web3, SignerDialect::Web3),
    ]
}

async fn world(flavour: Flavour) -> World {
    World::with(SignerConfig {
        flavour,
        ..support::config()
    })
    .await
}

#[tokio::test]
async fn each_dialect_is_found_out_and_stored_with_a_signature_that_verifies_in_it() {
    for (flavour, dialect) in flavours() {
        let world = world(flavour).await;
        let proposer = world.proposer();
        let request = world.delegation(100, 1);
        let stored = proposer.sign(request).await.unwrap();
        assert_eq!(stored.dialect, dialect);
        let wrapper = match dialect {
            SignerDialect::Split => Dialect::Module {
                signing_id: SIGNING_ID,
                nonce: 0,
            },
            SignerDialect::Legacy | SignerDialect::Web3 => Dialect::Bare,
        };
        let root = object_signing_root(&CHAIN, wrapper, request.object_root);
        assert_eq!(stored.signing_root, root);
        let KeySignature::Bls(bytes) = stored.signature else {
            panic!()
        };
        let key = PublicKey::try_from(&world.validator(0)).unwrap();
        Signature::from_bytes(bytes.as_slice())
            .unwrap()
            .verify(&key, root)
            .unwrap();
        // Nothing was signed to find the dialect out, and no token failed.
        assert_eq!(world.signer.signed(), 1, "{flavour:?}");
    }
}

#[tokio::test]
async fn proxies_of_both_kinds_are_made_listed_and_sign_commitments() {
    for (flavour, dialect) in flavours() {
        let world = world(flavour).await;
        let proposer = world.proposer();
        let delegator = world.validator(0);
        for scheme in [ProxyScheme::Bls, ProxyScheme::Ecdsa] {
            let made = proposer.signer().new_proxy(delegator, scheme).await;
            if dialect == SignerDialect::Web3 && scheme == ProxyScheme::Ecdsa {
                assert!(
                    matches!(made, Err(SignerError::Unsupported { .. })),
                    "{made:?}"
                );
                continue;
            }
            let made = made.unwrap();
            let keys = proposer.signer().public_keys().await.unwrap();
            let ours = keys.iter().find(|set| set.consensus == delegator).unwrap();
            let (key, kind) = match made.proxy {
                ProxyKey::Bls(key) => {
                    assert!(ours.proxy_bls.contains(&key));
                    (SigningKey::ProxyBls(key), Kind::Commitment)
                }
                ProxyKey::Ecdsa(address) => {
                    assert!(ours.proxy_ecdsa.contains(&address));
                    (SigningKey::ProxyEcdsa(address), Kind::Constraints)
                }
            };
            let mut request = Request {
                key,
                nonce: 5,
                ..world.delegation(7, 3)
            };
            request.position.kind = kind;
            let stored = proposer.sign(request).await.unwrap();
            assert_eq!(stored.dialect, dialect);
        }
    }
}

#[tokio::test]
async fn what_users_wait_for_is_never_signed_by_the_validators_own_key() {
    let world = World::new().await;
    let proposer = world.proposer();
    for kind in [Kind::Commitment, Kind::Constraints] {
        let mut request = world.delegation(100, 1);
        request.position.kind = kind;
        let refused = proposer.sign(request).await;
        assert!(
            matches!(refused, Err(SafeError::ConsensusKey { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(world.signer.asked(), 0);
}

#[tokio::test]
async fn a_registration_is_not_asked_of_a_signer_that_does_not_bind_it() {
    for (flavour, dialect) in flavours() {
        let world = world(flavour).await;
        let mut request = world.delegation(0, 1);
        request.position.kind = Kind::Registration;
        let outcome = world.proposer().sign(request).await;
        if dialect == SignerDialect::Split {
            outcome.unwrap();
        } else {
            assert!(
                matches!(outcome, Err(SafeError::Unbound { .. })),
                "{outcome:?}"
            );
            assert_eq!(world.signer.signed(), 0);
        }
    }
}

/// From the registry's object root to the signature it verifies.
#[tokio::test]
async fn a_registration_is_signed_over_the_root_that_our_registry_checks() {
    use crate::{
        support::MODULE,
        world::{proposer, settings},
    };
    let mut config = support::config();
    config.modules.get_mut(MODULE).unwrap().signing_id = registration::SIGNING_ID;
    let world = World::with(config).await;
    let mut settings = settings(&world.signer.url());
    settings.signing_id = registration::SIGNING_ID;
    let (operator, registry) = ([1; 20].into(), [2; 20].into());
    let nonce = 3;
    let mut request = Request {
        nonce,
        object_root: registration::object_root(operator, registry),
        ..world.delegation(nonce, 0)
    };
    request.position.kind = Kind::Registration;
    request.position.signing_id = registration::SIGNING_ID;
    let stored = proposer(world.dir.path(), settings)
        .sign(request)
        .await
        .unwrap();
    assert_eq!(
        stored.signing_root,
        registration::signing_root(&CHAIN, operator, registry, nonce)
    );
}

#[tokio::test]
async fn another_content_is_refused_without_a_word_to_the_signer() {
    let world = World::new().await;
    let proposer = world.proposer();
    let first = proposer.sign(world.delegation(100, 1)).await.unwrap();
    let asked = world.signer.asked();
    assert!(matches!(
        proposer.sign(world.delegation(100, 2)).await,
        Err(SafeError::Protection(_))
    ));
    // The same one again: from the disk.
    assert_eq!(
        proposer.sign(world.delegation(100, 1)).await.unwrap(),
        first
    );
    assert_eq!(world.signer.asked(), asked);
    assert_eq!(world.signer.signed(), 1);
}

#[tokio::test]
async fn of_many_contents_asked_for_at_once_one_is_signed() {
    let world = World::new().await;
    let proposer = std::sync::Arc::new(world.proposer());
    let mut tasks = tokio::task::JoinSet::new();
    for object in 0..16 {
        let (proposer, request) = (
            std::sync::Arc::clone(&proposer),
            world.delegation(100, object),
        );
        tasks.spawn(async move { proposer.sign(request).await });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(world.signer.signed(), 1);
}

#[tokio::test]
async fn a_permit_of_another_module_is_not_used() {
    let world = World::new().await;
    let mut request = world.delegation(100, 1);
    request.position.signing_id = B256::repeat_byte(9);
    let refused = world.proposer().sign(request).await;
    assert!(
        matches!(
            refused,
            Err(SafeError::Signer(SignerError::OtherModule { .. }))
        ),
        "{refused:?}"
    );
    assert_eq!(world.signer.signed(), 0);
}

/// A reverse proxy that takes its path off again before the signer.
#[tokio::test]
async fn a_path_in_the_url_is_kept_and_tokens_name_the_route_without_it() {
    use axum::{body::Body, extract::Request as HttpRequest};
    let world = World::new().await;
    let behind = world.signer.url();
    let proxy = axum::Router::new().fallback(move |request: HttpRequest| {
        let behind = behind.clone();
        async move {
            let path = request.uri().path().to_owned();
            let Some(route) = path.strip_prefix("/signers/one") else {
                return axum::http::Response::builder()
                    .status(404)
                    .body(Body::empty())
                    .unwrap();
            };
            let mut onward =
                support::http().request(request.method().clone(), format!("{behind}{route}"));
            for name in ["authorization", "content-type"] {
                if let Some(value) = request.headers().get(name) {
                    onward = onward.header(name, value);
                }
            }
            let body = axum::body::to_bytes(request.into_body(), 1 << 20)
                .await
                .unwrap();
            let answer = onward.body(body).send().await.unwrap();
            let status = answer.status();
            axum::http::Response::builder()
                .status(status)
                .body(Body::from(answer.bytes().await.unwrap()))
                .unwrap()
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move { axum::serve(listener, proxy).await });
    for url in [
        format!("http://{address}/signers/one"),
        format!("http://{address}/signers/one/"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let proposer = crate::world::proposer(dir.path(), crate::world::settings(&url));
        proposer.sign(world.delegation(100, 1)).await.unwrap();
    }
    serving.abort();
}

/// What can never be signed must not occupy its position.
#[tokio::test]
async fn a_request_that_is_in_vain_leaves_no_record() {
    let world = world(Flavour::Web3).await;
    let proposer = world.proposer();
    let mut request = world.delegation(100, 1);
    request.key = SigningKey::ProxyEcdsa([1; 20].into());
    let unnameable = proposer.sign(request).await;
    assert!(
        matches!(
            unnameable,
            Err(SafeError::Signer(SignerError::Unsupported { .. }))
        ),
        "{unnameable:?}"
    );
    let mut registration = world.delegation(100, 1);
    registration.position.kind = Kind::Registration;
    assert!(proposer.sign(registration).await.is_err());
    let mut foreign = world.delegation(100, 1);
    foreign.position.signing_id = B256::repeat_byte(9);
    assert!(proposer.sign(foreign).await.is_err());
    assert_eq!(proposer.protection().export().unwrap().data, []);
    proposer.sign(world.delegation(100, 2)).await.unwrap();
}
