use std::collections::BTreeSet;

use alloy_primitives::B256;
use eyre::{Result, ensure};
use serde::Deserialize;
use serde_json::json;

use crate::rpc::Rpc;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    fault_id: B256,
}

/// Faults that any watcher has opened a case for, whatever came of it: who is accused and not convicted is accused all the same.
///
/// # Errors
/// When there is no watcher, or one does not tell: nothing is known then.
pub(crate) async fn opened_cases(watchers: &[Rpc]) -> Result<u64> {
    ensure!(!watchers.is_empty(), "there is no watcher to ask");
    let mut faults = BTreeSet::new();
    for watcher in watchers {
        let cases: Vec<Listed> = watcher.ask("forebond_getCases", json!([])).await?;
        faults.extend(cases.into_iter().map(|case| case.fault_id));
    }
    Ok(faults.len() as u64)
}
