//! The `preconfirmations` subscription: nothing is missed, and silence is told from death.

use crate::{
    support::{Home, Wallet, WebSocket, quantity},
    transfer,
};
use alloy_primitives::keccak256;
use serde_json::{Value, json};

/// Reads frags until one has this sequence; checks that none is left out.
fn read_frags(socket: &mut WebSocket, mut next: u64, last: u64) -> Vec<Value> {
    let mut frags = Vec::new();
    while next <= last {
        let event = socket.next();
        match event["type"].as_str() {
            Some("frag") => {
                assert_eq!(quantity(&event["frag"]["sequence"]), next, "a gap");
                next += 1;
                frags.push(event);
            }
            Some("seal" | "heartbeat") => {}
            _ => panic!("{event}"),
        }
    }
    frags
}

fn sequence(object: &Value) -> u64 {
    quantity(&object["frag"]["sequence"])
}

#[test]
fn a_subscription_resumes_from_any_sequence_without_a_gap_across_a_restart() {
    let home = Home::new();
    let gateway = home.start(&[]);
    let (mut client, wallet) = (gateway.client(), Wallet::dev(0));
    let mut socket = WebSocket::connect(&gateway.addr);
    socket.subscribe(json!(["preconfirmations", "0x0"]));
    let mut objects: Vec<_> = (0..10)
        .map(|nonce| transfer(&mut client, &wallet, nonce))
        .collect();
    let seen = sequence(&objects[9]);
    let first = read_frags(&mut socket, 0, seen);
    // Published while the reader is away, in a sealed block, before and after a kill.
    client.wait_sealed(quantity(&objects[9]["frag"]["blockNumber"]));
    objects.extend((10..20).map(|nonce| transfer(&mut client, &wallet, nonce)));
    gateway.kill();

    let gateway = home.start(&[]);
    let mut client = gateway.client();
    objects.extend((20..30).map(|nonce| transfer(&mut client, &wallet, nonce)));
    let last = sequence(&objects[29]);
    let mut socket = WebSocket::connect(&gateway.addr);
    socket.subscribe(json!(["preconfirmations", format!("{:#x}", seen + 1)]));
    let rest = read_frags(&mut socket, seen + 1, last);

    let frags = [first, rest].concat();
    let mut whole = WebSocket::connect(&gateway.addr);
    whole.subscribe(json!(["preconfirmations", "0x0"]));
    assert_eq!(
        read_frags(&mut whole, 0, last),
        frags,
        "the past reads the same from the start"
    );
    for object in objects {
        // What was promised to one is what everybody was told.
        let frag = &frags[usize::try_from(sequence(&object)).unwrap()];
        assert_eq!(
            (&frag["frag"], &frag["fragSignature"]),
            (&object["frag"], &object["fragSignature"])
        );
        let listed = frag["transactions"].as_array().unwrap();
        assert!(
            listed
                .iter()
                .any(|tx| tx["leaf"] == object["leaf"] && tx["receipt"] == object["receipt"])
        );
        let raw: alloy_primitives::Bytes =
            serde_json::from_value(object["transaction"].clone()).unwrap();
        assert_eq!(json!(keccak256(raw)), object["leaf"]["txHash"]);
    }
    gateway.stop();
}

#[test]
fn an_idle_stream_sends_heartbeats_that_say_where_it_stands() {
    let home = Home::new();
    let gateway = home.start(&["--block-time", "4s"]);
    let object = transfer(&mut gateway.client(), &Wallet::dev(0), 0);
    let mut socket = WebSocket::connect(&gateway.addr);
    socket.subscribe(json!(["preconfirmations", object["frag"]["sequence"]]));
    read_frags(&mut socket, sequence(&object), sequence(&object));
    let beat = std::iter::repeat_with(|| socket.next()).find(|event| event["type"] == "heartbeat");
    let beat = beat.unwrap();
    assert!(
        quantity(&beat["nextSequence"]) > sequence(&object),
        "{beat}"
    );
    assert!(
        quantity(&beat["pendingBlock"]) >= quantity(&object["frag"]["blockNumber"]),
        "{beat}"
    );
    gateway.stop();
}

#[test]
fn a_wish_no_stream_can_fulfil_is_refused_in_words() {
    let home = Home::new();
    let gateway = home.start(&[]);
    let mut socket = WebSocket::connect(&gateway.addr);
    for params in [
        json!(["preconfirmations", "soon"]),
        json!(["preconfirmations", -1]),
        json!(["preconfirmations", "0x0", "0x1"]),
        json!(["newStones"]),
        json!([]),
    ] {
        let answer = socket.ask("eth_subscribe", params.clone());
        assert_eq!(answer["error"]["code"], -32602, "{params}: {answer}");
    }
    // From the future: nothing comes until it is there, and nothing before it.
    socket.subscribe(json!(["preconfirmations", "0x3"]));
    let first = std::iter::repeat_with(|| socket.next()).find(|event| event["type"] == "frag");
    assert_eq!(sequence(&first.unwrap()), 3);
    gateway.stop();
}
