use crate::world::Follower;
use alloy_primitives::{Address, B256, Bytes};
use forebond_exec::PreparedTx;
use forebond_ledger::{
    board::Board,
    promise::SignedBase,
    rpc::{BrokenPromise, Ingress, LedgerChain, Served, Standing, Waited, ledger_methods},
};
use forebond_rpc::{
    SubmitError,
    jsonrpsee::{RpcModule, core::server::MethodsError},
};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// Takes nothing but what is promised already, for 7 wei per gas.
#[derive(Debug)]
pub(crate) struct Desk(Arc<Board>);

impl Desk {
    pub(crate) fn of(follower: &Follower) -> Self {
        Self(follower.board().clone())
    }
}

impl Ingress for Desk {
    fn next_nonce(&self, _: Address) -> Option<u64> {
        None
    }
    fn pooled(&self, _: B256) -> Option<Arc<PreparedTx>> {
        None
    }
    fn quoted_tip_wei(&self) -> u128 {
        7
    }
    async fn submit(&self, _: Bytes) -> Result<B256, SubmitError> {
        Err(SubmitError::NotAccepting {
            reason: "closed".into(),
        })
    }
    async fn submit_and_wait(&self, raw: Bytes, _: Duration) -> Result<Waited, SubmitError> {
        let hash = alloy_primitives::keccak256(&raw);
        Ok(self
            .0
            .promise(&hash)
            .map_or(Waited::Still(hash), Waited::Promised))
    }
}

/// A role that knows these bases and these broken promises.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) bases: Mutex<Vec<Arc<SignedBase>>>,
    pub(crate) broken: Mutex<Vec<BrokenPromise>>,
}

impl Standing for Known {
    fn status(&self) -> Value {
        json!({ "role": "node", "peers": "0x3" })
    }
    fn base(&self, window: u64) -> Option<Arc<SignedBase>> {
        self.bases
            .lock()
            .iter()
            .find(|base| base.base.window == window)
            .cloned()
    }
    fn broken(&self, from: usize) -> Vec<BrokenPromise> {
        self.broken.lock().iter().skip(from).cloned().collect()
    }
}

/// The methods of a follower.
pub(crate) fn methods(follower: &Follower, known: Arc<Known>) -> RpcModule<Served<Desk>> {
    let desk = Desk::of(follower);
    let chain = LedgerChain::new(Arc::new(follower.reader()), desk);
    ledger_methods(Arc::new(chain), known).unwrap()
}

/// The answer, or the error's text.
pub(crate) async fn ask(
    methods: &RpcModule<Served<Desk>>,
    method: &str,
    params: Value,
) -> Result<Value, String> {
    let Value::Array(params) = params else {
        panic!("a list of parameters");
    };
    match methods.call::<_, Value>(method, params).await {
        Ok(answer) => Ok(answer),
        Err(MethodsError::JsonRpc(error)) => Err(error.message().to_owned()),
        Err(other) => panic!("{other}"),
    }
}
