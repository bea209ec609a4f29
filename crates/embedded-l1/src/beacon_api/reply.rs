//! Answers and errors in the specification's form.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use forebond_beacon::preset::Preset;
use serde::Serialize;
use ssz::Encode;

/// The only fork there is.
pub(super) const VERSION: &str = "fulu";
const CONSENSUS_VERSION: &str = "eth-consensus-version";
const OCTET_STREAM: &str = "application/octet-stream";

/// Why a request is not answered: `{code, message}` with that status.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    message: String,
}

impl ApiError {
    pub(super) const fn new(status: StatusCode, message: String) -> Self {
        Self { status, message }
    }

    pub(super) const fn bad_request(message: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(super) const fn not_found(message: String) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Error<'a> {
            code: u16,
            message: &'a str,
        }
        json(
            self.status,
            &Error {
                code: self.status.as_u16(),
                message: &self.message,
            },
        )
    }
}

pub(super) type Answer = Result<Response, ApiError>;

fn json<T: Serialize>(status: StatusCode, body: &T) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => {
            let mut response = Response::new(Body::from(bytes));
            *response.status_mut() = status;
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert(header::CONTENT_TYPE, json);
            response
        }
        // Nothing that is answered here has keys or numbers JSON cannot hold.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[derive(Serialize)]
struct Data<T> {
    data: T,
}

/// `{data}`.
pub(super) fn data<T: Serialize>(data: T) -> Answer {
    Ok(json(StatusCode::OK, &Data { data }))
}

/// Any JSON body.
pub(super) fn body<T: Serialize>(body: &T) -> Answer {
    Ok(json(StatusCode::OK, body))
}

/// What the specification says about every answer that depends on the chain.
#[derive(Clone, Copy, Serialize)]
struct ChainData<T> {
    execution_optimistic: bool,
    finalized: bool,
    data: T,
}

/// `{execution_optimistic, finalized, data}`.
pub(super) fn chain_data<T: Serialize>(finalized: bool, data: T) -> Answer {
    Ok(json(
        StatusCode::OK,
        &ChainData {
            execution_optimistic: false,
            finalized,
            data,
        },
    ))
}

/// As [`chain_data`] with the fork's name; SSZ if the client prefers that.
pub(super) fn versioned<T: Serialize + Encode>(
    headers: &HeaderMap,
    finalized: bool,
    data: &T,
) -> Answer {
    #[derive(Serialize)]
    struct Versioned<'a, T> {
        version: &'static str,
        execution_optimistic: bool,
        finalized: bool,
        data: &'a T,
    }
    let mut response = if wants_ssz(headers) {
        ssz_bytes(data.as_ssz_bytes())
    } else {
        json(
            StatusCode::OK,
            &Versioned {
                version: VERSION,
                execution_optimistic: false,
                finalized,
                data,
            },
        )
    };
    response
        .headers_mut()
        .insert(CONSENSUS_VERSION, HeaderValue::from_static(VERSION));
    Ok(response)
}

/// SSZ bytes as they are.
pub(super) fn ssz_bytes(bytes: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(bytes));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(OCTET_STREAM));
    response
}

/// Whether the client ranks SSZ above JSON in `Accept`.
pub(super) fn wants_ssz(headers: &HeaderMap) -> bool {
    let Some(accept) = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let mut ssz = 0.0f32;
    let mut json = 0.0f32;
    for part in accept.split(',') {
        let mut fields = part.split(';').map(str::trim);
        let kind = fields.next().unwrap_or_default();
        let weight = fields
            .find_map(|field| field.strip_prefix("q=")?.parse::<f32>().ok())
            .unwrap_or(1.0);
        match kind {
            OCTET_STREAM => ssz = ssz.max(weight),
            "application/json" | "application/*" | "*/*" => json = json.max(weight),
            _ => {}
        }
    }
    ssz > 0.0 && ssz >= json
}

/// The epoch of a slot.
pub(super) fn epoch_of<P: Preset>(slot: u64) -> u64 {
    slot / P::slots_per_epoch()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ssz_is_sent_to_those_who_prefer_it() {
        let wants = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            wants_ssz(&headers)
        };
        assert!(wants("application/octet-stream"));
        assert!(wants(
            "application/octet-stream;q=1.0,application/json;q=0.9"
        ));
        assert!(!wants("application/octet-stream;q=0.5, application/json"));
        assert!(!wants("application/json"));
        assert!(!wants("*/*"));
        assert!(!wants_ssz(&HeaderMap::new()));
    }
}
