//! The object a user holds, and the request that returns it.

use super::super::{Ingress, PreconfirmationJson, Waited, reader::ChainReader};
use crate::board::Promise;
use alloy_primitives::{B256, Bytes, U128};
use forebond_rpc::{
    SERVER_CODE, TIMEOUT_CODE, invalid_params,
    jsonrpsee::types::{ErrorObjectOwned, Params},
    server_error,
};
use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};
use std::time::Duration;

/// A promise, written.
pub(super) fn preconfirmation_json(promise: Promise) -> Result<Box<RawValue>, ErrorObjectOwned> {
    to_raw_value(&PreconfirmationJson(promise))
        .map_err(|e| server_error(format!("cannot write the promise: {e}")))
}

/// The promise of a transaction, however old.
pub(super) fn preconfirmation(
    reader: &ChainReader,
    hash: B256,
) -> Result<Option<PreconfirmationJson>, ErrorObjectOwned> {
    let promise = reader
        .find_promise(hash)
        .map_err(|e| server_error(e.to_string()))?;
    Ok(promise.map(PreconfirmationJson))
}

/// Hands a transaction in, if the price is right, and waits for its promise.
pub(super) async fn request_preconfirmation<I: Ingress>(
    params: &Params<'_>,
    ingress: &I,
    wait: Duration,
) -> Result<PreconfirmationJson, ErrorObjectOwned> {
    let (raw, max_fee): (Bytes, U128) = params.parse().map_err(|e| {
        invalid_params(format!(
            "expected [raw transaction, highest tip in wei per gas]: {e}"
        ))
    })?;
    let quote = ingress.quoted_tip_wei();
    if quote > max_fee.to::<u128>() {
        return Err(ErrorObjectOwned::owned(
            SERVER_CODE,
            format!(
                "the preconfirmation fee is {quote} wei per gas at present, above maxFee {max_fee}; ask again with a higher maxFee or \
                 later"
            ),
            Some(json!({ "quote": U128::from(quote), "maxFee": max_fee })),
        ));
    }
    match ingress.submit_and_wait(raw, wait).await? {
        Waited::Promised(promise) => Ok(PreconfirmationJson(promise)),
        Waited::Still(hash) => Err(ErrorObjectOwned::owned(
            TIMEOUT_CODE,
            "the transaction was taken and is not promised yet; ask eth_getPreconfirmation for it later",
            Some(json!(hash)),
        )),
    }
}
