use std::time::Duration;

use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;

use super::{BeaconClient, ChainReorg, FinalizedCheckpoint, HeadEvent};
use crate::{L1Error, RetryPolicy, error::shortened};

/// A line longer than this is no event of ours.
const LONGEST_LINE_BYTES: usize = 1 << 20;
const TOPICS: &str = "/eth/v1/events?topics=head,chain_reorg,finalized_checkpoint";

/// Something a beacon node tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BeaconEvent {
    /// The stream is up (again). What happened before is unknown: fetch head, duties and finality afresh. First event of every
    /// connection, so a gap can't pass unnoticed.
    Connected,
    /// A new head.
    Head(HeadEvent),
    /// The head moved to another branch.
    Reorg(ChainReorg),
    /// A checkpoint became final.
    Finalized(FinalizedCheckpoint),
    /// The stream broke; a new connection follows after a wait.
    Broken {
        /// Why.
        reason: String,
    },
}

/// How a stream is kept up.
#[derive(Clone, Copy, Debug)]
pub struct EventsConfig {
    /// No byte for so long (heartbeat comments count) and the connection is taken for dead, milliseconds. At least three slots.
    pub idle_ms: u64,
    /// Events that may wait for the reader; then the connection is closed and begun again rather than an event dropped.
    pub capacity: usize,
    /// Waits between connections. `attempts` counts failures in a row.
    pub retry: RetryPolicy,
}

impl Default for EventsConfig {
    fn default() -> Self {
        Self {
            idle_ms: 60_000,
            capacity: 256,
            retry: RetryPolicy {
                attempts: 30,
                ..RetryPolicy::default()
            },
        }
    }
}

/// A beacon node's events over as many connections as it takes. Ends when dropped, or after `retry.attempts` failures in a row.
#[derive(Debug)]
pub struct EventStream {
    events: mpsc::Receiver<BeaconEvent>,
    task: tokio::task::JoinHandle<()>,
}

impl EventStream {
    /// Starts listening. Needs a tokio runtime.
    pub fn open(client: BeaconClient, config: EventsConfig) -> Self {
        let (sender, events) = mpsc::channel(config.capacity.max(1));
        let task = tokio::spawn(keep_listening(client, config, sender));
        Self { events, task }
    }

    /// The next event; `None` when the node was unreachable too often in a row.
    pub async fn next(&mut self) -> Option<BeaconEvent> {
        self.events.recv().await
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn keep_listening(
    client: BeaconClient,
    config: EventsConfig,
    sender: mpsc::Sender<BeaconEvent>,
) {
    let mut failures = 0;
    loop {
        let mut connected = false;
        let Err(error) = listen(&client, &config, &sender, &mut connected).await else {
            return;
        };
        failures = if connected { 1 } else { failures + 1 };
        let reason = error.to_string();
        tracing::debug!(%reason, failures, "beacon event stream broke");
        if sender.send(BeaconEvent::Broken { reason }).await.is_err() {
            return;
        }
        let Some(wait_ms) = config.retry.wait_ms(failures) else {
            return;
        };
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
    }
}

/// One connection. `Ok` when nobody listens to us any more.
async fn listen(
    client: &BeaconClient,
    config: &EventsConfig,
    sender: &mpsc::Sender<BeaconEvent>,
    connected: &mut bool,
) -> Result<(), L1Error> {
    const WHAT: &str = "events";
    let fetch = client.fetch();
    let idle = Duration::from_millis(config.idle_ms);
    // A client of its own: the deadline of requests must not end a stream that lives for days.
    let http = crate::http::client(Duration::from_secs(365 * 24 * 3600))?;
    let request = http
        .get(fetch.url(TOPICS)?)
        .header("accept", "text/event-stream")
        .send();
    let response = tokio::time::timeout(fetch.deadline, request)
        .await
        .map_err(|_| L1Error::timeout(WHAT, fetch.deadline))?
        .map_err(|error| fetch.failed(WHAT, &error))?;
    if !response.status().is_success() {
        return Err(L1Error::Status {
            what: WHAT.to_owned(),
            status: response.status().as_u16(),
            message: "no event stream".to_owned(),
        });
    }
    let kind = response
        .headers()
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .unwrap_or("nothing")
        .to_owned();
    if !kind.starts_with("text/event-stream") {
        return Err(L1Error::answer(WHAT, "text/event-stream", &kind));
    }
    *connected = true;
    if sender.send(BeaconEvent::Connected).await.is_err() {
        return Ok(());
    }
    let mut stream = response.bytes_stream();
    let mut parser = Parser::default();
    loop {
        let part = tokio::time::timeout(idle, stream.next())
            .await
            .map_err(|_| L1Error::timeout(WHAT, idle))?;
        let Some(part) = part else {
            return Err(L1Error::Unreachable {
                what: WHAT.to_owned(),
                reason: "the node closed the stream".to_owned(),
            });
        };
        let part = part.map_err(|error| fetch.failed(WHAT, &error))?;
        for event in parser.feed(&part)? {
            match sender.try_send(event) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Closed(_)) => return Ok(()),
                Err(mpsc::error::TrySendError::Full(_)) => {
                    return Err(L1Error::TooLong {
                        what: "events waiting for their reader".to_owned(),
                        limit_bytes: config.capacity,
                    });
                }
            }
        }
    }
}

/// Server-sent events, as far as beacon nodes use them: `event:` and `data:` lines, an empty line ends one, `:` is a comment.
#[derive(Debug, Default)]
struct Parser {
    line: Vec<u8>,
    topic: String,
    data: String,
}

impl Parser {
    fn feed(&mut self, bytes: &[u8]) -> Result<Vec<BeaconEvent>, L1Error> {
        let mut events = Vec::new();
        for byte in bytes {
            if *byte != b'\n' {
                if self.line.len() + self.data.len() >= LONGEST_LINE_BYTES {
                    return Err(L1Error::TooLong {
                        what: "an event".to_owned(),
                        limit_bytes: LONGEST_LINE_BYTES,
                    });
                }
                self.line.push(*byte);
                continue;
            }
            let line = String::from_utf8_lossy(&std::mem::take(&mut self.line))
                .trim_end_matches('\r')
                .to_owned();
            if line.is_empty() {
                let topic = std::mem::take(&mut self.topic);
                let data = std::mem::take(&mut self.data);
                events.extend(event(&topic, &data)?);
            } else if let Some(topic) = line.strip_prefix("event:") {
                topic.trim().clone_into(&mut self.topic);
            } else if let Some(data) = line.strip_prefix("data:") {
                self.data.push_str(data.trim_start());
            }
        }
        Ok(events)
    }
}

/// An event by topic; `None` for topics we did not ask for and for empty ones.
fn event(topic: &str, data: &str) -> Result<Option<BeaconEvent>, L1Error> {
    fn read<T: DeserializeOwned>(topic: &str, data: &str) -> Result<T, L1Error> {
        serde_json::from_str(data).map_err(|error| L1Error::Answer {
            what: format!("event {topic}"),
            expected: format!("JSON of the Beacon API ({error})"),
            got: shortened(data),
        })
    }
    Ok(match topic {
        "head" => Some(BeaconEvent::Head(read(topic, data)?)),
        "chain_reorg" => Some(BeaconEvent::Reorg(read(topic, data)?)),
        "finalized_checkpoint" => Some(BeaconEvent::Finalized(read(topic, data)?)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = r#"{"slot":"10","block":"0x9a2fefd2fdb57f74993c7780ea5b9030d2897b615b89f808011ca5aebed54eaf","state":"0x600e852a08c1200654ddf11025f1ceacb3c2e74bdd5c630cde0838b2591b69f9","epoch_transition":false,"previous_duty_dependent_root":"0x0101010101010101010101010101010101010101010101010101010101010101","current_duty_dependent_root":"0x0202020202020202020202020202020202020202020202020202020202020202","execution_optimistic":false}"#;

    #[test]
    fn events_are_read_whatever_the_cuts_between_packets_and_comments_are_skipped() {
        let text =
            format!(": heartbeat\n\nevent: head\ndata: {HEAD}\n\nevent: other\ndata: {{}}\n\n");
        for cut in 0..text.len() {
            let mut parser = Parser::default();
            let mut events = parser.feed(&text.as_bytes()[..cut]).unwrap();
            events.extend(parser.feed(&text.as_bytes()[cut..]).unwrap());
            assert_eq!(events.len(), 1, "cut at {cut}");
            let BeaconEvent::Head(head) = &events[0] else {
                panic!("not a head: {events:?}");
            };
            assert_eq!(head.slot, 10);
            assert_eq!(head.dependent_roots().next_epoch.as_slice(), [2; 32]);
        }
    }

    #[test]
    fn text_where_json_should_be_and_endless_lines_are_errors() {
        let mut parser = Parser::default();
        assert!(parser.feed(b"event: head\ndata: busy\n\n").is_err());
        let mut parser = Parser::default();
        let endless = vec![b'x'; LONGEST_LINE_BYTES + 1];
        assert!(matches!(
            parser.feed(&endless),
            Err(L1Error::TooLong { .. })
        ));
    }
}
