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
    let owner = read(l1, lookahead, &Lookahead::ownerAtCall { rollup, slot }).await?;
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
    let window = read(l1, lookahead, &Lookahead::windowAtCall { rollup, slot }).await?;
    Ok(Window {
        gateway: window.gateway,
        first_slot: window.firstSlot,
        last_slot: window.lastSlot,
    })
}

async fn read<C: SolCall>(l1: &Rpc, contract: Address, call: &C) -> Result<C::Return> {
    let input = hex::encode_prefixed(call.abi_encode());
    let params = json!([{ "to": contract, "input": input }, "latest"]);
    let answer: alloy_primitives::Bytes = l1.ask("eth_call", params).await?;
    Ok(C::abi_decode_returns(&answer)?)
}
