//! The text of a measured request, written by hand: it is made millions of times and has one shape.

use crate::config::Mode;
use alloy_primitives::hex;

/// The call that submits `raw` in `mode`; `id` is the transaction's number in the run. `max_fee_wei`
/// is the highest preconfirmation fee accepted, in wei per gas; only `eth_requestPreconf` takes it.
pub(crate) fn submission(mode: Mode, id: u32, raw: &[u8], max_fee_wei: u128) -> String {
    let method = match mode {
        Mode::Preconf => "eth_requestPreconf",
        Mode::Sync => "eth_sendRawTransactionSync",
        Mode::Plain | Mode::Auto => "eth_sendRawTransaction",
    };
    let raw = hex::encode(raw);
    let fee = match mode {
        Mode::Preconf => format!(",\"{max_fee_wei:#x}\""),
        _ => String::new(),
    };
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":["0x{raw}"{fee}]}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn each_mode_makes_the_call_its_name_says() {
        let parse = |mode| -> Value {
            serde_json::from_str(&submission(mode, 7, &[2, 0xff], 300)).unwrap()
        };
        assert_eq!(
            parse(Mode::Preconf),
            json!({"jsonrpc": "2.0", "id": 7, "method": "eth_requestPreconf", "params": ["0x02ff", "0x12c"]})
        );
        assert_eq!(parse(Mode::Sync)["method"], "eth_sendRawTransactionSync");
        assert_eq!(parse(Mode::Plain)["params"], json!(["0x02ff"]));
        assert_eq!(parse(Mode::Plain)["method"], "eth_sendRawTransaction");
    }
}
