use alloy_consensus::{SignableTransaction, Signed, TxEip1559};
use alloy_eips::{
    Encodable2718,
    eip7702::{Authorization, SignedAuthorization},
};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, keccak256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use forebond_exec::PreparedTx;
use op_alloy_consensus::OpTxEnvelope;

/// The chain of these tests.
pub(crate) const CHAIN_ID: u64 = 9545;

/// A user with a key.
#[derive(Clone, Debug)]
pub(crate) struct Wallet {
    key: PrivateKeySigner,
}

/// The first `count` users.
pub(crate) fn wallets(count: u8) -> Vec<Wallet> {
    (0..count)
        .map(|n| Wallet {
            key: PrivateKeySigner::from_bytes(&keccak256([n])).unwrap(),
        })
        .collect()
}

impl Wallet {
    pub(crate) fn address(&self) -> Address {
        self.key.address()
    }

    /// Signs, encodes and takes it in as if it came from the network.
    pub(crate) fn sign<T>(&self, tx: T) -> PreparedTx
    where
        T: SignableTransaction<Signature>,
        OpTxEnvelope: From<Signed<T>>,
    {
        let signature = self.key.sign_hash_sync(&tx.signature_hash()).unwrap();
        let envelope = OpTxEnvelope::from(tx.into_signed(signature));
        let prepared = PreparedTx::decode(envelope.encoded_2718().into(), CHAIN_ID).unwrap();
        assert_eq!(prepared.sender(), self.address());
        assert_eq!(prepared.hash(), keccak256(prepared.raw()));
        prepared
    }

    pub(crate) fn authorize(
        &self,
        chain_id: u64,
        code: Address,
        nonce: u64,
    ) -> SignedAuthorization {
        let authorization = Authorization {
            chain_id: U256::from(chain_id),
            address: code,
            nonce,
        };
        let hash = authorization.signature_hash();
        authorization.into_signed(self.key.sign_hash_sync(&hash).unwrap())
    }

    /// A plain dynamic-fee call with plenty of gas and a tip of 1 gwei.
    pub(crate) fn call(&self, nonce: u64, to: Address, value_wei: u64, input: Bytes) -> PreparedTx {
        self.sign(TxEip1559 {
            chain_id: CHAIN_ID,
            nonce,
            gas_limit: 1_000_000,
            max_fee_per_gas: 100_000_000_000,
            max_priority_fee_per_gas: 1_000_000_000,
            to: TxKind::Call(to),
            value: U256::from(value_wei),
            access_list: Default::default(),
            input,
        })
    }
}

/// The four bytes that select a function.
pub(crate) fn selector(signature: &str) -> [u8; 4] {
    let hash: B256 = keccak256(signature);
    [hash[0], hash[1], hash[2], hash[3]]
}
