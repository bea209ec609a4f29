//! Start and stop.

use forebond_rpc::{RpcConfig, ServeError, jsonrpsee::RpcModule, serve};
use serde_json::json;
use tokio::net::TcpStream;

use crate::{
    client::{Http, Ws},
    world::{config, raw_transaction, start},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_closes_every_connection_within_its_grace_and_frees_the_port() {
    let (chain, server) = start(config()).await;
    let addr = server.local_addr();
    chain.hold();
    let (mut http, mut idle, mut waiting) = (
        Http::connect(addr).await,
        Ws::connect(addr).await,
        Ws::connect(addr).await,
    );
    http.call("eth_chainId", json!([])).await;
    idle.subscribe(json!(["newHeads"])).await;
    let wait = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransactionSync", "params": [raw_transaction(0, 50, &[]), 60_000] });
    waiting.send(&wait.to_string()).await.unwrap();
    server.stop().await;
    assert!(http.receive().await.is_none());
    assert!(waiting.next().await.is_none());
    while idle.next().await.is_some() {}
    assert!(
        TcpStream::connect(addr).await.is_err(),
        "nobody listens any more"
    );
}

#[tokio::test]
async fn a_port_in_use_and_a_bad_configuration_are_errors_that_say_what_to_do() {
    let (_chain, server) = start(config()).await;
    let error = serve(&config(), server.local_addr(), RpcModule::new(()))
        .await
        .unwrap_err();
    assert!(matches!(error, ServeError::Listen { .. }));
    assert!(error.to_string().contains("free the port"), "{error}");
    let error = serve(
        &RpcConfig {
            max_connections: 0,
            ..config()
        },
        server.local_addr(),
        RpcModule::new(()),
    )
    .await
    .unwrap_err();
    assert!(error.to_string().contains("max_connections"), "{error}");
}

#[tokio::test]
async fn methods_of_the_role_are_answered_beside_the_standard_ones() {
    let mut module = RpcModule::new(());
    module
        .register_method("eth_getGatewayStatus", |_, _, _| "well")
        .unwrap();
    let server = serve(&config(), "127.0.0.1:0".parse().unwrap(), module)
        .await
        .unwrap();
    let answer = Http::connect(server.local_addr())
        .await
        .call("eth_getGatewayStatus", json!([]))
        .await;
    assert_eq!(answer["result"], "well");
}
