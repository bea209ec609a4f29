//! Sender, follower and blobs on anvil: a real pool, real receipts, real reorgs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a wrong answer should stop the test"
)]

mod support {
    pub mod anvil;
    pub mod forgetful;
}

use alloy_eips::{BlockId, eip4844::Blob};
use alloy_primitives::{Address, U256};
use alloy_provider::Provider;
use alloy_signer_local::{MnemonicBuilder, PrivateKeySigner};
use forebond_l1::{
    chain::{ChainEvent, ChainFollower, FollowerConfig},
    sender::{FeePolicy, Lane, LaneConfig, Outgoing, SendError, SidecarForm, sidecar},
};
use serde_json::json;
use std::sync::atomic::Ordering;
use support::{anvil::Anvil, forgetful::withholding};

fn account(index: u32) -> PrivateKeySigner {
    MnemonicBuilder::english()
        .phrase("test test test test test test test test test test test junk")
        .index(index)
        .unwrap()
        .build()
        .unwrap()
}

fn quick() -> LaneConfig {
    LaneConfig {
        poll_ms: 20,
        bump_after_ms: 150,
        ..LaneConfig::default()
    }
}

fn transfer(to: Address) -> Outgoing {
    Outgoing {
        to: Some(to),
        value_wei: U256::from(1),
        ..Outgoing::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_lands_and_the_next_one_takes_the_next_nonce() {
    let anvil = Anvil::start(&[]);
    let mut lane = Lane::new(anvil.client(), account(0), quick())
        .await
        .unwrap();
    for nonce in 0..3 {
        let landed = lane
            .send(&transfer(account(1).address()), 10_000)
            .await
            .unwrap();
        assert!(landed.receipt.status());
        let transaction = anvil
            .client()
            .provider()
            .get_transaction_by_hash(landed.receipt.transaction_hash)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(alloy_consensus::Transaction::nonce(&transaction), nonce);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_the_market_left_behind_is_replaced_at_a_higher_fee() {
    let anvil = Anvil::start(&["--no-mining"]);
    let mut lane = Lane::new(anvil.client(), account(0), quick())
        .await
        .unwrap();
    let outgoing = transfer(account(1).address());
    let sending = lane.send(&outgoing, 20_000);
    let mining = async {
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        anvil.rpc("evm_mine", json!([])).await;
    };
    let (landed, ()) = tokio::join!(sending, mining);
    let landed = landed.unwrap();
    assert!(landed.versions >= 3, "{} versions", landed.versions);
    assert!(landed.receipt.status());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_mined_by_the_deadline_is_reported_with_all_its_versions_and_replaced_next_time()
 {
    let anvil = Anvil::start(&["--no-mining"]);
    let mut lane = Lane::new(anvil.client(), account(0), quick())
        .await
        .unwrap();
    let outgoing = transfer(account(1).address());
    let Err(SendError::NotIncluded {
        nonce: 0, hashes, ..
    }) = lane.send(&outgoing, 400).await
    else {
        panic!("nothing mines, yet it landed");
    };
    assert!(!hashes.is_empty());
    // Another process takes over: same account, the pool still holds the old version.
    let mut later = Lane::new(anvil.client(), account(0), quick())
        .await
        .unwrap();
    let outgoing = transfer(account(2).address());
    let sending = later.send(&outgoing, 20_000);
    let mining = async {
        tokio::time::sleep(std::time::Duration::from_millis(900)).await;
        anvil.rpc("evm_mine", json!([])).await;
    };
    let (landed, ()) = tokio::join!(sending, mining);
    let landed = landed.unwrap();
    assert_eq!(landed.receipt.to, Some(account(2).address()));
    assert!(!hashes.contains(&landed.receipt.transaction_hash));
}

/// Pitfall: a node that counts a transaction before it has its receipt makes a lane believe that somebody else has its key.
#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_comes_later_than_its_nonce_is_waited_for() {
    let anvil = Anvil::start(&[]);
    let (client, withheld) = withholding(&anvil.url, 5).await;
    let mut lane = Lane::new(client, account(0), quick()).await.unwrap();
    let landed = lane
        .send(&transfer(account(1).address()), 20_000)
        .await
        .unwrap();
    assert!(landed.receipt.status());
    assert_eq!(
        withheld.load(Ordering::SeqCst),
        0,
        "all of them were asked for"
    );
}

/// Two processes on one key: the one whose nonce is gone says so, and does not wait for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_that_somebody_else_used_is_reported() {
    let anvil = Anvil::start(&["--no-mining"]);
    let patient = LaneConfig {
        bump_after_ms: 60_000,
        ..quick()
    };
    let mut lane = Lane::new(anvil.client(), account(0), patient)
        .await
        .unwrap();
    let outgoing = transfer(account(1).address());
    let sending = lane.send(&outgoing, 20_000);
    let other = async {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let dearer = json!([{
            "from": account(0).address(),
            "to": account(2).address(),
            "nonce": "0x0",
            "gasPrice": "0x174876e800",
        }]);
        anvil.rpc("eth_sendTransaction", dearer).await;
        anvil.rpc("evm_mine", json!([])).await;
    };
    let (sent, _) = tokio::join!(sending, other);
    assert!(
        matches!(sent, Err(SendError::NonceTaken { nonce: 0 })),
        "{sent:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_cannot_pay_is_told_so_at_once() {
    let anvil = Anvil::start(&[]);
    let poor = PrivateKeySigner::random();
    let mut lane = Lane::new(anvil.client(), poor, quick()).await.unwrap();
    let mut outgoing = transfer(account(1).address());
    outgoing.gas_limit = Some(21_000);
    let error = lane.send(&outgoing, 10_000).await.unwrap_err();
    assert!(error.to_string().contains("InsufficientFunds"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn fees_above_the_cap_send_nothing() {
    let anvil = Anvil::start(&["--base-fee", "1000000000"]);
    let config = LaneConfig {
        fees: FeePolicy {
            max_fee_cap_wei: 1_000,
            min_tip_wei: 1,
            max_blob_fee_cap_wei: 1_000,
        },
        ..quick()
    };
    let mut lane = Lane::new(anvil.client(), account(0), config).await.unwrap();
    assert!(matches!(
        lane.send(&transfer(account(1).address()), 5_000).await,
        Err(SendError::Fees(_))
    ));
    assert_eq!(anvil.client().nonce(account(0).address()).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_transaction_lands_with_the_hashes_of_its_blobs() {
    let anvil = Anvil::start(&["--hardfork", "osaka"]);
    let mut lane = Lane::new(anvil.client(), account(0), quick())
        .await
        .unwrap();
    let mut blob = Blob::ZERO;
    blob[1..33].copy_from_slice(&[7; 32]);
    let (sidecar, hash) = tokio::task::spawn_blocking(move || {
        let hash = forebond_l1::blobs::versioned_hash(&blob).unwrap();
        (sidecar(vec![blob], SidecarForm::Eip7594).unwrap(), hash)
    })
    .await
    .unwrap();
    let outgoing = Outgoing {
        to: Some(account(1).address()),
        sidecar: Some(sidecar),
        ..Outgoing::default()
    };
    let landed = lane.send(&outgoing, 20_000).await.unwrap();
    assert_eq!(landed.receipt.blob_gas_used, Some(131_072));
    let transaction = anvil
        .client()
        .provider()
        .get_transaction_by_hash(landed.receipt.transaction_hash)
        .await
        .unwrap()
        .unwrap();
    let hashes = alloy_consensus::Transaction::blob_versioned_hashes(&transaction).unwrap();
    assert_eq!(hashes, [hash]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reorg_is_told_as_blocks_undone_and_their_replacements_applied() {
    let anvil = Anvil::start(&[]);
    let client = anvil.client();
    let start = client.block(BlockId::number(0)).await.unwrap().unwrap();
    anvil.rpc("anvil_mine", json!(["0x6"])).await;
    let config = FollowerConfig {
        poll_ms: 20,
        ..FollowerConfig::default()
    };
    let mut follower = ChainFollower::start(client.clone(), config, start);
    let mut applied = Vec::new();
    while applied.len() < 6 {
        match follower.next().await.unwrap() {
            ChainEvent::Applied { block, .. } => applied.push(block),
            ChainEvent::Undone(block) => panic!("undone before any reorg: {block:?}"),
        }
    }
    anvil.rpc("anvil_reorg", json!([3, []])).await;
    anvil.rpc("anvil_mine", json!(["0x1"])).await;
    let mut undone = 0;
    while applied.last().map(|block| block.number) != Some(7) {
        match follower.next().await.unwrap() {
            ChainEvent::Undone(block) => {
                assert_eq!(applied.pop(), Some(block));
                undone += 1;
            }
            ChainEvent::Applied { block, .. } => applied.push(block),
        }
    }
    assert_eq!(undone, 3);
    for block in applied {
        let canonical = client.block(BlockId::number(block.number)).await.unwrap();
        assert_eq!(canonical.map(|b| b.hash), Some(block.hash));
    }
}
