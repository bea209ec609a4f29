//! `beacon/genesis`, `config/*`.

use axum::extract::State;
use forebond_beacon::preset::Preset;
use serde_json::json;

use super::{
    reply::{Answer, ApiError, data},
    server::Api,
    spec::spec_of,
};

pub(super) async fn genesis<P: Preset>(State(api): State<Api<P>>) -> Answer {
    let consensus = api.view.consensus();
    let state = api
        .view
        .state_at(api.view.head().slot)
        .ok_or_else(|| ApiError::not_found("the chain has no state yet".to_owned()))?;
    data(json!({
        "genesis_time": state.genesis_time.to_string(),
        "genesis_validators_root": state.genesis_validators_root,
        // Fulu is active from genesis, yet the chain's first version is what signatures without a fork refer to.
        "genesis_fork_version": consensus.config().genesis_version(),
    }))
}

pub(super) async fn spec<P: Preset>(State(api): State<Api<P>>) -> Answer {
    data(spec_of::<P>(api.view.consensus().config()))
}

pub(super) async fn deposit_contract<P: Preset>(State(api): State<Api<P>>) -> Answer {
    let consensus = api.view.consensus();
    let config = consensus.config();
    data(
        json!({ "chain_id": config.deposit_chain_id.to_string(), "address": config.deposit_contract }),
    )
}

pub(super) async fn fork_schedule<P: Preset>(State(api): State<Api<P>>) -> Answer {
    let consensus = api.view.consensus();
    let version = consensus.config().fulu_version();
    data(json!([{ "previous_version": version, "current_version": version, "epoch": "0" }]))
}
