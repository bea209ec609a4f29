//! Fabric's Commitments API on the gateway's port: `commitmentRequest`, `commitmentResult`,
//! `slots`, `fee`.
//!
//! Fabric defines no commitment type for execution. Ours is [`EXECUTION_COMMITMENT`]: the
//! request's payload is the raw transaction, the commitment's payload the preconfirmation object
//! as JSON, which carries the promise's own signatures. The envelope is signed by the committer
//! key, too: keccak256 of the ABI-encoded commitment, without prefix.

use super::GatewayChain;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::SolValue;
use forebond_ledger::rpc::{Ingress, PreconfirmationJson, Waited};
use forebond_rpc::{
    Chain, invalid_params,
    jsonrpsee::{
        RpcModule,
        server::RegisterMethodError,
        types::{ErrorObjectOwned, Params},
    },
    server_error,
};
use forebond_runtime::CommitterKey;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

/// "FBX1": an execution preconfirmation of Forebond.
const EXECUTION_COMMITMENT: u64 = 0x4642_5831;
/// Answered requests that are remembered by their hash.
const REMEMBERED: usize = 65_536;

alloy_sol_types::sol! {
    struct RequestAbi { uint64 commitmentType; bytes payload; address slasher; }
    struct CommitmentAbi { uint64 commitmentType; bytes payload; bytes32 requestHash; address slasher; }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CommitmentRequest {
    commitment_type: u64,
    payload: Bytes,
    slasher: Address,
}

#[derive(Clone, Debug, Serialize)]
struct Commitment {
    commitment_type: u64,
    payload: Bytes,
    request_hash: B256,
    slasher: Address,
}

#[derive(Clone, Debug, Serialize)]
struct SignedCommitment {
    commitment: Commitment,
    signature: forebond_types::Signature,
}

/// What the methods share.
#[derive(Debug)]
pub struct Fabric {
    chain: Arc<GatewayChain>,
    key: Arc<CommitterKey>,
    preconf_wait: Duration,
    answered: Mutex<Answered>,
}

#[derive(Debug, Default)]
struct Answered {
    order: VecDeque<B256>,
    by_request: HashMap<B256, (B256, Address)>,
}

impl Answered {
    fn remember(&mut self, request: B256, answer: (B256, Address)) {
        if self.by_request.insert(request, answer).is_none() {
            self.order.push_back(request);
        }
        while self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_request.remove(&oldest);
        }
    }
}

/// Registers the methods.
pub fn fabric_methods(
    chain: Arc<GatewayChain>,
    key: Arc<CommitterKey>,
    preconf_wait: Duration,
) -> Result<RpcModule<Fabric>, RegisterMethodError> {
    let mut module = RpcModule::new(Fabric {
        chain,
        key,
        preconf_wait,
        answered: Mutex::default(),
    });
    module.register_async_method("commitmentRequest", |params, fabric, _| async move {
        let request = request(&params)?;
        fabric.request(request).await
    })?;
    module.register_method("commitmentResult", |params, fabric, _| {
        let (hash,): (B256,) = params
            .parse()
            .map_err(|e| invalid_params(format!("expected [request hash]: {e}")))?;
        fabric.result(hash)
    })?;
    module.register_method("slots", |_, fabric, _| fabric.slots())?;
    module.register_method("fee", |params, fabric, _| {
        let request = request(&params)?;
        Ok::<_, ErrorObjectOwned>(json!({
            "payload": Bytes::from(U256::from(fabric.chain.quoted_tip_wei()).abi_encode()),
            "commitment_type": request.commitment_type,
        }))
    })?;
    Ok(module)
}

fn request(params: &Params<'_>) -> Result<CommitmentRequest, ErrorObjectOwned> {
    let request: CommitmentRequest = params.one().or_else(|_| params.parse()).map_err(|e| {
        invalid_params(format!(
            "expected {{commitment_type, payload, slasher}}: {e}"
        ))
    })?;
    if request.commitment_type != EXECUTION_COMMITMENT {
        return Err(invalid_params(format!(
            "commitment_type {} is not offered; this gateway offers {EXECUTION_COMMITMENT} (execution)",
            request.commitment_type
        )));
    }
    Ok(request)
}

impl Fabric {
    async fn request(
        &self,
        request: CommitmentRequest,
    ) -> Result<SignedCommitment, ErrorObjectOwned> {
        let request_hash = keccak256(
            RequestAbi {
                commitmentType: request.commitment_type,
                payload: request.payload.clone(),
                slasher: request.slasher,
            }
            .abi_encode(),
        );
        let ingress = &self.chain.ingress;
        let waited = ingress.submit_and_wait(request.payload, self.preconf_wait);
        let promise = match waited.await? {
            Waited::Promised(promise) => promise,
            Waited::Still(_) => {
                return Err(server_error(
                    "the transaction was taken and is not promised yet; ask commitmentResult later",
                ));
            }
        };
        let Some(promised) = promise.frag.transactions.get(promise.place) else {
            return Err(server_error("the promise is not available"));
        };
        let tx_hash = promised.leaf.tx_hash;
        self.answered
            .lock()
            .remember(request_hash, (tx_hash, request.slasher));
        self.commitment(request_hash, tx_hash, request.slasher)
    }

    fn result(&self, request_hash: B256) -> Result<SignedCommitment, ErrorObjectOwned> {
        let known = self.answered.lock().by_request.get(&request_hash).copied();
        let Some((tx_hash, slasher)) = known else {
            return Err(server_error(
                "no commitment is known for this request hash; send commitmentRequest again: the same transaction is \
                 answered with the same promise",
            ));
        };
        self.commitment(request_hash, tx_hash, slasher)
    }

    fn commitment(
        &self,
        request_hash: B256,
        tx_hash: B256,
        slasher: Address,
    ) -> Result<SignedCommitment, ErrorObjectOwned> {
        let promise = self
            .chain
            .reader
            .find_promise(tx_hash)
            .map_err(|e| server_error(e.to_string()))?;
        let object = promise.and_then(|p| serde_json::to_vec(&PreconfirmationJson(p)).ok());
        let Some(object) = object else {
            return Err(server_error("the promise is not available"));
        };
        let payload = Bytes::from(object);
        let digest = keccak256(
            CommitmentAbi {
                commitmentType: EXECUTION_COMMITMENT,
                payload: payload.clone(),
                requestHash: request_hash,
                slasher,
            }
            .abi_encode(),
        );
        Ok(SignedCommitment {
            commitment: Commitment {
                commitment_type: EXECUTION_COMMITMENT,
                payload,
                request_hash,
                slasher,
            },
            signature: self.key.sign(digest),
        })
    }

    fn slots(&self) -> Result<serde_json::Value, ErrorObjectOwned> {
        // Between two blocks the newest frag is one of a sealed block: the window is the same.
        let window = self.chain.reader.newest_frag().map(|f| f.base.base.window);
        let slots: Vec<_> = window
            .into_iter()
            .map(|slot| {
                json!({
                    "slot": slot.to_string(),
                    "offerings": [{
                        "chain_id": self.chain.reader.config.chain_id.to_string(),
                        "commitment_types": [EXECUTION_COMMITMENT],
                    }],
                })
            })
            .collect();
        Ok(json!({ "slots": slots }))
    }
}
