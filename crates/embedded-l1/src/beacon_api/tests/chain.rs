use super::memory::{Served, client, refusal};

#[tokio::test]
async fn genesis_and_constants_are_what_a_client_checks_at_start() {
    let served = Served::new().await;
    let genesis = served.get("v1/beacon/genesis").await;
    assert_eq!(genesis["data"]["genesis_time"], "1700000000");
    assert_eq!(genesis["data"]["genesis_fork_version"], "0x00000001");
    let root = served.chain.state().genesis_validators_root.to_string();
    assert_eq!(genesis["data"]["genesis_validators_root"], root);

    let spec = served.get("v1/config/spec").await;
    let spec = spec["data"].as_object().unwrap();
    assert_eq!(spec["SECONDS_PER_SLOT"], "12");
    assert_eq!(spec["SLOTS_PER_EPOCH"], "8");
    assert_eq!(spec["FULU_FORK_EPOCH"], "0");
    assert_eq!(spec["GLOAS_FORK_EPOCH"], "18446744073709551615");
    assert_eq!(spec["DEPOSIT_CHAIN_ID"], "31337");
    assert!(spec["BLOB_SCHEDULE"].is_array());
    assert!(
        spec.iter()
            .all(|(key, value)| value.is_string() || key == "BLOB_SCHEDULE")
    );
}

#[tokio::test]
async fn the_node_is_never_syncing_whatever_slots_are_missed() {
    let served = Served::new().await;
    served.chain.propose();
    served.chain.miss();
    let syncing = served.get("v1/node/syncing").await;
    assert_eq!(syncing["data"]["head_slot"], "1");
    assert_eq!(syncing["data"]["is_syncing"], false);
    assert_eq!(syncing["data"]["el_offline"], false);
    assert!(served.get("v1/node/version").await["data"]["version"].is_string());
    let health = served
        .http
        .get(served.url("v1/node/health"))
        .send()
        .await
        .unwrap();
    assert_eq!(health.status(), 200);
}

#[tokio::test]
async fn unknown_routes_and_wrong_methods_are_answered_in_the_standard_form() {
    let served = Served::new().await;
    assert!(
        served
            .refused("v1/nothing", 404)
            .await
            .contains("/eth/v1/nothing")
    );
    let response = served
        .http
        .delete(served.url("v1/beacon/genesis"))
        .send()
        .await
        .unwrap();
    refusal(response, 405).await;
}

#[tokio::test]
async fn the_server_listens_on_the_loopback_interface_and_stops_when_told() {
    let served = Served::new().await;
    assert!(served.api.address().ip().is_loopback());
    let url = served.url("v1/beacon/genesis");
    served.api.stop().await;
    assert!(client().get(url).send().await.is_err());
}
