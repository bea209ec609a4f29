//! The same transaction twice: one promise, whoever asks, whenever, by whatever method.

use crate::{
    request,
    support::{Home, Wallet, quantity},
    transfer,
};
use alloy_primitives::Address;
use serde_json::json;

#[test]
fn the_same_transaction_has_the_same_promise_at_once_when_sealed_and_after_a_restart() {
    let home = Home::new();
    let gateway = home.start(&[]);
    let (mut client, wallet) = (gateway.client(), Wallet::dev(0));
    let raw = wallet.transfer(0, Address::repeat_byte(0x77), 1);
    let object = request(&mut client, &raw);
    let (hash, number) = (
        object["leaf"]["txHash"].clone(),
        quantity(&object["frag"]["blockNumber"]),
    );
    assert_eq!(request(&mut client, &raw), object);
    assert_eq!(client.call("eth_sendRawTransaction", json!([raw])), hash);
    // Under traffic its promise moves from memory to the store, and two blocks on the sequencer
    // forgets it: there is no moment at which nobody knows it.
    let (other, mut sent) = (Wallet::dev(1), 0);
    while quantity(&client.call("eth_blockNumber", json!([]))) < number + 2 {
        transfer(&mut client, &other, sent);
        sent += 1;
        assert_eq!(request(&mut client, &raw), object);
    }
    assert_eq!(request(&mut client, &raw), object);
    assert_eq!(client.call("eth_sendRawTransaction", json!([raw])), hash);
    gateway.kill();

    let gateway = home.start(&[]);
    let mut client = gateway.client();
    assert_eq!(request(&mut client, &raw), object);
    assert_eq!(client.call("eth_sendRawTransaction", json!([raw])), hash);
    let receipt = client.call("eth_sendRawTransactionSync", json!([raw]));
    assert_eq!(receipt["transactionHash"], hash);
    assert_eq!(receipt["blockNumber"], object["frag"]["blockNumber"]);
    assert_eq!(client.nonce(wallet.address, "pending"), 1);
    gateway.stop();
}

#[test]
fn many_callers_with_one_transaction_at_one_moment_all_get_its_one_promise() {
    let home = Home::new();
    let gateway = home.start(&[]);
    let raw = Wallet::dev(0).transfer(0, Address::repeat_byte(0x77), 1);
    let objects = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| request(&mut gateway.client(), &raw)))
            .collect();
        callers
            .into_iter()
            .map(|caller| caller.join().unwrap())
            .collect::<Vec<_>>()
    });
    assert!(objects.iter().all(|object| object == &objects[0]));
    gateway.stop();
}

#[test]
fn send_raw_transaction_sync_answers_with_the_receipt_and_eip_7966_says_what_is_missing() {
    let home = Home::new();
    let gateway = home.start(&[]);
    let (mut client, wallet) = (gateway.client(), Wallet::dev(0));
    let to = Address::repeat_byte(0x77);
    let raw = wallet.transfer(0, to, 5);
    let receipt = client.call("eth_sendRawTransactionSync", json!([raw]));
    assert_eq!(receipt["status"], "0x1");
    assert_eq!(receipt["from"], json!(wallet.address));
    assert_eq!(
        client.call("eth_sendRawTransactionSync", json!([raw]))["transactionHash"],
        receipt["transactionHash"]
    );

    // Held for a nonce that does not come: code 4 with the hash, after the time asked for.
    let held = wallet.transfer(2, to, 5);
    let error = client.refusal("eth_sendRawTransactionSync", json!([held, 50]));
    assert_eq!(error["code"], 4, "{error}");
    assert_eq!(error["data"].as_str().unwrap().len(), 66);
    // Too far ahead to be held: code 6 with the nonce that is missing.
    let far = wallet.transfer(1_000, to, 5);
    let error = client.refusal("eth_sendRawTransactionSync", json!([far]));
    assert_eq!(
        (&error["code"], &error["data"]),
        (&json!(6), &json!("0x1")),
        "{error}"
    );
    gateway.stop();
}
