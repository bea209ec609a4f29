use std::{collections::BTreeSet, sync::Arc};

use alloy_eips::BlockId;
use arc_swap::ArcSwap;
use forebond_l1::{
    beacon::{BeaconClient, BeaconConfig},
    chain::ChainTracker,
    execution::{BlockRef, ExecutionClient, ExecutionConfig},
};
use forebond_runtime::Shutdown;
use tokio::sync::mpsc;

use crate::{
    BlobSource, Facts, FeedHealth, L1Event, L1Start, OriginBook, RollupFile, SettlementError,
    WindowBook,
    feed::{Feed, Shared},
    windows::WindowKeeper,
};

/// Events that may wait for the reader; then following waits.
const EVENTS: usize = 64;
/// The deepest reorg that is followed, blocks. L1 finalises after 64 when all is well.
const DEPTH: usize = 512;
/// Slots without a block after which an endpoint is left.
const STALL_SLOTS: u64 = 6;
const SHORTEST_STALL_MS: u64 = 10_000;
/// Slots that a reading of windows may take.
const WINDOWS_SLOTS: u64 = 2;
const SHORTEST_WINDOWS_MS: u64 = 4_000;

/// What a settlement view needs.
#[derive(Clone, Debug)]
pub struct SettlementConfig {
    /// Execution endpoints; the first that works is followed.
    pub l1_rpc: Vec<String>,
    /// Beacon endpoints, for blobs and for a check of the clock. May be empty: then no blobs can be had.
    pub l1_beacon: Vec<String>,
    /// The rollup.
    pub rollup: RollupFile,
    /// Time between looks at L1's head, milliseconds.
    pub poll_ms: u64,
    /// The block behind which events begin: `rollup.l1.start` for a new reader. A restarted one names a block before the origin of
    /// its newest rollup block, so that every origin it still builds on is told again.
    pub from: L1Start,
    /// Gateways that are read whether they own a window or not, besides the registry's first 16: those that an operator names.
    /// Each costs five calls an epoch, and all have to be done within two slots.
    pub gateways: BTreeSet<u32>,
}

/// One process's view of its rollup on L1. Clones share it; following ends with the last one, or when the events are not read
/// any more.
#[derive(Clone)]
pub struct Settlement {
    inner: Arc<Inner>,
}

struct Inner {
    facts: Arc<Facts>,
    rollup: RollupFile,
    windows: Arc<ArcSwap<WindowBook>>,
    shared: Arc<Shared>,
    blobs: BlobSource,
    clients: Vec<ExecutionClient>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl std::fmt::Debug for Settlement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settlement")
            .field("inbox", &self.inner.facts.contracts.inbox)
            .field("health", &self.health())
            .finish_non_exhaustive()
    }
}

impl Settlement {
    /// Reads and checks the rollup's facts, then follows L1. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`SettlementError`] when no endpoint answers, or L1 and the rollup file contradict each other. Later failures do not end
    /// the events: they are in [`Self::health`] and the log, and following goes on when they pass.
    pub async fn start(
        config: SettlementConfig,
    ) -> Result<(Self, mpsc::Receiver<L1Event>), SettlementError> {
        let clients = config
            .l1_rpc
            .iter()
            .map(|endpoint| ExecutionClient::new(&ExecutionConfig::new(endpoint)))
            .collect::<Result<Vec<_>, _>>()?;
        let beacons = config
            .l1_beacon
            .iter()
            .map(|endpoint| BeaconClient::new(&BeaconConfig::new(endpoint)))
            .collect::<Result<Vec<_>, _>>()?;
        let (facts, start) = first_that_works(&clients, &beacons, &config).await?;
        let facts = Arc::new(facts);
        let shared = Arc::new(Shared {
            origins: ArcSwap::from_pointee(OriginBook::new(kept_origins(&facts))),
            health: ArcSwap::from_pointee(FeedHealth {
                tip: Some(start),
                ..FeedHealth::default()
            }),
        });
        let windows = Arc::new(ArcSwap::from_pointee(WindowBook::default()));
        let (sender, events) = mpsc::channel(EVENTS);
        let slot_ms = facts.turns.slots.seconds_per_slot.saturating_mul(1_000);
        let feed = Feed {
            facts: Arc::clone(&facts),
            clients: clients.clone(),
            tracker: ChainTracker::new(start, DEPTH),
            depth: DEPTH,
            poll_ms: config.poll_ms.max(1),
            stall_ms: slot_ms.saturating_mul(STALL_SLOTS).max(SHORTEST_STALL_MS),
            windows_ms: slot_ms
                .saturating_mul(WINDOWS_SLOTS)
                .max(SHORTEST_WINDOWS_MS),
            windows_late: 0,
            windows: WindowKeeper::new(Arc::clone(&facts), Arc::clone(&windows), config.gateways),
            shared: Arc::clone(&shared),
            events: sender,
            finality: None,
        };
        let inner = Inner {
            facts,
            rollup: config.rollup,
            windows,
            shared,
            blobs: BlobSource::new(beacons),
            clients,
            task: tokio::spawn(feed.run()),
        };
        let inner = Arc::new(inner);
        Ok((Self { inner }, events))
    }

    /// As [`Self::start`] from L1's newest block on, for processes that need the books and not the events: these are read and
    /// dropped. When the view ends (a reorg deeper than remembered), so does the process: its next start begins at L1's head again.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn at_head(
        l1_rpc: Vec<String>,
        l1_beacon: Vec<String>,
        rollup: RollupFile,
        poll_ms: u64,
        gateways: BTreeSet<u32>,
        shutdown: Shutdown,
    ) -> Result<Self, SettlementError> {
        let endpoint = l1_rpc
            .first()
            .ok_or(SettlementError::NoEndpoint("L1 RPC"))?;
        let client = ExecutionClient::new(&ExecutionConfig::new(endpoint))?;
        let head = client.head().await?;
        let (settlement, mut events) = Self::start(SettlementConfig {
            // One back: windows are read once a block is applied.
            from: L1Start {
                number: head.number.saturating_sub(1),
                hash: if head.number == 0 {
                    head.hash
                } else {
                    head.parent_hash
                },
            },
            l1_rpc,
            l1_beacon,
            rollup,
            poll_ms,
            gateways,
        })
        .await?;
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = shutdown.requested() => return,
                    event = events.recv() => if event.is_none() {
                        shutdown.request("the view of L1 ended; start again");
                        return;
                    },
                }
            }
        });
        Ok(settlement)
    }

    /// The rollup's fixed facts.
    pub fn facts(&self) -> &Arc<Facts> {
        &self.inner.facts
    }

    /// The rollup file.
    pub fn rollup(&self) -> &RollupFile {
        &self.inner.rollup
    }

    /// Who may write, as of the newest block. At least as new as the newest event read.
    pub fn windows(&self) -> Arc<WindowBook> {
        self.inner.windows.load_full()
    }

    /// L1 blocks as origins, as of the newest block: perhaps newer than the newest event read. Whoever derives keeps an
    /// [`OriginBook`] of its own, moved by the events, so that both are always of one branch.
    pub fn origins(&self) -> Arc<OriginBook> {
        self.inner.shared.origins.load_full()
    }

    /// An empty origin book of the size this rollup needs, for a reader that moves it by the events.
    pub fn empty_origins(&self) -> OriginBook {
        OriginBook::new(kept_origins(&self.inner.facts))
    }

    /// The newest block that was followed.
    pub fn head(&self) -> Option<BlockRef> {
        self.inner.shared.health.load().tip
    }

    /// How following goes.
    pub fn health(&self) -> Arc<FeedHealth> {
        self.inner.shared.health.load_full()
    }

    /// Where blobs are had.
    pub fn blobs(&self) -> &BlobSource {
        &self.inner.blobs
    }

    /// The execution node that is followed, for requests of the reader's own.
    pub fn execution(&self) -> Option<&ExecutionClient> {
        self.inner.clients.get(self.health().endpoint)
    }
}

/// Origins a reader may still ask for: as far back as a batch may reach, and what a reorg takes back.
fn kept_origins(facts: &Facts) -> usize {
    let reach = facts
        .origins
        .most_lag
        .saturating_add(facts.sequencing_window_slots)
        .min(16_384);
    usize::try_from(reach)
        .unwrap_or(usize::MAX)
        .saturating_add(DEPTH)
}

/// Facts and the start from the first endpoint that gives both; else the last failure.
async fn first_that_works(
    clients: &[ExecutionClient],
    beacons: &[BeaconClient],
    config: &SettlementConfig,
) -> Result<(Facts, BlockRef), SettlementError> {
    let mut failure = SettlementError::NoEndpoint("L1 RPC");
    for client in clients {
        match facts_from(client, beacons.first(), config).await {
            Ok(found) => return Ok(found),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

async fn facts_from(
    client: &ExecutionClient,
    beacon: Option<&BeaconClient>,
    config: &SettlementConfig,
) -> Result<(Facts, BlockRef), SettlementError> {
    let facts = Facts::read(client, beacon, &config.rollup, BlockId::latest()).await?;
    let from = config.from;
    let found = client.header(BlockId::hash(from.hash)).await?;
    let (hash, header) = found
        .filter(|(_, header)| header.number == from.number)
        .ok_or(SettlementError::BlockGone {
            number: from.number,
            hash: from.hash,
        })?;
    let start = BlockRef {
        number: header.number,
        hash,
        parent_hash: header.parent_hash,
        timestamp_s: header.timestamp,
    };
    Ok((facts, start))
}
