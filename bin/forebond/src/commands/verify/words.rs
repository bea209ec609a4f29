//! A verified promise in plain words.

use super::utc_time::utc;
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256, utils::format_ether};
use forebond_protocol::Verified;
use forebond_types::{Grade, InfoWrite, Preconfirmation, WriteSet};
use std::fmt::Write;

/// What a valid promise says, for a person; ends with the state it promises.
pub(super) fn describe(
    gateway: Address,
    domain_was_given: bool,
    object: &Preconfirmation,
    promise: &Verified,
) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {name:<12} {value}");
    };
    line("gateway", gateway.to_string());
    line("transaction", promise.tx_hash.to_string());
    line("sender", promise.sender.to_string());
    line(
        "position",
        format!(
            "block {}, index {} (frag {} of the turn)",
            promise.block_number, promise.index, promise.sequence
        ),
    );
    line(
        "status",
        if promise.success {
            "success".into()
        } else {
            "reverted".into()
        },
    );
    line(
        "gas",
        format!(
            "{} used in the block up to and with it",
            promise.cumulative_gas_used
        ),
    );
    line("logs", promise.logs.to_string());
    line("coverage", coverage(promise.coverage_wei));
    line("grade", grade(promise.grade).into());
    line(
        "issued at",
        format!("{}, as the gateway says", utc(promise.issued_at_ms)),
    );
    let domain = object.domain;
    let checked = if domain_was_given {
        "as required"
    } else {
        "not compared, see --domain"
    };
    line(
        "domain",
        format!(
            "L1 chain {}, Inbox {} ({checked})",
            domain.l1_chain_id, domain.inbox
        ),
    );
    format!(
        "VALID: the gateway promised this, and signed it\n{text}\n{}",
        state(&promise.writes)
    )
}

/// Wei as ETH, without trailing zeros.
fn eth(wei: U256) -> String {
    let digits = format_ether(wei);
    let short = digits.trim_end_matches('0').trim_end_matches('.');
    format!("{short} ETH")
}

fn coverage(wei: u128) -> String {
    if wei == 0 {
        return "none: the sender is owed nothing if the promise is not kept".into();
    }
    format!(
        "{}; if the promise is not kept, twice that is forfeited, and half of it goes to the sender",
        eth(U256::from(wei))
    )
}

const fn grade(grade: Grade) -> &'static str {
    match grade {
        Grade::Posted => {
            "posted: the turn starts from a block that is on L1, or from genesis, as the gateway says"
        }
        Grade::Sealed => {
            "sealed: the turn starts from the predecessor's last block, under its seal"
        }
        Grade::Open => "open: the gateway holds no seal of the block its turn starts from",
    }
}

fn state(writes: &WriteSet) -> String {
    if writes.accounts().is_empty() {
        return "No state changed.\n".into();
    }
    let mut text = String::from("State after it, where it differs from before:\n");
    for account in writes.accounts() {
        let info = match account.info {
            InfoWrite::Unchanged => String::new(),
            InfoWrite::Destroyed => "  destroyed".into(),
            InfoWrite::Set {
                nonce,
                balance,
                code_hash,
            } => {
                format!(
                    "  nonce {nonce}, balance {}{}",
                    eth(balance),
                    code(code_hash)
                )
            }
        };
        let _ = writeln!(text, "  {}{info}", account.address);
        for (slot, value) in &account.slots {
            let _ = writeln!(text, "    slot {slot:#x} = {value:#x}");
        }
    }
    text
}

fn code(hash: B256) -> String {
    if hash == KECCAK256_EMPTY {
        String::new()
    } else {
        format!(", code hash {hash}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::verify::sample::Sample;
    use forebond_protocol::Verifier;

    fn described(sample: &Sample) -> String {
        let promise = Verifier::new(sample.gateway)
            .verify(&sample.object)
            .unwrap();
        describe(sample.gateway, false, &sample.object, &promise)
    }

    #[test]
    fn the_words_name_everything_that_is_promised() {
        let sample = Sample::new();
        let text = described(&sample);
        for part in [
            &sample.object.leaf.tx_hash.to_string(),
            &sample.object.leaf.sender.to_string(),
            "block 12, index 3 (frag 7 of the turn)",
            "success",
            "0.0000021 ETH",
            "posted",
            "2026-11-21 04:24:53.123 UTC",
            "nonce 1, balance 9999.5 ETH\n",
            "slot 0x2 = 0x2a",
        ] {
            assert!(text.contains(part), "{part} not in\n{text}");
        }
    }

    #[test]
    fn ether_is_written_without_trailing_zeros() {
        assert_eq!(eth(U256::ZERO), "0 ETH");
        assert_eq!(eth(U256::from(1)), "0.000000000000000001 ETH");
        assert_eq!(eth(U256::from(10u128.pow(19))), "10 ETH");
    }

    #[test]
    fn a_promise_without_coverage_says_so() {
        assert!(coverage(0).starts_with("none"));
    }
}
