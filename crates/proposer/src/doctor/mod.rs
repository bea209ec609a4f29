//! What is wrong with a proposer's surroundings, and how to mend it: one line a check, each says what was found.

mod chain;
mod files;
mod lending;
mod neighbours;
mod report;
mod signer;

use std::time::Duration;

use crate::config::ProposerConfig;

pub use report::{Line, Report, Verdict};

/// How long one check may take. A signer's has a deadline of its own.
const DEADLINE: Duration = Duration::from_secs(10);

/// Looks at everything. Asks for one signature, of a root that means nothing; sends no transaction and changes no file.
pub async fn examine(config: &ProposerConfig) -> Report {
    let mut report = Report::default();
    for warning in &config.module.warnings {
        report.warn(
            "configuration",
            warning.to_string(),
            "see the words of the warning",
        );
    }
    files::protection(config, &mut report);
    let keys = signer::examine(config, &mut report).await;
    chain::examine(config, &keys, &mut report).await;
    report
}

/// A check's answer within the deadline.
async fn in_time<T, E: std::fmt::Display>(
    asked: impl Future<Output = Result<T, E>>,
) -> Result<T, String> {
    match tokio::time::timeout(DEADLINE, asked).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {} s", DEADLINE.as_secs())),
    }
}
