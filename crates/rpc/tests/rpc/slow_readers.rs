//! Clients that do not read: each is felt at once, none is paid for in memory.

use std::time::Duration;

use forebond_rpc::RpcConfig;
use serde_json::json;

use crate::{
    client::{Ws, request},
    world::{FakeChain, config, start, start_with},
};

/// Waits for what must come; the test's own limit is only reached when it does not.
async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future)
        .await
        .unwrap_or_else(|_| panic!("{what} did not happen"))
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    soon(what, async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lagging_subscriber_is_told_and_disconnected_and_never_skipped_silently() {
    let (chain, server) = start_with(
        FakeChain::new(2),
        RpcConfig {
            max_unsent_messages_per_connection: 1,
            ..config()
        },
    )
    .await;
    let mut ws = Ws::connect_narrow(server.local_addr()).await;
    ws.subscribe(json!(["newPendingTransactions", true])).await;
    let mut sent = 0_u64;
    // Not reading: the socket fills, then the queue of one, then the feed of two, which runs over.
    for _ in 0..400 {
        sent += chain.promise_sized(1, 32 << 10).len() as u64;
        tokio::task::yield_now().await;
    }
    let mut next = 0_u64;
    let error = loop {
        let params = soon("a notification", ws.notified()).await;
        if params["error"].is_object() {
            break params["error"].clone();
        }
        assert_eq!(
            params["result"]["nonce"],
            json!(format!("{next:#x}")),
            "notifications come in order without a gap"
        );
        next += 1;
    };
    assert!(next < sent, "the reader was too slow");
    assert_eq!(error["code"], -32005);
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .starts_with("subscription closed: the reader is too slow"),
        "{error}"
    );
    // The connection itself lives.
    assert_eq!(ws.call("eth_chainId", json!([])).await["result"], "0x1cbd");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_asks_and_never_reads_is_cut_and_what_it_asked_for_is_freed() {
    let limits = RpcConfig {
        send_timeout_ms: 200,
        idle_timeout_ms: 60_000,
        ..config()
    };
    let (chain, server) = start(limits).await;
    chain.promise_many(200);
    chain.seal();
    let mut ws = Ws::connect_narrow(server.local_addr()).await;
    let ask_for_much = request("eth_getBlockByNumber", json!(["0x1", true])).to_string();
    // The server stops reading while its answers pile up, so this ends by backpressure and then by the cut.
    soon("the cut", async {
        while ws.send(&ask_for_much).await.is_ok() {}
    })
    .await;
    until("the end of the connection", || {
        server.connection_count() == 0
    })
    .await;
    assert_eq!(server.unsent_bytes(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_beyond_the_cap_of_a_connection_cut_it_at_once() {
    let limits = RpcConfig {
        max_response_bytes: 1 << 20,
        max_unsent_bytes_per_connection: 1 << 20,
        send_timeout_ms: 600_000,
        idle_timeout_ms: 600_000,
        ..config()
    };
    let (chain, server) = start(limits).await;
    chain.promise_many(500);
    chain.seal();
    let mut ws = Ws::connect_narrow(server.local_addr()).await;
    let ask_for_much = request("eth_getBlockByNumber", json!(["0x1", true])).to_string();
    // Asked in one piece, so that the requests are in before the answers stall the socket.
    for _ in 0..40 {
        if ws.send(&ask_for_much).await.is_err() {
            break;
        }
    }
    until("the end of the connection", || {
        server.connection_count() == 0
    })
    .await;
    assert_eq!(server.unsent_bytes(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_subscribes_and_never_reads_is_cut() {
    let limits = RpcConfig {
        send_timeout_ms: 200,
        idle_timeout_ms: 60_000,
        ..config()
    };
    let (chain, server) = start(limits).await;
    let mut ws = Ws::connect_narrow(server.local_addr()).await;
    ws.subscribe(json!(["newPendingTransactions", true])).await;
    soon("the cut", async {
        while server.connection_count() > 0 {
            chain.promise_many(50);
            chain.seal();
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop(ws);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_reads_everything_is_never_cut_however_much_it_asks() {
    let limits = RpcConfig {
        send_timeout_ms: 5_000,
        ..config()
    };
    let (chain, server) = start(limits).await;
    chain.promise_many(100);
    chain.seal();
    let mut ws = Ws::connect(server.local_addr()).await;
    for _ in 0..50 {
        let block = ws.call("eth_getBlockByNumber", json!(["0x1", true])).await;
        assert_eq!(
            block["result"]["transactions"].as_array().unwrap().len(),
            100
        );
    }
    until("the accounts balance", || server.unsent_bytes() == 0).await;
}
