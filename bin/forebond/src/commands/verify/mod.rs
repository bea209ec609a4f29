//! `forebond verify`: checks a preconfirmation with nothing but the file and the gateway's address.

mod domain_arg;
mod input;
#[cfg(test)]
mod sample;
mod utc_time;
mod words;

pub(super) use input::{hint, read};
pub(super) use utc_time::utc;

use alloy_primitives::Address;
use domain_arg::DomainArg;
use eyre::{WrapErr, eyre};
use forebond_protocol::{Verified, Verifier, verify_json};
use forebond_types::Preconfirmation;
use std::{io::Write, path::PathBuf};

/// Exit code 0 and the promise in words, or 1 and what is wrong. No server is asked.
#[derive(clap::Args)]
pub(crate) struct VerifyArgs {
    /// JSON file with the object that eth_getPreconfirmation returned; - reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Address that must have signed: the committer of the gateway the promise is expected from
    #[arg(long, value_name = "ADDRESS")]
    gateway: Address,
    /// The gateway before it, whose seal a promise of grade "sealed" rests on
    #[arg(long, value_name = "ADDRESS")]
    predecessor: Option<Address>,
    /// Also require this L1 and Inbox: CHAIN_ID:ADDRESS
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<DomainArg>,
}

pub(crate) fn run(args: &VerifyArgs) -> eyre::Result<()> {
    let bytes = input::read(&args.file)?;
    let (object, verified) = check(&bytes, args).wrap_err("not a valid preconfirmation")?;
    let words = words::describe(args.gateway, args.domain.is_some(), &object, &verified);
    std::io::stdout()
        .write_all(words.as_bytes())
        .wrap_err("cannot write to standard output")
}

fn check(bytes: &[u8], args: &VerifyArgs) -> eyre::Result<(Preconfirmation, Verified)> {
    let text = str::from_utf8(bytes).map_err(|error| {
        eyre!(
            "expected JSON text, got a byte that is no UTF-8 at offset {}",
            error.valid_up_to()
        )
    })?;
    let mut verifier = Verifier::new(args.gateway);
    if let Some(predecessor) = args.predecessor {
        verifier = verifier.after(predecessor);
    }
    if let Some(domain) = args.domain {
        verifier = verifier.in_domain(domain.0);
    }
    verify_json(text, &mut verifier).map_err(|error| match input::hint(text) {
        Some(hint) => eyre!("{error}; {hint}"),
        None => error.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sample::Sample;

    fn args(sample: &Sample) -> VerifyArgs {
        VerifyArgs {
            file: "-".into(),
            gateway: sample.gateway,
            predecessor: None,
            domain: None,
        }
    }

    #[test]
    fn a_valid_object_is_accepted_compact_and_pretty() {
        let sample = Sample::new();
        let (object, verified) = check(sample.json().as_bytes(), &args(&sample)).unwrap();
        assert_eq!(object, sample.object);
        assert!(verified.success);
        check(sample.pretty_json().as_bytes(), &args(&sample)).unwrap();
    }

    #[test]
    fn one_flipped_bit_anywhere_in_the_text_makes_it_invalid() {
        let sample = Sample::new();
        let args = args(&sample);
        for text in [sample.json(), sample.pretty_json()] {
            let mut bytes = text.into_bytes();
            for place in 0..bytes.len() {
                for bit in 0..8 {
                    bytes[place] ^= 1 << bit;
                    let accepted = check(&bytes, &args).is_ok();
                    assert!(
                        !accepted,
                        "bit {bit} of byte {place}: {:?}",
                        String::from_utf8_lossy(&bytes)
                    );
                    bytes[place] ^= 1 << bit;
                }
            }
            check(&bytes, &args).unwrap();
        }
    }

    #[test]
    fn another_gateway_and_another_domain_are_refused_by_name() {
        let sample = Sample::new();
        let mut other = args(&sample);
        other.gateway = Address::repeat_byte(0xaa);
        let error = check(sample.json().as_bytes(), &other)
            .unwrap_err()
            .to_string();
        assert!(error.to_lowercase().contains(&"aa".repeat(20)), "{error}");
        let mut elsewhere = args(&sample);
        elsewhere.domain = Some(
            "1:0x0000000000000000000000000000000000000001"
                .parse()
                .unwrap(),
        );
        let error = check(sample.json().as_bytes(), &elsewhere)
            .unwrap_err()
            .to_string();
        assert!(error.contains("domain"), "{error}");
        let domain = sample.object.domain;
        elsewhere.domain = Some(
            format!("{}:{}", domain.l1_chain_id, domain.inbox)
                .parse()
                .unwrap(),
        );
        check(sample.json().as_bytes(), &elsewhere).unwrap();
    }

    #[test]
    fn what_is_no_object_at_all_is_refused_in_words() {
        let sample = Sample::new();
        let whole = sample.json();
        let twice = format!("{whole}{whole}");
        for text in ["", "{}", "[]", "null", &whole[..whole.len() / 2], &twice] {
            let error = check(text.as_bytes(), &args(&sample))
                .unwrap_err()
                .to_string();
            assert!(error.contains("not a preconfirmation object"), "{error}");
        }
        assert!(
            check(&[0xff, 0xfe], &args(&sample))
                .unwrap_err()
                .to_string()
                .contains("offset 0")
        );
    }

    #[test]
    fn a_whole_rpc_answer_is_refused_with_the_way_out() {
        let sample = Sample::new();
        let answer = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{}}}"#, sample.json());
        let error = check(answer.as_bytes(), &args(&sample))
            .unwrap_err()
            .to_string();
        assert!(error.contains("\"result\""), "{error}");
    }
}
