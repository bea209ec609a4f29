//! JSON-RPC over HTTP/1.1, by hand.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The whole answer to one request.
pub(crate) async fn ask(addr: SocketAddr, method: &str, params: Value) -> Value {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {addr}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let text = String::from_utf8(answer).unwrap();
    let (_, body) = text.split_once("\r\n\r\n").unwrap();
    // Bodies of unknown length come in chunks; none of ours holds a brace outside the JSON.
    let (from, to) = (body.find('{').unwrap(), body.rfind('}').unwrap());
    serde_json::from_str(&body[from..=to]).unwrap()
}

/// The result of a request that must succeed.
pub(crate) async fn result(addr: SocketAddr, method: &str, params: Value) -> Value {
    let answer = ask(addr, method, params).await;
    match answer.get("result") {
        Some(result) => result.clone(),
        None => panic!("{method}: {answer}"),
    }
}

/// The error text of a request that must fail.
pub(crate) async fn refusal(addr: SocketAddr, method: &str, params: Value) -> String {
    let answer = ask(addr, method, params).await;
    let message = answer.pointer("/error/message").and_then(Value::as_str);
    message
        .unwrap_or_else(|| panic!("{method}: {answer}"))
        .to_owned()
}

/// Status and body of a GET, the body as JSON.
pub(crate) async fn get(url: &str, path: &str) -> (u16, Value) {
    let addr = url.trim_start_matches("http://");
    let head = format!("GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n");
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let text = String::from_utf8(answer).unwrap();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    let (_, body) = text.split_once("\r\n\r\n").unwrap();
    (status, serde_json::from_str(body).unwrap())
}
