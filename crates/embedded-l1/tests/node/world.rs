//! A node in virtual time, and wallets that send to it.

use std::sync::Arc;

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, TxKind, U256};
use alloy_signer::SignerSync;
use alloy_signer_local::{MnemonicBuilder, PrivateKeySigner, coins_bip39::English};
use forebond_beacon::preset::Minimal;
use forebond_embedded_l1::{
    node::{Node, NodeConfig},
    script::{Control, Script},
};

pub(crate) const EPOCH: u64 = 8;

pub(crate) struct World {
    pub(crate) node: Arc<Node<Minimal>>,
    pub(crate) control: Control,
}

pub(crate) fn wallet(index: u32) -> PrivateKeySigner {
    MnemonicBuilder::<English>::default()
        .phrase("test test test test test test test test test test test junk")
        .index(index)
        .unwrap()
        .build()
        .unwrap()
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Script::new())
    }

    pub(crate) fn with(script: Script) -> Self {
        Self::of(NodeConfig {
            validators: 32,
            script,
            ..NodeConfig::default()
        })
    }

    pub(crate) fn of(config: NodeConfig) -> Self {
        let node = Node::new(config, 0).unwrap();
        let control = node.control();
        Self { node, control }
    }

    /// Lets slots pass and gives the numbers of the blocks at the slots.
    pub(crate) fn pass(&self, slots: u64) {
        self.control.advance_slots(slots).unwrap();
    }

    /// Sends one wei from a development account.
    pub(crate) fn transfer(&self, from: u32, nonce: u64) -> B256 {
        let tx = TxEip1559 {
            chain_id: 31_337,
            nonce,
            gas_limit: 21_000,
            max_fee_per_gas: 10_000_000_000,
            max_priority_fee_per_gas: 1_000_000_000,
            to: TxKind::Call(Address::repeat_byte(0xbb)),
            value: U256::from(1),
            ..Default::default()
        };
        let signature = wallet(from).sign_hash_sync(&tx.signature_hash()).unwrap();
        let raw = TxEnvelope::from(tx.into_signed(signature)).encoded_2718();
        self.node.ledger().submit(&raw.into()).unwrap()
    }

    /// Block number of a transaction, if it is in a block.
    pub(crate) fn included_in(&self, hash: &B256) -> Option<u64> {
        let view = self.node.ledger().view();
        let (block, _) = view.transaction(hash)?;
        Some(block.executed.number())
    }
}
