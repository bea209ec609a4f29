//! Sends the transactions that prepare a run, and waits until each has succeeded.

use crate::{
    keys::Account,
    progress::Progress,
    rpc::Rpc,
    transaction::{Call, Signed, Terms, sign},
};
use alloy_primitives::{Address, B256, U64, U256, hex};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// Pause between two questions for the same receipt.
const POLL: Duration = Duration::from_millis(20);
/// A preparation that is not in a block by then means a server that does not make blocks.
const PATIENCE: Duration = Duration::from_secs(60);
/// Transactions submitted before their receipts are awaited; well within pool limits.
const BATCH: usize = 512;
/// The same for one account, of which pools hold fewer.
pub(crate) const BATCH_PER_ACCOUNT: usize = 16;

/// Sends prepared transactions over one connection.
pub(crate) struct ChainSetup<'a> {
    /// The connection.
    pub(crate) rpc: &'a mut Rpc,
    /// Chain and prices.
    pub(crate) terms: Terms,
    /// Hears about every step.
    pub(crate) progress: &'a dyn Progress,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    status: U64,
    contract_address: Option<Address>,
}

/// Balance in wei and next nonce of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AccountState {
    /// Wei it holds.
    pub(crate) balance: U256,
    /// Nonce of its next transaction.
    pub(crate) nonce: u64,
}

impl ChainSetup<'_> {
    /// State of every account, preconfirmed transactions included.
    pub(crate) async fn states(&mut self, of: &[Address]) -> eyre::Result<Vec<AccountState>> {
        let params = || {
            of.iter()
                .map(|address| json!([address, "pending"]))
                .collect()
        };
        let mut ask = async |method: &str| -> eyre::Result<Vec<U256>> {
            let answers = self.rpc.ask_all(method, params(), |_| {}).await?;
            let read = |answer: Result<Value, _>| match answer {
                Ok(value) => Ok(serde_json::from_value(value)?),
                Err(refusal) => Err(eyre::eyre!("{method}: {refusal}")),
            };
            answers.into_iter().map(read).collect()
        };
        let balances = ask("eth_getBalance").await?;
        let nonces = ask("eth_getTransactionCount").await?;
        let state = |(balance, nonce): (U256, U256)| AccountState {
            balance,
            nonce: nonce.saturating_to(),
        };
        Ok(balances.into_iter().zip(nonces).map(state).collect())
    }

    /// Signs `calls` with consecutive nonces of `account` and sends them a batch at a time;
    /// returns the contracts they created, in order.
    pub(crate) async fn send_from(
        &mut self,
        step: &str,
        account: &Account,
        calls: Vec<Call>,
    ) -> eyre::Result<Vec<Address>> {
        let first = self.states(&[account.address]).await?;
        let first = first.first().map_or(0, |state| state.nonce);
        let signed: Vec<_> = calls
            .into_iter()
            .zip(first..)
            .map(|(call, nonce)| sign(account, nonce, call, self.terms))
            .collect();
        self.submit_in_batches(step, &signed, BATCH_PER_ACCOUNT)
            .await
    }

    /// Sends transactions of many accounts, in this order.
    pub(crate) async fn submit(&mut self, step: &str, signed: &[Signed]) -> eyre::Result<()> {
        self.submit_in_batches(step, signed, BATCH).await.map(drop)
    }

    async fn submit_in_batches(
        &mut self,
        step: &str,
        signed: &[Signed],
        batch: usize,
    ) -> eyre::Result<Vec<Address>> {
        self.progress.begin(step, signed.len() as u64);
        let mut created = Vec::new();
        let mut done = 0u64;
        for batch in signed.chunks(batch) {
            let raws = batch
                .iter()
                .map(|tx| json!([hex::encode_prefixed(&tx.raw)]))
                .collect();
            for answer in self
                .rpc
                .ask_all("eth_sendRawTransaction", raws, |_| {})
                .await?
            {
                answer.map_err(|refusal| eyre::eyre!("{step}: {refusal}"))?;
            }
            created.extend(
                self.confirm(step, batch.iter().map(|tx| tx.hash).collect())
                    .await?,
            );
            done += batch.len() as u64;
            self.progress.advance(done);
        }
        Ok(created)
    }

    /// Waits for the receipts of `hashes`; an unsuccessful one is an error.
    async fn confirm(&mut self, step: &str, hashes: Vec<B256>) -> eyre::Result<Vec<Address>> {
        let deadline = Instant::now() + PATIENCE;
        let mut receipts: Vec<Option<Receipt>> = hashes.iter().map(|_| None).collect();
        loop {
            let open: Vec<_> = receipts
                .iter()
                .zip(&hashes)
                .filter(|(r, _)| r.is_none())
                .map(|(_, h)| *h)
                .collect();
            if open.is_empty() {
                break;
            }
            let params = open.iter().map(|hash| json!([hash])).collect();
            let answers = self
                .rpc
                .ask_all("eth_getTransactionReceipt", params, |_| {})
                .await?;
            let slots = receipts.iter_mut().filter(|receipt| receipt.is_none());
            for (slot, answer) in slots.zip(answers) {
                let value = answer.map_err(|refusal| eyre::eyre!("{step}: {refusal}"))?;
                *slot = serde_json::from_value(value)?;
            }
            if receipts.iter().any(Option::is_none) {
                eyre::ensure!(
                    Instant::now() < deadline,
                    "{step}: a transaction has no receipt after {} s",
                    PATIENCE.as_secs()
                );
                tokio::time::sleep(POLL).await;
            }
        }
        let receipts: Vec<_> = receipts.into_iter().flatten().collect();
        for (receipt, hash) in receipts.iter().zip(&hashes) {
            eyre::ensure!(
                receipt.status == U64::ONE,
                "{step}: transaction {hash} failed"
            );
        }
        Ok(receipts
            .into_iter()
            .filter_map(|receipt| receipt.contract_address)
            .collect())
    }
}
