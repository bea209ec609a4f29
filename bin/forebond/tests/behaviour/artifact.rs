//! The example contracts, compiled.

use alloy_primitives::{Bytes, TxKind, U256, keccak256};
use alloy_sol_types::SolValue;
use serde_json::Value;

use crate::support::Wallet;

const DIR: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/contracts/artifacts"
);

fn bytecode(name: &str) -> Vec<u8> {
    let text = std::fs::read_to_string(format!("{DIR}/{name}.json")).unwrap();
    let artifact: Value = serde_json::from_str(&text).unwrap();
    let code: Bytes = serde_json::from_value(artifact["bytecode"].clone()).unwrap();
    code.to_vec()
}

/// A transaction that deploys BlockHashReader.
pub fn deploy_block_hash_reader(wallet: &Wallet, nonce: u64) -> Bytes {
    let code = bytecode("BlockHashReader");
    wallet.sign(wallet.template(nonce, TxKind::Create, 0, 2_000_000, code.into()))
}

/// A transaction that deploys a Token whose whole supply its deployer owns.
pub fn deploy_token(wallet: &Wallet, nonce: u64, supply: u64) -> Bytes {
    let arguments = ("Token".to_owned(), "TOK".to_owned(), U256::from(supply)).abi_encode_params();
    let code = [bytecode("Token"), arguments].concat();
    wallet.sign(wallet.template(nonce, TxKind::Create, 0, 3_000_000, code.into()))
}

/// Call data of a function without arguments.
pub fn selector(signature: &str) -> Bytes {
    keccak256(signature)[..4].to_vec().into()
}
