use forebond_commit_boost::protection::{ProtectionDb, ProtectionError};

use super::Report;
use crate::{config::ProposerConfig, served::MessageLog};

const WHAT: &str = "protection";

/// The directory of what was signed. One that is in use is looked at by its owner; one that is not there yet is not made.
pub(super) fn protection(config: &ProposerConfig, report: &mut Report) {
    let dir = &config.places.data_dir;
    if !dir.exists() {
        let found = format!("{} is not there yet", dir.display());
        let mend = "it is made at the first start; if this operator's keys have signed before, `forebond proposer protection import FILE` first";
        report.warn(WHAT, found, mend);
        return;
    }
    match ProtectionDb::open(dir, config.module.chain.chain) {
        Ok(database) => {
            let counted = database.export().map(|file| {
                let owners = file.data.len();
                let positions: usize = file.data.iter().map(|owner| owner.signed.len()).sum();
                format!("{owners} validators, {positions} positions; nobody uses it now")
            });
            match counted {
                Ok(found) => report.ok(WHAT, found),
                Err(error) => report.fail(WHAT, error.to_string(), "see the words of the error"),
            }
            // Held by the lock of the database.
            match MessageLog::check(dir) {
                Ok(count) => report.ok("signed slots", format!("{count} messages on disk")),
                Err(error) => {
                    report.fail(
                        "signed slots",
                        error.to_string(),
                        "see the words of the error",
                    );
                }
            }
        }
        Err(ProtectionError::InUse { pid, .. }) => {
            report.ok(WHAT, format!("in use by process {pid}, a running proposer"));
        }
        Err(error) => {
            let mend = "restore it from an export; it is never begun anew by itself";
            report.fail(WHAT, error.to_string(), mend);
        }
    }
}
