//! A block tree with a pool, wallets that sign, and slots that pass when told to.

use std::sync::Arc;

use alloy_consensus::{
    SignableTransaction, TxEip1559, TxEip4844, TxEip4844WithSidecar, TxEnvelope,
};
use alloy_eips::{
    eip2718::Encodable2718,
    eip4844::{BlobTransactionSidecar, builder::SidecarBuilder, builder::SimpleCoder},
    eip7594::{BlobTransactionSidecarEip7594, BlobTransactionSidecarVariant},
};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_rpc_types_eth::TransactionRequest;
use alloy_signer::SignerSync;
use alloy_signer_local::{MnemonicBuilder, PrivateKeySigner, coins_bip39::English};
use forebond_embedded_l1::execution::{
    Admitted, BlockTree, CallBlock, ChainSpec, ExecutedBlock, GenesisBlock, PayloadAttributes,
    Pool, PoolLimits, run_call,
};
use forebond_rpc::{CallEnd, CallRequest, SubmitError};

pub(crate) const CHAIN_ID: u64 = 31_337;
pub(crate) const GENESIS_S: u64 = 1_700_000_000;
pub(crate) const SLOT_S: u64 = 2;
pub(crate) const GWEI: u128 = 1_000_000_000;

pub(crate) struct World {
    pub(crate) tree: BlockTree,
    pub(crate) pool: Pool,
}

/// The development account with this index.
pub(crate) fn wallet(index: u32) -> PrivateKeySigner {
    MnemonicBuilder::<English>::default()
        .phrase("test test test test test test test test test test test junk")
        .index(index)
        .unwrap()
        .build()
        .unwrap()
}

pub(crate) fn beacon_root(slot: u64) -> B256 {
    B256::from(U256::from(slot) + U256::from(0xbeac_0000_u64))
}

/// What the consensus half would ask for in this slot.
pub(crate) fn attributes(slot: u64) -> PayloadAttributes {
    PayloadAttributes {
        timestamp_s: GENESIS_S + slot * SLOT_S,
        prev_randao: B256::from(U256::from(slot)),
        fee_recipient: Address::repeat_byte(0xfe),
        withdrawals: Vec::new(),
        parent_beacon_block_root: beacon_root(slot),
        extra_data: Bytes::new(),
        scripted_deposits: Bytes::new(),
    }
}

impl World {
    pub(crate) fn new() -> Self {
        let spec = ChainSpec { chain_id: CHAIN_ID };
        Self {
            tree: BlockTree::new(spec, GenesisBlock::development(GENESIS_S, &[])),
            pool: Pool::new(PoolLimits::default()),
        }
    }

    pub(crate) fn head(&self) -> Arc<ExecutedBlock> {
        self.tree.head().unwrap()
    }

    /// Sends a raw transaction to the pool.
    pub(crate) fn send(&mut self, raw: &Bytes) -> Result<B256, SubmitError> {
        let admitted = Admitted::check(raw, CHAIN_ID)?;
        let head = self.head();
        self.pool.insert(admitted, &head.state)
    }

    /// Builds a block on the head in this slot and makes it the head.
    pub(crate) fn slot(&mut self, slot: u64) -> Arc<ExecutedBlock> {
        self.slot_with(&attributes(slot))
    }

    pub(crate) fn slot_with(&mut self, attributes: &PayloadAttributes) -> Arc<ExecutedBlock> {
        let head = self.head();
        let block = self
            .tree
            .build(head.hash, attributes, Some(&self.pool))
            .unwrap();
        self.tree.set_head(block.hash).unwrap();
        self.pool.drop_used(&block.state);
        block
    }

    /// What a call on the head returns.
    pub(crate) fn call(&self, to: Address, input: impl Into<Bytes>) -> CallEnd {
        let head = self.head();
        let request = CallRequest {
            transaction: TransactionRequest {
                to: Some(TxKind::Call(to)),
                input: input.into().into(),
                ..Default::default()
            },
            gas_limit: 1_000_000,
            ..Default::default()
        };
        let block = CallBlock::of(self.tree.spec(), &head.header);
        run_call(&head.state, &block, &request).unwrap().end
    }
}

/// A transfer of one wei, unsigned.
pub(crate) fn transfer(nonce: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 10 * GWEI,
        max_priority_fee_per_gas: GWEI,
        to: TxKind::Call(Address::repeat_byte(0xbb)),
        value: U256::from(1),
        ..Default::default()
    }
}

pub(crate) fn signed(
    wallet: &PrivateKeySigner,
    tx: impl SignableTransaction<alloy_primitives::Signature> + Into<TxAny>,
) -> Bytes {
    let signature = wallet.sign_hash_sync(&tx.signature_hash()).unwrap();
    let any: TxAny = tx.into();
    match any {
        TxAny::Plain(tx) => TxEnvelope::from(tx.into_signed(signature))
            .encoded_2718()
            .into(),
        TxAny::Blobs(tx) => TxEnvelope::from(tx.into_signed(signature))
            .encoded_2718()
            .into(),
    }
}

/// The unsigned transactions these tests send.
pub(crate) enum TxAny {
    Plain(TxEip1559),
    Blobs(TxEip4844WithSidecar<BlobTransactionSidecarVariant>),
}

impl From<TxEip1559> for TxAny {
    fn from(tx: TxEip1559) -> Self {
        Self::Plain(tx)
    }
}

impl From<TxEip4844WithSidecar<BlobTransactionSidecarVariant>> for TxAny {
    fn from(tx: TxEip4844WithSidecar<BlobTransactionSidecarVariant>) -> Self {
        Self::Blobs(tx)
    }
}

/// Which wrapper a blob transaction travels in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrapper {
    Eip4844,
    Eip7594,
}

/// A sidecar of `count` blobs, each with other contents.
pub(crate) fn sidecar(count: u8, wrapper: Wrapper) -> BlobTransactionSidecarVariant {
    if count == 0 {
        // The builder would make one empty blob.
        return BlobTransactionSidecar::default().into();
    }
    let mut builder = SidecarBuilder::<SimpleCoder>::new();
    for index in 0..count {
        // The coder fills a blob with 31 bytes in each of its 4,096 field elements, less one for the length.
        builder.ingest(&vec![index.wrapping_add(1); 4_095 * 31]);
    }
    match wrapper {
        Wrapper::Eip4844 => {
            let sidecar: BlobTransactionSidecar = builder.build_4844().unwrap();
            sidecar.into()
        }
        Wrapper::Eip7594 => {
            let sidecar: BlobTransactionSidecarEip7594 = builder.build_7594().unwrap();
            sidecar.into()
        }
    }
}

pub(crate) fn blob_transaction(
    nonce: u64,
    sidecar: BlobTransactionSidecarVariant,
) -> TxEip4844WithSidecar<BlobTransactionSidecarVariant> {
    let tx = TxEip4844 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 10 * GWEI,
        max_priority_fee_per_gas: GWEI,
        max_fee_per_blob_gas: GWEI,
        to: Address::repeat_byte(0xbb),
        blob_versioned_hashes: sidecar.versioned_hashes().collect(),
        ..Default::default()
    };
    tx.with_sidecar(sidecar)
}
