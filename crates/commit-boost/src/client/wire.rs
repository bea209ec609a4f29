//! Bodies and answers of the three dialects.

use alloy_primitives::{Address, B256, U256};
use forebond_beacon::bls::{PublicKeyBytes, SignatureBytes};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use super::ProxyScheme;

/// All validators' keys; the same in every dialect.
pub(super) const PUBKEYS: &str = "/signer/v1/get_pubkeys";
/// A new proxy key; the same in every dialect that has it.
pub(super) const NEW_PROXY: &str = "/signer/v1/generate_proxy_key";
/// The older family's one route for signatures.
pub(super) const SIGN_LEGACY: &str = "/signer/v1/request_signature";
pub(super) const SIGN_BLS: &str = "/signer/v1/request_signature/bls";
pub(super) const SIGN_PROXY_BLS: &str = "/signer/v1/request_signature/proxy-bls";
pub(super) const SIGN_PROXY_ECDSA: &str = "/signer/v1/request_signature/proxy-ecdsa";
/// Commit-Boost's health check, without a token.
pub(super) const STATUS: &str = "/status";

/// From v0.10 on.
#[derive(Debug, Serialize)]
pub(super) struct SplitRequest {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pubkey: Option<PublicKeyBytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    pub object_root: B256,
    pub nonce: u64,
}

/// The older family: the kind of key is in the body.
#[derive(Debug, Serialize)]
pub(super) struct LegacyRequest {
    #[serde(rename = "type")]
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pubkey: Option<PublicKeyBytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    pub object_root: B256,
}

/// From v0.10 on; a BLS answer names `pubkey`, an ECDSA one `address`.
#[derive(Debug, Deserialize)]
pub(super) struct SplitAnswer {
    pub pubkey: Option<PublicKeyBytes>,
    pub address: Option<Address>,
    pub object_root: B256,
    pub module_signing_id: B256,
    pub nonce: u64,
    #[serde(deserialize_with = "any_number")]
    pub chain_id: U256,
    pub signature: alloy_primitives::Bytes,
}

#[derive(Debug, Deserialize)]
pub(super) struct KeysAnswer {
    pub keys: Vec<KeysEntry>,
}

#[derive(Debug, Deserialize)]
pub(super) struct KeysEntry {
    pub consensus: PublicKeyBytes,
    #[serde(default)]
    pub proxy_bls: Vec<PublicKeyBytes>,
    #[serde(default)]
    pub proxy_ecdsa: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct ProxyRequest {
    pub pubkey: PublicKeyBytes,
    pub scheme: ProxyScheme,
}

#[derive(Debug, Deserialize)]
pub(super) struct ProxyAnswer {
    pub message: ProxyMessage,
    pub signature: SignatureBytes,
}

#[derive(Debug, Deserialize)]
pub(super) struct ProxyMessage {
    pub delegator: PublicKeyBytes,
    pub proxy: String,
}

/// A chain id as documented (a number), as a decimal string, or as hex, which is what signers send.
fn any_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<U256, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Number(u64),
        Text(String),
    }
    match Form::deserialize(deserializer)? {
        Form::Number(number) => Ok(U256::from(number)),
        Form::Text(text) => {
            let (digits, radix) = match text.strip_prefix("0x") {
                Some(digits) => (digits, 16),
                None => (text.as_str(), 10),
            };
            // The parser takes an empty text for zero.
            let is_number =
                !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            let parsed = U256::from_str_radix(digits, radix).ok();
            parsed
                .filter(|_| is_number)
                .ok_or_else(|| D::Error::custom(format!("expected a chain id, got {text:.40?}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_id_is_read_as_number_decimal_string_and_hex() {
        #[derive(Deserialize)]
        struct Answer(#[serde(deserialize_with = "any_number")] U256);
        for text in ["560048", "\"560048\"", "\"0x88bb0\""] {
            let answer: Answer = serde_json::from_str(text).unwrap();
            assert_eq!(answer.0, U256::from(560_048), "{text}");
        }
        for text in ["-1", "1.5", "\"x\"", "\"\"", "\"0x\"", "null", "[]"] {
            assert!(serde_json::from_str::<Answer>(text).is_err(), "{text}");
        }
    }
}
