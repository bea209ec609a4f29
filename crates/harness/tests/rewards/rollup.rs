//! A rollup that makes a block of whatever is handed to it, over a node's real RPC: real execution, real proofs, no sequencing.

use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use alloy_rpc_types_eth::TransactionReceipt;
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use eyre::{Result, eyre};
use forebond_exec::{PreparedTx, StoreOptions};
use forebond_harness::scenario::deployment::ETHER;
use forebond_l1::execution::{ExecutionClient, ExecutionConfig};
use forebond_ledger::{
    Ledger, LedgerSettings,
    board::Settled,
    rpc::{ChainReader, Ingress, LedgerChain, Waited},
};
use forebond_rewards::rollup::Manager;
use forebond_rollup::op::{
    DEPOSIT_TOPIC, Genesis, L1Origin, attributes_deposit, deposit_of, rewards_predeploys,
};
use forebond_rpc::{HeavyWork, RpcConfig, ServerHandle, SubmitError, eth_module, serve};
use forebond_settlement::FundedAccount;
use forebond_types::Domain;
use op_alloy_consensus::{OpTxEnvelope, TxDeposit};
use tokio::sync::oneshot;

/// Blocks asked for at once.
const QUEUE: usize = 64;
/// What transfers offer, wei per gas.
const TIP_WEI: u128 = 1_000_000_003;

/// A block to be: transactions behind its attributes, and the L1 block it builds on.
struct Order {
    transactions: Vec<Bytes>,
    origin: Option<u64>,
    done: oneshot::Sender<Result<B256, String>>,
}

/// Makes a block of each transaction.
#[derive(Debug)]
struct Door(mpsc::SyncSender<Order>);

impl Ingress for Door {
    fn next_nonce(&self, _: Address) -> Option<u64> {
        None
    }
    fn pooled(&self, _: B256) -> Option<Arc<PreparedTx>> {
        None
    }
    fn quoted_tip_wei(&self) -> u128 {
        TIP_WEI
    }
    async fn submit(&self, raw: Bytes) -> Result<B256, SubmitError> {
        let hash = keccak256(&raw);
        let made = order(&self.0, vec![raw], None).await;
        made.map(|_| hash)
            .map_err(|error| SubmitError::NotAccepting {
                reason: error.to_string(),
            })
    }
    async fn submit_and_wait(&self, raw: Bytes, _: Duration) -> Result<Waited, SubmitError> {
        self.submit(raw).await.map(Waited::Still)
    }
}

async fn order(
    to: &mpsc::SyncSender<Order>,
    transactions: Vec<Bytes>,
    origin: Option<u64>,
) -> Result<B256> {
    let (done, made) = oneshot::channel();
    let order = Order {
        transactions,
        origin,
        done,
    };
    to.send(order).map_err(|_| eyre!("the rollup is gone"))?;
    made.await?.map_err(|words| eyre!(words))
}

pub struct Rollup {
    orders: mpsc::SyncSender<Order>,
    server: ServerHandle,
    pub client: ExecutionClient,
    _dir: tempfile::TempDir,
}

impl Rollup {
    /// A rollup whose block 0 names `messenger` and holds `funded`.
    pub async fn begin(genesis_s: u64, messenger: Address, funded: &[Address]) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let mut genesis = Genesis::dev(genesis_s, 1);
        genesis.accounts.extend(rewards_predeploys(messenger));
        let funded = funded.iter().map(|address| FundedAccount {
            address: *address,
            balance_wei: U256::from(100 * ETHER),
        });
        genesis.accounts.extend(funded.map(|one| one.account()));
        let domain = Domain {
            l1_chain_id: 1,
            inbox: Address::repeat_byte(0xee),
        };
        let settings = LedgerSettings {
            state_dir: dir.path().to_owned(),
            genesis,
            genesis_origin: origin(genesis_s, 0),
            domain,
            store: StoreOptions::default(),
            cache_entries: 10_000,
            checkpoint_blocks: 64,
        };
        let ledger = Ledger::open(settings, &mut |_, _, _| {})?;
        let reader = ChainReader::new(
            ledger.config().clone(),
            domain,
            ledger.genesis().clone(),
            ledger.board().clone(),
        );
        let (orders, taken) = mpsc::sync_channel(QUEUE);
        // An open ledger stays on its thread; one at rest can move.
        let ledger = ledger.rest()?;
        std::thread::spawn(move || produce(ledger.resume().unwrap(), genesis_s, &taken));
        let config = RpcConfig::default();
        let chain = Arc::new(LedgerChain::new(Arc::new(reader), Door(orders.clone())));
        let module = eth_module(chain, &config, HeavyWork::new(2, 64), "test".into())?;
        let server = serve(&config, ([127, 0, 0, 1], 0).into(), module).await?;
        let url = format!("http://{}", server.local_addr());
        Ok(Self {
            orders,
            server,
            client: ExecutionClient::new(&ExecutionConfig::new(url))?,
            _dir: dir,
        })
    }

    pub fn manager(&self) -> Manager {
        Manager::new(self.client.clone())
    }

    pub async fn newest(&self) -> Result<u64> {
        Ok(self.client.head().await?.number)
    }

    /// Blocks with nothing but their attributes, up to `number`.
    pub async fn grow(&self, number: u64) -> Result<()> {
        while self.newest().await? < number {
            order(&self.orders, Vec::new(), None).await?;
        }
        Ok(())
    }

    /// A block with one transfer, whose fees are known.
    pub async fn transfer(
        &self,
        from: &PrivateKeySigner,
        to: Address,
    ) -> Result<TransactionReceipt> {
        let market = self.client.fees().await?;
        let tx = TxEip1559 {
            chain_id: self.client.chain_id().await?,
            nonce: self.client.nonce(from.address()).await?,
            gas_limit: 21_000,
            max_fee_per_gas: 2 * market.base_fee_wei + TIP_WEI,
            max_priority_fee_per_gas: TIP_WEI,
            to: TxKind::Call(to),
            value: U256::from(1),
            ..TxEip1559::default()
        };
        let signature = from.sign_hash_sync(&tx.signature_hash())?;
        let raw = TxEnvelope::Eip1559(tx.into_signed(signature)).encoded_2718();
        let hash = self.client.send_raw(&raw).await?;
        let receipt = self.client.receipt(hash).await?;
        receipt.ok_or_else(|| eyre!("a transfer without a receipt"))
    }

    /// A block on L1 block `number`, with what its receipt deposits; none deposits nothing.
    pub async fn origin(&self, number: u64, receipt: Option<&TransactionReceipt>) -> Result<()> {
        let mut deposits = Vec::new();
        for log in receipt.iter().flat_map(|receipt| receipt.logs()) {
            if log.topics().first() == Some(&DEPOSIT_TOPIC) {
                let index = log.log_index.unwrap_or_default();
                let block = log.block_hash.unwrap_or_default();
                deposits.push(deposit_of(block, index, log.topics(), &log.data().data)?);
            }
        }
        let raw = deposits.into_iter().map(encoded).collect();
        order(&self.orders, raw, Some(number)).await.map(drop)
    }

    pub async fn end(self) {
        self.server.stop().await;
    }
}

fn encoded(deposit: TxDeposit) -> Bytes {
    OpTxEnvelope::from(deposit).encoded_2718().into()
}

fn origin(genesis_s: u64, number: u64) -> L1Origin {
    L1Origin {
        number,
        hash: keccak256(number.to_be_bytes()),
        timestamp_s: genesis_s,
        base_fee_wei: 7_000_000_000,
        blob_base_fee_wei: 3_000_000,
        prev_randao: B256::ZERO,
        parent_beacon_root: B256::ZERO,
    }
}

fn produce(mut ledger: Ledger, genesis_s: u64, orders: &mpsc::Receiver<Order>) {
    let (mut at, mut sequence) = (0, 0);
    while let Ok(order) = orders.recv() {
        sequence += 1;
        if let Some(next) = order.origin.filter(|next| *next > at) {
            (at, sequence) = (next, 0);
        }
        let origin = origin(genesis_s, at);
        let attributes = attributes_deposit(ledger.config(), &origin, sequence);
        let mut transactions = vec![encoded(attributes)];
        transactions.extend(order.transactions);
        let made = ledger.derive_block(origin, sequence, transactions);
        let newest = ledger.latest().number();
        ledger.board().settle(Settled {
            safe: newest,
            finalized: newest,
        });
        let _ = order.done.send(made.map_err(|error| error.to_string()));
    }
}
