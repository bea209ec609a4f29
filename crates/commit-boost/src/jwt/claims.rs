use alloy_primitives::{B256, keccak256};
use serde::{Deserialize, Serialize};

use super::LIFETIME_S;

/// keccak256 of what is sent; nothing is sent without a body.
#[must_use]
pub fn payload_hash(body: &[u8]) -> Option<B256> {
    (!body.is_empty()).then(|| keccak256(body))
}

/// What a module says about its request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleClaims {
    /// Unix seconds after which the token is worth nothing.
    pub exp: u64,
    /// The module's id.
    pub module: String,
    /// Path of the request.
    pub route: String,
    /// keccak256 of the body.
    #[serde(default)]
    pub payload_hash: Option<B256>,
}

impl ModuleClaims {
    /// The claims of a request made at `now_s` (Unix seconds).
    #[must_use]
    pub fn new(module: &str, route: &str, body: &[u8], now_s: u64) -> Self {
        Self {
            exp: now_s.saturating_add(LIFETIME_S),
            module: module.to_owned(),
            route: route.to_owned(),
            payload_hash: payload_hash(body),
        }
    }
}

/// What the signer's operator says about its request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminClaims {
    /// Unix seconds after which the token is worth nothing.
    pub exp: u64,
    /// `true`.
    pub admin: bool,
    /// Path of the request.
    pub route: String,
    /// keccak256 of the body.
    #[serde(default)]
    pub payload_hash: Option<B256>,
}

impl AdminClaims {
    /// The claims of a request made at `now_s` (Unix seconds).
    #[must_use]
    pub fn new(route: &str, body: &[u8], now_s: u64) -> Self {
        Self {
            exp: now_s.saturating_add(LIFETIME_S),
            admin: true,
            route: route.to_owned(),
            payload_hash: payload_hash(body),
        }
    }
}
