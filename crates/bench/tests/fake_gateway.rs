//! Whole runs against a gateway made of a hundred lines: an honest one, and ones that cheat.

#![allow(clippy::unwrap_used, clippy::panic)]

use alloy_consensus::{
    Eip658Value, Receipt, ReceiptWithBloom, TxEnvelope, transaction::SignerRecoverable,
};
use alloy_eips::eip2718::{Decodable2718, Encodable2718};
use alloy_primitives::{Address, B256, Bytes, address, keccak256};
use alloy_sol_types::SolStruct;
use forebond_bench::{BenchConfig, Mode, Report, Silent, run};
use forebond_protocol::PromisesTree;
use forebond_types::{
    Base, BlockEnv, Domain, Frag, Grade, Leaf, LeafWire, OBJECT_VERSION, Preconfirmation,
    Signature, WriteSet,
};
use futures_util::{SinkExt, StreamExt};
use op_alloy_consensus::OpReceiptEnvelope;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;

/// What the gateway does wrong.
#[derive(Clone, Copy, PartialEq)]
enum Habit {
    Honest,
    SignsWithAnotherKey,
    SwapsTwoTransactionsWhenSealing,
    DropsATransactionWhenSealing,
    RefusesEveryTenth,
    FallsSilent,
}

struct Gateway {
    habit: Habit,
    hashes: Mutex<Vec<B256>>,
}

const DOMAIN: Domain = Domain {
    l1_chain_id: 1,
    inbox: address!("00000000000000000000000000000000000000aa"),
};

fn key(byte: u8) -> secp256k1::SecretKey {
    secp256k1::SecretKey::from_slice(&[byte; 32]).unwrap()
}

fn committer() -> Address {
    let public = key(7)
        .public_key(secp256k1::SECP256K1)
        .serialize_uncompressed();
    Address::from_slice(&keccak256(&public[1..])[12..])
}

impl Gateway {
    fn answer(&self, method: &str, params: &Value) -> Option<Result<Value, Value>> {
        Some(Ok(match method {
            "eth_chainId" => json!("0x2549"),
            "web3_clientVersion" => json!("fake/1"),
            "eth_getGatewayStatus" => {
                json!({"committer": committer(), "domain": DOMAIN, "more": 1})
            }
            "eth_maxPriorityFeePerGas" => json!("0x5"),
            "eth_getBalance" => json!("0xffffffffffffffffffff"),
            "eth_getTransactionCount" => json!("0x0"),
            "eth_getBlockByNumber" if params[0] == "latest" => json!({"baseFeePerGas": "0x7"}),
            "eth_getBlockByNumber" => self.sealed(),
            "eth_requestPreconf" => return self.promise(params),
            other => panic!("{other} was not expected"),
        }))
    }

    fn sealed(&self) -> Value {
        let mut hashes = self.hashes.lock().unwrap().clone();
        match self.habit {
            Habit::SwapsTwoTransactionsWhenSealing => hashes.swap(3, 4),
            Habit::DropsATransactionWhenSealing => drop(hashes.pop()),
            _ => {}
        }
        json!({"hash": B256::repeat_byte(1), "transactions": hashes})
    }

    fn promise(&self, params: &Value) -> Option<Result<Value, Value>> {
        let raw: Bytes = serde_json::from_value(params[0].clone()).unwrap();
        let mut hashes = self.hashes.lock().unwrap();
        if self.habit == Habit::FallsSilent && hashes.len() > 250 {
            return None;
        }
        hashes.push(keccak256(&raw));
        if self.habit == Habit::RefusesEveryTenth && hashes.len().is_multiple_of(10) {
            hashes.pop();
            hashes.push(B256::ZERO);
            return Some(Err(
                json!({"code": -32000, "message": "nonce too low: next 5"}),
            ));
        }
        let signer = key(if self.habit == Habit::SignsWithAnotherKey {
            8
        } else {
            7
        });
        let object = object(raw, u32::try_from(hashes.len() - 1).unwrap(), &signer);
        Some(Ok(serde_json::to_value(object).unwrap()))
    }
}

/// A preconfirmation of one transaction in a frag of its own.
fn object(transaction: Bytes, index: u32, signer: &secp256k1::SecretKey) -> Preconfirmation {
    let sender = TxEnvelope::decode_2718_exact(&transaction)
        .unwrap()
        .recover_signer()
        .unwrap();
    let gas = 21_000 * u64::from(index + 1);
    let receipt = Receipt {
        status: Eip658Value::Eip658(true),
        cumulative_gas_used: gas,
        logs: vec![],
    };
    let receipt: Bytes = OpReceiptEnvelope::Eip1559(ReceiptWithBloom {
        receipt,
        logs_bloom: Default::default(),
    })
    .encoded_2718()
    .into();
    let writes: Bytes = WriteSet::default().encode().into();
    let leaf = Leaf {
        index: index.into(),
        tx_hash: keccak256(&transaction),
        sender,
        receipt_hash: keccak256(&receipt),
        writes_hash: keccak256(&writes),
        coverage: 5,
    };
    let base = Base {
        window: 9,
        attempt: 0,
        parentBlock: 0,
        parentBlockHash: B256::ZERO,
        parentFrag: B256::ZERO,
        parentSeal: B256::ZERO,
    };
    let env = BlockEnv {
        coinbase: Address::ZERO,
        gasLimit: 1 << 40,
        baseFee: 7,
        prevRandao: B256::ZERO,
        parentBeaconRoot: B256::ZERO,
        extraDataHash: B256::ZERO,
    };
    let base_hash = base.eip712_hash_struct();
    let frag = Frag {
        base: base_hash,
        blockNumber: 1,
        sequence: index,
        previousFrag: if index == 0 {
            base_hash
        } else {
            B256::repeat_byte(3)
        },
        timestamp: 1,
        l1OriginNumber: 0,
        l1OriginHash: B256::ZERO,
        issuedAtMs: 1,
        firstTransaction: index,
        transactionCount: 1,
        promisesRoot: PromisesTree::new(vec![leaf.hash()]).unwrap().root(),
        gasUsed: gas,
        windowCoverage: 5 * (u128::from(index) + 1),
        orderingRule: 0,
        blockEnv: env.eip712_hash_struct(),
    };
    Preconfirmation {
        version: OBJECT_VERSION,
        domain: DOMAIN,
        base: (&base).into(),
        base_signature: Signature::sign(DOMAIN.digest(&base), signer),
        grade: Grade::Posted,
        parent_seal: None,
        frag: (&frag).into(),
        frag_signature: Signature::sign(DOMAIN.digest(&frag), signer),
        block_env: (&env).into(),
        leaf: LeafWire::from(&leaf),
        branch: vec![],
        transaction,
        receipt,
        writes,
    }
}

async fn serve(stream: TcpStream, gateway: Arc<Gateway>) {
    let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else {
            continue;
        };
        let call: Value = serde_json::from_str(text.as_str()).unwrap();
        let answer = match gateway.answer(call["method"].as_str().unwrap(), &call["params"]) {
            Some(Ok(result)) => json!({"jsonrpc": "2.0", "id": call["id"], "result": result}),
            Some(Err(error)) => json!({"jsonrpc": "2.0", "id": call["id"], "error": error}),
            None => continue,
        };
        if socket
            .send(Message::text(answer.to_string()))
            .await
            .is_err()
        {
            return;
        }
    }
}

/// 300 transactions within a second: 100 of warm-up, 200 that count.
async fn run_against(habit: Habit) -> (Report, Arc<Gateway>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let gateway = Arc::new(Gateway {
        habit,
        hashes: Mutex::default(),
    });
    let shared = gateway.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, shared.clone()));
        }
    });
    let config = BenchConfig {
        url: format!("http://{address}"),
        rate_per_s: 100,
        seconds: 2,
        warmup_seconds: 1,
        drain_seconds: 0,
        senders: 20,
        connections: 4,
        ..BenchConfig::default()
    };
    (run(config, &Silent).await.unwrap(), gateway)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_honest_gateway_gets_a_clean_report() {
    let (report, gateway) = run_against(Habit::Honest).await;
    assert_eq!(report.mode, Mode::Preconf);
    assert_eq!(
        (report.sent, report.verified, report.unanswered),
        (200, 200, 0),
        "{report}"
    );
    assert_eq!((report.error_count, report.invalid), (0, 0), "{report}");
    assert_eq!(report.end_check.checked, 300);
    assert!(report.all_kept() && report.latency_ms.p50 > 0.0);
    assert_eq!(gateway.hashes.lock().unwrap().len(), 300);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promises_signed_by_another_key_are_not_verified() {
    let (report, _) = run_against(Habit::SignsWithAnotherKey).await;
    assert_eq!((report.verified, report.invalid), (0, 300), "{report}");
    assert!(report.errors[0].text.contains("signed by"), "{report}");
    assert!(!report.all_kept());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promise_that_is_not_kept_when_sealing_is_found() {
    let (report, _) = run_against(Habit::SwapsTwoTransactionsWhenSealing).await;
    assert_eq!(
        (report.end_check.misplaced, report.end_check.missing),
        (2, 0),
        "{report}"
    );
    let (report, _) = run_against(Habit::DropsATransactionWhenSealing).await;
    assert_eq!(
        (report.end_check.misplaced, report.end_check.missing),
        (0, 1),
        "{report}"
    );
    assert!(!report.all_kept());
    assert!(report.notes.iter().any(|note| note.contains("BROKEN")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_are_errors_and_no_broken_promises() {
    let (report, _) = run_against(Habit::RefusesEveryTenth).await;
    assert_eq!(
        (report.verified, report.error_count, report.invalid),
        (180, 20, 0),
        "{report}"
    );
    assert_eq!(report.errors[0].text, "nonce too low: next N (-N)");
    assert!(report.all_kept(), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_falls_silent_does_not_stop_the_load() {
    let (report, _) = run_against(Habit::FallsSilent).await;
    assert_eq!((report.sent, report.unanswered), (200, 49), "{report}");
    assert!(report.all_kept());
}
