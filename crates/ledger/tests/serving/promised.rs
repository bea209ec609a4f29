use crate::{
    asked::{Known, ask, methods},
    world::{Follower, Producer},
};
use forebond_types::{Leaf, Preconfirmation};
use serde_json::json;
use std::sync::Arc;

#[tokio::test]
async fn a_followers_promise_is_the_object_its_holder_can_prove_whether_open_sealed_or_stored() {
    let (mut producer, mut follower) = (Producer::new(), Follower::new());
    let mut turn = producer.turn(100);
    follower.hear(&turn.base_envelope()).unwrap();
    let stored = producer.block(4);
    follower.hear_all(&turn.block(&stored, &[2]));
    follower.sync().unwrap();
    let open = producer.block(4);
    let frags = turn.frags(&open, &[2]);
    follower.hear_all(&frags[..2]);
    let methods = methods(&follower, Arc::new(Known::default()));
    for block in [&stored, &open] {
        let tx = block.transaction(2).unwrap();
        let answer = ask(&methods, "eth_getPreconfirmation", json!([tx.leaf.tx_hash]))
            .await
            .unwrap();
        let object: Preconfirmation = serde_json::from_value(answer).unwrap();
        assert_eq!(object.frag.block_number, block.number());
        assert_eq!(object.transaction, *tx.tx.raw());
        assert_eq!(Leaf::from(&object.leaf).receipt_hash, tx.leaf.receipt_hash);
        let asked = json!([tx.tx.raw(), "0x7"]);
        let requested = ask(&methods, "eth_requestPreconf", asked).await;
        // Of a block that has left the board, the role that takes transactions knows that its nonce is used.
        assert!(requested.is_ok() || block.number() == 1, "{requested:?}");
    }
    let unheard = open.transactions().last().unwrap();
    let answer = ask(
        &methods,
        "eth_getPreconfirmation",
        json!([unheard.leaf.tx_hash]),
    )
    .await
    .unwrap();
    assert!(answer.is_null());
    let dear = ask(
        &methods,
        "eth_requestPreconf",
        json!([unheard.tx.raw(), "0x6"]),
    )
    .await
    .unwrap_err();
    assert!(dear.contains("7 wei per gas at present"), "{dear}");
}
