//! The four threads of sequencing, put together for a chain of one endless window or for one turn, and taken apart again.

use super::settings;
use crate::{
    GatewayConfig,
    archive::Archive,
    door::Door,
    l1::L1Source,
    log::{LogWriter, Position as LogPosition},
    metrics::StageMetrics,
    pool::Pool,
    scribe::{Scribe, ScribeInput},
    sealing,
    sequencer::{Sequencer, SequencerEnd, SequencerInput, SequencerParts, next_start},
    signer::Signer,
};
use alloy_primitives::B256;
use crossbeam_channel::{Receiver, Sender, bounded};
use eyre::WrapErr;
use forebond_exec::{BlockRun, Store, WorkingState};
use forebond_ledger::{
    OpenBlock, PausedOpenBlock, SealedHeader, Sealer, Tip,
    board::Publisher,
    promise::{PublishedFrag, SignedBase},
};
use forebond_protocol::{BlockClock, BlockRange, CoverageBook, OrderingRule, Turn};
use forebond_rollup::op::ChainConfig;
use forebond_runtime::SystemClock;
use forebond_runtime::{Shutdown, Threads, ThreadsError, run_in_background};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::sync::mpsc;

const SUBMISSIONS: usize = 16_384;
const CONTROL: usize = 1_024;
const CUTS: usize = 2_048;
const CLOSED_BLOCKS: usize = 4;
const BLOCKS: usize = 16;
const SNAPSHOTS: usize = 8;

/// How long the threads may take to write what they hold when the gateway stops.
const END_DEADLINE: Duration = Duration::from_secs(20);

/// What the threads start from.
pub struct PipelineParts {
    /// Constants of the chain.
    pub chain: ChainConfig,
    /// When blocks open and close.
    pub block_clock: BlockClock,
    /// The blocks of the turn.
    pub blocks: BlockRange,
    /// What a block's transactions may take on L1 at most, bytes.
    pub max_block_data_bytes: usize,
    /// The turn so far.
    pub turn: Turn,
    /// Its signed base.
    pub base: Arc<SignedBase>,
    /// The declared order.
    pub ordering_rule: OrderingRule,
    /// Coverage the turn may promise, and has promised.
    pub coverage: CoverageBook,
    /// The promise log.
    pub log: LogWriter,
    /// Where a replay starts whatever is stored; none: behind the last stored block.
    pub replay_from: Option<LogPosition>,
    /// Where the log's first record of each unstored block lies.
    pub first_records: VecDeque<(u64, LogPosition)>,
    /// Block of the newest frag.
    pub newest_block: u64,
    /// The key behind its guard.
    pub signer: Signer,
    /// The board's writer.
    pub publisher: Publisher,
    /// The sealer on top of the newest sealed or closed block.
    pub sealer: Sealer,
    /// The store.
    pub store: Arc<Store>,
    /// Blocks that are closed and whose seal the log does not hold yet.
    pub unsealed: Vec<SealedHeader>,
    /// The block to go on with.
    pub begin: Begin,
    /// L1.
    pub l1: Box<dyn L1Source>,
}

/// How sequencing begins.
#[allow(clippy::large_enum_variant, reason = "there is one of it a turn")]
pub enum Begin {
    /// In the middle of a block.
    Paused(PausedOpenBlock),
    /// With the block after `tip`, whose hash is `parent_hash`.
    Fresh {
        /// The state after the tip.
        state: WorkingState,
        /// The newest block.
        tip: Tip,
        /// Its hash.
        parent_hash: B256,
    },
}

/// Running threads.
pub struct Pipeline {
    threads: Threads,
    shutdown: Shutdown,
    control: Sender<SequencerInput>,
    sequencer: Receiver<SequencerEnd>,
    sealer: Receiver<Sealer>,
    scribe: Receiver<Scribe>,
    archived: Receiver<()>,
}

/// What the threads leave behind.
pub struct PipelineEnd {
    /// How sequencing ended.
    pub sequencer: SequencerEnd,
    /// The sealer.
    pub sealer: Sealer,
    /// Log, key, board's writer and turn.
    pub scribe: Scribe,
}

impl Pipeline {
    /// Starts the threads; the door leads to them. `shutdown` is requested when one of them fails.
    pub fn start(
        config: &GatewayConfig,
        parts: PipelineParts,
        answers: mpsc::Sender<Arc<PublishedFrag>>,
        stages: &Arc<StageMetrics>,
        shutdown: &Shutdown,
    ) -> eyre::Result<(Self, Door)> {
        let threads = Threads::new(shutdown.clone(), END_DEADLINE);
        let (submissions, submissions_end) = bounded(SUBMISSIONS);
        let (control, control_end) = bounded(CONTROL);
        let (cuts, cuts_end) = bounded(CUTS);
        let (closed, closed_end) = bounded(CLOSED_BLOCKS);
        let (blocks, blocks_end) = bounded(BLOCKS);
        let (snapshots, snapshots_end) = bounded(SNAPSHOTS);
        let clock = Arc::new(SystemClock);
        let rule = parts.ordering_rule;
        let sequencer = SequencerParts {
            config: parts.chain.clone(),
            block_clock: parts.block_clock,
            blocks: parts.blocks,
            max_block_data_bytes: parts.max_block_data_bytes,
            clock: clock.clone(),
            frag_limits: settings::frag_limits(config),
            admission: settings::admission(config),
            fees: config.fees.schedule(),
            pool_capacity: config.pool.max_transactions as usize,
            pool: Pool::new(settings::pool_limits(config), settings::turn_order(rule)),
            book: parts.coverage,
            board: parts.publisher.board().clone(),
            scribe: cuts.clone(),
            sealer: closed,
            control: control_end,
            submissions: submissions_end,
            metrics: stages.clone(),
        };
        let scribe = Scribe {
            turn: parts.turn,
            base: parts.base,
            log: parts.log,
            signer: parts.signer,
            publisher: parts.publisher,
            clock,
            newest_block: parts.newest_block,
            replay_from: parts.replay_from,
            first_records: parts.first_records,
            sequencer: control.clone(),
            answers,
            archive: Some(blocks),
            stored: snapshots_end,
            metrics: stages.clone(),
        };
        let archive = Archive {
            store: parts.store,
            checkpoint_blocks: config.store.checkpoint_blocks,
            stored: snapshots,
            sequencer: control.clone(),
            metrics: stages.clone(),
        };
        for sealed in parts.unsealed {
            cuts.try_send(ScribeInput::Sealed(Box::new(sealed)))
                .wrap_err("too many unsealed blocks")?;
        }
        let (ended, sequencer_end) = bounded(1);
        let (sealer_done, sealer_end) = bounded(1);
        let (scribe_done, scribe_end) = bounded(1);
        let (archive_done, archived) = bounded(1);
        threads.spawn("archive", move || {
            run_in_background();
            archive.run(&blocks_end)?;
            let _ = archive_done.send(());
            Ok(())
        })?;
        threads.spawn("scribe", move || {
            let scribe = scribe.run(&cuts_end)?;
            // The archive ends when nobody can send to it any more.
            let _ = scribe_done.send(scribe);
            Ok(())
        })?;
        let (sealer, sealer_metrics, sealer_control) =
            (parts.sealer, stages.clone(), control.clone());
        threads.spawn("sealer", move || {
            run_in_background();
            let sealer = sealing::run(sealer, &closed_end, &cuts, &sealer_control, &sealer_metrics);
            drop(cuts);
            let _ = sealer_done.send(sealer);
            Ok(())
        })?;
        let (mut l1, begin) = (parts.l1, parts.begin);
        // The EVM stays on the thread it was made on, so the sequencer is made here.
        threads.spawn("sequencer", move || {
            let open = match begin {
                Begin::Paused(paused) => paused.resume(),
                Begin::Fresh {
                    state,
                    tip,
                    parent_hash,
                } => {
                    let start = next_start(
                        &sequencer.config,
                        &sequencer.block_clock,
                        l1.as_mut(),
                        &tip.start,
                        tip.gas_used,
                    );
                    let chain_id = sequencer.config.chain_id;
                    let opening = start.opening.clone();
                    let run = BlockRun::begin(state, chain_id, opening, Some(parent_hash))?;
                    OpenBlock::new(run, Arc::new(start), rule, Vec::new())
                }
            };
            let end = Sequencer::new(sequencer, l1, open).run()?;
            let _ = ended.send(end);
            Ok(())
        })?;
        let pipeline = Self {
            threads,
            shutdown: shutdown.clone(),
            control: control.clone(),
            sequencer: sequencer_end,
            sealer: sealer_end,
            scribe: scribe_end,
            archived,
        };
        Ok((
            pipeline,
            Door {
                submissions,
                control,
            },
        ))
    }

    /// Tells the sequencer something; it may be gone already.
    pub fn tell(&self, input: SequencerInput) {
        let _ = self.control.send(input);
    }

    /// Whether sequencing has ended.
    pub fn has_ended(&self) -> bool {
        !self.sequencer.is_empty() || self.shutdown.is_requested()
    }

    /// Waits until everything is written and takes the parts back.
    ///
    /// # Errors
    /// What a thread ended with.
    pub fn finish(self) -> eyre::Result<PipelineEnd> {
        let Self {
            threads,
            control,
            sequencer,
            sealer,
            scribe,
            archived,
            shutdown: _,
        } = self;
        drop(control);
        let wait = |what: &str| format!("the {what} left nothing behind");
        let parts = (|| {
            let sequencer = sequencer
                .recv_timeout(END_DEADLINE)
                .wrap_err_with(|| wait("sequencer"))?;
            let sealer = sealer
                .recv_timeout(END_DEADLINE)
                .wrap_err_with(|| wait("sealer"))?;
            let mut scribe = scribe
                .recv_timeout(END_DEADLINE)
                .wrap_err_with(|| wait("scribe"))?;
            scribe.release_archive();
            archived
                .recv_timeout(END_DEADLINE)
                .wrap_err_with(|| wait("archive"))?;
            Ok(PipelineEnd {
                sequencer,
                sealer,
                scribe,
            })
        })();
        match (parts, threads.join()) {
            (Ok(end), Ok(())) => Ok(end),
            (_, Err(error)) => Err(error.into()),
            (Err(error), Ok(())) => Err(error),
        }
    }

    /// Ends the threads of a process that goes down.
    ///
    /// # Errors
    /// What a thread ended with.
    pub fn stop(self) -> Result<(), ThreadsError> {
        self.tell(SequencerInput::Stop);
        let Self {
            threads,
            control,
            scribe,
            ..
        } = self;
        drop(control);
        if let Ok(mut scribe) = scribe.recv_timeout(END_DEADLINE) {
            scribe.release_archive();
        }
        threads.join()
    }
}
