use std::time::Duration;

use alloy_primitives::B256;
use serde_json::{Value, json};

use super::memory::{Served, refusal};
use crate::beacon_api::{BeaconApiOptions, ChainEvent};

/// Reads the stream of a subscription line by line.
struct Reader {
    response: reqwest::Response,
    buffer: String,
}

impl Reader {
    async fn new(served: &Served, topics: &str) -> Self {
        let response = served
            .http
            .get(served.url(&format!("v1/events?topics={topics}")))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            response,
            buffer: String::new(),
        }
    }

    /// The next block of lines; nothing when the server ended the stream.
    async fn next_block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let block = block.to_owned();
                self.buffer = rest.to_owned();
                return Some(block);
            }
            let chunk = self.response.chunk().await.unwrap()?;
            self.buffer.push_str(core::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            let block = self.next_block().await?;
            let field = |name: &str| {
                block
                    .lines()
                    .find_map(|line| line.strip_prefix(name))
                    .map(str::trim)
            };
            if let (Some(topic), Some(data)) = (field("event:"), field("data:")) {
                return Some((topic.to_owned(), serde_json::from_str(data).unwrap()));
            }
        }
    }
}

#[tokio::test]
async fn heads_name_the_roots_their_duties_depend_on() {
    let served = Served::new().await;
    for _ in 0..16 {
        served.chain.propose();
    }
    let mut reader = Reader::new(&served, "head,block").await;
    let root = served.chain.propose().to_string();
    assert_eq!(
        reader.next().await.unwrap(),
        (
            "block".to_owned(),
            json!({
                "slot": "17", "block": root, "execution_optimistic": false,
            })
        )
    );
    let (topic, head) = reader.next().await.unwrap();
    assert_eq!(topic, "head");
    assert_eq!(head["slot"], "17");
    assert_eq!(head["epoch_transition"], false);
    // Legacy names: the current epoch's duties depend on the "previous" root, the next epoch's on the "current" one.
    let this_epoch = served.get("v2/validator/duties/proposer/2").await;
    let next_epoch = served.get("v2/validator/duties/proposer/3").await;
    assert_eq!(
        head["previous_duty_dependent_root"],
        this_epoch["dependent_root"]
    );
    assert_eq!(
        head["current_duty_dependent_root"],
        next_epoch["dependent_root"]
    );
}

#[tokio::test]
async fn the_first_head_of_an_epoch_says_so() {
    let served = Served::new().await;
    for _ in 0..7 {
        served.chain.propose();
    }
    let mut reader = Reader::new(&served, "head").await;
    served.chain.propose();
    assert_eq!(reader.next().await.unwrap().1["epoch_transition"], true);
}

#[tokio::test]
async fn reorgs_and_finality_are_announced_only_to_those_who_asked() {
    let served = Served::new().await;
    let mut reader = Reader::new(&served, "chain_reorg&topics=finalized_checkpoint").await;
    served.chain.propose();
    served.chain.send(ChainEvent::ChainReorg {
        slot: 9,
        depth: 2,
        old_head_block: B256::repeat_byte(1),
        new_head_block: B256::repeat_byte(2),
        old_head_state: B256::repeat_byte(3),
        new_head_state: B256::repeat_byte(4),
        epoch: 1,
        execution_optimistic: false,
    });
    served.chain.send(ChainEvent::FinalizedCheckpoint {
        block: B256::ZERO,
        state: B256::ZERO,
        epoch: 3,
        execution_optimistic: false,
    });
    let (topic, reorg) = reader.next().await.unwrap();
    assert_eq!(
        (topic.as_str(), &reorg["depth"], &reorg["epoch"]),
        ("chain_reorg", &json!("2"), &json!("1"))
    );
    let (topic, finalized) = reader.next().await.unwrap();
    assert_eq!(
        (topic.as_str(), &finalized["epoch"]),
        ("finalized_checkpoint", &json!("3"))
    );
}

/// Pitfall: a lagging subscriber is skipped silently.
#[tokio::test]
async fn a_reader_that_falls_behind_is_disconnected() {
    let served = Served::new().await;
    let mut reader = Reader::new(&served, "block").await;
    // The channel holds eight; the server's task does not run while these are sent.
    for slot in 0..20 {
        served.chain.send(ChainEvent::Block {
            slot,
            block: B256::ZERO,
            execution_optimistic: false,
        });
    }
    while reader.next().await.is_some() {}
}

/// Pitfall: a stream that is silent for good reason and one that is dead look the same without heartbeats.
#[tokio::test]
async fn an_idle_stream_carries_comments() {
    let heartbeat = Duration::from_millis(1);
    let served = Served::with_options(BeaconApiOptions {
        heartbeat,
        ..BeaconApiOptions::default()
    })
    .await;
    let mut reader = Reader::new(&served, "head").await;
    assert!(reader.next_block().await.unwrap().starts_with(':'));
}

#[tokio::test]
async fn readers_are_limited_and_give_their_place_back() {
    let options = BeaconApiOptions {
        max_event_readers: 1,
        ..BeaconApiOptions::default()
    };
    let served = Served::with_options(options).await;
    let reader = Reader::new(&served, "block").await;
    let path = "v1/events?topics=block";
    served.refused(path, 503).await;
    drop(reader);
    // The place is free once the server sees the closed connection, at the latest when it writes to it.
    loop {
        served.chain.propose();
        let response = served.http.get(served.url(path)).send().await.unwrap();
        if response.status() == 200 {
            break;
        }
        refusal(response, 503).await;
    }
}

#[tokio::test]
async fn topics_that_do_not_exist_are_refused() {
    let served = Served::new().await;
    assert!(
        served
            .refused("v1/events?topics=head,weather", 400)
            .await
            .contains("weather")
    );
    served.refused("v1/events", 400).await;
}

#[tokio::test]
async fn stopping_the_server_ends_its_streams() {
    let served = Served::new().await;
    let mut reader = Reader::new(&served, "head").await;
    served.api.stop().await;
    assert!(reader.next().await.is_none());
}
