//! Follows L1 and tells what it says, in order. An endpoint that fails, lies or stalls is left for the next one; what was told
//! before stays true, because following goes on from what was applied.

use std::{sync::Arc, time::Duration};

use alloy_eips::BlockId;
use arc_swap::ArcSwap;
use forebond_l1::{
    chain::{ChainEvent, ChainFollower, ChainTracker, FollowerConfig},
    execution::{BlockRef, ExecutionClient},
};
use tokio::{sync::mpsc, time::Instant};

use super::{FeedHealth, L1Event, read};
use crate::{Advice, Facts, OriginBook, SettlementError, windows::WindowKeeper};

/// Blocks the follower may be ahead of what is read.
const AHEAD: usize = 32;
/// Wait after the first failure in a row, and the longest, milliseconds.
const FIRST_WAIT_MS: u64 = 100;
const LONGEST_WAIT_MS: u64 = 5_000;
/// Failures in a row that reorgs and restarts of nodes explain.
const USUAL_FAILURES: u32 = 3;
/// The deadline of a reading of windows doubles so often.
const MOST_DOUBLINGS: u32 = 3;

/// What readers see beside the events.
pub(crate) struct Shared {
    pub origins: ArcSwap<OriginBook>,
    pub health: ArcSwap<FeedHealth>,
}

pub(crate) struct Feed {
    pub facts: Arc<Facts>,
    pub clients: Vec<ExecutionClient>,
    pub tracker: ChainTracker,
    pub depth: usize,
    pub poll_ms: u64,
    /// An endpoint without a new block for so long is left, milliseconds.
    pub stall_ms: u64,
    /// Deadline of a reading of windows and gateways, milliseconds.
    pub windows_ms: u64,
    /// Readings in a row that missed it.
    pub windows_late: u32,
    pub windows: WindowKeeper,
    pub shared: Arc<Shared>,
    pub events: mpsc::Sender<L1Event>,
    /// The last finality told.
    pub finality: Option<(u64, u64)>,
}

/// Why following ended for now.
enum Ended {
    /// Nobody reads the events any more.
    NoReader,
    Failed(SettlementError),
}

impl<E: Into<SettlementError>> From<E> for Ended {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Feed {
    /// Follows until nobody reads.
    pub(crate) async fn run(mut self) {
        let mut endpoint = 0;
        while let Some(client) = self
            .clients
            .get(endpoint % self.clients.len().max(1))
            .cloned()
        {
            match self.follow(&client).await {
                Err(Ended::NoReader) => return,
                Ok(()) => {}
                Err(Ended::Failed(error)) => {
                    let wait_ms = self.failed(&error);
                    endpoint = (endpoint + 1) % self.clients.len().max(1);
                    self.health(|health| health.endpoint = endpoint);
                    tokio::select! {
                        () = self.events.closed() => return,
                        () = tokio::time::sleep(Duration::from_millis(wait_ms)) => {}
                    }
                }
            }
        }
    }

    /// Follows one endpoint until it fails.
    async fn follow(&mut self, client: &ExecutionClient) -> Result<(), Ended> {
        let config = FollowerConfig {
            // Logs are asked for here, and only of blocks whose bloom has them.
            addresses: Vec::new(),
            poll_ms: self.poll_ms,
            depth: self.depth,
            capacity: AHEAD,
        };
        let mut follower = ChainFollower::resume(client.clone(), config, self.tracker.clone());
        let mut tick = tokio::time::interval(Duration::from_millis(self.poll_ms.max(1)));
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let stall = Duration::from_millis(self.stall_ms);
        let mut heard = Instant::now();
        let mut head_number = 0;
        loop {
            tokio::select! {
                biased;
                () = self.events.closed() => return Err(Ended::NoReader),
                event = follower.next() => {
                    match event? {
                        ChainEvent::Undone(block) => {
                            head_number = 0;
                            self.undo(block).await?;
                        }
                        ChainEvent::Applied { block, .. } => {
                            self.apply(client, block, &mut head_number).await?;
                        }
                    }
                    heard = Instant::now();
                }
                _ = tick.tick() => {
                    if heard.elapsed() > stall {
                        let number = self.tracker.tip().map_or(0, |tip| tip.number);
                        return Err(SettlementError::Stalled { waited_ms: self.stall_ms, number }.into());
                    }
                    if self.tracker.tip().is_some_and(|tip| tip.number >= head_number && head_number > 0) {
                        self.settle(client).await?;
                    }
                }
            }
        }
    }

    async fn apply(
        &mut self,
        client: &ExecutionClient,
        at: BlockRef,
        head_number: &mut u64,
    ) -> Result<(), Ended> {
        let gone = || SettlementError::BlockGone {
            number: at.number,
            hash: at.hash,
        };
        let (_, header) = client
            .header(BlockId::hash(at.hash))
            .await?
            .ok_or_else(gone)?;
        // The header proves itself; the follower's words about it do not.
        let proven = BlockRef {
            number: header.number,
            hash: at.hash,
            parent_hash: header.parent_hash,
            timestamp_s: header.timestamp,
        };
        if proven != at {
            return Err(SettlementError::Mismatch {
                what: "an L1 block as announced and its header",
                expected: format!("{at:?}"),
                got: format!("{proven:?}"),
                next: "use another L1 endpoint",
            }
            .into());
        }
        let watched = read::watched(&self.facts.contracts);
        let logs = client.logs_in(at.hash, &header, &watched).await?;
        let reading = read::read(&self.facts, at, &header, &logs)?;
        let block = Arc::new(reading.block);
        self.tracker
            .apply(at)
            .map_err(|error| SettlementError::Mismatch {
                what: "the next L1 block",
                expected: "a child of the newest one".to_owned(),
                got: error.to_string(),
                next: "use another L1 endpoint",
            })?;
        let mut origins = OriginBook::clone(&self.shared.origins.load());
        if let Err(error) = origins.apply(Arc::clone(&block)) {
            // Cannot be: the tracker has just accepted it as the child of what the book ends with.
            tracing::error!(%error, "origins begin anew");
            origins = origins.emptied();
            let _ = origins.apply(Arc::clone(&block));
        }
        self.shared.origins.store(Arc::new(origins));
        self.windows.heard(reading.sets, reading.endpoints);
        self.windows.applied(&block);
        self.health(|health| {
            health.tip = Some(at);
            health.applied = health.applied.saturating_add(1);
            health.failures = 0;
        });
        if at.number >= *head_number {
            *head_number = client.head().await.map_or(at.number, |head| head.number);
        }
        if at.number >= *head_number {
            // Before the block is told, so that whoever hears of it finds the windows that go with it.
            self.read_windows(client).await;
        }
        self.tell(L1Event::Applied(block)).await
    }

    async fn undo(&mut self, block: BlockRef) -> Result<(), Ended> {
        self.tracker.undo();
        let mut origins = OriginBook::clone(&self.shared.origins.load());
        let known = origins.undo(&block).unwrap_or_else(|error| {
            tracing::error!(%error, "origins begin anew");
            origins = origins.emptied();
            None
        });
        self.shared.origins.store(Arc::new(origins));
        self.windows.undone(known.as_deref());
        let tip = self.tracker.tip();
        self.health(|health| {
            health.tip = tip;
            health.undone = health.undone.saturating_add(1);
        });
        self.tell(L1Event::Undone(block)).await
    }

    /// What is looked after between blocks, once the head is reached.
    async fn settle(&mut self, client: &ExecutionClient) -> Result<(), Ended> {
        if self.windows.is_due() {
            self.read_windows(client).await;
        }
        let Some(tip) = self.tracker.tip() else {
            return Ok(());
        };
        let safe = client.block(BlockId::safe()).await;
        let finalized = client.block(BlockId::finalized()).await;
        let (Ok(Some(safe)), Ok(Some(finalized))) = (safe, finalized) else {
            tracing::debug!("L1 tells no safe and finalized block yet");
            return Ok(());
        };
        if !self.is_ours(&safe) || !self.is_ours(&finalized) {
            return Ok(());
        }
        let told = (
            safe.number.min(tip.number),
            finalized.number.min(tip.number),
        );
        if self.finality != Some(told) {
            self.finality = Some(told);
            let (safe, finalized) = told;
            self.tell(L1Event::Finality { safe, finalized }).await?;
        }
        Ok(())
    }

    /// Whether a block can be on the chain that was applied: nothing is final by the word of another branch.
    fn is_ours(&self, block: &BlockRef) -> bool {
        let origins = self.shared.origins.load();
        let known = origins.block(block.number);
        known.is_none_or(|known| known.at.hash == block.hash)
    }

    async fn read_windows(&mut self, client: &ExecutionClient) {
        if !self.windows.is_due() {
            return;
        }
        let Some(newest) = self.shared.origins.load().newest().cloned() else {
            return;
        };
        // The next block waits for this one's windows, but not for ever. A slow endpoint is given longer each time, for a reading
        // that is given up begins anew.
        let doublings = self.windows_late.min(MOST_DOUBLINGS);
        let waited_ms = self.windows_ms.saturating_mul(1 << doublings);
        let reading = self.windows.read(client, &newest);
        let read = match tokio::time::timeout(Duration::from_millis(waited_ms), reading).await {
            Ok(read) => read,
            Err(_) => {
                self.windows_late = self.windows_late.saturating_add(1);
                Err(SettlementError::WindowsLate {
                    waited_ms,
                    number: newest.at.number,
                })
            }
        };
        match read {
            Ok(()) => {
                self.windows_late = 0;
                self.health(|health| health.windows_at = Some(newest.at));
            }
            Err(error) if self.windows_late > MOST_DOUBLINGS => {
                tracing::warn!(%error, "windows cannot be read in time");
                self.failed(&error);
            }
            // Read again at the next tick; what L1 took back is already forgotten.
            Err(error) => {
                self.failed(&error);
            }
        }
    }

    async fn tell(&self, event: L1Event) -> Result<(), Ended> {
        self.events.send(event).await.map_err(|_| Ended::NoReader)
    }

    /// Notes a failure; returns how long to wait, milliseconds.
    fn failed(&self, error: &SettlementError) -> u64 {
        let mut failures = 0;
        self.health(|health| {
            health.failures = health.failures.saturating_add(1);
            health.failures_in_all = health.failures_in_all.saturating_add(1);
            health.last_failure = Some(error.to_string());
            failures = health.failures;
        });
        if error.advice() == Advice::Retry && failures <= USUAL_FAILURES {
            tracing::debug!(%error, failures, "L1 does not answer, following goes on");
        } else {
            tracing::warn!(%error, failures, "L1 cannot be followed, trying again");
        }
        wait_ms(failures)
    }

    fn health(&self, change: impl FnOnce(&mut FeedHealth)) {
        let mut health = FeedHealth::clone(&self.shared.health.load());
        change(&mut health);
        self.shared.health.store(Arc::new(health));
    }
}

/// Doubles from failure to failure, up to a limit.
fn wait_ms(failures: u32) -> u64 {
    let doublings = failures.saturating_sub(1).min(16);
    FIRST_WAIT_MS
        .saturating_mul(1u64 << doublings)
        .min(LONGEST_WAIT_MS)
}
