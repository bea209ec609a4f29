//! Wallets that send small amounts around.

use super::{
    chance::Chance,
    process::Life,
    rules::{Rules, address_of, wallet_key},
};
use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, Bytes, TxKind, U256};
use forebond_exec::BaseState;
use forebond_types::Signature;

/// A signed transfer with the wallet's next nonce, as the observer shows it.
pub(crate) fn transfer(
    index: usize,
    observer: &Life,
    rules: &Rules,
    chance: &mut Chance,
) -> eyre::Result<Bytes> {
    let key = wallet_key(index)?;
    let view = observer.follower.reader().board.view();
    let account = view.pending_state.account(address_of(&key)?)?;
    let tx = TxEip1559 {
        chain_id: rules.derive.chain.chain_id,
        nonce: account.map_or(0, |account| account.nonce),
        gas_limit: 21_000,
        max_fee_per_gas: 10_000_000_000,
        max_priority_fee_per_gas: 1_000,
        to: TxKind::Call(Address::left_padding_from(&chance.next().to_be_bytes())),
        value: U256::from(chance.between(1, 1_000)),
        ..Default::default()
    };
    let signature = Signature::sign(tx.signature_hash(), &key);
    let signature = alloy_primitives::Signature::from_raw(signature.as_bytes())?;
    Ok(TxEnvelope::from(tx.into_signed(signature))
        .encoded_2718()
        .into())
}
