use alloy_primitives::B256;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::{connect_async, tungstenite::Message};

use crate::world::{Served, call, deploy_logger, wallet};

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_a_reorg_takes_away_is_reported_again_as_removed() {
    let served = Served::start().await;
    let sender = wallet(0);
    let at = sender.address().create(0);
    served
        .ask("eth_sendRawTransaction", json!([deploy_logger(&sender, 0)]))
        .await;
    served.pass(1);

    let url = format!("ws://{}", served.addr);
    let (mut socket, _) = connect_async(url).await.unwrap();
    let params = json!(["logs", {"address": at}]);
    let request = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": params});
    let request = Message::text(request.to_string());
    socket.send(request).await.unwrap();
    let mut next = async || -> Value {
        loop {
            let message = socket.next().await.unwrap().unwrap();
            if let Message::Text(text) = message {
                return serde_json::from_str(&text).unwrap();
            }
        }
    };
    assert!(next().await["result"].is_string());

    let raw = call(&sender, 1, at, B256::repeat_byte(7).to_vec());
    served.ask("eth_sendRawTransaction", json!([raw])).await;
    served.pass(1);
    let first = next().await["params"]["result"].clone();
    assert_eq!(
        (&first["blockNumber"], &first["removed"]),
        (&json!("0x2"), &json!(false))
    );
    served.l1.control().reorg(1).unwrap();
    let gone = next().await["params"]["result"].clone();
    assert_eq!(gone["removed"], true);
    assert_eq!(gone["blockHash"], first["blockHash"]);
    served.pass(1);
    let again = next().await["params"]["result"].clone();
    assert_eq!(
        (&again["blockNumber"], &again["removed"]),
        (&json!("0x3"), &json!(false))
    );
}
