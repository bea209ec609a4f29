use std::time::Duration;

use alloy_eips::BlockId;
use alloy_primitives::Address;
use tokio::sync::mpsc;

use super::{ChainEvent, ChainTracker, Plan};
use crate::{
    L1Error,
    execution::{BlockRef, ExecutionClient},
};

/// How the chain is followed.
#[derive(Clone, Debug)]
pub struct FollowerConfig {
    /// Contracts whose logs are read.
    pub addresses: Vec<Address>,
    /// Time between looks at the head, milliseconds.
    pub poll_ms: u64,
    /// Blocks remembered: the deepest reorg that is followed.
    pub depth: usize,
    /// Events that may wait for the reader; then following waits.
    pub capacity: usize,
}

impl Default for FollowerConfig {
    fn default() -> Self {
        Self {
            addresses: Vec::new(),
            poll_ms: 500,
            depth: 128,
            capacity: 256,
        }
    }
}

/// Follows an execution node by polling, so that no dropped notification can hide a block.
#[derive(Debug)]
pub struct ChainFollower {
    events: mpsc::Receiver<ChainEvent>,
    task: tokio::task::JoinHandle<L1Error>,
}

impl ChainFollower {
    /// Starts behind `start`, a block the reader has already dealt with. Needs a tokio runtime.
    pub fn start(client: ExecutionClient, config: FollowerConfig, start: BlockRef) -> Self {
        let tracker = ChainTracker::new(start, config.depth);
        Self::resume(client, config, tracker)
    }

    /// Goes on, perhaps at another node, from what the reader has dealt with: blocks of `tracker` that are no longer canonical
    /// are undone first. Needs a tokio runtime.
    pub fn resume(client: ExecutionClient, config: FollowerConfig, tracker: ChainTracker) -> Self {
        let (sender, events) = mpsc::channel(config.capacity.max(1));
        let task = tokio::spawn(follow(client, config, tracker, sender));
        Self { events, task }
    }

    /// The next event.
    ///
    /// # Errors
    /// What ended the following: a reorg deeper than remembered, or an endpoint that breaks its promises. Unreachable nodes do
    /// not end it.
    pub async fn next(&mut self) -> Result<ChainEvent, L1Error> {
        match self.events.recv().await {
            Some(event) => Ok(event),
            None => Err(match (&mut self.task).await {
                Ok(error) => error,
                Err(stopped) => L1Error::answer(
                    "following the chain",
                    "a running task",
                    &stopped.to_string(),
                ),
            }),
        }
    }
}

impl Drop for ChainFollower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn follow(
    client: ExecutionClient,
    config: FollowerConfig,
    mut tracker: ChainTracker,
    sender: mpsc::Sender<ChainEvent>,
) -> L1Error {
    loop {
        match step(&client, &config, &mut tracker, &sender).await {
            Ok(()) => {}
            Err(error) if error.advice() == crate::Advice::Retry => {
                tracing::debug!(%error, "L1 does not answer, following goes on");
            }
            Err(error) => return error,
        }
        if sender.is_closed() {
            return L1Error::answer("following the chain", "a reader", "none");
        }
        tokio::time::sleep(Duration::from_millis(config.poll_ms)).await;
    }
}

/// From the present head back to what was applied, then forward.
async fn step(
    client: &ExecutionClient,
    config: &FollowerConfig,
    tracker: &mut ChainTracker,
    sender: &mpsc::Sender<ChainEvent>,
) -> Result<(), L1Error> {
    const WHAT: &str = "following the chain";
    let broken =
        |error: super::TrackerError| L1Error::answer(WHAT, "one chain", &error.to_string());
    let head = client.head().await?;
    let tip = tracker.tip().map_or(0, |tip| tip.number);
    // Far behind, the head's ancestors are fetched by number from the tip on; near it, by hash from the head back.
    let mut branch = if head.number > tip.saturating_add(depth(config)) {
        forward(client, tip.saturating_add(1), config).await?
    } else {
        vec![head]
    };
    for _ in 0..=depth(config).saturating_mul(2) {
        match tracker.plan(&branch).map_err(broken)? {
            Plan::Fetch(hash) => {
                let Some(parent) = client.block(BlockId::hash(hash)).await? else {
                    // The node moved on in between: look again at the next poll.
                    return Ok(());
                };
                branch.insert(0, parent);
            }
            Plan::Move { undo, apply } => {
                for _ in undo {
                    if let Some(block) = tracker.undo() {
                        send(sender, ChainEvent::Undone(block)).await?;
                    }
                }
                for block in apply {
                    let logs = if config.addresses.is_empty() {
                        Vec::new()
                    } else {
                        client.logs_of(block.hash, &config.addresses).await?
                    };
                    tracker.apply(block).map_err(broken)?;
                    send(sender, ChainEvent::Applied { block, logs }).await?;
                }
                return Ok(());
            }
        }
    }
    Err(L1Error::answer(
        WHAT,
        "a branch that reaches what was applied",
        "a longer one",
    ))
}

fn depth(config: &FollowerConfig) -> u64 {
    u64::try_from(config.depth).unwrap_or(u64::MAX).max(1)
}

/// Up to half the remembered depth of blocks from `from` on: catching up.
async fn forward(
    client: &ExecutionClient,
    from: u64,
    config: &FollowerConfig,
) -> Result<Vec<BlockRef>, L1Error> {
    let mut blocks = Vec::new();
    for number in from..from.saturating_add(depth(config).div_ceil(2)) {
        match client.block(BlockId::number(number)).await? {
            Some(block) => blocks.push(block),
            None => break,
        }
    }
    Ok(blocks)
}

async fn send(sender: &mpsc::Sender<ChainEvent>, event: ChainEvent) -> Result<(), L1Error> {
    sender
        .send(event)
        .await
        .map_err(|_| L1Error::answer("following the chain", "a reader", "none"))
}
