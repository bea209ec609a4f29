use forebond_beacon::{bls::PublicKeyBytes, signing::registration::SIGNING_ID};
use forebond_commit_boost::{
    check::{SelfCheckError, self_check},
    client::{Advice, HttpSigner, ProposerSigner, SignerError},
};

use super::Report;
use crate::config::ProposerConfig;

const WHAT: &str = "signer";

/// Asks for the dialect, the keys and one signature. Gives the keys.
pub(super) async fn examine(config: &ProposerConfig, report: &mut Report) -> Vec<PublicKeyBytes> {
    let module = &config.module;
    if module.signing_id == SIGNING_ID {
        report.ok("signing_id", "the one that the ValidatorRegistry checks");
    } else {
        let found = format!(
            "{}, the ValidatorRegistry checks {SIGNING_ID}",
            module.signing_id
        );
        let mend = format!(
            "set signing_id = \"{SIGNING_ID}\" in the table of module {}, for the signer too",
            module.module_id
        );
        report.fail("signing_id", found, mend);
    }
    let signer = match HttpSigner::new(config.client_settings()) {
        Ok(signer) => signer,
        Err(error) => {
            report.fail(WHAT, error.to_string(), "see the words of the error");
            return Vec::new();
        }
    };
    let checked = match self_check(&signer, &[]).await {
        Ok(checked) => checked,
        Err(error) => {
            let mend = mend(&error, config);
            report.fail(WHAT, error.to_string(), mend);
            return Vec::new();
        }
    };
    let found = format!(
        "{} speaks the {} dialect, took our token, and signed a test that verifies",
        module.signer_url, checked.dialect
    );
    if checked.dialect.binds_module() {
        report.ok(WHAT, found);
    } else {
        let mend = "its signatures cannot register validators, nor be shown to relays: use Commit-Boost v0.10 or later, or let the withdrawal accounts register";
        report.warn(WHAT, found, mend);
    }
    report.ok(
        "keys",
        format!("the signer holds {}", checked.consensus_keys),
    );
    match checked.clock_skew_s {
        Some(skew_s) => report.ok("signer's clock", format!("{skew_s} s from ours")),
        None => report.ok("signer's clock", "its answers carry no date"),
    }
    let sets = signer.public_keys().await.unwrap_or_default();
    sets.into_iter().map(|set| set.consensus).collect()
}

fn mend(error: &SelfCheckError, config: &ProposerConfig) -> String {
    let url = &config.module.signer_url;
    match error {
        SelfCheckError::NoKeys => "see the words of the error".to_owned(),
        SelfCheckError::MissingKey { .. } => "load the key into the signer".to_owned(),
        SelfCheckError::ClockSkew { .. } => "run a time service on both machines".to_owned(),
        SelfCheckError::Signer(error) => match error {
            SignerError::Unreachable { .. } => format!(
                "is a signer running at CB_SIGNER_URL ({url})? In containers its host must not be 127.0.0.1: set CB_SIGNER_ENDPOINT"
            ),
            SignerError::Unauthorized { .. } | SignerError::Latched { .. } => format!(
                "the secret of module {} differs: compare CB_SIGNER_JWT here with CB_JWTS at the signer, then restart",
                config.module.module_id
            ),
            SignerError::LockedOut { wait_s, .. } => format!(
                "stop whatever sends wrong tokens from this address, and wait {wait_s} s"
            ),
            SignerError::Timeout { .. } => {
                "a distributed signer may need more: raise signer.attempt_deadline_ms in our table".to_owned()
            }
            other => match other.advice() {
                Advice::Later => "look at the signer's log, and try again".to_owned(),
                Advice::Operator => "compare chain, module id and signing_id of both configurations".to_owned(),
                Advice::Alarm => "the signer answers wrongly: stop using it, and find out what stands at this address".to_owned(),
            },
        },
    }
}
