//! The rollup's blocks executed again, with other transactions: what a batch that breaks promises has to hold so that it derives.

use std::path::{Path, PathBuf};

use alloy_eips::{BlockId, eip2718::Encodable2718};
use alloy_primitives::{Address, B256, Bytes};
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
use tokio::sync::oneshot;

use super::tampering::Placed;
use crate::{
    opening::origin_at,
    rpc::{Rpc, hex},
};

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
            origin: origin_at(l1, facts, BlockId::number(origin)).await?,
            origin_sequence,
            transactions,
        })
    }
}

/// Executes the rollup's blocks again, on a thread of its own: a ledger stays where it was opened.
#[derive(Debug)]
pub(super) struct Replay {
    jobs: std::sync::mpsc::SyncSender<Job>,
    /// Newest block that was executed as it is.
    kept: u64,
}

/// Blocks to execute, and their transactions when those are others than their own.
struct Job {
    blocks: Vec<Original>,
    altered: Option<Vec<Vec<Placed>>>,
    reply: oneshot::Sender<Result<Vec<SourceBlock>>>,
}

impl Replay {
    /// Begins with block 0, in a folder that is removed at the end.
    pub(super) fn start(beginning: Beginning, folder: PathBuf) -> Result<Self> {
        let (jobs, queue) = std::sync::mpsc::sync_channel::<Job>(1);
        let work = move || {
            let opened = open(&beginning, &folder);
            let mut ledger = match opened {
                Ok(ledger) => ledger,
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "nothing can be replayed");
                    return;
                }
            };
            while let Ok(job) = queue.recv() {
                // Whoever asked may have gone.
                let _ = job.reply.send(run(&mut ledger, job.blocks, job.altered));
            }
            drop(ledger);
            // What is left over lies in the devnet's own folder, which its next start empties.
            let _ = std::fs::remove_dir_all(&folder);
        };
        std::thread::Builder::new()
            .name("replay".to_owned())
            .spawn(work)?;
        Ok(Self { jobs, kept: 0 })
    }

    /// Executes blocks up to `number` as they are.
    ///
    /// # Errors
    /// When one comes out otherwise than the rollup has it.
    pub(super) async fn keep(
        &mut self,
        node: &Rpc,
        l1: &ExecutionClient,
        facts: &L1Facts,
        number: u64,
    ) -> Result<()> {
        let mut blocks = Vec::new();
        for next in self.kept.saturating_add(1)..=number {
            blocks.push(Original::of(node, l1, facts, next).await?);
        }
        self.run(blocks, None).await?;
        self.kept = self.kept.max(number);
        Ok(())
    }

    /// Executes the blocks behind those that were kept, with other transactions. Nothing more can be executed afterwards.
    ///
    /// # Errors
    /// When they do not execute.
    pub(super) async fn alter(
        &self,
        blocks: Vec<Original>,
        altered: Vec<Vec<Placed>>,
    ) -> Result<Vec<SourceBlock>> {
        self.run(blocks, Some(altered)).await
    }

    async fn run(
        &self,
        blocks: Vec<Original>,
        altered: Option<Vec<Vec<Placed>>>,
    ) -> Result<Vec<SourceBlock>> {
        let (reply, answer) = oneshot::channel();
        let job = Job {
            blocks,
            altered,
            reply,
        };
        let gone = "the thread that replays blocks has ended";
        self.jobs.try_send(job).map_err(|_| eyre!(gone))?;
        answer.await.map_err(|_| eyre!(gone))?
    }
}

fn open(beginning: &Beginning, folder: &Path) -> Result<Ledger> {
    std::fs::create_dir_all(folder)
        .wrap_err_with(|| format!("cannot create {}", folder.display()))?;
    let settings = LedgerSettings {
        state_dir: folder.to_path_buf(),
        genesis: beginning.genesis.clone(),
        genesis_origin: beginning.origin,
        domain: beginning.domain,
        store: StoreOptions::default(),
        cache_entries: 4_096,
        checkpoint_blocks: 64,
    };
    Ok(Ledger::open(settings, &mut |_, _, _| {})?)
}

fn run(
    ledger: &mut Ledger,
    blocks: Vec<Original>,
    altered: Option<Vec<Vec<Placed>>>,
) -> Result<Vec<SourceBlock>> {
    if let Some(altered) = altered {
        let blocks = blocks.iter().zip(altered);
        return blocks
            .map(|(block, transactions)| execute(ledger, block, transactions))
            .collect();
    }
    for block in &blocks {
        let made = execute(ledger, block, block.transactions.clone())?;
        ensure!(
            made.hash == block.hash,
            "block {} came out as {}, the rollup has {}",
            block.number,
            made.hash,
            block.hash
        );
    }
    Ok(Vec::new())
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
