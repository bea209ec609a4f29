use alloy_primitives::{Address, hex};
use alloy_sol_types::SolCall;
use eyre::Result;
use forebond_contracts::bindings::Lookahead;
use forebond_protocol::Window;
use serde_json::json;

use crate::rpc::Rpc;

/// Who owns a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    /// Number of the gateway.
    pub(crate) gateway: u32,
    /// Last slot of its window.
    pub(crate) window: u64,
}

/// Who owns a slot, as the contract says at the newest block.
pub(crate) async fn owner_of(
    l1: &Rpc,
    lookahead: Address,
    rollup: Address,
    slot: u64,
) -> Result<Owner> {
    let call = Lookahead::ownerAtCall { rollup, slot };
    let input = hex::encode_prefixed(call.abi_encode());
    let params = json!([{ "to": lookahead, "input": input }, "latest"]);
    let answer: alloy_primitives::Bytes = l1.ask("eth_call", params).await?;
    let owner = Lookahead::ownerAtCall::abi_decode_returns(&answer)?;
    Ok(Owner {
        gateway: owner.gateway,
        window: owner.window,
    })
}

/// The whole window around a slot, as the contract says at the newest block.
pub(crate) async fn window_at(
    l1: &Rpc,
    lookahead: Address,
    rollup: Address,
    slot: u64,
) -> Result<Window> {
    let call = Lookahead::windowAtCall { rollup, slot };
    let input = hex::encode_prefixed(call.abi_encode());
    let params = json!([{ "to": lookahead, "input": input }, "latest"]);
    let answer: alloy_primitives::Bytes = l1.ask("eth_call", params).await?;
    let window = Lookahead::windowAtCall::abi_decode_returns(&answer)?;
    Ok(Window {
        gateway: window.gateway,
        first_slot: window.firstSlot,
        last_slot: window.lastSlot,
    })
}
