use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U64};
use forebond_evidence::{Culprit, case::Stage};
use serde::Serialize;

use crate::store::{CaseStore, StoreError, Summary};

/// Cases that are shown, the newest ones.
const MOST_SHOWN: usize = 1_024;

/// A case as `forebond_getCases` shows it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseView {
    /// The fault's identity on L1.
    pub fault_id: B256,
    /// What was done.
    pub kind: String,
    /// The gateway's number; operators' faults have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<U64>,
    /// The operator, of an operator's fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<Address>,
    /// Struct hash of the base.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<B256>,
    /// Last L1 slot of the window, or the slot.
    pub window: U64,
    /// How far it is.
    pub stage: String,
    /// The contract that hears it.
    pub judge: &'static str,
    /// Unix milliseconds.
    pub opened_at_ms: U64,
    /// Unix milliseconds; absent while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at_ms: Option<U64>,
}

/// Open and ended cases, newest first. `stages` says where the open ones stand.
///
/// # Errors
/// [`StoreError`].
pub fn cases(
    store: &CaseStore,
    stages: &BTreeMap<B256, Stage>,
) -> Result<Vec<CaseView>, StoreError> {
    let mut all = store.summaries()?;
    all.sort_by_key(|one| std::cmp::Reverse((one.ended.is_none(), one.opened_at_ms)));
    all.truncate(MOST_SHOWN);
    Ok(all.iter().map(|one| view(one, stages)).collect())
}

fn view(summary: &Summary, stages: &BTreeMap<B256, Stage>) -> CaseView {
    let stage = summary
        .ended
        .map(|ended| ended.stage)
        .or_else(|| stages.get(&summary.id).copied())
        .unwrap_or(Stage::Seen);
    let (gateway, operator, base) = match summary.culprit {
        Culprit::Gateway { gateway, base } => (Some(U64::from(gateway)), None, Some(base)),
        Culprit::Operator(operator) => (None, Some(operator), None),
    };
    CaseView {
        fault_id: summary.id,
        kind: lower(&format!("{:?}", summary.judge.fault())),
        gateway,
        operator,
        base,
        window: U64::from(summary.window),
        stage: lower(&format!("{stage:?}")),
        judge: summary.judge.contract(),
        opened_at_ms: U64::from(summary.opened_at_ms),
        ended_at_ms: summary.ended.map(|ended| U64::from(ended.at_ms)),
    }
}

/// `FalseClaim` → `falseClaim`, as the specification writes it.
fn lower(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_ascii_lowercase())
        .into_iter()
        .chain(letters)
        .collect()
}
