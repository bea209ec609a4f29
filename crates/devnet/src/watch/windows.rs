use alloy_primitives::{Address, hex};
use alloy_sol_types::SolCall;
use eyre::Result;
use forebond_contracts::bindings::{Lookahead, ValidatorRegistry};
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

/// Where duties and their lenders are written down.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Registries {
    /// The Lookahead.
    pub(crate) lookahead: Address,
    /// The ValidatorRegistry.
    pub(crate) validators: Address,
    /// The L1's.
    pub(crate) slots_per_epoch: u64,
}

/// The operator of a slot's proposer; zero when its proposer is nobody's.
pub(crate) async fn lender_of(l1: &Rpc, places: Registries, slot: u64) -> Result<Address> {
    let proposer = Lookahead::proposerAtCall { slot };
    let proposer = read(l1, places.lookahead, &proposer).await?;
    let epoch = slot.checked_div(places.slots_per_epoch).unwrap_or_default();
    let operator = ValidatorRegistry::operatorAtCall {
        validatorIndex: proposer,
        epoch,
    };
    read(l1, places.validators, &operator).await
}

async fn read<C: SolCall>(l1: &Rpc, contract: Address, call: &C) -> Result<C::Return> {
    let input = hex::encode_prefixed(call.abi_encode());
    let params = json!([{ "to": contract, "input": input }, "latest"]);
    let answer: alloy_primitives::Bytes = l1.ask("eth_call", params).await?;
    Ok(C::abi_decode_returns(&answer)?)
}
