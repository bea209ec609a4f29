use std::{collections::VecDeque, time::Duration};

use futures_util::StreamExt;

/// Something wrong with one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing wrong: the answer is honest.
    None,
    /// An honest answer, later.
    Delay(Duration),
    /// No answer at all.
    Stall,
    /// The connection ends without an answer.
    Drop,
    /// This status and text. Counts as no failed token.
    Status(u16, String),
    /// The first bytes of the honest answer's key signature are another's: a valid point, a wrong signature.
    WrongSignature,
    /// The signature is of another validator's key.
    OtherKey,
    /// The answer says, and is signed for, another nonce.
    OtherNonce,
    /// … another module.
    OtherSigningId,
    /// … another chain id.
    OtherChain,
    /// … another object root.
    OtherRoot,
    /// The echo alone says another nonce; the signature is right.
    WrongEcho,
    /// A body of this many bytes, made as it is read.
    Huge(u64),
    /// This text instead of the JSON.
    Garbage(String),
    /// From now on it plays another signer.
    Become(crate::Flavour),
    /// The `Date` of the answer is off by this many seconds; the clock that checks tokens is not.
    ClockOff(i64),
}

/// What it does wrong, request by request; the routes under `/signer/` count.
#[derive(Clone, Debug, Default)]
pub struct FaultPlan {
    /// For the next requests, one each.
    pub next: VecDeque<Fault>,
    /// For all requests when `next` is empty.
    pub then: Option<Fault>,
}

impl FaultPlan {
    /// The same for every request.
    #[must_use]
    pub const fn always(fault: Fault) -> Self {
        Self {
            next: VecDeque::new(),
            then: Some(fault),
        }
    }

    /// One each for the next requests, then none.
    #[must_use]
    pub fn once(faults: impl IntoIterator<Item = Fault>) -> Self {
        Self {
            next: faults.into_iter().collect(),
            then: None,
        }
    }

    pub(crate) fn take(&mut self) -> Fault {
        let next = self.next.pop_front().or_else(|| self.then.clone());
        next.unwrap_or(Fault::None)
    }
}

/// Does what one answer's fault says, as far as it is not about the signature itself.
pub(crate) async fn on_the_way(
    axum::extract::State(state): axum::extract::State<std::sync::Arc<crate::state::State>>,
    mut request: axum::extract::Request,
    next: axum::middleware::Next,
) -> axum::response::Response {
    use crate::refusal::Refusal;
    use axum::{body::Body, http::header, response::IntoResponse};
    let fault = state.faults.lock().take();
    let json = |body: Body| ([(header::CONTENT_TYPE, "application/json")], body).into_response();
    match &fault {
        Fault::Delay(wait) => tokio::time::sleep(*wait).await,
        Fault::Stall => std::future::pending().await,
        Fault::Status(status, text) => {
            return Refusal::Other(*status, text.clone()).into_response();
        }
        Fault::Garbage(text) => return json(Body::from(text.clone())),
        Fault::Huge(length) => return json(huge(*length)),
        Fault::Drop => {
            // A body that fails at once closes the connection before anything of it is sent.
            let broken = futures_util::stream::once(async {
                Err::<bytes::Bytes, _>(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
            });
            return json(Body::from_stream(broken));
        }
        Fault::Become(flavour) => *state.flavour.lock() = *flavour,
        _ => {}
    }
    let off_s = match fault {
        Fault::ClockOff(seconds) => Some(seconds),
        _ => None,
    };
    request.extensions_mut().insert(fault);
    let mut response = next.run(request).await;
    if let Some(date) = off_s.and_then(date_off) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

fn huge(length: u64) -> axum::body::Body {
    const PART: u64 = 1 << 16;
    let part = bytes::Bytes::from(vec![b'['; 1 << 16]);
    let parts = futures_util::stream::iter(0..length.div_ceil(PART))
        .map(move |_| Ok::<_, std::convert::Infallible>(part.clone()));
    axum::body::Body::from_stream(parts)
}

fn date_off(seconds: i64) -> Option<axum::http::HeaderValue> {
    let (now, off) = (
        std::time::SystemTime::now(),
        Duration::from_secs(seconds.unsigned_abs()),
    );
    let then = if seconds < 0 {
        now.checked_sub(off)?
    } else {
        now.checked_add(off)?
    };
    httpdate::fmt_http_date(then).parse().ok()
}
