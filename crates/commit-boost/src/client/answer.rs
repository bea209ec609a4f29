//! What a status and a body mean.

use std::time::Duration;

use super::SignerError;
use crate::dialect::names_unknown_key;

/// When a lock-out does not say how long it lasts: Commit-Boost's default.
const LOCK_OUT_S: u64 = 300;
/// Longest lock-out that is believed.
const LONGEST_LOCK_OUT_S: u64 = 3_600;

/// At most 200 characters of somebody else's text, on one line.
pub(super) fn shortened(text: &str) -> String {
    const LIMIT: usize = 200;
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LIMIT)
        .collect();
    if text.chars().count() > LIMIT {
        format!("{line}… ({} bytes)", text.len())
    } else {
        line
    }
}

/// The message of an error: text as signers send it, or the `message` of `{"code", "message"}` as their documents promise.
pub(super) fn message(body: &[u8]) -> String {
    let told = serde_json::from_slice::<serde_json::Value>(body)
        .ok()
        .and_then(|value| value.get("message")?.as_str().map(shortened));
    told.unwrap_or_else(|| shortened(&String::from_utf8_lossy(body)))
}

/// How long a 429 keeps us out: its `Retry-After`, else the number in `rate limited for <s>`.
pub(super) fn lock_out(retry_after: Option<&str>, message: &str) -> Duration {
    let told = retry_after.unwrap_or_else(|| {
        let rest = message
            .split("rate limited for ")
            .nth(1)
            .unwrap_or_default();
        rest.split(|c: char| !c.is_ascii_digit() && c != '.')
            .next()
            .unwrap_or_default()
    });
    let seconds = told
        .trim()
        .parse::<f64>()
        .ok()
        .filter(|s| s.is_finite() && *s >= 0.0);
    let limit = Duration::from_secs(LONGEST_LOCK_OUT_S);
    match seconds {
        // Rounded up: a moment too early would be one more failure.
        Some(seconds) => {
            Duration::try_from_secs_f64(seconds.ceil()).map_or(limit, |wait| wait.min(limit))
        }
        None => Duration::from_secs(LOCK_OUT_S),
    }
}

/// The error that a status other than 200 stands for.
pub(super) fn refusal(
    what: &str,
    status: u16,
    retry_after: Option<&str>,
    body: &[u8],
) -> SignerError {
    let message = message(body);
    let what = what.to_owned();
    match status {
        401 | 403 => SignerError::Unauthorized { what, message },
        429 => SignerError::LockedOut {
            what,
            wait_s: lock_out(retry_after, &message).as_secs(),
        },
        404 if names_unknown_key(&message) => SignerError::UnknownKey { what, message },
        500.. => SignerError::Failed {
            what,
            status,
            message,
        },
        _ => SignerError::Refused {
            what,
            status,
            message,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_messages_are_read_from_text_and_from_json() {
        assert_eq!(message(b"unauthorized"), "unauthorized");
        assert_eq!(
            message(br#"{"code":401,"message":"unauthorized"}"#),
            "unauthorized"
        );
        assert_eq!(message(b"{\"code\":1}"), "{\"code\":1}");
        assert!(message(&[b'x'; 10_000]).chars().count() < 250);
    }

    #[test]
    fn a_lock_out_lasts_as_long_as_it_says_within_reason() {
        for (header, text, expected) in [
            (None, "rate limited for 299.4 more seconds", 300),
            (None, "rate limited for 7", 7),
            (Some("12"), "rate limited for 7", 12),
            (None, "slow down", 300),
            (None, "rate limited for ever", 300),
            (Some("1e300"), "", 3_600),
            (Some("-5"), "", 300),
            (Some("NaN"), "", 300),
        ] {
            assert_eq!(
                lock_out(header, text).as_secs(),
                expected,
                "{header:?} {text}"
            );
        }
    }

    #[test]
    fn each_status_has_its_error() {
        let of = |status, body: &str| refusal("sign", status, None, body.as_bytes());
        assert!(matches!(
            of(400, "bad request: x"),
            SignerError::Refused { status: 400, .. }
        ));
        assert!(matches!(
            of(401, "unauthorized"),
            SignerError::Unauthorized { .. }
        ));
        assert!(matches!(
            of(404, "unknown proxy signer: 0x"),
            SignerError::UnknownKey { .. }
        ));
        assert!(matches!(
            of(404, ""),
            SignerError::Refused { status: 404, .. }
        ));
        assert!(matches!(of(415, ""), SignerError::Refused { .. }));
        assert!(matches!(of(422, ""), SignerError::Refused { .. }));
        assert!(matches!(
            of(429, "rate limited for 5"),
            SignerError::LockedOut { wait_s: 5, .. }
        ));
        assert!(matches!(
            of(500, "internal error"),
            SignerError::Failed { .. }
        ));
        assert!(matches!(
            of(502, "Dirk communication error"),
            SignerError::Failed { .. }
        ));
    }
}
