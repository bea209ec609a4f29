//! Requests that are not what JSON-RPC over HTTP or WebSocket asks for.

use crate::{
    finish,
    support::{Gateway, Home, Wallet, WebSocket},
};
use serde_json::{Value, json};
use std::io::ErrorKind;

const PARSE: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;
const NO_METHOD: i64 = -32601;
const INVALID_PARAMS: i64 = -32602;

/// The code of the error in an answer's body, or in the first answer of a batch.
fn code(body: &[u8]) -> Option<i64> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let first = answer.get(0).unwrap_or(&answer);
    first["error"]["code"].as_i64()
}

/// Bodies and the error codes the specification asks for.
pub fn send_malformed_bodies(gateway: &Gateway) {
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    let deep_params = [
        br#"{"jsonrpc":"2.0","id":1,"method":"eth_call","params":"#.to_vec(),
        b"[".repeat(100_000),
        b"]".repeat(100_000),
        b"}".to_vec(),
    ]
    .concat();
    let table: &[(&[u8], i64)] = &[
        (b"", PARSE),
        (b"{", PARSE),
        (b"not json", PARSE),
        (br#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId""#, PARSE),
        (b"\xff\xfe{}", PARSE),
        (b"\"eth_chainId\"", PARSE),
        (&deep, INVALID_REQUEST),
        (&deep_params, INVALID_PARAMS),
        // The framework calls an object without an id unparsable.
        (b"{}", PARSE),
        (b"[]", INVALID_REQUEST),
        (br#"{"jsonrpc":"2.0","id":1}"#, INVALID_REQUEST),
        (
            br#"{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}"#,
            INVALID_REQUEST,
        ),
        (br#"{"jsonrpc":"2.0","id":1,"method":7}"#, INVALID_REQUEST),
        (
            br#"{"jsonrpc":"2.0","id":1,"method":"eth_noSuchThing"}"#,
            NO_METHOD,
        ),
        (br#"{"jsonrpc":"2.0","id":1,"method":""}"#, NO_METHOD),
        (
            br#"{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}"#,
            NO_METHOD,
        ),
        (
            br#"{"jsonrpc":"2.0","id":1,"method":"admin_deposit","params":[]}"#,
            NO_METHOD,
        ),
        (
            br#"{"jsonrpc":"2.0","id":1,"method":"eth_getBalance"}"#,
            INVALID_PARAMS,
        ),
    ];
    for (body, expected) in table {
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        // A new connection each time: some of these end it.
        let (status, answer) = gateway.client().post(body).unwrap();
        let text = String::from_utf8_lossy(&answer);
        let got = code(&answer);
        assert_eq!(got, Some(*expected), "{shown}: got HTTP {status} {text}");
    }
}

/// Methods with parameters of the wrong number, type or range.
pub fn send_wrong_parameters(gateway: &Gateway) {
    let address = Wallet::dev(0).address;
    let (short, odd) = ("0x1234", "0x123");
    let table = [
        ("eth_getBalance", json!([])),
        ("eth_getBalance", json!([short, "latest"])),
        ("eth_getBalance", json!([address, "yesterday"])),
        ("eth_getBalance", json!([address, "latest", 1])),
        ("eth_getBalance", json!({ "address": 5 })),
        ("eth_getBlockByNumber", json!(["0x1ffffffffffffffff", true])),
        ("eth_getBlockByNumber", json!(["latest", "yes"])),
        ("eth_getTransactionByHash", json!([short])),
        ("eth_call", json!([{ "to": short }, "latest"])),
        (
            "eth_getLogs",
            json!([{ "fromBlock": "0x2", "toBlock": "0x1" }]),
        ),
        ("eth_getLogs", json!(["all"])),
        ("eth_sendRawTransaction", json!([])),
        ("eth_sendRawTransaction", json!([odd])),
        ("eth_sendRawTransaction", json!([7])),
        ("eth_sendRawTransaction", json!(["0x", "0x"])),
        ("eth_sendRawTransactionSync", json!(["0x", -1])),
        ("eth_requestPreconf", json!(["0x"])),
        ("eth_requestPreconf", json!(["0x", "a lot"])),
        ("eth_getPreconfirmation", json!([short])),
        (
            "commitmentRequest",
            json!([{ "commitment_type": 1, "payload": "0x", "slasher": address }]),
        ),
        ("commitmentRequest", json!([{ "payload": "0x" }])),
        ("commitmentResult", json!([7])),
    ];
    let mut client = gateway.client();
    for (method, params) in table {
        let error = client.refusal(method, params.clone());
        assert_eq!(error["code"], INVALID_PARAMS, "{method} {params}: {error}");
        assert!(error["message"].as_str().unwrap().len() > 10, "{error}");
    }
}

#[test]
fn malformed_requests_get_the_standard_codes() {
    let home = Home::new();
    let gateway = home.start(&[]);
    send_malformed_bodies(&gateway);
    send_wrong_parameters(&gateway);
    finish(gateway);
}

#[test]
fn a_body_or_a_batch_over_its_limit_is_refused_whole() {
    let home = Home::new();
    let gateway = home.start(&[]);
    let call = |id: usize| json!({ "jsonrpc": "2.0", "id": id, "method": "eth_chainId" });

    let most: Vec<_> = (0..100).map(call).collect();
    let (_, body) = gateway
        .client()
        .post(json!(most).to_string().as_bytes())
        .unwrap();
    let answers: Vec<Value> = serde_json::from_slice(&body).unwrap();
    assert!(answers.len() == 100 && answers.iter().all(|a| a["result"] == "0x2549"));

    let more: Vec<_> = (0..101).map(call).collect();
    let (_, body) = gateway
        .client()
        .post(json!(more).to_string().as_bytes())
        .unwrap();
    assert_eq!(
        code(&body),
        Some(-32010),
        "{}",
        String::from_utf8_lossy(&body)
    );

    let huge = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"{}"}}"#,
        "x".repeat(2 << 20)
    );
    // The answer comes before the body has ended; a system may drop it with the connection.
    match gateway.client().post(huge.as_bytes()) {
        Ok((status, _)) => assert_eq!(status, 413),
        Err(error) => assert_ne!(error.kind(), ErrorKind::WouldBlock, "no answer: {error}"),
    }
    // The length alone is enough to refuse: no memory is set aside for what was never sent.
    let announced = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 3000000000\r\n\r\n";
    let (status, _) = gateway.client().exchange(announced.as_bytes()).unwrap();
    assert_eq!(status, 413);

    let mut socket = WebSocket::connect(&gateway.addr);
    let answer = socket.ask("eth_chainId", json!(["x".repeat(2 << 20)]));
    assert_eq!(answer["error"]["code"], -32007, "{answer}");
    assert_eq!(socket.ask("eth_chainId", json!([]))["result"], "0x2549");
    finish(gateway);
}

#[test]
fn what_is_not_an_http_post_of_json_is_turned_away() {
    let home = Home::new();
    let gateway = home.start(&[]);
    let long_header = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "y".repeat(64 << 10));
    for (request, expected) in [
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        ("DELETE / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n{}",
            415,
        ),
        ("\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n", 400),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
            400,
        ),
        (&long_header, 431),
    ] {
        match gateway.client().exchange(request.as_bytes()) {
            Ok((status, _)) => assert_eq!(status, expected, "{request:.60}"),
            // Closed without a word: fine for what is no HTTP.
            Err(error) => assert!(expected == 400 || expected == 431, "{request:.60}: {error}"),
        }
    }
    finish(gateway);
}
