//! A signer of four validators for two modules on Hoodi, and raw requests to any signer.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use alloy_primitives::B256;
use forebond_beacon::signing::commit_boost::Chain;
use forebond_commit_boost::{
    Secret,
    jwt::{AdminClaims, ModuleClaims, sign},
};
use forebond_dev_signer::{Module, SignerConfig};
use reqwest::{Method, StatusCode};
use serde::Serialize;

pub const MODULE: &str = "PRECONF";
pub const OTHER: &str = "OTHER";
pub const SECRET: &str = "secret of the module";
pub const OTHER_SECRET: &str = "secret of the other module";
pub const ADMIN_SECRET: &str = "secret of the operator";
pub const SIGNING_ID: B256 = B256::repeat_byte(0x11);
pub const OTHER_SIGNING_ID: B256 = B256::repeat_byte(0x22);
pub const CHAIN: Chain = Chain::HOODI;

pub const PUBKEYS: &str = "/signer/v1/get_pubkeys";
pub const SIGN_BLS: &str = "/signer/v1/request_signature/bls";
pub const SIGN_PROXY_BLS: &str = "/signer/v1/request_signature/proxy-bls";
pub const SIGN_PROXY_ECDSA: &str = "/signer/v1/request_signature/proxy-ecdsa";
pub const SIGN_LEGACY: &str = "/signer/v1/request_signature";
pub const NEW_PROXY: &str = "/signer/v1/generate_proxy_key";

pub fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

pub fn config() -> SignerConfig {
    let module = |text, signing_id| Module {
        secret: secret(text),
        signing_id,
    };
    let mut config = SignerConfig::new(
        CHAIN,
        (0..4).collect(),
        MODULE,
        module(SECRET, SIGNING_ID),
        secret(ADMIN_SECRET),
    );
    config
        .modules
        .insert(OTHER.to_owned(), module(OTHER_SECRET, OTHER_SIGNING_ID));
    config
}

pub fn now_s() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// A module's token for this route and body.
pub fn token(module: &str, text: &str, route: &str, body: &[u8]) -> String {
    token_of(&ModuleClaims::new(module, route, body, now_s()), text)
}

pub fn token_of(claims: &impl Serialize, text: &str) -> String {
    sign(claims, &secret(text)).unwrap()
}

pub fn admin_token(text: &str, route: &str, body: &[u8]) -> String {
    token_of(&AdminClaims::new(route, body, now_s()), text)
}

/// Status and body of an answer.
#[derive(Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> serde_json::Value {
        assert_eq!(self.status, StatusCode::OK.as_u16(), "{}", self.text);
        serde_json::from_str(&self.text).unwrap()
    }
}

pub fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .timeout(Duration::from_secs(30))
        .no_proxy()
        .build()
        .unwrap()
}

/// A POST, or a GET without body, with the header `Authorization` as given.
pub async fn send(
    url: &str,
    route: &str,
    body: Option<&[u8]>,
    authorization: Option<String>,
) -> Answer {
    let method = if body.is_some() {
        Method::POST
    } else {
        Method::GET
    };
    let mut request = http().request(method, format!("{url}{route}"));
    if let Some(text) = authorization {
        request = request.header("authorization", text);
    }
    if let Some(body) = body {
        request = request
            .header("content-type", "application/json")
            .body(body.to_vec());
    }
    let response = request.send().await.unwrap();
    Answer {
        status: response.status().as_u16(),
        text: response.text().await.unwrap(),
    }
}
