//! HTTP in front of JSON-RPC: which origins browsers may call from.

use http::{HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// Answers preflight requests and marks answers for the allowed origins; `None` when no origin is allowed.
pub(super) fn cors(allowed_origins: &[String]) -> Option<CorsLayer> {
    let origin = match allowed_origins {
        [] => return None,
        [all] if all == "*" => AllowOrigin::any(),
        some => AllowOrigin::list(
            some.iter()
                .filter_map(|origin| HeaderValue::from_str(origin).ok()),
        ),
    };
    Some(
        CorsLayer::new()
            .allow_origin(origin)
            .allow_methods([Method::POST])
            .allow_headers([header::CONTENT_TYPE]),
    )
}

/// Whether a WebSocket may be opened from `origin`. Browsers send it and apply no other check to WebSockets, so without
/// this any page could call a gateway on its visitor's machine; other clients send none.
pub(super) fn origin_allowed(allowed_origins: &[String], origin: Option<&HeaderValue>) -> bool {
    let Some(origin) = origin else {
        return true;
    };
    allowed_origins
        .iter()
        .any(|allowed| allowed == "*" || allowed.as_bytes() == origin.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_websocket_from_a_foreign_page_is_refused_and_one_from_a_program_is_not() {
        let app = HeaderValue::from_static("https://app.example");
        let list = ["https://app.example".to_owned()];
        assert!(origin_allowed(&[], None));
        assert!(!origin_allowed(&[], Some(&app)));
        assert!(origin_allowed(&list, Some(&app)));
        assert!(!origin_allowed(
            &list,
            Some(&HeaderValue::from_static("https://app.example.evil"))
        ));
        assert!(origin_allowed(&["*".to_owned()], Some(&app)));
    }
}
