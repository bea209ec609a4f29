//! A served L1 in virtual time.

use std::net::SocketAddr;

use alloy_consensus::{SignableTransaction, TxEip1559, TxEip4844, TxEnvelope};
use alloy_eips::{
    eip2718::Encodable2718,
    eip4844::builder::{SidecarBuilder, SimpleCoder},
    eip7594::BlobTransactionSidecarVariant,
};
use alloy_primitives::{Address, Bytes, TxKind, U256};
use alloy_signer::SignerSync;
use alloy_signer_local::{MnemonicBuilder, PrivateKeySigner, coins_bip39::English};
use forebond_embedded_l1::node::{EmbeddedL1, NodeConfig, ServiceConfig};
use serde_json::Value;

use crate::client;

pub(crate) struct Served {
    pub(crate) l1: EmbeddedL1,
    pub(crate) addr: SocketAddr,
}

impl Served {
    pub(crate) async fn start() -> Self {
        let l1 = EmbeddedL1::start(ServiceConfig {
            node: NodeConfig {
                validators: 16,
                ..NodeConfig::default()
            },
            ..ServiceConfig::default()
        })
        .await
        .unwrap();
        let addr = l1.rpc_addr();
        Self { l1, addr }
    }

    pub(crate) async fn ask(&self, method: &str, params: Value) -> Value {
        client::result(self.addr, method, params).await
    }

    pub(crate) fn pass(&self, slots: u64) {
        self.l1.control().advance_slots(slots).unwrap();
    }
}

pub(crate) fn wallet(index: u32) -> PrivateKeySigner {
    MnemonicBuilder::<English>::default()
        .phrase("test test test test test test test test test test test junk")
        .index(index)
        .unwrap()
        .build()
        .unwrap()
}

fn base(nonce: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: 31_337,
        nonce,
        gas_limit: 200_000,
        max_fee_per_gas: 10_000_000_000,
        max_priority_fee_per_gas: 1_000_000_000,
        to: TxKind::Call(Address::repeat_byte(0xbb)),
        ..Default::default()
    }
}

fn sign(wallet: &PrivateKeySigner, tx: TxEip1559) -> Bytes {
    let signature = wallet.sign_hash_sync(&tx.signature_hash()).unwrap();
    TxEnvelope::from(tx.into_signed(signature))
        .encoded_2718()
        .into()
}

/// A signed transfer of one wei.
pub(crate) fn transfer(wallet: &PrivateKeySigner, nonce: u64) -> Bytes {
    let mut tx = base(nonce);
    tx.value = U256::from(1);
    sign(wallet, tx)
}

/// A signed deployment of a contract that logs its call data's first word as topic, whenever it is called.
pub(crate) fn deploy_logger(wallet: &PrivateKeySigner, nonce: u64) -> Bytes {
    // PUSH0 CALLDATALOAD PUSH0 PUSH0 LOG1 STOP, returned by the init code.
    let runtime = [0x5f, 0x35, 0x5f, 0x5f, 0xa1, 0x00];
    let mut init = vec![0x65];
    init.extend(runtime);
    init.extend([0x5f, 0x52, 0x60, 0x06, 0x60, 0x1a, 0xf3]);
    let mut tx = base(nonce);
    tx.to = TxKind::Create;
    tx.input = init.into();
    sign(wallet, tx)
}

/// A signed call.
pub(crate) fn call(wallet: &PrivateKeySigner, nonce: u64, to: Address, input: Vec<u8>) -> Bytes {
    let mut tx = base(nonce);
    tx.to = TxKind::Call(to);
    tx.input = input.into();
    sign(wallet, tx)
}

/// A signed transaction with one blob, in the wrapper of EIP-7594.
pub(crate) fn blob(wallet: &PrivateKeySigner, nonce: u64) -> Bytes {
    let sidecar: BlobTransactionSidecarVariant = SidecarBuilder::<SimpleCoder>::from_slice(b"blob")
        .build_7594()
        .unwrap()
        .into();
    let tx = TxEip4844 {
        chain_id: 31_337,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 10_000_000_000,
        max_priority_fee_per_gas: 1_000_000_000,
        max_fee_per_blob_gas: 1_000_000_000,
        to: Address::repeat_byte(0xbb),
        blob_versioned_hashes: sidecar.versioned_hashes().collect(),
        ..Default::default()
    }
    .with_sidecar(sidecar);
    let signature = wallet.sign_hash_sync(&tx.signature_hash()).unwrap();
    TxEnvelope::from(tx.into_signed(signature))
        .encoded_2718()
        .into()
}
