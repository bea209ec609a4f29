use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, Bytes, TxKind, U256, hex};
use alloy_signer::SignerSync;
use alloy_signer_local::{MnemonicBuilder, PrivateKeySigner};

/// Init code of a contract that, when called, stores the parent's hash in slot 0, counts in slot 1 and logs.
pub(crate) const COUNTER_CODE: [u8; 28] =
    hex!("60138060095f395ff360014303405f5560018054016001555f5fa000");

/// A development account that knows its next nonce.
#[derive(Clone, Debug)]
pub(crate) struct Wallet {
    key: PrivateKeySigner,
    pub(crate) nonce: u64,
}

impl Wallet {
    /// Development account `index`, 0 to 9.
    pub(crate) fn dev(index: u32) -> Self {
        let key = MnemonicBuilder::from_phrase(
            "test test test test test test test test test test test junk",
        )
        .index(index)
        .unwrap()
        .build()
        .unwrap();
        Self { key, nonce: 0 }
    }

    pub(crate) fn address(&self) -> Address {
        self.key.address()
    }

    pub(crate) fn transfer(&mut self, to: Address) -> Bytes {
        self.sign(TxKind::Call(to), U256::from(1_000), Bytes::new(), 21_000)
    }

    pub(crate) fn call(&mut self, to: Address) -> Bytes {
        self.sign(TxKind::Call(to), U256::ZERO, Bytes::new(), 200_000)
    }

    pub(crate) fn data(&mut self, to: Address, bytes: usize) -> Bytes {
        self.sign(
            TxKind::Call(to),
            U256::ZERO,
            vec![0; bytes].into(),
            100_000_000,
        )
    }

    /// Deploys the counter; the address is [`Self::next_contract`] before the call.
    pub(crate) fn deploy_counter(&mut self) -> Bytes {
        let code = Bytes::from_static(&COUNTER_CODE);
        self.sign(TxKind::Create, U256::ZERO, code, 200_000)
    }

    pub(crate) fn next_contract(&self) -> Address {
        self.address().create(self.nonce)
    }

    fn sign(&mut self, to: TxKind, value: U256, input: Bytes, gas_limit: u64) -> Bytes {
        let tx = TxEip1559 {
            chain_id: 9545,
            nonce: self.nonce,
            gas_limit,
            max_fee_per_gas: 10_000_000_000,
            max_priority_fee_per_gas: 1_000,
            to,
            value,
            input,
            ..Default::default()
        };
        self.nonce += 1;
        let signature = self.key.sign_hash_sync(&tx.signature_hash()).unwrap();
        TxEnvelope::from(tx.into_signed(signature))
            .encoded_2718()
            .into()
    }
}
