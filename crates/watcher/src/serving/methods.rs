use std::{fmt, sync::Arc};

use alloy_primitives::B256;
use forebond_rpc::{
    HeavyWork, invalid_params,
    jsonrpsee::{RpcModule, server::RegisterMethodError, types::ErrorObjectOwned},
    server_error,
};
use forebond_types::Domain;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::sync::watch;

use super::{Submission, cases, submission::bases_of, submit};
use crate::{hearing::Desk, prosecution::Standings};

/// Submissions worked on at once, and those that wait for their turn; more are told to come again.
const WORK: (u32, u32) = (2, 512);

/// What the methods share.
pub struct Served {
    desk: Arc<Desk>,
    domain: Domain,
    standings: watch::Receiver<Standings>,
    slot: Box<dyn Fn() -> u64 + Send + Sync>,
    work: HeavyWork,
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Served").finish_non_exhaustive()
    }
}

impl Served {
    /// `slot` tells L1's slot.
    pub fn new(
        desk: Arc<Desk>,
        domain: Domain,
        standings: watch::Receiver<Standings>,
        slot: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        Self {
            desk,
            domain,
            standings,
            slot: Box::new(slot),
            work: HeavyWork::new(WORK.0, WORK.1),
        }
    }
}

/// What a submission came to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    /// It is on disk.
    accepted: bool,
    /// It was on disk before.
    known: bool,
    /// Cases about what it is about. More may follow: some faults show when L1 has the blocks.
    case_ids: Vec<B256>,
}

/// The methods `forebond_submitEvidence` and `forebond_getCases`.
///
/// # Errors
/// A method of that name is registered already: a defect.
pub fn watcher_methods(served: Served) -> Result<RpcModule<Served>, RegisterMethodError> {
    let mut module = RpcModule::new(served);
    module.register_async_method("forebond_submitEvidence", |params, served, _| async move {
        let (raw,): (Box<RawValue>,) = params
            .parse()
            .map_err(|error| invalid_params(format!("expected [evidence]: {error}")))?;
        let of_work = served.clone();
        served.work.run(move || take(&of_work, &raw)).await
    })?;
    module.register_async_method("forebond_getCases", |_, served, _| async move {
        let stages = served.standings.borrow().clone();
        let desk = served.desk.clone();
        let read = move || {
            cases(desk.cases(), &stages).map_err(|error| {
                tracing::error!(%error, "cases cannot be read");
                server_error("the watcher cannot read its cases at the moment; try again later")
            })
        };
        served.work.run(read).await
    })?;
    Ok(module)
}

fn take(served: &Served, raw: &RawValue) -> Result<Answer, ErrorObjectOwned> {
    let figures = served.desk.figures();
    let count = |outcome: &str| figures.submissions.with_label_values(&[outcome]).inc();
    let outcome = Submission::parse(raw).and_then(|submission| {
        let bases = bases_of(&submission);
        let taken = submit(&served.desk, served.domain, (served.slot)(), submission)?;
        Ok((bases, taken))
    });
    match outcome {
        Ok((bases, taken)) => {
            count(if taken.is_new { "new" } else { "known" });
            let mut case_ids = taken.cases;
            for id in served.desk.cases_about(&bases).unwrap_or_default() {
                if !case_ids.contains(&id) {
                    case_ids.push(id);
                }
            }
            Ok(Answer {
                accepted: true,
                known: !taken.is_new,
                case_ids,
            })
        }
        Err(refusal) => {
            count(refusal.outcome());
            Err(refusal.answer())
        }
    }
}
