//! Following a gateway's stream.

use std::{sync::Arc, time::Duration};

use alloy_primitives::{B256, keccak256};
use futures_util::{SinkExt, StreamExt};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{self, protocol::WebSocketConfig},
};
use url::Url;

use super::notice::{Notice, read, subscribe};
use crate::{
    Events, Incoming, Judge, LeaveReason, Limits, NetError, Source,
    events::{EventSender, NotTaken, events},
    message::block_of,
    policy::{Backoff, Ignored, Intake, Outcome, Verdict},
};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Blocks before the newest one that are asked for again after a break: a seal may come after frags of the next block.
const OVERLAP_BLOCKS: u64 = 2;
/// Messages that break the rules in one connection before it is given up.
const MAX_FAULTS: u32 = 8;
/// How often early messages are judged again.
const TICK: Duration = Duration::from_millis(100);

/// What to follow.
#[derive(Clone, Debug)]
pub struct StreamConfig {
    /// `ws://host:port[/path]`. TLS is the business of a proxy beside the gateway.
    pub url: String,
    /// EIP-712 domain separator of the rollup's messages.
    pub domain_separator: B256,
    /// First block to be told of; none: from now on.
    pub from_block: Option<u64>,
    /// Silence after which the connection is dead, milliseconds. A heartbeat is due every second.
    pub idle_ms: u64,
    /// How long connecting and subscribing may take, milliseconds.
    pub connect_ms: u64,
    /// First and longest wait before connecting again, milliseconds.
    pub retry_ms: (u64, u64),
    /// `max_message_bytes`, `incoming_queue` and the evidence limits apply.
    pub limits: Limits,
}

impl StreamConfig {
    /// From now on, dead after 5 s of silence, again after 0.25 to 10 s.
    pub fn new(url: impl Into<String>, domain_separator: B256) -> Self {
        Self {
            url: url.into(),
            domain_separator,
            from_block: None,
            idle_ms: 5_000,
            connect_ms: 5_000,
            retry_ms: (250, 10_000),
            limits: Limits::default(),
        }
    }
}

/// Why a stream cannot be followed at all.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// Not an address of a stream.
    #[error("{url}: {reason}; ws://host:port expected")]
    Url {
        /// What was given.
        url: String,
        /// Why it does not do.
        reason: String,
    },
    /// Limits that contradict each other.
    #[error(transparent)]
    Limits(#[from] NetError),
}

/// Follows a stream until the reader of its events is dropped. Must be called within a tokio runtime.
///
/// [`Incoming::PeerUp`] says that a subscription stands, [`Incoming::PeerDown`] that it ended and why; it is tried again.
///
/// # Errors
/// [`StreamError`] if the address or the limits do not do.
pub fn follow(config: StreamConfig, judge: Arc<dyn Judge>) -> Result<Events, StreamError> {
    let refuse = |reason: String| StreamError::Url {
        url: config.url.clone(),
        reason,
    };
    let url = Url::parse(&config.url).map_err(|error| refuse(error.to_string()))?;
    if url.scheme() != "ws" || url.host_str().is_none() {
        return Err(refuse(format!("got the scheme {:?}", url.scheme())));
    }
    config.limits.validate()?;
    let (sender, incoming) = events(config.limits.incoming_queue);
    let follower = Follower {
        source: Source::Stream(Arc::from(config.url.as_str())),
        intake: Intake::new(judge, config.domain_separator, &config.limits),
        newest_block: None,
        started: Instant::now(),
        faults: 0,
        events: sender,
        config,
    };
    tokio::spawn(follower.run());
    Ok(incoming)
}

/// Why a connection is over.
enum End {
    /// The reader of events is gone: stop for good.
    Gone,
    /// Try again.
    Down(LeaveReason),
}

struct Follower {
    config: StreamConfig,
    source: Source,
    intake: Intake<()>,
    events: EventSender,
    newest_block: Option<u64>,
    started: Instant,
    faults: u32,
}

impl Follower {
    async fn run(mut self) {
        let seed = keccak256(self.config.url.as_bytes());
        let seed = seed
            .iter()
            .fold(0u64, |all, byte| all.rotate_left(8) ^ u64::from(*byte));
        let (first_ms, longest_ms) = self.config.retry_ms;
        let mut backoff = Backoff::new(first_ms, longest_ms, seed);
        loop {
            self.faults = 0;
            let mut subscribed = false;
            match self.connection(&mut subscribed).await {
                End::Gone => return,
                End::Down(reason) => {
                    tracing::info!(stream = %self.source, %reason, "the stream ended");
                    let from = self.source.clone();
                    if subscribed
                        && self
                            .hand_over(Incoming::PeerDown { from, reason })
                            .await
                            .is_err()
                    {
                        return;
                    }
                }
            }
            if subscribed && self.faults == 0 {
                backoff.succeeded();
            }
            let wait = Duration::from_millis(backoff.failed());
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.events.closed() => return,
            }
        }
    }

    /// One connection from its beginning to its end.
    async fn connection(&mut self, subscribed: &mut bool) -> End {
        let deadline = Duration::from_millis(self.config.connect_ms);
        let mut socket = match timeout(deadline, self.open()).await {
            Ok(Ok(socket)) => socket,
            Ok(Err(error)) => return closed(&error),
            Err(_) => return closed(&"no connection in time"),
        };
        let idle = Duration::from_millis(self.config.idle_ms);
        let mut dead_at = Instant::now() + idle;
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let end = loop {
            let step = tokio::select! {
                frame = socket.next() => match frame {
                    Some(Ok(tungstenite::Message::Text(text))) => self.line(&text, subscribed).await,
                    // Answered by the library; it shows that the server lives, not that the stream does.
                    Some(Ok(tungstenite::Message::Ping(_) | tungstenite::Message::Pong(_))) => Ok(false),
                    Some(Ok(tungstenite::Message::Close(_))) | None => Err(closed(&"the server closed it")),
                    Some(Ok(_)) => self.fault("text expected, got another kind of frame"),
                    Some(Err(error)) => Err(closed(&error)),
                },
                _ = tick.tick() => self.judge_again().await.map(|()| false),
                () = tokio::time::sleep_until(dead_at) => {
                    Err(End::Down(LeaveReason::Silent { idle_ms: self.config.idle_ms }))
                }
                () = self.events.closed() => Err(End::Gone),
            };
            match step {
                // A reader that was slow must not make the stream look dead.
                Ok(true) => dead_at = Instant::now() + idle,
                Ok(false) => {}
                Err(end) => break end,
            }
        };
        // Politely, but not for long.
        let _ = timeout(Duration::from_millis(200), socket.close(None)).await;
        end
    }

    async fn open(&self) -> Result<Socket, tungstenite::Error> {
        // Hex doubles the bytes; the rest is JSON around them.
        let longest = self.config.limits.max_message_bytes * 2 + 4_096;
        let limits = WebSocketConfig::default()
            .max_message_size(Some(longest))
            .max_frame_size(Some(longest));
        let (mut socket, _) =
            connect_async_with_config(self.config.url.as_str(), Some(limits), true).await?;
        let from_block = self
            .newest_block
            .map(|block| block.saturating_sub(OVERLAP_BLOCKS))
            .max(self.config.from_block);
        let request = subscribe(from_block);
        socket.send(tungstenite::Message::text(request)).await?;
        Ok(socket)
    }

    /// Handles a line. True if the stream showed life.
    async fn line(&mut self, text: &str, subscribed: &mut bool) -> Result<bool, End> {
        match read(text) {
            Ok(Notice::Envelope(bytes)) => {
                let now_ms = self.now_ms();
                let outcome = self.intake.take(&bytes, (), now_ms);
                let fresh = matches!(outcome.verdict, Verdict::Fresh { .. });
                self.settle(outcome).await?;
                if fresh {
                    self.judge_again().await?;
                }
                Ok(true)
            }
            Ok(Notice::Heartbeat) => Ok(true),
            Ok(Notice::Subscribed) => {
                *subscribed = true;
                let from = self.source.clone();
                self.hand_over(Incoming::PeerUp { from }).await?;
                Ok(true)
            }
            Ok(Notice::Refused(reason)) => Err(closed(&format!("it refuses to stream: {reason}"))),
            Ok(Notice::Other) => Ok(false),
            Err(reason) => self.fault(&reason),
        }
    }

    fn fault(&mut self, reason: &str) -> Result<bool, End> {
        self.faults += 1;
        tracing::debug!(stream = %self.source, reason, "breaks the rules");
        if self.faults >= MAX_FAULTS {
            return Err(closed(&format!(
                "{} messages broke the rules, the last: {reason}",
                self.faults
            )));
        }
        Ok(false)
    }

    async fn judge_again(&mut self) -> Result<(), End> {
        let now_ms = self.now_ms();
        for outcome in self.intake.again(now_ms) {
            self.settle(outcome).await?;
        }
        Ok(())
    }

    async fn settle(&mut self, outcome: Outcome<()>) -> Result<(), End> {
        if let Some(conflict) = outcome.conflict {
            tracing::warn!(signer = %conflict.signer, fork = ?conflict.fork, base = %conflict.base, "a fork");
            self.hand_over(Incoming::Conflict(conflict)).await?;
        }
        match outcome.verdict {
            Verdict::Fresh { envelope, signer } => {
                let block = block_of(&envelope);
                let from = self.source.clone();
                let event = Incoming::Message {
                    envelope,
                    signer,
                    from,
                };
                self.hand_over(event).await?;
                self.newest_block = self.newest_block.max(Some(block));
                Ok(())
            }
            Verdict::Ignored(Ignored::Duplicate | Ignored::Waits) => Ok(()),
            Verdict::Ignored(why) => {
                tracing::debug!(stream = %self.source, ?why, "of no use");
                Ok(())
            }
            Verdict::Rejected { reason, .. } => self.fault(&reason).map(|_| ()),
        }
    }

    /// Waits for a slow reader, so that the server feels it; after the idle time the connection is given up, and the message
    /// comes again with the next one.
    async fn hand_over(&mut self, event: Incoming) -> Result<(), End> {
        let patience = Duration::from_millis(self.config.idle_ms);
        match self.events.send(event, patience).await {
            Ok(()) => Ok(()),
            Err(NotTaken::Gone) => Err(End::Gone),
            Err(NotTaken::Full(event)) => {
                if let Incoming::Message { envelope, .. } = &*event {
                    self.intake.forget(envelope);
                }
                Err(closed(&"the reader here is too slow"))
            }
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

fn closed(reason: &dyn std::fmt::Display) -> End {
    End::Down(LeaveReason::Closed(
        reason.to_string().chars().take(300).collect(),
    ))
}
