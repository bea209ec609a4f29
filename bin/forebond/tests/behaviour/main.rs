//! What a gateway promises its users and operators, checked on the real binary.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a failing test may say so by a panic"
)]

#[path = "../support/mod.rs"]
mod support;

mod artifact;
mod blocks;
mod damaged_log;
mod fabric;
mod neutrality;
mod ordering;
mod pending;
mod repeats;
mod restarts;
mod stream;

use alloy_primitives::{Address, Bytes};
use serde_json::{Value, json};
use support::{ANY_FEE, Client, Wallet};

/// Asks for the promise of this transaction.
fn request(client: &mut Client, raw: &Bytes) -> Value {
    client.call("eth_requestPreconf", json!([raw, ANY_FEE]))
}

/// Sends a transfer with this nonce and returns its promise.
fn transfer(client: &mut Client, wallet: &Wallet, nonce: u64) -> Value {
    request(
        client,
        &wallet.transfer(nonce, Address::repeat_byte(0x77), 1),
    )
}

/// Block by number, with hashes only.
fn block(client: &mut Client, number: u64) -> Value {
    client.call(
        "eth_getBlockByNumber",
        json!([format!("{number:#x}"), false]),
    )
}
