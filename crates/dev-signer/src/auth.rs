//! Tokens, checked before a body is looked at.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use axum::{
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State as Shared},
    http::header,
    middleware::Next,
    response::Response,
};
use forebond_commit_boost::jwt::{self, JwtError, LEEWAY_S, read_unverified};
use serde::Deserialize;

use crate::{Flavour, refusal::Refusal, state::State};

/// Larger bodies are refused.
pub(crate) const MAX_BODY_BYTES: usize = 1 << 20;

/// The module whose token was good.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub String);

/// Whose token it says it is.
#[derive(Deserialize)]
struct Whose {
    module: String,
}

/// All that tokens of the older signers say.
#[derive(Deserialize, serde::Serialize)]
struct Older {
    exp: u64,
    module: String,
}

fn now_s() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// A missing or malformed header is refused before tokens are counted, and with another status.
fn token(request: &Request) -> Result<String, Refusal> {
    let header = request.headers().get(header::AUTHORIZATION);
    let text = header.and_then(|value| value.to_str().ok());
    let token = text.and_then(|text| text.strip_prefix("Bearer "));
    token
        .map(str::to_owned)
        .ok_or_else(|| Refusal::Other(400, "Header of type `authorization` was missing".to_owned()))
}

fn open(state: &State, address: IpAddr) -> Result<(), Refusal> {
    match state.lockout.lock().left(address, Instant::now()) {
        Some(left) => Err(Refusal::RateLimited(left.as_secs_f64())),
        None => Ok(()),
    }
}

fn failed(state: &State, address: IpAddr) {
    state.lockout.lock().failed(address, Instant::now());
}

/// The body's bytes, then the request again.
async fn whole(
    state: &State,
    address: IpAddr,
    request: Request,
) -> Result<(Request, bytes::Bytes), Refusal> {
    let (parts, body) = request.into_parts();
    match to_bytes(body, MAX_BODY_BYTES).await {
        Ok(bytes) => Ok((Request::from_parts(parts, Body::from(bytes.clone())), bytes)),
        Err(error) => {
            failed(state, address);
            Err(Refusal::BadRequest(error.to_string()))
        }
    }
}

pub(crate) async fn module(
    Shared(state): Shared<Arc<State>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let flavour = state.flavour();
    if !flavour.wants_tokens() {
        let first = state.access.lock().modules.keys().next().cloned();
        let mut request = request;
        request
            .extensions_mut()
            .insert(Caller(first.unwrap_or_default()));
        return Ok(next.run(request).await);
    }
    let token = token(&request)?;
    open(&state, peer.ip())?;
    let (mut request, body) = whole(&state, peer.ip(), request).await?;
    let route = request.uri().path().to_owned();
    match caller(&state, flavour, &token, &route, &body) {
        Ok(module) => {
            request.extensions_mut().insert(Caller(module));
            Ok(next.run(request).await)
        }
        Err(error) => {
            tracing::debug!(%error, route, "token refused");
            failed(&state, peer.ip());
            Err(Refusal::Unauthorized)
        }
    }
}

fn caller(
    state: &State,
    flavour: Flavour,
    token: &str,
    route: &str,
    body: &[u8],
) -> Result<String, JwtError> {
    let Whose { module } = read_unverified(token)?;
    let secret = state
        .access
        .lock()
        .modules
        .get(&module)
        .map(|known| known.secret.clone());
    let secret = secret.ok_or(JwtError::Form("of a module that is not known"))?;
    if flavour == Flavour::Legacy {
        let claims: Older = jwt::verify_signature(token, &secret)?;
        if claims.exp.saturating_add(LEEWAY_S) < now_s() {
            return Err(JwtError::Expired {
                exp_s: claims.exp,
                now_s: now_s(),
            });
        }
        return Ok(claims.module);
    }
    jwt::verify_module(token, &secret, &module, route, body, now_s())?;
    Ok(module)
}

pub(crate) async fn admin(
    Shared(state): Shared<Arc<State>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let token = token(&request)?;
    open(&state, peer.ip())?;
    let (request, body) = whole(&state, peer.ip(), request).await?;
    let secret = state.access.lock().admin_secret.clone();
    let route = request.uri().path();
    match jwt::verify_admin(&token, &secret, route, &body, now_s()) {
        Ok(()) => Ok(next.run(request).await),
        Err(error) => {
            tracing::debug!(%error, route, "admin token refused");
            failed(&state, peer.ip());
            Err(Refusal::Unauthorized)
        }
    }
}
