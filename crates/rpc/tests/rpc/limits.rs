//! Bad input and too much of it: a clear error or a closed connection, and the server goes on.

use forebond_rpc::RpcConfig;
use serde_json::{Value, json};

use crate::{
    client::{Http, Ws, ask, request},
    world::{config, start},
};

#[tokio::test]
async fn malformed_json_is_a_parse_error_and_the_connection_goes_on() {
    let (_chain, server) = start(config()).await;
    let mut http = Http::connect(server.local_addr()).await;
    let mut ws = Ws::connect(server.local_addr()).await;
    for (text, code) in [
        ("{\"jsonrpc\":\"2.0\",\"id\":1,", -32700),
        ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", -32600),
        (
            "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"eth_chainId\"}",
            -32600,
        ),
        ("[", -32700),
        ("[]", -32600),
    ] {
        let answer = http.post(text).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]["code"]),
            (200, &json!(code)),
            "{text}"
        );
        ws.send(text).await.unwrap();
        assert_eq!(ws.next().await.unwrap()["error"]["code"], code, "{text}");
    }
    assert_eq!(http.post("hello").await.json()["error"]["code"], -32700);
    ws.send("hello").await.unwrap();
    assert_eq!(ws.next().await.unwrap()["error"]["code"], -32700);
    let deep = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_call\",\"params\":{}1{}}}",
        "[".repeat(50_000),
        "]".repeat(50_000)
    );
    assert!(
        http.post(&deep).await.json()["error"]["code"].is_i64(),
        "deep nesting is an error, not a stack overflow"
    );
    assert_eq!(
        http.call("eth_chainId", json!([])).await["result"],
        "0x1cbd"
    );
    assert_eq!(ws.call("eth_chainId", json!([])).await["result"], "0x1cbd");
}

#[tokio::test]
async fn other_http_than_json_posts_is_refused() {
    let (_chain, server) = start(config()).await;
    let mut http = Http::connect(server.local_addr()).await;
    assert_eq!(
        http.send("GET / HTTP/1.1\r\nhost: test\r\n\r\n")
            .await
            .status,
        405
    );
    let form =
        "POST / HTTP/1.1\r\nhost: test\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\n{}";
    assert_eq!(
        Http::connect(server.local_addr())
            .await
            .send(form)
            .await
            .status,
        415
    );
    let head = format!(
        "POST / HTTP/1.1\r\nhost: test\r\nx-pad: {}\r\n\r\n",
        "a".repeat(64 << 10)
    );
    assert_eq!(
        Http::connect(server.local_addr())
            .await
            .send(&head)
            .await
            .status,
        431
    );
}

#[tokio::test]
async fn an_oversized_request_is_413_over_http_and_an_error_on_a_websocket() {
    let (_chain, server) = start(RpcConfig {
        max_request_bytes: 2_000,
        ..config()
    })
    .await;
    let large = request("web3_sha3", json!([format!("0x{}", "00".repeat(1_100))])).to_string();
    let answer = Http::connect(server.local_addr()).await.post(&large).await;
    assert_eq!(
        (answer.status, &answer.json()["error"]["code"]),
        (413, &json!(-32007))
    );
    let mut ws = Ws::connect(server.local_addr()).await;
    ws.send(&large).await.unwrap();
    assert_eq!(ws.next().await.unwrap()["error"]["code"], -32007);
}

#[tokio::test]
async fn an_oversized_answer_is_an_error() {
    let (chain, server) = start(RpcConfig {
        max_response_bytes: 1_024,
        ..config()
    })
    .await;
    chain.promise_many(30);
    chain.seal();
    let answer = Http::connect(server.local_addr())
        .await
        .call("eth_getBlockByNumber", json!(["0x1", true]))
        .await;
    assert_eq!(answer["error"]["code"], -32008);
}

#[tokio::test]
async fn a_batch_is_answered_in_order_and_one_over_the_limit_not_at_all() {
    let (_chain, server) = start(RpcConfig {
        max_batch_requests: 3,
        ..config()
    })
    .await;
    let mut http = Http::connect(server.local_addr()).await;
    let item = |id: u64, method: &str| json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": [] });
    let answer = http
        .post(&json!([item(1, "eth_chainId"), item(2, "eth_nope"), { "id": 3 }]).to_string())
        .await
        .json();
    let codes: Vec<_> = answer
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["id"].clone(), one["error"]["code"].clone()))
        .collect();
    assert_eq!(
        codes,
        [
            (json!(1), Value::Null),
            (json!(2), json!(-32601)),
            (json!(3), json!(-32600))
        ]
    );
    let batch: Vec<_> = (0..4).map(|id| item(id, "eth_chainId")).collect();
    assert_eq!(
        http.post(&json!(batch).to_string()).await.json()["error"]["code"],
        -32010
    );
}

#[tokio::test]
async fn a_connection_over_its_rate_is_told_when_to_come_again_and_others_are_not() {
    let (_chain, server) = start(RpcConfig {
        requests_per_second_per_connection: 1,
        max_batch_requests: 3,
        ..config()
    })
    .await;
    for websocket in [false, true] {
        let (mut http, mut ws) = (
            Http::connect(server.local_addr()).await,
            Ws::connect(server.local_addr()).await,
        );
        let mut refusals = 0;
        for nth in 0..6 {
            let answer = if websocket {
                ws.call("eth_chainId", json!([])).await
            } else {
                http.call("eth_chainId", json!([])).await
            };
            if nth < 3 {
                assert_eq!(answer["result"], "0x1cbd", "the burst is one whole batch");
            } else if answer["error"]["code"] == -32005 {
                refusals += 1;
                assert!(
                    (1..=1_001)
                        .contains(&answer["error"]["data"]["retryAfterMs"].as_u64().unwrap()),
                    "{answer}"
                );
            }
        }
        assert!(
            refusals >= 2,
            "three are over the rate of one a second, at most one has come back in by now"
        );
    }
    // A batch counts as its requests; what is over is refused one by one.
    let mut http = Http::connect(server.local_addr()).await;
    http.call("eth_chainId", json!([])).await;
    let batch: Vec<_> = (0..3)
        .map(|id| json!({ "jsonrpc": "2.0", "id": id, "method": "eth_chainId" }))
        .collect();
    let answers = http.post(&json!(batch).to_string()).await.json();
    assert_eq!(
        answers
            .as_array()
            .unwrap()
            .iter()
            .filter(|answer| answer["error"]["code"] == -32005)
            .count(),
        3,
        "{answers}"
    );
    assert_eq!(
        ask(server.local_addr(), "eth_chainId", json!([])).await,
        "0x1cbd"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_requests_in_progress_on_one_connection_are_refused() {
    let (chain, server) = start(RpcConfig {
        max_in_flight_per_connection: 2,
        ..config()
    })
    .await;
    chain.hold();
    let mut ws = Ws::connect(server.local_addr()).await;
    for nonce in 0..3_u64 {
        let raw = crate::world::raw_transaction(nonce, 50, &[]);
        // Long enough that the third comes while the others wait, however slow the machine is.
        let wait = json!({ "jsonrpc": "2.0", "id": nonce, "method": "eth_sendRawTransactionSync", "params": [raw, 30_000] });
        ws.send(&wait.to_string()).await.unwrap();
    }
    let first = ws.next().await.unwrap();
    assert_eq!(
        first["error"]["code"], -32005,
        "the one too many is refused at once, while the others wait: {first}"
    );
}

#[tokio::test]
async fn idle_connections_are_bounded_and_one_too_many_is_turned_away() {
    let max = 40;
    let (_chain, server) = start(RpcConfig {
        max_connections: max,
        ..config()
    })
    .await;
    let addr = server.local_addr();
    let mut idle = Vec::new();
    for nth in 0..max {
        let mut http = Http::connect(addr).await;
        // Answered once: it is counted by then.
        http.call("eth_chainId", json!([])).await;
        idle.push(http);
        assert_eq!(server.connection_count(), nth as usize + 1);
    }
    for _ in 0..100 {
        let answer = Http::connect(addr)
            .await
            .receive()
            .await
            .expect("turned away with an answer");
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (503, "Too many connections. Please try again later.")
        );
    }
    assert_eq!(server.connection_count(), max as usize);
    idle.pop();
    // The place is free once the server has seen the end of the connection.
    while server.connection_count() == max as usize {
        tokio::task::yield_now().await;
    }
    assert_eq!(ask(addr, "eth_chainId", json!([])).await, "0x1cbd");
}

#[tokio::test]
async fn silent_connections_are_closed_and_a_websocket_that_answers_pings_is_not() {
    let (_chain, server) = start(RpcConfig {
        idle_timeout_ms: 300,
        ..config()
    })
    .await;
    let addr = server.local_addr();
    let mut never_asked = Http::connect(addr).await;
    let mut asked_once = Http::connect(addr).await;
    asked_once.call("eth_chainId", json!([])).await;
    let mut alive = Ws::connect(addr).await;
    // Reading answers pings; nothing else comes.
    let mut alive = tokio::spawn(async move {
        tokio::select! {
            gone = alive.next() => panic!("closed or notified: {gone:?}"),
            () = async { while never_asked.receive().await.is_some() {} } => {}
        }
        assert!(asked_once.receive().await.is_none());
        alive.call("eth_chainId", json!([])).await
    });
    assert_eq!((&mut alive).await.unwrap()["result"], "0x1cbd");
}

#[tokio::test]
async fn browsers_may_call_from_allowed_origins_only() {
    let allowed = "https://app.example";
    let (_chain, server) = start(RpcConfig {
        cors_allowed_origins: vec![allowed.into()],
        ..config()
    })
    .await;
    let addr = server.local_addr();
    let preflight = |origin: &str| {
        format!(
            "OPTIONS / HTTP/1.1\r\nhost: test\r\norigin: {origin}\r\naccess-control-request-method: POST\r\naccess-control-request-headers: content-type\r\n\r\n"
        )
    };
    let answer = Http::connect(addr).await.send(&preflight(allowed)).await;
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .head
            .contains("access-control-allow-origin: https://app.example\r\n"),
        "{}",
        answer.head
    );
    assert!(
        answer
            .head
            .contains("access-control-allow-headers: content-type\r\n"),
        "{}",
        answer.head
    );
    let answer = Http::connect(addr)
        .await
        .send(&preflight("https://evil.example"))
        .await;
    assert!(
        !answer.head.contains("access-control-allow-origin"),
        "{}",
        answer.head
    );
    let body = request("eth_chainId", json!([])).to_string();
    let post = format!(
        "POST / HTTP/1.1\r\nhost: test\r\norigin: {allowed}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = Http::connect(addr).await.send(&post).await;
    assert!(
        answer
            .head
            .contains("access-control-allow-origin: https://app.example\r\n"),
        "{}",
        answer.head
    );
    assert_eq!(answer.json()["result"], "0x1cbd");

    assert!(Ws::connect_from(addr, Some(allowed)).await.is_ok());
    assert!(
        Ws::connect_from(addr, Some("https://evil.example"))
            .await
            .is_err()
    );
    assert!(Ws::connect_from(addr, None).await.is_ok());
}

#[tokio::test]
async fn without_allowed_origins_no_cors_header_is_sent() {
    let (_chain, server) = start(config()).await;
    let answer = Http::connect(server.local_addr())
        .await
        .post(&request("eth_chainId", json!([])).to_string())
        .await;
    assert!(!answer.head.contains("access-control"), "{}", answer.head);
}
