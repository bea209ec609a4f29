//! Endpoints that lie, freeze or stay silent: nothing wrong is told, and the events go on.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use alloy_consensus::{
    Header, Receipt, ReceiptEnvelope, ReceiptWithBloom, proofs::calculate_receipt_root,
};
use alloy_primitives::{Address, B256, U256, logs_bloom};
use alloy_rpc_types_eth::{Block, BlockTransactions, Log, TransactionReceipt};
use alloy_sol_types::SolEvent;
use arc_swap::ArcSwap;
use axum::{Router, body::Bytes, routing::post};
use forebond_contracts::bindings::Portal;
use forebond_l1::{
    RetryPolicy,
    chain::ChainTracker,
    execution::{BlockRef, ExecutionClient, ExecutionConfig},
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Feed, FeedHealth, L1Event, Shared};
use crate::{OriginBook, facts::tests::facts, windows::WindowKeeper};

const PATIENCE: Duration = Duration::from_secs(20);

/// What an endpoint does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lie {
    /// Another base fee than the hash says.
    BaseFee,
    /// Blocks without the logs their bloom promises.
    NoReceipts,
    /// Logs that the block does not have.
    MoreReceipts,
    /// Blocks it has just announced are unknown.
    Unknown,
    /// No answer at all.
    Silence,
    /// HTTP 500.
    Broken,
}

#[derive(Clone)]
struct Made {
    hash: B256,
    header: Header,
    receipts: Vec<TransactionReceipt>,
}

/// A chain whose every third block has a deposit.
fn chain(from: &[Made], length: usize, branch: u64) -> Vec<Made> {
    let mut made = from.to_vec();
    while made.len() < length {
        let number = made.len() as u64;
        let receipts = if number % 3 == 1 {
            vec![deposit()]
        } else {
            Vec::new()
        };
        let envelopes: Vec<_> = receipts
            .iter()
            .map(|one| one.inner.clone().into_primitives_receipt())
            .collect();
        let header = Header {
            number,
            parent_hash: made.last().map_or(B256::ZERO, |parent| parent.hash),
            timestamp: 900 + 2 * number,
            base_fee_per_gas: Some(7 + branch),
            receipts_root: calculate_receipt_root(&envelopes),
            logs_bloom: envelopes
                .iter()
                .fold(Default::default(), |all, one| all | *one.logs_bloom()),
            ..Header::default()
        };
        made.push(Made {
            hash: header.hash_slow(),
            header,
            receipts,
        });
    }
    made
}

fn deposit() -> TransactionReceipt {
    let event = Portal::TransactionDeposited {
        from: Address::repeat_byte(1),
        to: Address::repeat_byte(2),
        version: U256::ZERO,
        opaqueData: vec![0; 73].into(),
    };
    let log = Log {
        inner: alloy_primitives::Log {
            address: facts().contracts.portal,
            data: event.encode_log_data(),
        },
        ..Log::default()
    };
    let receipt = Receipt {
        status: true.into(),
        cumulative_gas_used: 21_000,
        logs: vec![log],
    };
    TransactionReceipt {
        inner: ReceiptEnvelope::Eip1559(ReceiptWithBloom {
            logs_bloom: logs_bloom(receipt.logs.iter().map(|log| &log.inner)),
            receipt,
        }),
        transaction_hash: B256::repeat_byte(3),
        transaction_index: Some(0),
        block_hash: None,
        block_number: None,
        gas_used: 21_000,
        effective_gas_price: 1,
        blob_gas_used: None,
        blob_gas_price: None,
        from: Address::ZERO,
        to: None,
        contract_address: None,
    }
}

/// An endpoint as a test scripts it.
#[derive(Clone)]
struct Node {
    chain: Arc<Mutex<Vec<Made>>>,
    lie: Arc<Mutex<Option<Lie>>>,
    /// Lies left before it becomes honest.
    lies_left: Arc<Mutex<usize>>,
    url: String,
}

impl Node {
    async fn start(chain: Vec<Made>, lie: Option<Lie>, lies: usize) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let node = Self {
            chain: Arc::new(Mutex::new(chain)),
            lie: Arc::new(Mutex::new(lie)),
            lies_left: Arc::new(Mutex::new(lies)),
            url: format!("http://{}", listener.local_addr().unwrap()),
        };
        let served = node.clone();
        let router = Router::new().route(
            "/",
            post(move |body: Bytes| {
                let node = served.clone();
                async move { node.answer(&body).await }
            }),
        );
        tokio::spawn(async move { axum::serve(listener, router).await });
        node
    }

    fn client(&self) -> ExecutionClient {
        ExecutionClient::new(&ExecutionConfig {
            deadline_ms: 300,
            retry: RetryPolicy {
                attempts: 2,
                first_wait_ms: 1,
                longest_wait_ms: 2,
            },
            ..ExecutionConfig::new(&self.url)
        })
        .unwrap()
    }

    /// Whether to tell this lie now.
    fn lies(&self, lie: Lie) -> bool {
        let mut left = self.lies_left.lock().unwrap();
        if *self.lie.lock().unwrap() != Some(lie) || *left == 0 {
            return false;
        }
        *left -= 1;
        true
    }

    fn start_lying(&self, lie: Lie) {
        *self.lie.lock().unwrap() = Some(lie);
        *self.lies_left.lock().unwrap() = usize::MAX;
    }

    async fn answer(&self, body: &[u8]) -> (axum::http::StatusCode, String) {
        if self.lies(Lie::Broken) {
            return (axum::http::StatusCode::INTERNAL_SERVER_ERROR, String::new());
        }
        if self.lies(Lie::Silence) {
            std::future::pending::<()>().await;
        }
        let request: Value = serde_json::from_slice(body).unwrap();
        let mut answer = json!({"jsonrpc": "2.0", "id": request["id"]});
        let argument = request["params"][0].as_str().unwrap_or_default().to_owned();
        match request["method"].as_str().unwrap() {
            "eth_getBlockByNumber" => {
                answer["result"] = self.block(
                    |made| match &*argument {
                        "latest" => false,
                        "safe" | "finalized" => made.header.number == 0,
                        number => format!("{:#x}", made.header.number) == number,
                    },
                    argument == "latest",
                )
            }
            "eth_getBlockByHash" => {
                answer["result"] = if self.lies(Lie::Unknown) {
                    Value::Null
                } else {
                    self.block(|made| made.hash.to_string() == argument, false)
                };
                if !answer["result"].is_null() && self.lies(Lie::BaseFee) {
                    answer["result"]["baseFeePerGas"] = json!("0x1");
                }
            }
            "eth_getBlockReceipts" => {
                let chain = self.chain.lock().unwrap();
                let made = chain.iter().find(|made| made.hash.to_string() == argument);
                let mut receipts = made.map(|made| made.receipts.clone()).unwrap_or_default();
                if self.lies(Lie::NoReceipts) {
                    receipts.clear();
                }
                if self.lies(Lie::MoreReceipts) {
                    receipts.push(deposit());
                }
                answer["result"] = serde_json::to_value(receipts).unwrap();
            }
            _ => answer["error"] = json!({"code": -32000, "message": "no such state"}),
        }
        (axum::http::StatusCode::OK, answer.to_string())
    }

    fn block(&self, wanted: impl Fn(&Made) -> bool, newest: bool) -> Value {
        let chain = self.chain.lock().unwrap();
        let found = if newest {
            chain.last()
        } else {
            chain.iter().find(|made| wanted(made))
        };
        found.map_or(Value::Null, |made| {
            let header = alloy_rpc_types_eth::Header {
                hash: made.hash,
                inner: made.header.clone(),
                total_difficulty: None,
                size: None,
            };
            let block: Block = Block {
                header,
                uncles: Vec::new(),
                transactions: BlockTransactions::Hashes(Vec::new()),
                withdrawals: None,
            };
            serde_json::to_value(block).unwrap()
        })
    }
}

/// What the feed makes of its endpoints.
struct Followed {
    events: mpsc::Receiver<L1Event>,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

fn follow(nodes: &[&Node], stall_ms: u64, start: &Made) -> Followed {
    let start = BlockRef {
        number: start.header.number,
        hash: start.hash,
        parent_hash: start.header.parent_hash,
        timestamp_s: start.header.timestamp,
    };
    let facts = Arc::new(facts());
    let shared = Arc::new(Shared {
        origins: ArcSwap::from_pointee(OriginBook::new(64)),
        health: ArcSwap::from_pointee(FeedHealth::default()),
    });
    let (sender, events) = mpsc::channel(4);
    let feed = Feed {
        windows: WindowKeeper::new(Arc::clone(&facts), Arc::default(), Default::default()),
        facts,
        clients: nodes.iter().map(|node| node.client()).collect(),
        tracker: ChainTracker::new(start, 64),
        depth: 64,
        poll_ms: 5,
        stall_ms,
        windows_ms: 1_000,
        windows_late: 0,
        shared: Arc::clone(&shared),
        events: sender,
        finality: None,
    };
    Followed {
        events,
        shared,
        task: tokio::spawn(feed.run()),
    }
}

impl Followed {
    /// Reads until `hash` was applied. Returns applied (true) and undone hashes in order, and the deposits told.
    async fn until(&mut self, hash: B256) -> (Vec<(bool, B256)>, usize) {
        let mut told = Vec::new();
        let mut deposits = 0;
        while told.last() != Some(&(true, hash)) {
            let event = tokio::time::timeout(PATIENCE, self.events.recv()).await;
            match event.unwrap_or_else(|_| panic!("{:?}", self.shared.health.load())) {
                Some(L1Event::Applied(block)) => {
                    deposits += block.deposits.len();
                    told.push((true, block.at.hash));
                }
                Some(L1Event::Undone(block)) => told.push((false, block.hash)),
                Some(L1Event::Finality { .. }) => {}
                None => panic!("the events ended"),
            }
        }
        (told, deposits)
    }
}

fn applied(chain: &[Made]) -> Vec<(bool, B256)> {
    chain.iter().map(|made| (true, made.hash)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_lies_is_caught_and_when_it_heals_each_block_is_told_once_and_truly() {
    for lie in [
        Lie::BaseFee,
        Lie::NoReceipts,
        Lie::MoreReceipts,
        Lie::Unknown,
        Lie::Broken,
    ] {
        let blocks = chain(&[], 9, 0);
        let node = Node::start(blocks.clone(), Some(lie), 5).await;
        let mut followed = follow(&[&node], 60_000, &blocks[0]);
        let (told, deposits) = followed.until(blocks[8].hash).await;
        assert_eq!(told, applied(&blocks[1..]), "{lie:?}");
        assert_eq!(deposits, 3, "{lie:?}: blocks 1, 4 and 7");
        if lie != Lie::Broken {
            let health = followed.shared.health.load();
            assert!(health.failures_in_all > 0, "{lie:?} passed unseen");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_freezes_or_never_answers_is_left_for_one_that_does() {
    let blocks = chain(&[], 9, 0);
    let frozen = Node::start(blocks[..4].to_vec(), None, 0).await;
    let silent = Node::start(blocks.clone(), Some(Lie::Silence), usize::MAX).await;
    let honest = Node::start(blocks.clone(), None, 0).await;
    let mut followed = follow(&[&frozen, &silent, &honest], 400, &blocks[0]);
    let (told, _) = followed.until(blocks[8].hash).await;
    assert_eq!(told, applied(&blocks[1..]));
    assert_eq!(followed.shared.health.load().endpoint, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_on_another_branch_has_the_old_branch_undone_first() {
    let old = chain(&[], 7, 0);
    let new = chain(&old[..4], 9, 1);
    let first = Node::start(old.clone(), None, 0).await;
    let second = Node::start(new.clone(), None, 0).await;
    let mut followed = follow(&[&first, &second], 400, &old[0]);
    followed.until(old[6].hash).await;
    first.start_lying(Lie::Broken);
    let (told, _) = followed.until(new[8].hash).await;
    let undone = old[4..].iter().rev().map(|made| (false, made.hash));
    let expected: Vec<_> = undone.chain(applied(&new[4..])).collect();
    assert_eq!(told, expected);
    let newest = followed
        .shared
        .origins
        .load()
        .newest()
        .map(|block| block.at.hash);
    assert_eq!(newest, Some(new[8].hash));
}

#[tokio::test(flavor = "multi_thread")]
async fn following_ends_when_nobody_reads() {
    let blocks = chain(&[], 9, 0);
    let node = Node::start(blocks.clone(), None, 0).await;
    let Followed { events, task, .. } = follow(&[&node], 60_000, &blocks[0]);
    drop(events);
    tokio::time::timeout(PATIENCE, task).await.unwrap().unwrap();
}
