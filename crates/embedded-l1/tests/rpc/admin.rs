use serde_json::json;

use crate::{
    client,
    world::{Served, transfer, wallet},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_chain_is_scripted_over_json_rpc() {
    let served = Served::start().await;
    let status = served.ask("l1_advanceSlots", json!([3])).await;
    assert_eq!(status["slot"], 3);
    assert_eq!(served.ask("l1_skipSlot", json!([])).await, "0x4");
    served.ask("l1_plan", json!([6, {"action": "skip"}])).await;
    served.ask("l1_advanceSlots", json!(["0x4"])).await;
    let status = served.ask("l1_status", json!([])).await;
    assert_eq!(status["slot"], 7);
    assert_eq!(status["blockNumber"], 5);
    served.ask("l1_stall", json!([])).await;
    let status = served.ask("l1_advanceSlots", json!([2])).await;
    assert_eq!(
        (&status["headSlot"], &status["stalled"]),
        (&json!(7), &json!(true))
    );
    served.ask("l1_resume", json!([])).await;
    assert_eq!(served.ask("eth_blockNumber", json!([])).await, "0x5");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reorg_over_json_rpc_gives_transactions_back() {
    let served = Served::start().await;
    served.pass(2);
    let raw = transfer(&wallet(0), 0);
    let hash = served.ask("eth_sendRawTransaction", json!([raw])).await;
    served.pass(1);
    served.ask("l1_reorg", json!([2])).await;
    let tx = served.ask("eth_getTransactionByHash", json!([hash])).await;
    assert_eq!(tx["blockNumber"], json!(null));
    let params = json!([{"depth": 1, "missFirst": true, "withTransactions": true}]);
    let status = served.ask("l1_reorg", params).await;
    assert_eq!(status["blockNumber"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_that_cannot_be_followed_are_refused_with_the_reason() {
    let served = Served::start().await;
    served.pass(2);
    for (method, params, words) in [
        ("l1_reorg", json!([3]), "expected 1 to 2"),
        ("l1_reorg", json!([{"deep": 1}]), "expected [depth]"),
        ("l1_skipSlot", json!([2]), "slot 2 is over"),
        (
            "l1_plan",
            json!([9, {"action": "dance"}]),
            "unknown variant",
        ),
        ("l1_setAttestingPercent", json!([101]), "0 to 100"),
        ("l1_hideBlobs", json!([77]), "no block at slot 77"),
    ] {
        let why = client::refusal(served.addr, method, params).await;
        assert!(why.contains(words), "{method}: {why}");
    }
}

#[tokio::test]
async fn an_address_that_others_can_reach_is_refused() {
    use forebond_embedded_l1::node::{EmbeddedL1, ServiceConfig};
    let config = ServiceConfig {
        rpc_addr: "0.0.0.0:0".parse().unwrap(),
        ..ServiceConfig::default()
    };
    let error = EmbeddedL1::start(config).await.unwrap_err().to_string();
    assert!(error.contains("loopback"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_goes_live_makes_up_for_the_time_of_day_and_no_longer_obeys() {
    use forebond_embedded_l1::node::{EmbeddedL1, NodeConfig, ServiceConfig};
    use std::time::{Duration, SystemTime, UNIX_EPOCH};
    let now_s = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let mut l1 = EmbeddedL1::start(ServiceConfig {
        node: NodeConfig {
            validators: 16,
            slot_duration_ms: 1_000,
            genesis_time_s: Some(now_s - 60),
            ..NodeConfig::default()
        },
        ..ServiceConfig::default()
    })
    .await
    .unwrap();
    let control = l1.control();
    let mut changes = control.watch();
    control.advance_slots(55).unwrap();
    l1.go_live().unwrap();
    let caught_up = changes.wait_for(|status| status.slot >= 60);
    tokio::time::timeout(Duration::from_secs(20), caught_up)
        .await
        .expect("the slots that are over are made at once")
        .unwrap();
    assert_eq!(control.status().head_slot, control.status().slot);
    let refusal = control.advance_slots(1).unwrap_err().to_string();
    assert!(refusal.contains("real time"), "{refusal}");
    l1.stop().await;
}
