//! Following a stream and fetching, against real servers on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a wrong answer should stop the test"
)]

mod world;

use std::sync::Arc;

use alloy_primitives::hex;
use forebond_net::{
    Incoming, LeaveReason,
    direct::{FetchError, Fetcher, StreamConfig, follow},
};
use forebond_types::Envelope;
use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::{WebSocketStream, accept_async, tungstenite::Message};
use world::{DEADLINE, Events, Gateway, SEPARATOR, block_of, knows, next};

async fn server() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address.to_string())
}

/// One subscriber, and the block it wants to begin at.
async fn subscriber(listener: &TcpListener) -> (WebSocketStream<TcpStream>, Option<u64>) {
    let accept = async {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = accept_async(stream).await.unwrap();
        let request = socket.next().await.unwrap().unwrap();
        let request: serde_json::Value = serde_json::from_str(request.to_text().unwrap()).unwrap();
        assert_eq!(request["method"], "eth_subscribe");
        assert_eq!(request["params"][0], "envelopes");
        let from = request["params"][1]
            .as_str()
            .map(|text| u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap());
        let answer = r#"{"jsonrpc":"2.0","id":1,"result":"0x1"}"#;
        socket.send(Message::text(answer)).await.unwrap();
        (socket, from)
    };
    tokio::time::timeout(DEADLINE, accept)
        .await
        .expect("in time")
}

async fn notify(socket: &mut WebSocketStream<TcpStream>, result: String) {
    let line = format!(
        r#"{{"jsonrpc":"2.0","method":"eth_subscription","params":{{"subscription":"0x1","result":{result}}}}}"#
    );
    socket.send(Message::text(line)).await.unwrap();
}

async fn send(socket: &mut WebSocketStream<TcpStream>, envelopes: &[Envelope]) {
    for envelope in envelopes {
        notify(
            socket,
            format!("\"{}\"", hex::encode_prefixed(envelope.encode())),
        )
        .await;
    }
}

fn config(address: &str) -> StreamConfig {
    StreamConfig {
        retry_ms: (1, 20),
        ..StreamConfig::new(format!("ws://{address}"), SEPARATOR)
    }
}

async fn message(events: &mut Events) -> Envelope {
    next(events, |event| match event {
        Incoming::Message { envelope, .. } => Some(envelope),
        Incoming::Lagged { .. } => panic!("nothing is dropped"),
        _ => None,
    })
    .await
}

async fn down(events: &mut Events) -> LeaveReason {
    next(events, |event| match event {
        Incoming::PeerDown { reason, .. } => Some(reason),
        _ => None,
    })
    .await
}

/// Pitfall: let it resume by sequence; a lagging subscriber is skipped silently.
#[tokio::test]
async fn after_a_break_the_stream_goes_on_where_it_was_and_nothing_comes_twice() {
    let mut gateway = Gateway::new(1);
    let turn = gateway.turn(8, 10, 6, 3);
    let (listener, address) = server().await;
    let mut settings = config(&address);
    settings.from_block = Some(11);
    let mut events = follow(settings, knows(&gateway)).unwrap();

    let (mut socket, from) = subscriber(&listener).await;
    assert_eq!(from, Some(11));
    notify(
        &mut socket,
        r#"{"type":"heartbeat","head":"0xa"}"#.to_owned(),
    )
    .await;
    send(&mut socket, &turn[..14]).await;
    for expected in &turn[..14] {
        assert_eq!(&message(&mut events).await, expected);
    }
    drop(socket);
    down(&mut events).await;

    let (mut socket, from) = subscriber(&listener).await;
    let newest = block_of(&turn[13]);
    assert_eq!(
        from,
        Some(newest - 2),
        "a little earlier, seals may be late"
    );
    let again: Vec<_> = turn
        .iter()
        .filter(|envelope| block_of(envelope) >= newest - 2)
        .cloned()
        .collect();
    send(&mut socket, &again).await;
    for expected in &turn[14..] {
        assert_eq!(&message(&mut events).await, expected);
    }
}

/// Pitfall: pending state frozen for days without a log line.
#[tokio::test]
async fn a_silent_stream_is_dead_and_one_with_heartbeats_is_not() {
    let gateway = Gateway::new(1);
    let (listener, address) = server().await;
    let mut settings = config(&address);
    settings.idle_ms = 300;
    let mut events = follow(settings, knows(&gateway)).unwrap();
    let (mut socket, _) = subscriber(&listener).await;
    // Three idle times of heartbeats, then silence.
    let mut pace = tokio::time::interval(std::time::Duration::from_millis(60));
    for _ in 0..15 {
        pace.tick().await;
        notify(&mut socket, r#"{"type":"heartbeat"}"#.to_owned()).await;
    }
    assert!(matches!(events.recv().await, Some(Incoming::PeerUp { .. })));
    assert!(events.try_recv().is_none(), "alive so far");
    assert_eq!(
        down(&mut events).await,
        LeaveReason::Silent { idle_ms: 300 }
    );
    subscriber(&listener).await;
}

#[tokio::test]
async fn a_stream_of_garbage_is_left_and_strangers_are_not_handed_on() {
    let mut gateway = Gateway::new(1);
    let (listener, address) = server().await;
    let mut events = follow(config(&address), knows(&gateway)).unwrap();
    let (mut socket, _) = subscriber(&listener).await;
    send(&mut socket, &Gateway::new(2).turn(8, 0, 2, 2)).await;
    let honest = gateway.open(8, 0);
    send(&mut socket, std::slice::from_ref(&honest)).await;
    assert_eq!(message(&mut events).await, honest);
    for garbage in ["\"0xc0\"", "5", "\"no hex\"", "\"0x00\""].repeat(2) {
        notify(&mut socket, garbage.to_owned()).await;
    }
    let LeaveReason::Closed(reason) = down(&mut events).await else {
        panic!("closed by us")
    };
    assert!(reason.contains("8 messages broke the rules"), "{reason}");
}

#[tokio::test]
async fn a_slow_reader_holds_up_the_server_and_misses_nothing() {
    let mut gateway = Gateway::new(1);
    let turn = gateway.turn(8, 0, 10, 20);
    let (listener, address) = server().await;
    let mut settings = config(&address);
    settings.limits.incoming_queue = 4;
    let mut events = follow(settings, knows(&gateway)).unwrap();
    let (mut socket, _) = subscriber(&listener).await;
    let sent = turn.clone();
    let sending = tokio::spawn(async move {
        send(&mut socket, &sent).await;
        socket
    });
    for expected in &turn {
        tokio::task::yield_now().await;
        assert_eq!(&message(&mut events).await, expected);
    }
    sending.await.unwrap();
}

#[tokio::test]
async fn a_refused_subscription_is_tried_again_and_a_wrong_address_is_not() {
    let gateway = Gateway::new(1);
    let (listener, address) = server().await;
    let _events = follow(config(&address), knows(&gateway)).unwrap();
    for _ in 0..2 {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = accept_async(stream).await.unwrap();
        socket.next().await.unwrap().unwrap();
        let no = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"pruned"}}"#;
        socket.send(Message::text(no)).await.unwrap();
    }
    for url in ["http://127.0.0.1:1", "wss://127.0.0.1:1", "nonsense", ""] {
        assert!(follow(StreamConfig::new(url, SEPARATOR), knows(&gateway)).is_err());
    }
}

/// Answers each request with the next of `answers`, and hands back what was asked.
async fn serve_http(listener: TcpListener, answers: Vec<String>) -> Vec<serde_json::Value> {
    let mut asked = Vec::new();
    for answer in answers {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        let body = loop {
            let mut part = [0; 4_096];
            let read = stream.read(&mut part).await.unwrap();
            request.extend_from_slice(&part[..read]);
            let text = String::from_utf8_lossy(&request).into_owned();
            if let Some((_, body)) = text.split_once("\r\n\r\n")
                && let Ok(json) = serde_json::from_str::<serde_json::Value>(body)
            {
                break json;
            }
        };
        asked.push(body["params"].clone());
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            answer.len()
        );
        // The client may hang up on an answer that is too long.
        let _ = stream.write_all(head.as_bytes()).await;
        let _ = stream.write_all(answer.as_bytes()).await;
    }
    asked
}

fn result(envelopes: &[Envelope]) -> String {
    let hexes: Vec<_> = envelopes
        .iter()
        .map(|envelope| hex::encode_prefixed(envelope.encode()))
        .collect();
    serde_json::json!({"jsonrpc": "2.0", "id": 1, "result": hexes}).to_string()
}

#[tokio::test]
async fn what_was_missed_is_fetched_over_http_checked_like_any_answer() {
    let mut gateway = Gateway::new(1);
    let turn = gateway.turn(8, 0, 3, 2);
    let (listener, address) = server().await;
    let answers = vec![
        result(&turn),
        result(&turn[4..]),
        result(&[]),
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no"}}"#.to_owned(),
        "garbage".to_owned(),
        result(&Gateway::new(2).turn(8, 0, 1, 1)),
        "x".repeat(33 << 20),
        result(&turn[..4]),
    ];
    let serving = tokio::spawn(serve_http(listener, answers));
    let url = format!("http://{address}");
    let fetcher = Fetcher::new(&url, SEPARATOR, Arc::clone(&knows(&gateway)) as _).unwrap();

    let whole = fetcher.envelopes(1, 16).await.unwrap();
    assert!(whole.iter().all(|m| m.signer == gateway.address()));
    let whole: Vec<_> = whole.into_iter().map(|m| m.envelope).collect();
    assert_eq!(whole, turn);
    let hole = fetcher.envelopes(1, 16).await;
    assert!(matches!(hole, Err(FetchError::Useless(_))), "{hole:?}");
    let nothing = fetcher.envelopes(1, 16).await;
    assert!(matches!(nothing, Err(FetchError::Useless(_))));
    let refused = fetcher.envelopes(1, 16).await;
    assert!(matches!(refused, Err(FetchError::Refused(_))));
    let garbage = fetcher.envelopes(1, 16).await;
    assert!(matches!(garbage, Err(FetchError::Broken(_))));
    let stranger = fetcher.envelopes(1, 16).await;
    assert!(matches!(stranger, Err(FetchError::Useless(_))));
    let halved = fetcher.envelopes(1, 2).await.unwrap();
    assert_eq!(halved.len(), 4);

    let asked = tokio::time::timeout(DEADLINE, serving)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(asked[0], serde_json::json!(["0x1", "0x10"]));
    assert_eq!(asked[7], serde_json::json!(["0x1", "0x1"]), "half as many");
    assert!(Fetcher::new("ftp://x", SEPARATOR, knows(&gateway)).is_err());
}
