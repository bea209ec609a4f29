use alloy_primitives::B256;
use bytes::Bytes;
use forebond_beacon::{
    bls::PublicKeyBytes,
    signing::commit_boost::{Chain, ProxyKey, delegation_signing_root},
};
use serde::Serialize;
use tokio::sync::Mutex as AsyncMutex;

use super::{
    ClientSettings, KeySet, ProposerSigner, ProxyDelegation, ProxyScheme, SignerError, Verified,
    answer::{message, refusal, shortened},
    http::{LONG_ANSWER_BYTES, Outgoing, RawAnswer, SHORT_ANSWER_BYTES},
    requests::Requests,
    verified::bls,
    wire::{KeysAnswer, NEW_PROXY, PUBKEYS, ProxyAnswer, ProxyRequest, SIGN_BLS, STATUS},
    wire_sign,
};
use crate::{
    Secret,
    dialect::{
        SignerDialect, SplitProbe, after_split_probe, after_status_probe, names_unknown_key,
    },
    protection::Permit,
};

/// Longest list of validators that is read.
pub(super) const MAX_KEYS: usize = 65_536;

/// A signer over HTTP.
#[derive(Debug)]
pub struct HttpSigner {
    requests: Requests,
    signing_id: B256,
    chain: Chain,
    fixed_dialect: Option<SignerDialect>,
    /// One looks for the dialect, the others wait for what it finds.
    looking: AsyncMutex<()>,
}

impl HttpSigner {
    /// A client; asks nothing yet.
    ///
    /// # Errors
    /// [`SignerError::SetUp`].
    pub fn new(settings: ClientSettings) -> Result<Self, SignerError> {
        Ok(Self {
            signing_id: settings.signing_id,
            chain: settings.chain,
            fixed_dialect: settings.dialect,
            requests: Requests::new(settings)?,
            looking: AsyncMutex::new(()),
        })
    }

    /// The operator has changed the secret, here or at the signer: requests go out again.
    pub fn set_secret(&self, secret: Option<Secret>) {
        self.requests.state.lock().set_secret(secret);
    }

    async fn look_for_dialect(&self) -> Result<SignerDialect, SignerError> {
        let what = "finding out the signer's dialect";
        // No key in it: nobody can sign it, and only a server that knows the route complains about its shape.
        let probe = self
            .requests
            .patiently(short(what, SIGN_BLS, Some(Bytes::from_static(b"{}"))))
            .await?;
        match after_split_probe(probe.status, &message(&probe.body)) {
            SplitProbe::Split => Ok(SignerDialect::Split),
            SplitProbe::Older => {
                let status = self
                    .requests
                    .only_once(short(what, STATUS, None), false)
                    .await?;
                Ok(after_status_probe(status.status))
            }
            SplitProbe::Unclear => {
                let retry_after = probe.retry_after.as_deref();
                Err(refusal(what, probe.status, retry_after, &probe.body))
            }
        }
    }

    /// The signer is not what it was: look again before the next request.
    fn forget_dialect(&self) {
        if self.fixed_dialect.is_none() {
            self.requests.state.lock().dialect = None;
        }
    }
}

/// A request whose honest answer is short.
const fn short<'a>(what: &'a str, route: &'static str, body: Option<Bytes>) -> Outgoing<'a> {
    Outgoing {
        what,
        route,
        body,
        limit_bytes: SHORT_ANSWER_BYTES,
    }
}

/// The bytes that are hashed and sent.
pub(super) fn encode<B: Serialize>(body: &B) -> Result<Bytes, SignerError> {
    serde_json::to_vec(body)
        .map(Bytes::from)
        .map_err(|error| SignerError::SetUp(error.to_string()))
}

impl ProposerSigner for HttpSigner {
    fn signing_id(&self) -> B256 {
        self.signing_id
    }

    fn chain(&self) -> Chain {
        self.chain
    }

    async fn dialect(&self) -> Result<SignerDialect, SignerError> {
        let known = || self.requests.state.lock().dialect;
        if let Some(dialect) = known() {
            return Ok(dialect);
        }
        let what = "waiting for the signer's dialect";
        let _looking = self.requests.in_time(what, self.looking.lock()).await?;
        if let Some(dialect) = known() {
            return Ok(dialect);
        }
        let dialect = self.look_for_dialect().await?;
        tracing::info!(%dialect, "the signer's dialect");
        self.requests.state.lock().dialect = Some(dialect);
        Ok(dialect)
    }

    async fn public_keys(&self) -> Result<Vec<KeySet>, SignerError> {
        let what = "the signer's public keys";
        let answer = self
            .requests
            .patiently(Outgoing {
                limit_bytes: LONG_ANSWER_BYTES,
                ..short(what, PUBKEYS, None)
            })
            .await?;
        let answer: KeysAnswer = read(what, "{\"keys\": […]}", &answer)?;
        if answer.keys.len() > MAX_KEYS {
            return Err(SignerError::Answer {
                what: what.to_owned(),
                expected: "at most 65536 validators",
                got: format!("{}", answer.keys.len()),
            });
        }
        let sets = answer.keys.into_iter().map(|entry| KeySet {
            consensus: entry.consensus,
            proxy_bls: entry.proxy_bls,
            proxy_ecdsa: entry
                .proxy_ecdsa
                .iter()
                .filter_map(|text| text.parse().ok())
                .collect(),
        });
        Ok(sets.collect())
    }

    async fn sign(&self, permit: &Permit) -> Result<Verified, SignerError> {
        let request = permit.request();
        let what = format!(
            "a signature of {} for slot {}",
            request.key, request.position.slot
        );
        if request.position.signing_id != self.signing_id {
            return Err(SignerError::OtherModule {
                what,
                expected: self.signing_id,
                got: request.position.signing_id,
            });
        }
        let call = wire_sign::call(&what, permit)?;
        let answer = self
            .requests
            .patiently(short(&what, call.route, Some(call.body)))
            .await?;
        if matches!(answer.status, 404 | 405) && !names_unknown_key(&message(&answer.body)) {
            self.forget_dialect();
            // On the split path this can only be a missing route; older signers say the same of keys they do not have.
            return Err(match permit.dialect() {
                SignerDialect::Split => SignerError::DialectChanged {
                    what,
                    before: permit.dialect(),
                },
                _ => SignerError::UnknownKey {
                    what,
                    message: format!("{}: {}", answer.status, message(&answer.body)),
                },
            });
        }
        let signature =
            wire_sign::signature(&what, permit, &self.chain, &answer).inspect_err(|error| {
                if matches!(error, SignerError::DialectChanged { .. }) {
                    self.forget_dialect();
                }
            })?;
        Verified::check(&self.chain, permit, signature).map_err(|reason| SignerError::NotVerified {
            what,
            reason: Box::new(reason),
        })
    }

    async fn new_proxy(
        &self,
        delegator: PublicKeyBytes,
        scheme: ProxyScheme,
    ) -> Result<ProxyDelegation, SignerError> {
        let what = "a new proxy key";
        let dialect = self.dialect().await?;
        if dialect == SignerDialect::Web3 && scheme == ProxyScheme::Ecdsa {
            return Err(SignerError::unnameable(what, dialect));
        }
        let body = encode(&ProxyRequest {
            pubkey: delegator,
            scheme,
        })?;
        // The answer may be lost on its way although a key was made.
        let answer = self
            .requests
            .only_once(short(what, NEW_PROXY, Some(body)), true)
            .await?;
        let answer: ProxyAnswer = read(what, "{\"message\", \"signature\"}", &answer)?;
        let echo = |field, expected: String, got: &dyn std::fmt::Display| SignerError::Echo {
            what: what.to_owned(),
            field,
            expected,
            got: shortened(&got.to_string()),
        };
        if answer.message.delegator != delegator {
            return Err(echo(
                "delegator",
                delegator.to_string(),
                &answer.message.delegator,
            ));
        }
        let text = &answer.message.proxy;
        let proxy = match scheme {
            ProxyScheme::Bls => text.parse().ok().map(ProxyKey::Bls),
            ProxyScheme::Ecdsa => text.parse().ok().map(ProxyKey::Ecdsa),
        };
        let proxy = proxy.ok_or_else(|| echo("scheme", format!("{scheme:?}"), text))?;
        let root = delegation_signing_root(&self.chain, &delegator, &proxy);
        bls(&delegator, root, &answer.signature).map_err(|reason| SignerError::NotVerified {
            what: what.to_owned(),
            reason: Box::new(reason),
        })?;
        Ok(ProxyDelegation {
            delegator,
            proxy,
            signature: answer.signature,
        })
    }

    fn clock_skew_s(&self) -> Option<i64> {
        self.requests.state.lock().skew_s
    }
}

/// The JSON of a success.
pub(super) fn read<T: serde::de::DeserializeOwned>(
    what: &str,
    expected: &'static str,
    answer: &RawAnswer,
) -> Result<T, SignerError> {
    if answer.status != 200 {
        let retry_after = answer.retry_after.as_deref();
        return Err(refusal(what, answer.status, retry_after, &answer.body));
    }
    serde_json::from_slice(&answer.body).map_err(|error| SignerError::Answer {
        what: what.to_owned(),
        expected,
        got: format!(
            "{} ({error})",
            shortened(&String::from_utf8_lossy(&answer.body))
        ),
    })
}
