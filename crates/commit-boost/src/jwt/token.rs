//! JSON Web Tokens (RFC 7519) in the compact form of RFC 7515, with HMAC-SHA-256 alone.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::Sha256;

use crate::Secret;

/// `{"typ":"JWT","alg":"HS256"}`.
const HEADER: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9";
/// Longer texts are no tokens of ours.
const MAX_BYTES: usize = 8 << 10;

/// Why a token is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    /// Not three parts of base64url with JSON in them.
    #[error("expected header.claims.signature in base64url, got something else ({0})")]
    Form(&'static str),
    /// Another algorithm; `none` above all.
    #[error("expected the algorithm HS256, got {0:?}")]
    Algorithm(String),
    /// Signed with another secret, or changed since.
    #[error(
        "the token's signature is not made with this secret; both sides must hold the same one"
    )]
    Signature,
    /// Its time is over.
    #[error(
        "the token expired at {exp_s}, now it is {now_s} (Unix seconds); make a new one for each request, and check both clocks"
    )]
    Expired {
        /// The claim.
        exp_s: u64,
        /// The verifier's clock.
        now_s: u64,
    },
    /// Made for another request.
    #[error("the token is for the route {got:?}, the request's is {expected:?}")]
    Route {
        /// The request's path.
        expected: String,
        /// The claim.
        got: String,
    },
    /// Made for another body.
    #[error(
        "the token's payload_hash is {got:?}, the body's is {expected:?}; hash the very bytes that are sent"
    )]
    Payload {
        /// keccak256 of the body, nothing without one.
        expected: Option<alloy_primitives::B256>,
        /// The claim.
        got: Option<alloy_primitives::B256>,
    },
    /// Of another module than the one whose secret it is.
    #[error("the token is for the module {got:?}, expected {expected:?}")]
    Module {
        /// Whose secret verified it.
        expected: String,
        /// The claim.
        got: String,
    },
    /// An admin route without the claim `admin: true`.
    #[error("expected the claim admin: true")]
    NotAdmin,
    /// Claims that cannot be written as JSON.
    #[error("the claims cannot be encoded: {0}")]
    Encode(String),
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

fn mac(secret: &Secret, text: &str) -> Result<Hmac<Sha256>, JwtError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose())
        .map_err(|_| JwtError::Form("the secret is no key"))?;
    mac.update(text.as_bytes());
    Ok(mac)
}

/// The compact form of `claims` under `secret`.
///
/// # Errors
/// [`JwtError::Encode`].
pub fn sign<C: Serialize>(claims: &C, secret: &Secret) -> Result<String, JwtError> {
    let claims = serde_json::to_vec(claims).map_err(|error| JwtError::Encode(error.to_string()))?;
    let signed = format!("{HEADER}.{}", URL_SAFE_NO_PAD.encode(claims));
    let tag = mac(secret, &signed)?.finalize().into_bytes();
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag)))
}

/// Header and claims, signature: the three parts of a token that is not believed yet.
struct Parts<'a> {
    signed: &'a str,
    claims: &'a str,
    tag: &'a str,
}

fn parts(token: &str) -> Result<Parts<'_>, JwtError> {
    if token.len() > MAX_BYTES {
        return Err(JwtError::Form("too long"));
    }
    let (signed, tag) = token.rsplit_once('.').ok_or(JwtError::Form("no dots"))?;
    let (header, claims) = signed.split_once('.').ok_or(JwtError::Form("one dot"))?;
    if claims.contains('.') {
        return Err(JwtError::Form("more than two dots"));
    }
    let header: Header = json(header)?;
    if header.alg != "HS256" {
        return Err(JwtError::Algorithm(header.alg.chars().take(16).collect()));
    }
    Ok(Parts {
        signed,
        claims,
        tag,
    })
}

fn json<T: DeserializeOwned>(part: &str) -> Result<T, JwtError> {
    let bytes = URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| JwtError::Form("no base64url"))?;
    serde_json::from_slice(&bytes).map_err(|_| JwtError::Form("JSON of another shape"))
}

/// The claims without a check of the signature: enough to know whose secret to check it with, and for nothing else.
///
/// # Errors
/// [`JwtError::Form`], [`JwtError::Algorithm`].
pub fn read_unverified<C: DeserializeOwned>(token: &str) -> Result<C, JwtError> {
    json(parts(token)?.claims)
}

/// The claims of a token that was signed with `secret`, unread: whoever calls this looks at each of them himself.
///
/// # Errors
/// [`JwtError::Form`], [`JwtError::Algorithm`], [`JwtError::Signature`].
pub fn verify_signature<C: DeserializeOwned>(token: &str, secret: &Secret) -> Result<C, JwtError> {
    let parts = parts(token)?;
    let tag = URL_SAFE_NO_PAD
        .decode(parts.tag)
        .map_err(|_| JwtError::Form("no base64url"))?;
    mac(secret, parts.signed)?
        .verify_slice(&tag)
        .map_err(|_| JwtError::Signature)?;
    json(parts.claims)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// The example of RFC 7515, appendix A.1, checked by other libraries: HS256 over `{"sub":"1234567890",...}`.
    #[test]
    fn a_token_of_another_library_verifies() {
        let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
        let secret = Secret::new("your-256-bit-secret".into());
        let claims: Value = verify_signature(token, &secret).unwrap();
        assert_eq!(claims["name"], "John Doe");
        let other = Secret::new("your-256-bit-secreT".into());
        assert_eq!(
            verify_signature::<Value>(token, &other),
            Err(JwtError::Signature)
        );
    }

    #[test]
    fn the_header_is_what_it_says() {
        let header: Value = super::json(HEADER).unwrap();
        assert_eq!(header, json!({"typ": "JWT", "alg": "HS256"}));
    }

    #[test]
    fn every_changed_character_of_a_token_is_noticed() {
        let secret = Secret::new("s".into());
        let token = sign(&json!({"exp": 1, "route": "/a"}), &secret).unwrap();
        for place in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(
                verify_signature::<Value>(&changed, &secret).is_err(),
                "place {place}"
            );
        }
    }

    #[test]
    fn a_token_without_signature_is_none() {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        let claims = URL_SAFE_NO_PAD.encode(r#"{"exp":9999999999}"#);
        let error =
            verify_signature::<Value>(&format!("{header}.{claims}."), &Secret::new("s".into()));
        assert_eq!(error, Err(JwtError::Algorithm("none".into())));
        for text in ["", ".", "..", "a.b", "a.b.c.d", &"a".repeat(10_000)] {
            assert!(
                matches!(
                    verify_signature::<Value>(text, &Secret::new("s".into())),
                    Err(JwtError::Form(_))
                ),
                "{text:.20}"
            );
        }
    }
}
