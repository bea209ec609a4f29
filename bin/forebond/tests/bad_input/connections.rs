//! Clients that hold on to what they were given: connections, sockets, half a request.

use crate::{
    finish,
    support::{ANY_FEE, Client, Gateway, Home, Wallet, WebSocket, until},
};
use alloy_primitives::Address;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
    time::Duration,
};

/// Deadlines short enough for a test.
pub const SHORT_DEADLINES: &str = "[rpc]\nidle_timeout_ms = 1500\nsend_timeout_ms = 1000\n";
/// What a flood may add to the gateway's memory, bytes.
const ALLOWED_GROWTH_BYTES: u64 = 256 << 20;

/// Raises this process's limit of open files as far as it may; returns the limit.
fn raise_open_files() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, raised).unwrap();
    limit.maximum.unwrap_or(u64::MAX)
}

/// Whether the other side has ended the connection (after it said `heard`).
fn is_closed(stream: &mut TcpStream, heard: &mut Vec<u8>) -> bool {
    stream.set_nonblocking(true).unwrap();
    let mut bytes = [0; 256];
    loop {
        match stream.read(&mut bytes) {
            Ok(0) => return true,
            Ok(count) => heard.extend_from_slice(&bytes[..count]),
            Err(error) => return error.kind() != ErrorKind::WouldBlock,
        }
    }
}

fn assert_grew_little(gateway: &Gateway, before: u64) {
    let after = gateway.resident_bytes();
    let growth = after.saturating_sub(before);
    assert!(
        growth < ALLOWED_GROWTH_BYTES,
        "{growth} bytes more than {before}"
    );
}

#[test]
fn ten_thousand_idle_connections_are_turned_away_beyond_the_limit_and_promises_go_on() {
    const MAX: usize = 2_000;
    // Leaves descriptors for everything else in this process.
    let room = usize::try_from(raise_open_files().saturating_sub(500)).unwrap();
    let count = room.min(10_000);
    assert!(
        count > MAX + 100,
        "`ulimit -n` lets this test open {count} sockets only"
    );
    let home = Home::new();
    let gateway = home.start(&[]);
    let (mut client, wallet) = (gateway.client(), Wallet::dev(0));
    client.call("eth_chainId", json!([]));
    let before = gateway.resident_bytes();
    let mut nonce = 0;
    let mut promise = |client: &mut Client| {
        let raw = wallet.transfer(nonce, Address::repeat_byte(0x77), 1);
        nonce += 1;
        client.call("eth_requestPreconf", json!([raw, ANY_FEE]));
    };
    let mut idle = Vec::new();
    for index in 0..count {
        idle.push(TcpStream::connect(&gateway.addr).unwrap());
        if index % 200 == 0 {
            promise(&mut client);
        }
    }
    // The client that was there first holds one of the places.
    let mut told = 0;
    until("those beyond the limit are told so and closed", 20, || {
        let mut closed = 0;
        for stream in &mut idle[MAX - 1..] {
            let mut heard = Vec::new();
            closed += usize::from(is_closed(stream, &mut heard));
            told += usize::from(heard.starts_with(b"HTTP/1.1 503"));
        }
        (closed == count - (MAX - 1)).then_some(())
    });
    assert!(told > 0, "nobody was told why");
    let mut heard = Vec::new();
    assert!(
        idle[..MAX - 1]
            .iter_mut()
            .all(|stream| !is_closed(stream, &mut heard))
    );
    promise(&mut client);
    assert_grew_little(&gateway, before);
    drop(idle);
    until("there is room for a new client", 20, || {
        let mut fresh = Client::try_connect(&gateway.addr).ok()?;
        fresh.try_call("eth_chainId", json!([])).ok()
    });
    finish(gateway);
}

#[test]
fn a_low_soft_limit_of_open_files_does_not_stop_a_gateway_from_serving_many_connections() {
    raise_open_files();
    let home = Home::new();
    let direct = home.command(&[]);
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -Sn 256; exec \"$0\" \"$@\""])
        .arg(direct.get_program())
        .args(direct.get_args())
        .env("XDG_STATE_HOME", home.state())
        .env("RUST_LOG", "warn")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let gateway = Gateway::of(&mut command);
    let mut clients: Vec<_> = (0..600).map(|_| gateway.client()).collect();
    for client in &mut clients {
        client
            .socket()
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        assert_eq!(client.call("eth_chainId", json!([])), "0x2549");
    }
    finish(gateway);
}

/// Opens connections that say nothing; all are closed when they have been idle for too long.
pub fn say_nothing(gateway: &Gateway, count: usize) {
    let mut silent: Vec<_> = (0..count)
        .map(|_| TcpStream::connect(&gateway.addr).unwrap())
        .collect();
    until("silent connections are closed", 20, || {
        silent
            .iter_mut()
            .all(|stream| is_closed(stream, &mut Vec::new()))
            .then_some(())
    });
}

/// Sends half a head, half a body, and a head byte by byte.
pub fn send_half_requests(gateway: &Gateway) {
    let head =
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n";
    let mut halves = [head.to_owned(), format!("{head}\r\n{{\"jsonrpc\":")].map(|begun| {
        let mut stream = TcpStream::connect(&gateway.addr).unwrap();
        stream.write_all(begun.as_bytes()).unwrap();
        stream
    });
    let mut dripping = TcpStream::connect(&gateway.addr).unwrap();
    dripping.write_all(head.as_bytes()).unwrap();
    until("a dripping head is closed", 20, || {
        let alive = dripping.write_all(b"X").is_ok();
        (!alive || is_closed(&mut dripping, &mut Vec::new())).then_some(())
    });
    until("half a request is closed", 20, || {
        halves
            .iter_mut()
            .all(|half| is_closed(half, &mut Vec::new()))
            .then_some(())
    });
}

/// Subscribes to everything many times over and never reads; pings until the connection is cut.
pub fn subscribe_and_never_read(gateway: &Gateway) {
    let mut socket = WebSocket::connect(&gateway.addr);
    for kind in ["preconfirmations", "newHeads", "newPendingTransactions"] {
        for _ in 0..20 {
            socket.send("eth_subscribe", json!([kind])).unwrap();
        }
    }
    until("a reader that never reads is cut", 30, || {
        socket.ping().err()
    });
}

/// Asks for large answers over HTTP without reading any, until the connection is cut.
pub fn ask_and_never_read(gateway: &Gateway) {
    let mut client = gateway.client();
    let socket = client.socket();
    socket
        .set_write_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_getCode",
        "params": ["0x4200000000000000000000000000000000000015", "latest"] })
    .to_string();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .repeat(50);
    until("a client that never reads is cut", 30, || {
        match socket.write(request.as_bytes()) {
            Ok(_) => None,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                None
            }
            Err(error) => Some(error),
        }
    });
}

#[test]
fn half_a_request_and_silence_are_closed_in_time() {
    let home = Home::new();
    let gateway = home.start_with(SHORT_DEADLINES, &[]);
    send_half_requests(&gateway);
    say_nothing(&gateway, 50);
    finish(gateway);
}

#[test]
fn a_client_that_never_reads_is_cut_and_costs_little_memory() {
    let home = Home::new();
    let gateway = home.start_with(SHORT_DEADLINES, &[]);
    gateway.assert_promises(&Wallet::dev(0));
    let before = gateway.resident_bytes();
    std::thread::scope(|scope| {
        let deaf = [
            scope.spawn(|| subscribe_and_never_read(&gateway)),
            scope.spawn(|| ask_and_never_read(&gateway)),
        ];
        let (mut client, wallet) = (gateway.client(), Wallet::dev(1));
        let mut nonce = 0;
        while deaf.iter().any(|thread| !thread.is_finished()) {
            let raw = wallet.transfer(nonce, Address::repeat_byte(0x77), 1);
            client.call("eth_requestPreconf", json!([raw, ANY_FEE]));
            nonce += 1;
        }
        assert!(
            nonce > 10,
            "only {nonce} promises beside a client that never reads"
        );
        for thread in deaf {
            thread.join().unwrap();
        }
    });
    assert_grew_little(&gateway, before);
    finish(gateway);
}
