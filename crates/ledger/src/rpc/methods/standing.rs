//! What a process knows beyond its ledger: who it is, which bases it signed or accepted, which promises broke.

use super::{super::reader::ChainReader, BrokenPromise};
use crate::promise::SignedBase;
use alloy_primitives::B256;
use forebond_rpc::{jsonrpsee::types::ErrorObjectOwned, server_error};
use forebond_types::{BaseWire, Grade, Signature, SignedSeal};
use serde::Serialize;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// How long `eth_requestPreconf` waits for the promise unless a role says otherwise.
const PROMISE_WAIT: Duration = Duration::from_secs(10);

/// What a role adds to the answers of its ledger. Called on the event loop: every method answers from memory.
pub trait Standing: Send + Sync + 'static {
    /// The role's own fields of `forebond_status`, an object: `role`, `gatewayId`, `sequencing`, `window`, `l1`, `peers`,
    /// `brokenPromises`, `promisesSeen`, `frags`, and more if it likes. They take the place of the common ones of the same name.
    fn status(&self) -> Value;

    /// The newest base of this window (its last L1 slot) that this process has signed or accepted.
    fn base(&self, window: u64) -> Option<Arc<SignedBase>>;

    /// The promises that were seen and broken, from this index on, in the order they were found. An index never changes its promise.
    fn broken(&self, from: usize) -> Vec<BrokenPromise>;

    /// How long `eth_requestPreconf` waits for the promise.
    fn promise_wait(&self) -> Duration {
        PROMISE_WAIT
    }
}

/// A base with everything it rests on, as JSON.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BaseJson {
    base: BaseWire,
    signature: Signature,
    grade: Grade,
    parent_seal: Option<SignedSeal>,
}

/// The base of a window: what the role knows, or the one the newest frag stands under.
pub(super) fn base_of(
    reader: &ChainReader,
    standing: &dyn Standing,
    window: u64,
) -> Option<BaseJson> {
    let shown = || {
        let newest = reader.newest_frag()?;
        (newest.base.base.window == window).then(|| newest.base.clone())
    };
    let base = standing.base(window).or_else(shown)?;
    Some(BaseJson {
        base: (&base.base).into(),
        signature: base.signature,
        grade: base.grade,
        parent_seal: base.parent_seal.clone(),
    })
}

/// The status: heads as the ledger shows them, and what the role says.
pub(super) fn status(
    reader: &ChainReader,
    standing: &dyn Standing,
) -> Result<Value, ErrorObjectOwned> {
    let view = reader.board.view();
    let (latest, settled) = (view.latest.number(), reader.board.settled());
    let head = |number: u64| -> Result<Value, ErrorObjectOwned> {
        let hash: Option<B256> = reader
            .hash_of(number)
            .map_err(|e| server_error(e.to_string()))?;
        Ok(json!({ "number": format!("{number:#x}"), "hash": hash }))
    };
    let newest = reader.newest_frag();
    let mut status = json!({
        "role": null,
        "gatewayId": null,
        "sequencing": false,
        "window": null,
        "heads": {
            "unsafe": { "number": format!("{latest:#x}"), "hash": view.latest.hash },
            "safe": head(settled.safe.min(latest))?,
            "finalized": head(settled.finalized.min(latest))?,
        },
        "pending": format!("{:#x}", view.pending_number()),
        "chainId": format!("{:#x}", reader.config.chain_id),
        "genesis": reader.genesis.hash,
        "base": newest.as_ref().map(|frag| frag.base.hash),
        "sequence": newest.as_ref().map(|frag| format!("{:#x}", frag.frag.sequence)),
        "l1": null,
        "peers": "0x0",
        "brokenPromises": "0x0",
        "promisesSeen": "0x0",
        "frags": "0x0",
    });
    if let (Value::Object(all), Value::Object(own)) = (&mut status, standing.status()) {
        all.extend(own);
    }
    Ok(status)
}
