//! Every refusal's JSON-RPC code, message and data, in one place.
//!
//! Codes: EIP-1474 and the JSON-RPC specification; -32000 for what geth answers with it, because wallets match on code
//! and text together; 3 for a revert (geth); 4, 5 and 6 of `eth_sendRawTransactionSync` (EIP-7966).

use alloy_primitives::{B256, Bytes, hex};
use alloy_sol_types::{Panic, Revert, SolError};
use jsonrpsee::types::{ErrorObjectOwned, error::INVALID_PARAMS_CODE};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::chain::{CallError, ReadError, SubmitError};

/// The general server error of Ethereum clients.
pub const SERVER_CODE: i32 = -32000;
/// A limit was exceeded (EIP-1474); `data.retryAfterMs` says when to come again, where waiting helps.
pub const LIMIT_EXCEEDED_CODE: i32 = -32005;
/// Execution reverted; `data` is the revert bytes in hex.
pub const REVERTED_CODE: i32 = 3;
/// EIP-7966: not promised in time; `data` is the transaction's hash.
pub const TIMEOUT_CODE: i32 = 4;
/// EIP-7966: transactions are not taken at the moment.
const NOT_READY_CODE: i32 = 5;
/// EIP-7966: a nonce is missing before this one; `data` is the expected nonce in hex.
const NONCE_GAP_CODE: i32 = 6;

/// A server error (-32000) with this text.
pub fn server_error(message: impl Into<String>) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(SERVER_CODE, message, None::<()>)
}

/// Parameters that can't be used (-32602); `message` says which and why.
pub fn invalid_params(message: impl Into<String>) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(INVALID_PARAMS_CODE, message, None::<()>)
}

/// A limit was exceeded (-32005). `retry_after_ms` goes into `data` where waiting helps.
pub fn limit_exceeded(message: impl Into<String>, retry_after_ms: Option<u64>) -> ErrorObjectOwned {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Retry {
        retry_after_ms: u64,
    }
    ErrorObjectOwned::owned(
        LIMIT_EXCEEDED_CODE,
        message,
        retry_after_ms.map(|retry_after_ms| Retry { retry_after_ms }),
    )
}

/// A call that reverted with `output`.
pub(crate) fn reverted(output: &Bytes) -> ErrorObjectOwned {
    let text = Revert::abi_decode(output).map(|revert| revert.reason).ok();
    let reason = text
        .or_else(|| {
            Panic::abi_decode(output)
                .map(|panic| panic.to_string())
                .ok()
        })
        .filter(|reason| !reason.is_empty());
    let message = reason.map_or_else(
        || "execution reverted".to_owned(),
        |reason| format!("execution reverted: {reason}"),
    );
    ErrorObjectOwned::owned(REVERTED_CODE, message, Some(hex::encode_prefixed(output)))
}

/// A call that stopped on an exceptional condition.
pub(crate) fn halted(reason: &str) -> ErrorObjectOwned {
    server_error(format!(
        "execution halted: {reason}; no state was changed, correct the call"
    ))
}

/// `eth_sendRawTransactionSync` ran out of time.
pub(crate) fn not_promised_in_time(hash: B256, waited_ms: u64) -> ErrorObjectOwned {
    let message = format!(
        "The transaction was added to the pool but not promised in {waited_ms} ms; it may still be: ask \
         eth_getTransactionReceipt, or send the same bytes again"
    );
    ErrorObjectOwned::owned(TIMEOUT_CODE, message, Some(hash))
}

/// A refused transaction, with the codes of EIP-7966 for two of the causes.
pub(crate) fn refused_sync(refusal: SubmitError) -> ErrorObjectOwned {
    let message = refusal.to_string();
    match refusal {
        SubmitError::NonceTooHigh { expected, .. } => {
            ErrorObjectOwned::owned(NONCE_GAP_CODE, message, Some(format!("{expected:#x}")))
        }
        SubmitError::NotAccepting { .. } => {
            ErrorObjectOwned::owned(NOT_READY_CODE, message, None::<()>)
        }
        other => other.into(),
    }
}

impl From<SubmitError> for ErrorObjectOwned {
    fn from(refusal: SubmitError) -> Self {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Quote {
            quoted_tip_wei: String,
        }
        let message = refusal.to_string();
        match refusal {
            SubmitError::Undecodable { .. } => invalid_params(message),
            SubmitError::TipBelowQuote { quoted_wei, .. } => Self::owned(
                SERVER_CODE,
                message,
                Some(Quote {
                    quoted_tip_wei: format!("{quoted_wei:#x}"),
                }),
            ),
            SubmitError::Elsewhere { code, data, .. } => Self::owned(
                code,
                message,
                data.and_then(|data| RawValue::from_string(data).ok()),
            ),
            _ => server_error(message),
        }
    }
}

impl From<ReadError> for ErrorObjectOwned {
    fn from(error: ReadError) -> Self {
        server_error(error.to_string())
    }
}

impl From<CallError> for ErrorObjectOwned {
    fn from(error: CallError) -> Self {
        server_error(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::U256;

    use super::*;

    /// What wallets and libraries look for in a refusal, and the numbers a user needs.
    #[test]
    fn every_refusal_of_a_transaction_has_the_code_and_the_words_wallets_match_on() {
        let table: &[(SubmitError, i32, &[&str])] = &[
            (
                SubmitError::Undecodable {
                    reason: "input too short".into(),
                },
                -32602,
                &["rlp", "input too short"],
            ),
            (
                SubmitError::TypeNotSupported { got: 3 },
                -32000,
                &["transaction type not supported", "type 3"],
            ),
            (
                SubmitError::InvalidSender {
                    reason: "s is too high".into(),
                },
                -32000,
                &["invalid sender", "s is too high"],
            ),
            (
                SubmitError::WrongChain {
                    expected: 7,
                    got: 1,
                },
                -32000,
                &["invalid chain id for signer: have 1 want 7"],
            ),
            (
                SubmitError::NotReplayProtected { expected: 7 },
                -32000,
                &["only replay-protected (EIP-155) transactions allowed over RPC"],
            ),
            (
                SubmitError::NonceTooLow {
                    expected: 5,
                    got: 4,
                },
                -32000,
                &["nonce too low: next nonce 5, tx nonce 4"],
            ),
            (
                SubmitError::NonceTooHigh {
                    expected: 5,
                    highest: 69,
                    got: 99,
                },
                -32000,
                &["nonce too high", "5", "69", "99"],
            ),
            (
                SubmitError::InExecution {
                    expected: 6,
                    got: 5,
                },
                -32000,
                &["nonce too low", "nonce 5", "nonce 6"],
            ),
            (
                SubmitError::ReplacementUnderpriced {
                    min_fee_cap_wei: 11,
                    min_tip_wei: 2,
                    fee_cap_wei: 10,
                    tip_wei: 1,
                },
                -32000,
                &["replacement transaction underpriced", "11 wei", "10 and 1"],
            ),
            (
                SubmitError::InsufficientFunds {
                    have_wei: U256::from(1),
                    want_wei: U256::from(3),
                    queued_wei: U256::from(2),
                },
                -32000,
                &["insufficient funds for gas * price + value: have 1 want 3"],
            ),
            (
                SubmitError::IntrinsicGasTooLow {
                    required: 21_000,
                    got: 20_999,
                },
                -32000,
                &["intrinsic gas too low: have 20999, want 21000"],
            ),
            (
                SubmitError::GasAboveBlock { limit: 30, got: 31 },
                -32000,
                &["exceeds block gas limit", "31", "30"],
            ),
            (
                SubmitError::GasAboveCap { limit: 30, got: 31 },
                -32000,
                &["transaction gas limit too high (cap: 30, tx: 31)"],
            ),
            (
                SubmitError::TipBelowQuote {
                    quoted_wei: 9,
                    got_wei: 8,
                    base_fee_wei: 7,
                },
                -32000,
                &[
                    "tip below the quoted minimum",
                    "transaction underpriced",
                    "quoted 9",
                    "offered 8",
                ],
            ),
            (
                SubmitError::FeeCapBelowBaseFee {
                    base_fee_wei: 9,
                    fee_cap_wei: 8,
                },
                -32000,
                &[
                    "max fee per gas less than block base fee",
                    "maxFeePerGas: 8, baseFee: 9",
                ],
            ),
            (
                SubmitError::TipAboveFeeCap {
                    tip_wei: 9,
                    fee_cap_wei: 8,
                },
                -32000,
                &["max priority fee per gas higher than max fee per gas"],
            ),
            (
                SubmitError::TooLarge {
                    max_bytes: 8,
                    got_bytes: 9,
                },
                -32000,
                &["oversized data", "size 9", "limit 8"],
            ),
            (
                SubmitError::InitcodeTooLarge {
                    max_bytes: 8,
                    got_bytes: 9,
                },
                -32000,
                &["max initcode size exceeded"],
            ),
            (SubmitError::SenderHasCode, -32000, &["sender not an eoa"]),
            (
                SubmitError::Blobs {
                    reason: "too many blobs: at most 6, got 7".into(),
                },
                -32000,
                &["blob transaction refused: too many blobs"],
            ),
            (
                SubmitError::NoAuthorizations,
                -32000,
                &["at least one authorization"],
            ),
            (
                SubmitError::SenderFull {
                    count: 16,
                    max_count: 16,
                },
                -32000,
                &["16 transactions queued"],
            ),
            (
                SubmitError::PoolFull {
                    advice: "offer more than 5 wei".into(),
                },
                -32000,
                &["transaction pool is full", "5 wei"],
            ),
            (
                SubmitError::Dropped {
                    reason: "replaced".into(),
                },
                -32000,
                &["dropped from the pool: replaced"],
            ),
            (
                SubmitError::NotAccepting {
                    reason: "no slot is ours".into(),
                },
                -32000,
                &["not accepting transactions: no slot is ours"],
            ),
            (
                SubmitError::Elsewhere {
                    code: 6,
                    message: "nonce too high: next nonce 5".into(),
                    data: None,
                },
                6,
                &["nonce too high: next nonce 5"],
            ),
        ];
        for (refusal, code, words) in table {
            let error = ErrorObjectOwned::from(refusal.clone());
            assert_eq!(error.code(), *code, "{refusal:?}");
            for word in *words {
                assert!(
                    error.message().contains(word),
                    "{refusal:?}: {}",
                    error.message()
                );
            }
        }
    }

    #[test]
    fn a_refusal_for_a_low_tip_carries_the_quote() {
        let error = ErrorObjectOwned::from(SubmitError::TipBelowQuote {
            quoted_wei: 255,
            got_wei: 8,
            base_fee_wei: 7,
        });
        let data = error.data().unwrap().get();
        assert_eq!(data, r#"{"quotedTipWei":"0xff"}"#);
        // So does the same refusal passed on by a node.
        let passed_on = ErrorObjectOwned::from(SubmitError::Elsewhere {
            code: error.code(),
            message: error.message().into(),
            data: Some(data.into()),
        });
        assert_eq!(passed_on, error);
    }

    #[test]
    fn a_revert_has_code_3_its_reason_in_the_text_and_its_bytes_in_data() {
        // Error("no")
        let output: Bytes = hex::decode(
            "08c379a0000000000000000000000000000000000000000000000000000000000000002000000000000000000000000000000000000000000000\
             000000000000000000026e6f000000000000000000000000000000000000000000000000000000000000",
        )
        .unwrap()
        .into();
        let error = reverted(&output);
        assert_eq!(
            (error.code(), error.message()),
            (3, "execution reverted: no")
        );
        assert_eq!(error.data().unwrap().get(), format!("\"{output}\""));
        let bare = reverted(&Bytes::new());
        assert_eq!(
            (bare.code(), bare.message(), bare.data().unwrap().get()),
            (3, "execution reverted", "\"0x\"")
        );
    }

    #[test]
    fn a_custom_error_reverts_with_its_bytes_even_when_no_text_can_be_read_from_them() {
        let error = reverted(&Bytes::from_static(&[0xde, 0xad, 0xbe, 0xef]));
        assert_eq!(error.code(), 3);
        assert!(error.message().starts_with("execution reverted"));
        assert_eq!(error.data().unwrap().get(), "\"0xdeadbeef\"");
    }

    #[test]
    fn the_waiting_call_has_the_codes_of_eip_7966() {
        let late = not_promised_in_time(B256::repeat_byte(7), 2_000);
        assert_eq!(
            (late.code(), late.data().unwrap().get()),
            (4, format!("\"{}\"", B256::repeat_byte(7)).as_str())
        );
        assert!(late.message().contains("2000 ms"));
        let gap = refused_sync(SubmitError::NonceTooHigh {
            expected: 5,
            highest: 9,
            got: 30,
        });
        assert_eq!((gap.code(), gap.data().unwrap().get()), (6, "\"0x5\""));
        assert_eq!(
            refused_sync(SubmitError::NotAccepting {
                reason: "closed".into()
            })
            .code(),
            5
        );
        assert_eq!(refused_sync(SubmitError::SenderHasCode).code(), -32000);
    }

    #[test]
    fn limits_and_reads_say_what_to_do_next() {
        let limited = limit_exceeded("rate limited", Some(12));
        assert_eq!(
            (limited.code(), limited.data().unwrap().get()),
            (-32005, r#"{"retryAfterMs":12}"#)
        );
        let gone = ErrorObjectOwned::from(ReadError::StateNotKept {
            block: 3,
            oldest: 9,
        });
        assert_eq!(gone.code(), -32000);
        assert!(gone.message().contains("state of block 3 is not kept"));
        let poor = ErrorObjectOwned::from(CallError::InsufficientFunds {
            have_wei: U256::ZERO,
            want_wei: U256::from(1),
        });
        assert!(
            poor.message()
                .starts_with("insufficient funds for gas * price + value: have 0 want 1")
        );
    }
}
