//! Everything at once against one gateway, while honest clients go on.

use crate::{
    connections::{
        SHORT_DEADLINES, ask_and_never_read, say_nothing, send_half_requests,
        subscribe_and_never_read,
    },
    requests::{send_malformed_bodies, send_wrong_parameters},
    support::{ANY_FEE, Home, Wallet, quantity},
    transactions::send_bad_transactions,
};
use alloy_primitives::Address;
use forebond_protocol::{Verifier, verify_json};
use serde_json::{Value, json};

#[test]
fn honest_clients_keep_getting_promises_that_hold_while_everything_bad_comes_at_once() {
    let home = Home::new();
    let gateway = home.start_with(SHORT_DEADLINES, &[]);
    let before = gateway.resident_bytes();
    let mut objects: Vec<Value> = Vec::new();
    std::thread::scope(|scope| {
        let gateway = &gateway;
        let attackers = [
            scope.spawn(move || send_malformed_bodies(gateway)),
            scope.spawn(move || send_wrong_parameters(gateway)),
            scope.spawn(move || send_bad_transactions(gateway, &Wallet::dev(0))),
            scope.spawn(move || send_half_requests(gateway)),
            scope.spawn(move || say_nothing(gateway, 500)),
            scope.spawn(move || subscribe_and_never_read(gateway)),
            scope.spawn(move || ask_and_never_read(gateway)),
        ];
        let (mut client, wallet) = (gateway.client(), Wallet::dev(1));
        let mut nonce = 0;
        while attackers.iter().any(|thread| !thread.is_finished()) {
            let raw = wallet.transfer(nonce, Address::repeat_byte(0x77), 1);
            objects.push(client.call("eth_requestPreconf", json!([raw, ANY_FEE])));
            nonce += 1;
        }
        for thread in attackers {
            thread.join().unwrap();
        }
    });
    let growth = gateway.resident_bytes().saturating_sub(before);
    assert!(growth < 512 << 20, "{growth} bytes more than at the start");

    let mut client = gateway.client();
    let committer = client.call("eth_getGatewayStatus", json!([]))["committer"].clone();
    let mut verifier = Verifier::new(serde_json::from_value(committer).unwrap());
    let newest = objects.last().unwrap();
    client.wait_sealed(quantity(&newest["frag"]["blockNumber"]));
    for object in &objects {
        verify_json(&object.to_string(), &mut verifier).unwrap();
        let receipt = client.call(
            "eth_getTransactionReceipt",
            json!([object["leaf"]["txHash"]]),
        );
        assert_eq!(receipt["blockNumber"], object["frag"]["blockNumber"]);
        assert_eq!(receipt["transactionIndex"], object["leaf"]["index"]);
    }
    crate::finish(gateway);
}
