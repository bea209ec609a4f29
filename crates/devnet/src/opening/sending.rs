//! Many transactions in few slots: nonces and gas are known beforehand, so nothing waits for the one before.

use std::collections::BTreeMap;

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_rpc_types_eth::TransactionReceipt;
use alloy_signer::SignerSync;
use alloy_sol_types::SolCall;
use eyre::{Result, WrapErr, bail, ensure};
use forebond_harness::world::World;

use super::cast::Key;

/// Gas of a contract's creation, at most; far below what one transaction may have.
pub(super) const CREATION_GAS: u64 = 12_000_000;
/// Gas of a call, at most.
pub(super) const CALL_GAS: u64 = 1_500_000;
/// Tip of the first transaction; later ones give less, so that they come later.
const FIRST_TIP_WEI: u128 = 2_000_000_000;
/// What the base fee may grow to meanwhile.
const BASE_FEE_ROOM: u128 = 8;
/// Slots that may pass until all have landed.
const MOST_SLOTS: u64 = 64;

/// One transaction to be.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// What it does, for the error.
    pub(super) what: String,
    /// Who pays.
    pub(super) from: Key,
    /// Whom it calls; none creates.
    pub(super) to: Option<Address>,
    /// Wei along with it.
    pub(super) value_wei: U256,
    /// Calldata or creation code.
    pub(super) input: Bytes,
    /// Gas limit.
    pub(super) gas: u64,
}

impl Order {
    /// A call of a contract.
    pub(super) fn call<C: SolCall>(from: &Key, to: Address, call: &C, gas: u64) -> Self {
        Self {
            what: C::SIGNATURE.to_owned(),
            from: from.clone(),
            to: Some(to),
            value_wei: U256::ZERO,
            input: call.abi_encode().into(),
            gas,
        }
    }

    /// A payment.
    pub(super) fn pay(from: &Key, to: Address, wei: u128) -> Self {
        Self {
            what: format!("payment to {to}"),
            from: from.clone(),
            to: Some(to),
            value_wei: U256::from(wei),
            input: Bytes::new(),
            gas: 21_000,
        }
    }

    /// The same with wei along.
    pub(super) fn with_wei(mut self, wei: u128) -> Self {
        self.value_wei = U256::from(wei);
        self
    }
}

/// Sends `orders` and lets slots pass until all are in blocks; within a block they come in this order.
pub(super) async fn land(
    world: &World,
    chain_id: u64,
    orders: Vec<Order>,
) -> Result<Vec<TransactionReceipt>> {
    let client = world.execution();
    let market = client.fees().await?;
    let mut nonces: BTreeMap<Address, u64> = BTreeMap::new();
    let mut sent: Vec<(String, B256)> = Vec::with_capacity(orders.len());
    for (place, order) in orders.into_iter().enumerate() {
        let account = order.from.address;
        let nonce = match nonces.get(&account) {
            Some(nonce) => *nonce,
            None => client.nonce(account).await?,
        };
        nonces.insert(account, nonce.saturating_add(1));
        let tip = FIRST_TIP_WEI.saturating_sub(place as u128);
        let max_fee = market
            .base_fee_wei
            .saturating_mul(BASE_FEE_ROOM)
            .saturating_add(tip);
        let raw = sign(&order, nonce, chain_id, max_fee, tip)?;
        let hash = client
            .send_raw(&raw)
            .await
            .wrap_err_with(|| order.what.clone())?;
        sent.push((order.what, hash));
    }
    for _ in 0..MOST_SLOTS {
        world.advance(1).await?;
        let mut landed = true;
        for (account, nonce) in &nonces {
            landed &= client.nonce(*account).await? >= *nonce;
        }
        if landed {
            return receipts(world, sent).await;
        }
    }
    bail!(
        "{} transactions of the opening are not in a block after {MOST_SLOTS} slots",
        sent.len()
    )
}

async fn receipts(world: &World, sent: Vec<(String, B256)>) -> Result<Vec<TransactionReceipt>> {
    let mut receipts = Vec::with_capacity(sent.len());
    for (what, hash) in sent {
        let Some(receipt) = world.execution().receipt(hash).await? else {
            bail!("{what}: transaction {hash} has no receipt");
        };
        ensure!(
            receipt.status(),
            "{what}: transaction {hash} failed after {} gas",
            receipt.gas_used
        );
        receipts.push(receipt);
    }
    Ok(receipts)
}

fn sign(order: &Order, nonce: u64, chain_id: u64, max_fee: u128, tip: u128) -> Result<Vec<u8>> {
    let tx = TxEip1559 {
        chain_id,
        nonce,
        gas_limit: order.gas,
        max_fee_per_gas: max_fee,
        max_priority_fee_per_gas: tip,
        to: order.to.map_or(TxKind::Create, TxKind::Call),
        value: order.value_wei,
        access_list: Default::default(),
        input: order.input.clone(),
    };
    let signature = order.from.signer()?.sign_hash_sync(&tx.signature_hash())?;
    Ok(TxEnvelope::Eip1559(tx.into_signed(signature)).encoded_2718())
}
