//! Gaps and replacements: what is held, what may take another's place, and what never.

use crate::{
    finish,
    support::{ANY_FEE, Client, Home, Wallet, quantity},
};
use alloy_primitives::{Address, Bytes, TxKind};
use serde_json::{Value, json};

/// A transfer that offers this tip, wei per gas.
fn tipping(wallet: &Wallet, nonce: u64, tip_wei: u128) -> Bytes {
    let to = TxKind::Call(Address::repeat_byte(0x77));
    let mut tx = wallet.template(nonce, to, 1, 21_000, Bytes::new());
    tx.max_priority_fee_per_gas = tip_wei;
    tx.max_fee_per_gas = 100 * tip_wei;
    wallet.sign(tx)
}

fn send(client: &mut Client, raw: &Bytes) -> Value {
    client.call("eth_sendRawTransaction", json!([raw]))
}

/// Where a promise stands: (block, index).
fn place(object: &Value) -> (u64, u64) {
    let block = quantity(&object["frag"]["blockNumber"]);
    (block, quantity(&object["leaf"]["index"]))
}

#[test]
fn a_gap_is_held_and_once_filled_everything_is_promised_in_nonce_order() {
    let home = Home::new();
    let gateway = home.start(&[]);
    let (mut client, wallet) = (gateway.client(), Wallet::dev(0));
    let raws: Vec<_> = (0..20u64)
        .map(|nonce| wallet.transfer(nonce, Address::repeat_byte(0x77), nonce))
        .collect();
    // Backwards, and the first one last.
    let hashes: Vec<_> = raws[1..]
        .iter()
        .rev()
        .map(|raw| send(&mut client, raw))
        .collect();
    let status = client.call("eth_getGatewayStatus", json!([]));
    assert_eq!(
        (&status["pool"]["ready"], &status["pool"]["held"]),
        (&json!(0), &json!(19))
    );
    assert_eq!(client.nonce(wallet.address, "pending"), 0);
    for hash in &hashes {
        assert_eq!(
            client.call("eth_getPreconfirmation", json!([hash])),
            Value::Null
        );
    }
    let mut last = place(&client.call("eth_requestPreconf", json!([raws[0], ANY_FEE])));
    for raw in &raws[1..] {
        let object = client.call("eth_requestPreconf", json!([raw, ANY_FEE]));
        assert!(
            place(&object) > last,
            "{:?} behind {last:?}",
            place(&object)
        );
        last = place(&object);
    }
    assert_eq!(client.nonce(wallet.address, "pending"), 20);
    finish(gateway);
}

#[test]
fn a_promised_transaction_is_never_replaced_however_much_is_offered() {
    let home = Home::new();
    let gateway = home.start(&[]);
    let (mut client, wallet) = (gateway.client(), Wallet::dev(0));
    let promised = client.call(
        "eth_requestPreconf",
        json!([tipping(&wallet, 0, 1_000_000_000), ANY_FEE]),
    );
    for method in ["eth_sendRawTransaction", "eth_sendRawTransactionSync"] {
        let error = client.refusal(method, json!([tipping(&wallet, 0, 900_000_000_000)]));
        let message = error["message"].as_str().unwrap();
        assert_eq!(error["code"], -32000);
        assert!(
            message.contains("nonce too low") && message.contains("cannot be replaced"),
            "{message}"
        );
    }
    let hash = &promised["leaf"]["txHash"];
    assert_eq!(
        client.call("eth_getPreconfirmation", json!([hash])),
        promised
    );
    finish(gateway);
}

#[test]
fn a_held_transaction_is_replaced_only_by_a_bid_that_is_a_tenth_higher() {
    let home = Home::new();
    let gateway = home.start(&[]);
    let (mut client, wallet) = (gateway.client(), Wallet::dev(0));
    let first = send(&mut client, &tipping(&wallet, 1, 1_000_000_000));
    let error = client.refusal(
        "eth_sendRawTransaction",
        json!([tipping(&wallet, 1, 1_099_999_999)]),
    );
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("replacement transaction underpriced"),
        "{message}"
    );
    assert!(message.contains("1100000000"), "{message}");
    // Sent again it is known, not a replacement of itself.
    assert_eq!(
        send(&mut client, &tipping(&wallet, 1, 1_000_000_000)),
        first
    );

    let second = send(&mut client, &tipping(&wallet, 1, 1_100_000_000));
    client.call(
        "eth_requestPreconf",
        json!([tipping(&wallet, 0, 1_000_000_000), ANY_FEE]),
    );
    let raw = tipping(&wallet, 1, 1_100_000_000);
    let object = client.call("eth_requestPreconf", json!([raw, ANY_FEE]));
    assert_eq!(object["leaf"]["txHash"], second);
    assert_eq!(
        client.call("eth_getPreconfirmation", json!([first])),
        Value::Null
    );
    assert_eq!(
        client.call("eth_getTransactionByHash", json!([first])),
        Value::Null
    );
    finish(gateway);
}

#[test]
fn whoever_waits_for_a_transaction_that_is_replaced_is_told_at_once() {
    let home = Home::new();
    let gateway = home.start(&[]);
    let (mut client, wallet) = (gateway.client(), Wallet::dev(0));
    let mut waiting = gateway.client();
    let raw = tipping(&wallet, 1, 1_000_000_000);
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| waiting.refusal("eth_requestPreconf", json!([raw, ANY_FEE])));
        crate::support::until("the transaction is held", 10, || {
            let status = client.call("eth_getGatewayStatus", json!([]));
            (status["pool"]["held"] == 1).then_some(())
        });
        send(&mut client, &tipping(&wallet, 1, 2_000_000_000));
        let error = waiter.join().unwrap();
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains("dropped from the pool") && message.contains("replaced"),
            "{message}"
        );
    });
    finish(gateway);
}
