//! What a line of the stream says. Strict about what concerns us, indifferent to the rest.

use alloy_primitives::hex;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Id of the one request that is sent on a stream.
pub(super) const SUBSCRIBE_ID: u64 = 1;

/// One message of the server.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// The subscription stands.
    Subscribed,
    /// The subscription is refused.
    Refused(String),
    /// Bytes of an envelope.
    Envelope(Vec<u8>),
    /// The stream lives.
    Heartbeat,
    /// Nothing that concerns us.
    Other,
}

#[derive(Deserialize)]
struct Line<'a> {
    id: Option<u64>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    method: Option<&'a str>,
    #[serde(borrow)]
    params: Option<Params<'a>>,
}

#[derive(Deserialize)]
struct Params<'a> {
    #[serde(borrow)]
    result: &'a RawValue,
}

#[derive(Deserialize)]
struct Typed {
    #[serde(rename = "type")]
    kind: String,
}

/// The request for envelopes from a block on, or from now on.
pub(super) fn subscribe(from_block: Option<u64>) -> String {
    let mut params = vec![serde_json::json!("envelopes")];
    params.extend(from_block.map(|block| serde_json::json!(format!("{block:#x}"))));
    serde_json::json!({
        "jsonrpc": "2.0",
        "id": SUBSCRIBE_ID,
        "method": "eth_subscribe",
        "params": params,
    })
    .to_string()
}

/// Reads a line.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(text: &str) -> Result<Notice, String> {
    let line: Line<'_> =
        serde_json::from_str(text).map_err(|error| format!("JSON-RPC expected ({error})"))?;
    if line.id == Some(SUBSCRIBE_ID) {
        return Ok(match (line.result, line.error) {
            (Some(_), None) => Notice::Subscribed,
            (_, error) => {
                let reason = error.map_or("no reason given", RawValue::get);
                Notice::Refused(reason.chars().take(200).collect())
            }
        });
    }
    let (Some("eth_subscription"), Some(params)) = (line.method, line.params) else {
        return Ok(Notice::Other);
    };
    let result = params.result.get();
    if result.starts_with('{') {
        let typed: Typed = serde_json::from_str(result)
            .map_err(|error| format!("a string or an object with a type expected ({error})"))?;
        return Ok(match typed.kind.as_str() {
            "heartbeat" => Notice::Heartbeat,
            _ => Notice::Other,
        });
    }
    let text: &str = serde_json::from_str(result)
        .map_err(|error| format!("a string of hex expected ({error})"))?;
    let digits = text
        .strip_prefix("0x")
        .ok_or_else(|| "hex begins with 0x".to_owned())?;
    hex::decode(digits)
        .map(Notice::Envelope)
        .map_err(|error| format!("hex expected ({error})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notification(result: &str) -> String {
        format!(
            r#"{{"jsonrpc":"2.0","method":"eth_subscription","params":{{"subscription":"0x9","result":{result}}}}}"#
        )
    }

    #[test]
    fn envelopes_heartbeats_and_answers_are_told_apart() {
        let read = |text: &str| read(text).unwrap();
        assert_eq!(
            read(&notification(r#""0xc0ff""#)),
            Notice::Envelope(vec![0xc0, 0xff])
        );
        assert_eq!(
            read(&notification(r#"{"type":"heartbeat","head":"0x5"}"#)),
            Notice::Heartbeat
        );
        assert_eq!(
            read(&notification(r#"{"type":"of later times"}"#)),
            Notice::Other
        );
        assert_eq!(
            read(r#"{"jsonrpc":"2.0","id":1,"result":"0x9"}"#),
            Notice::Subscribed
        );
        assert!(matches!(
            read(r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"pruned"}}"#),
            Notice::Refused(reason) if reason.contains("pruned")
        ));
        assert_eq!(
            read(r#"{"jsonrpc":"2.0","id":7,"result":true}"#),
            Notice::Other
        );
    }

    #[test]
    fn what_is_no_message_is_an_error_and_no_panic() {
        for text in [
            "",
            "[]",
            "no json",
            &notification("5"),
            &notification(r#""c0ff""#),
            &notification(r#""0xc0f""#),
            &notification(r#""0xzz""#),
            &notification(r#"{"type":5}"#),
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_subscription_names_its_block_as_a_quantity() {
        assert!(subscribe(Some(255)).contains(r#"["envelopes","0xff"]"#));
        assert!(subscribe(None).contains(r#"["envelopes"]"#));
    }
}
