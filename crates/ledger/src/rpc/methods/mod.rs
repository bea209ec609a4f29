//! What every process of a rollup answers beside `eth_`: blocks and envelopes by range, bases, its standing, broken promises, and
//! the object a user holds.
//!
//! Each answer is bounded in blocks, bytes and time, and what needs the database runs beside the event loop, a few at a time.

mod broken;
mod budget;
mod promises;
mod ranges;
mod standing;

pub use broken::{BrokenPromise, Fault, Found, Seen};
pub use standing::Standing;

use super::{Ingress, LedgerChain};
use alloy_primitives::U64;
use broken::broken_promises;
use forebond_rpc::{
    HeavyWork, invalid_params,
    jsonrpsee::{
        RpcModule,
        server::RegisterMethodError,
        types::{ErrorObjectOwned, Params},
    },
};
use promises::{preconfirmation, preconfirmation_json, request_preconfirmation};
use ranges::{blocks, envelopes};
use standing::{base_of, status};
use std::sync::Arc;

/// Ranges read at once, and ranges that wait for their turn.
const HEAVY: (u32, u32) = (2, 64);

/// What the methods share.
pub struct Served<I> {
    chain: Arc<LedgerChain<I>>,
    standing: Arc<dyn Standing>,
    heavy: HeavyWork,
}

impl<I> std::fmt::Debug for Served<I> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Served").finish_non_exhaustive()
    }
}

/// The methods `forebond_getBlocks`, `forebond_getEnvelopes`, `forebond_getBase`, `forebond_status`, `forebond_getBrokenPromises`,
/// `eth_getPreconfirmation` and `eth_requestPreconf`. Numbers in parameters and answers are hex quantities.
///
/// # Errors
/// A method of that name is registered already: a defect.
pub fn ledger_methods<I: Ingress>(
    chain: Arc<LedgerChain<I>>,
    standing: Arc<dyn Standing>,
) -> Result<RpcModule<Served<I>>, RegisterMethodError> {
    let served = Served {
        chain,
        standing,
        heavy: HeavyWork::new(HEAVY.0, HEAVY.1),
    };
    let mut module = RpcModule::new(served);
    module.register_async_method("forebond_getBlocks", |params, served, _| async move {
        let range = range(&params)?;
        let chain = served.chain.clone();
        let read = move || blocks(&chain.reader, range.0, range.1);
        served.heavy.run(read).await
    })?;
    module.register_async_method("forebond_getEnvelopes", |params, served, _| async move {
        let range = range(&params)?;
        let chain = served.chain.clone();
        let read = move || envelopes(&chain.reader, range.0, range.1);
        served.heavy.run(read).await
    })?;
    module.register_method("forebond_getBase", |params, served, _| {
        let window = one(&params, "window")?;
        Ok::<_, ErrorObjectOwned>(base_of(
            &served.chain.reader,
            served.standing.as_ref(),
            window,
        ))
    })?;
    module.register_method("forebond_status", |_, served, _| {
        status(&served.chain.reader, served.standing.as_ref())
    })?;
    module.register_method("forebond_getBrokenPromises", |params, served, _| {
        let from = one(&params, "index of the first one wanted")?;
        Ok::<_, ErrorObjectOwned>(broken_promises(served.standing.as_ref(), from))
    })?;
    module.register_async_method("eth_getPreconfirmation", |params, served, _| async move {
        let (hash,) = params
            .parse()
            .map_err(|e| invalid_params(format!("expected [transaction hash]: {e}")))?;
        let chain = served.chain.clone();
        if let Some(promise) = chain.reader.board.promise(&hash) {
            return preconfirmation_json(promise);
        }
        // It may be an old one: that needs the database.
        let read = move || preconfirmation(&chain.reader, hash);
        served.heavy.run(read).await
    })?;
    module.register_async_method("eth_requestPreconf", |params, served, _| async move {
        let wait = served.standing.promise_wait();
        request_preconfirmation(&params, &served.chain.ingress, wait).await
    })?;
    Ok(module)
}

/// The first block and how many.
fn range(params: &Params<'_>) -> Result<(u64, u64), ErrorObjectOwned> {
    let (from, count): (U64, U64) = params.parse().map_err(|e| {
        invalid_params(format!(
            "expected [first block, number of blocks] as hex quantities: {e}"
        ))
    })?;
    Ok((from.to(), count.to()))
}

fn one(params: &Params<'_>, what: &str) -> Result<u64, ErrorObjectOwned> {
    let (number,): (U64,) = params
        .parse()
        .map_err(|e| invalid_params(format!("expected [{what}] as a hex quantity: {e}")))?;
    Ok(number.to())
}
