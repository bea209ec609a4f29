use alloy_primitives::{B256, FixedBytes};
use forebond_beacon::{
    bls::{PublicKey, PublicKeyBytes, Signature},
    signing::commit_boost::{Chain, Dialect, object_signing_root},
};
use forebond_dev_signer::DevSigner;
use serde_json::Value;

use crate::support::{
    self, ADMIN_SECRET, Answer, CHAIN, MODULE, OTHER, OTHER_SECRET, OTHER_SIGNING_ID, PUBKEYS,
    SECRET, SIGNING_ID, send, token,
};

/// A module of the signer that is looked at.
#[derive(Clone, Debug)]
pub struct Caller {
    pub id: String,
    pub secret: String,
    pub signing_id: B256,
}

/// The signer that is looked at.
pub struct Target {
    pub url: String,
    pub chain: Chain,
    pub module: Caller,
    pub other: Caller,
    pub admin_secret: Option<String>,
    pub fail_limit: Option<u32>,
    /// Ours lives as long as the test.
    _embedded: Option<DevSigner>,
}

fn variable(name: &str) -> Option<String> {
    std::env::var(format!("FOREBOND_SIGNER_{name}")).ok()
}

fn required(name: &str) -> String {
    variable(name).unwrap_or_else(|| panic!("FOREBOND_SIGNER_{name} is not set"))
}

impl Target {
    /// The one that the environment names, or a new development signer.
    pub async fn new() -> Self {
        match variable("URL") {
            Some(url) => Self::foreign(url),
            None => Self::embedded().await,
        }
    }

    fn foreign(url: String) -> Self {
        let fork: FixedBytes<4> = required("FORK_VERSION").parse().unwrap();
        let caller = |prefix: &str| Caller {
            id: required(&format!("{prefix}MODULE")),
            secret: required(&format!("{prefix}JWT")),
            signing_id: required(&format!("{prefix}SIGNING_ID")).parse().unwrap(),
        };
        Self {
            url: url.trim_end_matches('/').to_owned(),
            chain: Chain::new(fork.0, required("CHAIN_ID").parse().unwrap()),
            module: caller(""),
            other: caller("OTHER_"),
            admin_secret: variable("ADMIN_JWT"),
            fail_limit: variable("FAIL_LIMIT").map(|limit| limit.parse().unwrap()),
            _embedded: None,
        }
    }

    pub async fn embedded() -> Self {
        let config = forebond_dev_signer::SignerConfig {
            auth_fail_limit: 8,
            ..support::config()
        };
        let signer = DevSigner::start(config).await.unwrap();
        let caller = |id: &str, secret: &str, signing_id| Caller {
            id: id.to_owned(),
            secret: secret.to_owned(),
            signing_id,
        };
        Self {
            url: signer.url(),
            chain: CHAIN,
            module: caller(MODULE, SECRET, SIGNING_ID),
            other: caller(OTHER, OTHER_SECRET, OTHER_SIGNING_ID),
            admin_secret: Some(ADMIN_SECRET.to_owned()),
            fail_limit: Some(8),
            _embedded: Some(signer),
        }
    }

    /// With a good token of `caller`.
    pub async fn ask(&self, caller: &Caller, route: &str, body: Option<&Value>) -> Answer {
        let body = body.map(|body| serde_json::to_vec(body).unwrap());
        let hashed = body.as_deref().unwrap_or_default();
        let token = token(&caller.id, &caller.secret, route, hashed);
        send(
            &self.url,
            route,
            body.as_deref(),
            Some(format!("Bearer {token}")),
        )
        .await
    }

    /// A validator's key of the signer.
    pub async fn validator(&self) -> PublicKeyBytes {
        let answer = self.ask(&self.module, PUBKEYS, None).await.json();
        answer["keys"][0]["consensus"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }

    /// What a key signs for `caller`.
    pub fn root(&self, caller: &Caller, object_root: B256, nonce: u64) -> B256 {
        let dialect = Dialect::Module {
            signing_id: caller.signing_id,
            nonce,
        };
        object_signing_root(&self.chain, dialect, object_root)
    }
}

/// Whether the `signature` of `answer` is `key`'s over `root`.
pub fn is_signed(answer: &Value, key: &PublicKeyBytes, root: B256) -> bool {
    let signature: Signature = answer["signature"].as_str().unwrap().parse().unwrap();
    signature
        .verify(&PublicKey::try_from(key).unwrap(), root)
        .is_ok()
}
