use crate::{
    asked::{Known, ask, methods},
    world::{Follower, Producer, signed},
};
use alloy_primitives::{Address, B256};
use forebond_ledger::{
    board::Settled,
    rpc::{BrokenPromise, Fault, Found, Seen},
};
use forebond_types::{BaseWire, Envelope};
use serde_json::json;
use std::sync::Arc;

#[tokio::test]
async fn the_status_shows_the_ledgers_heads_and_the_roles_own_words() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    for _ in 0..3 {
        follower.hear_all(&turn.block(&producer.block(2), &[]));
    }
    follower.hear_all(&turn.frags(&producer.block(2), &[]));
    follower.board().settle(Settled {
        safe: 2,
        finalized: 1,
    });
    let methods = methods(&follower, Arc::new(Known::default()));
    let status = ask(&methods, "forebond_status", json!([])).await.unwrap();
    let hash = |number| follower.hash_of(number).unwrap().unwrap();
    assert_eq!(
        status["heads"]["unsafe"],
        json!({ "number": "0x3", "hash": hash(3) })
    );
    assert_eq!(
        status["heads"]["safe"],
        json!({ "number": "0x2", "hash": hash(2) })
    );
    assert_eq!(
        status["heads"]["finalized"],
        json!({ "number": "0x1", "hash": hash(1) })
    );
    assert_eq!(
        (&status["pending"], &status["role"], &status["peers"]),
        (&json!("0x4"), &json!("node"), &json!("0x3"))
    );
    for field in [
        "gatewayId",
        "sequencing",
        "window",
        "l1",
        "brokenPromises",
        "promisesSeen",
        "frags",
    ] {
        assert!(status.get(field).is_some(), "{field}");
    }
}

#[tokio::test]
async fn a_handover_marker_that_was_not_heard_can_be_requested_by_its_window() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    follower.hear_all(&turn.block(&producer.block(2), &[]));
    let known = Arc::new(Known::default());
    let next = producer.turn(101);
    let Envelope::Base(base) = next.base_envelope() else {
        panic!("a base")
    };
    known.bases.lock().push(Arc::new(signed(base)));
    let methods = methods(&follower, known);
    for turn in [&turn, &next] {
        let window = format!("{:#x}", turn.base.window);
        let answer = ask(&methods, "forebond_getBase", json!([window]))
            .await
            .unwrap();
        assert_eq!(answer["base"], json!(BaseWire::from(&turn.base)));
        let Envelope::Base(envelope) = turn.base_envelope() else {
            panic!("a base")
        };
        assert_eq!(answer["signature"], json!(envelope.signature));
        assert!(answer["grade"].is_string() && answer["parentSeal"].is_null());
    }
    assert!(
        ask(&methods, "forebond_getBase", json!(["0x1"]))
            .await
            .unwrap()
            .is_null()
    );
}

#[tokio::test]
async fn broken_promises_are_listed_from_an_index_on_and_never_hidden() {
    let follower = Follower::new();
    let broken = |n: u8, fault, found| BrokenPromise {
        tx_hash: B256::repeat_byte(n),
        block: 7,
        index: 300,
        base: B256::repeat_byte(0xba),
        window: 64,
        signer: Address::repeat_byte(5),
        fault,
        seen: Seen {
            receipt_hash: B256::repeat_byte(1),
        },
        found,
    };
    let found = Found {
        block: 8,
        index: 1,
        receipt_hash: B256::repeat_byte(2),
    };
    let known = Arc::new(Known::default());
    known.broken.lock().extend([
        broken(1, Fault::Late, None),
        broken(2, Fault::Displaced, Some(found)),
        broken(3, Fault::Lie, None),
        broken(4, Fault::Unkept, None),
    ]);
    let methods = methods(&follower, known);
    let answer = ask(&methods, "forebond_getBrokenPromises", json!(["0x1"]))
        .await
        .unwrap();
    let faults: Vec<_> = answer
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["fault"].clone())
        .collect();
    assert_eq!(faults, ["displaced", "lie", "unkept"]);
    assert_eq!(
        answer[0],
        json!({
            "txHash": B256::repeat_byte(2), "block": "0x7", "index": "0x12c", "base": B256::repeat_byte(0xba), "window": "0x40",
            "signer": "0x0505050505050505050505050505050505050505", "fault": "displaced",
            "seen": { "receiptHash": B256::repeat_byte(1) },
            "found": { "block": "0x8", "index": "0x1", "receiptHash": B256::repeat_byte(2) },
        })
    );
    assert_eq!(
        ask(&methods, "forebond_getBrokenPromises", json!(["0x4"]))
            .await
            .unwrap(),
        json!([])
    );
}
