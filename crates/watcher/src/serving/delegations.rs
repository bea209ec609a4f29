use std::sync::Arc;

use alloy_primitives::B256;
use forebond_evidence::Attested;
use forebond_rpc::{
    invalid_params,
    jsonrpsee::{
        RpcModule,
        server::RegisterMethodError,
        types::{ErrorObjectOwned, error::INTERNAL_ERROR_CODE},
    },
    limit_exceeded,
};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::sync::Semaphore;

use super::refusals::{FULL, NOT_AN_OPERATORS, OTHER_ROLLUP, OUTSIDE_HORIZON, TOO_LARGE};
use crate::{
    figures::Figures,
    sales::{NotBought, SaleWire, Sales},
};

/// Longest signed delegation that is read, bytes of JSON.
const MOST_BYTES: usize = 16 << 10;
/// Delegations that are looked at or wait; more are told to come again. Each asks L1.
const AT_ONCE: usize = 16;
/// When too many wait, how long the answer advises to wait, ms.
const RETRY_AFTER_MS: u64 = 1_000;

/// What the method works with.
pub struct DelegationDesk {
    sales: Arc<Sales>,
    slot: Box<dyn Fn() -> u64 + Send + Sync>,
    figures: Figures,
    places: Semaphore,
}

impl DelegationDesk {
    /// `slot` tells L1's slot.
    pub fn new(
        sales: Arc<Sales>,
        figures: Figures,
        slot: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        Self {
            sales,
            slot: Box::new(slot),
            figures,
            places: Semaphore::new(AT_ONCE),
        }
    }
}

/// What a delegation came to.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    /// It was held against L1, and is on disk or in a case.
    accepted: bool,
    /// It was on disk before.
    known: bool,
    /// What it proves now.
    case_ids: Vec<B256>,
}

/// The method `forebond_submitDelegation`.
///
/// # Errors
/// A method of that name is registered already: a defect.
pub fn delegation_methods(
    desk: DelegationDesk,
) -> Result<RpcModule<DelegationDesk>, RegisterMethodError> {
    let mut module = RpcModule::new(desk);
    module.register_async_method("forebond_submitDelegation", |params, desk, _| async move {
        let (raw,): (Box<RawValue>,) = params.parse().map_err(|error| {
            invalid_params(format!("expected [{{delegation, signature}}]: {error}"))
        })?;
        let Ok(_place) = desk.places.try_acquire() else {
            return Err(answer(&NotBought::Busy));
        };
        let taken = take(&desk, &raw).await;
        let outcome = match &taken {
            Ok(answer) if answer.known => "known",
            Ok(_) => "new",
            Err(_) => "refused",
        };
        desk.figures.delegations.with_label_values(&[outcome]).inc();
        taken
    })?;
    Ok(module)
}

async fn take(desk: &DelegationDesk, raw: &RawValue) -> Result<Answer, ErrorObjectOwned> {
    let got = raw.get().len();
    if got > MOST_BYTES {
        let words = format!("a delegation of {got} bytes; {MOST_BYTES} at most are read");
        return Err(ErrorObjectOwned::owned(TOO_LARGE, words, None::<()>));
    }
    let wire: SaleWire = serde_json::from_str(raw.get())
        .map_err(|error| invalid_params(format!("expected {{delegation, signature}}: {error}")))?;
    let sale = Attested::from(&wire);
    let bought = desk.sales.take((desk.slot)(), sale).await;
    let bought = bought.map_err(|refusal| answer(&refusal))?;
    Ok(Answer {
        accepted: true,
        known: !bought.is_new,
        case_ids: bought.cases,
    })
}

fn answer(refusal: &NotBought) -> ErrorObjectOwned {
    let code = match refusal {
        NotBought::Malformed(_) => return invalid_params(refusal.to_string()),
        NotBought::Busy => return limit_exceeded(refusal.to_string(), Some(RETRY_AFTER_MS)),
        NotBought::OtherRollup { .. } => OTHER_ROLLUP,
        NotBought::NotTheOperators { .. } | NotBought::NoOperator(_) => NOT_AN_OPERATORS,
        NotBought::TooOld { .. } => OUTSIDE_HORIZON,
        NotBought::Full(_) => FULL,
        // The reason names files and endpoints of this machine: it is for its operator.
        NotBought::Failed(error) => {
            tracing::error!(%error, "a delegation cannot be looked at");
            return ErrorObjectOwned::owned(
                INTERNAL_ERROR_CODE,
                "the watcher cannot look at delegations at the moment; try again later",
                None::<()>,
            );
        }
    };
    ErrorObjectOwned::owned(code, refusal.to_string(), None::<()>)
}
