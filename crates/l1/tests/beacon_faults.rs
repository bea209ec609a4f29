//! Beacon nodes that stall, lie, drop events or answer with text: typed errors, and retries with a bound.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a wrong answer should stop the test"
)]

mod support {
    pub mod node;
}

use forebond_l1::{
    Advice, L1Error,
    beacon::{BeaconEvent, BlockId, EventStream, EventsConfig, Spec},
};
use support::node::{Answer, Node, quick};

const SYNCED: &str = r#"{"data":{"head_slot":"100","sync_distance":"0","is_syncing":false,"is_optimistic":false,"el_offline":false}}"#;

fn spec() -> Spec {
    serde_json::from_str(
        r#"{"SECONDS_PER_SLOT":"12","SLOTS_PER_EPOCH":"8","FULU_FORK_EPOCH":"0","DEPOSIT_CHAIN_ID":"31337","BLOB_SCHEDULE":[{"EPOCH":"0","MAX_BLOBS_PER_BLOCK":"9"}]}"#,
    )
    .unwrap()
}

#[tokio::test]
async fn a_node_that_stalls_ends_in_a_timeout_after_a_bounded_number_of_tries() {
    let node = Node::start(|_, _| Answer::Stall).await;
    let error = node.client().genesis().await.unwrap_err();
    assert!(
        matches!(error, L1Error::Timeout { after_ms: 300, .. }),
        "{error}"
    );
    assert_eq!(node.asked(), 3);
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let node = Node::start(|_, _| Answer::Endless).await;
    let error = node.client().genesis().await.unwrap_err();
    assert!(
        matches!(error, L1Error::TooLong { .. } | L1Error::Timeout { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn text_instead_of_json_is_shown_shortened_and_not_retried() {
    let node = Node::start(|_, _| Answer::Text(200, "<html>Welcome to nginx!</html>")).await;
    let error = node.client().genesis().await.unwrap_err();
    assert!(error.to_string().contains("Welcome to nginx"), "{error}");
    assert_eq!(error.advice(), Advice::GiveUp);
    assert_eq!(node.asked(), 1);
}

#[tokio::test]
async fn a_server_error_is_retried_and_then_answered() {
    let node = Node::start(|_, before| {
        if before < 2 {
            Answer::Json(503, r#"{"code":503,"message":"syncing"}"#)
        } else {
            Answer::Json(200, SYNCED)
        }
    })
    .await;
    assert_eq!(node.client().status().await.unwrap().head_slot, 100);
}

#[tokio::test]
async fn an_error_message_is_read_from_json_and_a_bad_request_is_not_repeated() {
    let node =
        Node::start(|_, _| Answer::Json(400, r#"{"code":400,"message":"Invalid epoch"}"#)).await;
    let error = node.client().genesis().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "genesis: the endpoint answered 400: Invalid epoch"
    );
    assert_eq!(node.asked(), 1);
}

#[tokio::test]
async fn a_node_that_lies_about_being_synced_is_found_out_by_the_clock() {
    let node = Node::start(|_, _| Answer::Json(200, SYNCED)).await;
    assert!(node.client().require_synced(102).await.is_ok());
    let error = node.client().require_synced(103).await.unwrap_err();
    assert!(error.to_string().contains("claims to be synced"), "{error}");
}

#[tokio::test]
async fn an_optimistic_node_and_one_without_execution_client_are_refused() {
    for bad in [
        r#"{"data":{"head_slot":"100","sync_distance":"0","is_syncing":false,"is_optimistic":true}}"#,
        r#"{"data":{"head_slot":"100","sync_distance":"0","is_syncing":false,"el_offline":true}}"#,
        r#"{"data":{"head_slot":"100","sync_distance":"9","is_syncing":true}}"#,
    ] {
        let node = Node::start(move |_, _| Answer::Json(200, bad)).await;
        assert!(matches!(
            node.client().require_synced(100).await,
            Err(L1Error::NotSynced { .. })
        ));
    }
}

const DUTIES_V1: &str = r#"{"dependent_root":"0x1111111111111111111111111111111111111111111111111111111111111111","execution_optimistic":false,"data":[
 {"pubkey":"0x000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000","validator_index":"3","slot":"16"},
 {"pubkey":"0x000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000","validator_index":"4","slot":"17"},
 {"pubkey":"0x000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000","validator_index":"3","slot":"18"},
 {"pubkey":"0x000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000","validator_index":"5","slot":"19"},
 {"pubkey":"0x000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000","validator_index":"6","slot":"20"},
 {"pubkey":"0x000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000","validator_index":"7","slot":"21"},
 {"pubkey":"0x000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000","validator_index":"8","slot":"22"},
 {"pubkey":"0x000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000","validator_index":"9","slot":"23"}]}"#;
const HEADER_6: &str = r#"{"data":{"root":"0x6666666666666666666666666666666666666666666666666666666666666666","canonical":true,"header":{"message":{"slot":"6","proposer_index":"1","parent_root":"0x0000000000000000000000000000000000000000000000000000000000000000","state_root":"0x0000000000000000000000000000000000000000000000000000000000000000","body_root":"0x0000000000000000000000000000000000000000000000000000000000000000"},"signature":"0x"}}}"#;

#[tokio::test]
async fn without_the_v2_route_the_dependent_root_of_v1_is_not_taken_for_it() {
    // Duties of epoch 2 depend on the last block before epoch 1: slot 7 is empty, so slot 6.
    let node = Node::start(|path, _| {
        if path.contains("/v2/") {
            Answer::Json(404, r#"{"code":404,"message":"route not found"}"#)
        } else if path.contains("/v1/validator") {
            Answer::Json(200, DUTIES_V1)
        } else if path.ends_with("/headers/6") {
            Answer::Json(200, HEADER_6)
        } else {
            Answer::Json(404, r#"{"code":404,"message":"no block"}"#)
        }
    })
    .await;
    let duties = node.client().proposer_duties(2, &spec()).await.unwrap();
    assert_eq!(duties.dependent_root.as_slice(), [0x66; 32]);
    assert_eq!(duties.data[2].validator_index, 3);
}

#[tokio::test]
async fn duties_of_another_epoch_or_with_a_gap_are_refused() {
    let node = Node::start(|_, _| Answer::Json(200, DUTIES_V1)).await;
    assert!(node.client().proposer_duties(2, &spec()).await.is_ok());
    assert!(matches!(
        node.client().proposer_duties(3, &spec()).await,
        Err(L1Error::Answer { .. })
    ));
}

#[tokio::test]
async fn a_header_of_another_slot_is_refused_and_an_empty_slot_is_none() {
    let node = Node::start(|path, _| {
        if path.ends_with("/headers/6") || path.ends_with("/headers/8") {
            Answer::Json(200, HEADER_6)
        } else {
            Answer::Json(404, r#"{"code":404,"message":"no block"}"#)
        }
    })
    .await;
    let client = node.client();
    assert!(client.header_at_slot(6).await.unwrap().is_some());
    assert!(client.header_at_slot(7).await.unwrap().is_none());
    assert!(client.header_at_slot(8).await.is_err());
    assert!(client.header(BlockId::Slot(8)).await.is_ok());
}

const EVENTS: &str = "event: finalized_checkpoint\ndata: {\"block\":\"0x1111111111111111111111111111111111111111111111111111111111111111\",\"state\":\"0x1111111111111111111111111111111111111111111111111111111111111111\",\"epoch\":\"7\"}\n\n";

#[tokio::test]
async fn a_dropped_event_stream_is_opened_again_and_says_that_something_may_be_missing() {
    let node = Node::start(|_, _| Answer::Events(EVENTS)).await;
    let config = EventsConfig {
        retry: quick(),
        ..EventsConfig::default()
    };
    let mut stream = EventStream::open(node.client(), config);
    for _ in 0..3 {
        assert_eq!(stream.next().await, Some(BeaconEvent::Connected));
        assert!(matches!(stream.next().await, Some(BeaconEvent::Finalized(f)) if f.epoch == 7));
        assert!(matches!(
            stream.next().await,
            Some(BeaconEvent::Broken { .. })
        ));
    }
}

#[tokio::test]
async fn an_event_stream_that_never_opens_ends_after_a_bounded_number_of_tries() {
    let node = Node::start(|_, _| Answer::Text(200, "busy")).await;
    let config = EventsConfig {
        retry: quick(),
        ..EventsConfig::default()
    };
    let mut stream = EventStream::open(node.client(), config);
    let mut broken = 0;
    while let Some(event) = stream.next().await {
        assert!(matches!(event, BeaconEvent::Broken { .. }), "{event:?}");
        broken += 1;
    }
    assert_eq!(broken, 3);
}

#[tokio::test]
async fn an_event_stream_without_a_heartbeat_is_taken_for_dead() {
    let node = Node::start(|_, _| Answer::Stall).await;
    let config = EventsConfig {
        idle_ms: 50,
        retry: quick(),
        ..EventsConfig::default()
    };
    let mut stream = EventStream::open(node.client(), config);
    assert!(
        matches!(stream.next().await, Some(BeaconEvent::Broken { reason }) if reason.contains("300 ms"))
    );
}
