//! Builds and signs type-2 transactions.

use crate::{keys::Account, target::Prices};
use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};

/// What a transaction does, apart from who sends it and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// Callee; `None` creates a contract.
    pub(crate) to: Option<Address>,
    /// Wei sent along.
    pub(crate) value: U256,
    /// Calldata, or the init code.
    pub(crate) input: Bytes,
    /// Gas limit.
    pub(crate) gas: u64,
}

/// A signed transaction.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    /// Its hash.
    pub(crate) hash: B256,
    /// Its EIP-2718 bytes.
    pub(crate) raw: Vec<u8>,
}

/// What all transactions of a run share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// Chain they are valid on.
    pub(crate) chain_id: u64,
    /// What they pay.
    pub(crate) prices: Prices,
}

/// Signs `call` as transaction `nonce` of `account`.
pub(crate) fn sign(account: &Account, nonce: u64, call: Call, terms: Terms) -> Signed {
    let transaction = TxEip1559 {
        chain_id: terms.chain_id,
        nonce,
        gas_limit: call.gas,
        max_fee_per_gas: terms.prices.max_fee_wei,
        max_priority_fee_per_gas: terms.prices.tip_wei,
        to: call.to.map_or(TxKind::Create, TxKind::Call),
        value: call.value,
        access_list: Default::default(),
        input: call.input,
    };
    let signature = account.sign(transaction.signature_hash());
    let signed = transaction.into_signed(signature);
    Signed {
        hash: *signed.hash(),
        raw: signed.encoded_2718(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;
    use alloy_consensus::{Transaction, TxEnvelope, transaction::SignerRecoverable};
    use alloy_eips::eip2718::Decodable2718;
    use alloy_primitives::keccak256;

    #[test]
    fn a_signed_transaction_decodes_to_its_sender_and_hash() {
        let account = keys::sender(1, 0).unwrap();
        let call = Call {
            to: None,
            value: U256::from(5),
            input: Bytes::from_static(b"abc"),
            gas: 99_000,
        };
        let terms = Terms {
            chain_id: 9545,
            prices: Prices {
                max_fee_wei: 7,
                tip_wei: 3,
            },
        };
        let signed = sign(&account, 4, call, terms);
        assert_eq!(signed.hash, keccak256(&signed.raw));
        let decoded = TxEnvelope::decode_2718_exact(&signed.raw).unwrap();
        assert_eq!(decoded.recover_signer().unwrap(), account.address);
        assert_eq!((decoded.nonce(), decoded.chain_id()), (4, Some(9545)));
        assert!(decoded.is_create());
    }
}
