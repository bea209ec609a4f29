//! The rollup's blocks executed again, with other transactions: what a batch that breaks promises has to hold so that it derives.

use alloy_consensus::BlockHeader;
use alloy_eips::{BlockNumberOrTag, eip2718::Encodable2718};
use alloy_primitives::{Address, B256, Bytes};
use alloy_provider::Provider;
use eyre::{Result, WrapErr, ensure, eyre};
use forebond_batcher::source::SourceBlock;
use forebond_exec::StoreOptions;
use forebond_l1::execution::ExecutionClient;
use forebond_ledger::{Ledger, LedgerSettings};
use forebond_rollup::op::{Genesis, L1Origin};
use forebond_settlement::L1Facts;
use forebond_types::Domain;
use op_alloy_rpc_types::Transaction;
use serde::Deserialize;
use serde_json::json;

use super::tampering::Placed;
use crate::rpc::{Rpc, hex};

/// Where the rollup begins.
#[derive(Clone, Debug)]
pub(super) struct Beginning {
    /// Block 0.
    pub(super) genesis: Genesis,
    /// The L1 block it builds on.
    pub(super) origin: L1Origin,
    /// The signature domain.
    pub(super) domain: Domain,
    /// The L1's constants.
    pub(super) l1: L1Facts,
}

/// A block as the rollup has it.
#[derive(Clone, Debug)]
pub(super) struct Original {
    number: u64,
    hash: B256,
    origin: L1Origin,
    origin_sequence: u64,
    /// All of them, deposits as well.
    pub(super) transactions: Vec<Placed>,
}

impl Original {
    /// Asks a node and the L1 for it.
    pub(super) async fn of(
        node: &Rpc,
        l1: &ExecutionClient,
        facts: &L1Facts,
        number: u64,
    ) -> Result<Self> {
        let (transactions, hash) = transactions(node, number).await?;
        let (origin, origin_sequence) = origin_of(node, number).await?;
        Ok(Self {
            number,
            hash,
            origin: l1_origin(l1, facts, origin).await?,
            origin_sequence,
            transactions,
        })
    }
}

/// Executes the rollup's blocks from 1 on, in a folder that is removed again; the newest ones with `altered` transactions instead of
/// their own. Gives the altered blocks.
///
/// # Errors
/// When a block comes out otherwise than the rollup has it, or does not execute.
pub(super) fn replay(
    beginning: &Beginning,
    folder: &std::path::Path,
    originals: &[Original],
    altered: Vec<Vec<Placed>>,
) -> Result<Vec<SourceBlock>> {
    std::fs::create_dir_all(folder)
        .wrap_err_with(|| format!("cannot create {}", folder.display()))?;
    let made = replay_in(beginning, folder, originals, altered);
    // What is left over is in the devnet's own folder, which its next start empties.
    let _ = std::fs::remove_dir_all(folder);
    made
}

fn replay_in(
    beginning: &Beginning,
    folder: &std::path::Path,
    originals: &[Original],
    altered: Vec<Vec<Placed>>,
) -> Result<Vec<SourceBlock>> {
    let settings = LedgerSettings {
        state_dir: folder.to_path_buf(),
        genesis: beginning.genesis.clone(),
        genesis_origin: beginning.origin,
        domain: beginning.domain,
        store: StoreOptions::default(),
        cache_entries: 4_096,
        checkpoint_blocks: 64,
    };
    let mut ledger = Ledger::open(settings, &mut |_, _, _| {})?;
    let kept = originals.len().saturating_sub(altered.len());
    let (kept, replaced) = originals.split_at_checked(kept).unwrap_or_default();
    for block in kept {
        let made = execute(&mut ledger, block, block.transactions.clone())?;
        ensure!(
            made.hash == block.hash,
            "block {} came out as {}, the rollup has {}",
            block.number,
            made.hash,
            block.hash
        );
    }
    replaced
        .iter()
        .zip(altered)
        .map(|(block, transactions)| execute(&mut ledger, block, transactions))
        .collect()
}

fn execute(
    ledger: &mut Ledger,
    block: &Original,
    transactions: Vec<Placed>,
) -> Result<SourceBlock> {
    let raw: Vec<Bytes> = transactions
        .iter()
        .map(|placed| placed.raw.clone())
        .collect();
    let parent_hash = ledger.latest().hash;
    let hash = ledger.derive_block(block.origin, block.origin_sequence, raw)?;
    let header = &ledger.latest().header;
    Ok(SourceBlock {
        number: block.number,
        hash,
        parent_hash,
        timestamp_s: header.timestamp,
        origin_number: block.origin.number,
        origin_hash: block.origin.hash,
        base: None,
        last_frag: None,
        transaction_count: transactions.len() as u64,
        gas_used: header.gas_used,
        transactions: transactions
            .into_iter()
            .filter(|placed| placed.sender.is_some())
            .map(|placed| placed.raw)
            .collect(),
    })
}

async fn l1_origin(l1: &ExecutionClient, facts: &L1Facts, number: u64) -> Result<L1Origin> {
    let block = l1
        .provider()
        .get_block_by_number(BlockNumberOrTag::Number(number))
        .await?
        .ok_or_else(|| eyre!("the L1 has no block {number}"))?;
    let header = &block.header;
    Ok(L1Origin {
        number: header.number(),
        hash: header.hash,
        timestamp_s: header.timestamp(),
        base_fee_wei: header.base_fee_per_gas().unwrap_or_default(),
        blob_base_fee_wei: facts.blob_base_fee_wei(
            header.timestamp(),
            header.excess_blob_gas().unwrap_or_default(),
        ),
        prev_randao: header.mix_hash().unwrap_or_default(),
        parent_beacon_root: header.parent_beacon_block_root().unwrap_or_default(),
    })
}

#[derive(Deserialize)]
struct BlockJson {
    hash: B256,
    transactions: Vec<Transaction>,
}

/// A block's transactions, deposits as well, and its hash.
async fn transactions(node: &Rpc, number: u64) -> Result<(Vec<Placed>, B256)> {
    let block: Option<BlockJson> = node
        .ask("eth_getBlockByNumber", json!([hex(number), true]))
        .await?;
    let block = block.ok_or_else(|| eyre!("{} has no block {number}", node.url()))?;
    let placed = block
        .transactions
        .iter()
        .map(|transaction| {
            let sender: Address = transaction.inner.inner.signer();
            let envelope = transaction.inner.inner.inner();
            Placed {
                raw: envelope.encoded_2718().into(),
                sender: (!envelope.is_deposit()).then_some(sender),
            }
        })
        .collect();
    Ok((placed, block.hash))
}

/// Height of a block's L1 origin, and its place among that origin's blocks.
async fn origin_of(node: &Rpc, number: u64) -> Result<(u64, u64)> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Json {
        origin: Origin,
        #[serde(with = "alloy_serde::quantity")]
        origin_sequence: u64,
    }
    #[derive(Deserialize)]
    struct Origin {
        #[serde(with = "alloy_serde::quantity")]
        number: u64,
    }
    let blocks: Vec<Json> = node
        .ask("forebond_getBlocks", json!([hex(number), hex(1)]))
        .await?;
    let block = blocks
        .first()
        .ok_or_else(|| eyre!("{} has no sealed block {number}", node.url()))?;
    Ok((block.origin.number, block.origin_sequence))
}
