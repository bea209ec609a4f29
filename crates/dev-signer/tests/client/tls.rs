//! A signer behind TLS: the certificate that was given is trusted, and no other.

use std::sync::Arc;

use forebond_commit_boost::{
    client::{HttpSigner, ProposerSigner, SignerError},
    dialect::SignerDialect,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::world::{World, settings};

fn certificate() -> rcgen::CertifiedKey {
    rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap()
}

/// Takes TLS off in front of `signer`; gives its URL.
async fn in_front_of(signer: &str, own: &rcgen::CertifiedKey) -> String {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let key = PrivateKeyDer::try_from(own.key_pair.serialize_der()).unwrap();
    let chain: Vec<CertificateDer<'static>> = vec![own.cert.der().clone()];
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let behind = signer.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, behind) = (acceptor.clone(), behind.clone());
            tokio::spawn(async move {
                let mut outside = acceptor.accept(stream).await.ok()?;
                let mut inside = TcpStream::connect(behind).await.ok()?;
                tokio::io::copy_bidirectional(&mut outside, &mut inside)
                    .await
                    .ok()
            });
        }
    });
    format!("https://{address}")
}

#[tokio::test]
async fn the_certificate_that_was_given_is_trusted_and_no_other() {
    let world = World::new().await;
    let (own, other) = (certificate(), certificate());
    let url = in_front_of(&world.signer.url(), &own).await;
    let with = |pem: Option<String>| {
        let mut settings = settings(&url);
        settings.certificate_pem = pem.map(String::into_bytes);
        settings.patience.attempts = 1;
        settings.patience.attempt_deadline_ms = 5_000;
        HttpSigner::new(settings).unwrap()
    };
    assert_eq!(
        with(Some(own.cert.pem())).dialect().await.unwrap(),
        SignerDialect::Split
    );
    for pem in [Some(other.cert.pem()), None] {
        let refused = with(pem).dialect().await.unwrap_err();
        assert!(
            matches!(refused, SignerError::Unreachable { .. }),
            "{refused}"
        );
    }
}
