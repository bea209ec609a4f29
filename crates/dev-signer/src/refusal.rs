//! Errors as the real signer words them: text, not JSON.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("unauthorized")]
    Unauthorized,
    #[error("unknown consensus signer: {0}")]
    UnknownConsensus(String),
    #[error("unknown proxy signer: {0}")]
    UnknownProxy(String),
    #[error("module id not found")]
    UnknownModule,
    #[error("bad request: {0}")]
    BadRequest(String),
    #[error("rate limited for {0} more seconds")]
    RateLimited(f64),
    #[error("internal error")]
    Internal,
    #[error("{1}")]
    Other(u16, String),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Unauthorized => 401,
            Self::UnknownConsensus(_) | Self::UnknownProxy(_) | Self::UnknownModule => 404,
            Self::BadRequest(_) => 400,
            Self::RateLimited(_) => 429,
            Self::Internal => 500,
            Self::Other(status, _) => *status,
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, self.to_string()).into_response()
    }
}
