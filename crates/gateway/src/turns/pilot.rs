use super::{l1::FollowedL1, opening::open_turn, own_number::OwnNumber, restart::Restarted};
use crate::{
    GatewayConfig,
    door::Doorway,
    log::{LogWriter, Position as LogPosition},
    metrics::StageMetrics,
    sequencer::{SequencerEnd, SequencerInput},
    service::{Begin, Pipeline, PipelineParts},
    signer::Signer,
};
use alloy_primitives::Bytes;
use eyre::eyre;
use forebond_follower::{Follower, Links, Pilot};
use forebond_ledger::{AtRest, Ledger, Tip, promise::PublishedFrag};
use forebond_protocol::{
    BlockRange, CoverageBook, OrderingRule, Turn, TurnDecision, TurnOutlook, WaitReason, Window,
};
use forebond_rollup::op::channel::MAX_BLOCK_DATA_BYTES;
use forebond_runtime::Shutdown;
use forebond_settlement::Settlement;
use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

/// Between two looks while a turn may open.
const SHORT: Duration = Duration::from_millis(2);
/// Between two looks otherwise.
const LONG: Duration = Duration::from_millis(20);
/// The door opens so long before the turn: what comes a little early waits inside.
const EARLY_DOOR_MS: u64 = 1_000;
/// L1's head may be so many slots old before it counts as not followed.
const STALE_SLOTS: u64 = 4;
/// So long after the start a stream of a peer has brought what it had.
const WITH_PEERS: Duration = Duration::from_millis(300);
/// So long after the start peers that have not answered count as dead.
const WITHOUT_PEERS: Duration = Duration::from_secs(4);
/// Own turns whose coverage may still be owed.
const MAX_OWED: usize = 1_024;

/// What a gateway's turns need besides the follower.
pub struct TurnSettings {
    /// The gateway's configuration.
    pub config: GatewayConfig,
    /// Address of its committer key.
    pub committer: alloy_primitives::Address,
    /// The rollup on L1.
    pub settlement: Settlement,
    /// Where the RPC finds the sequencer.
    pub doorway: Arc<Doorway>,
    /// Towards the task that answers who waits.
    pub answers: mpsc::Sender<Arc<PublishedFrag>>,
    /// Towards the task that passes on what a turn left.
    pub left: mpsc::Sender<Vec<Bytes>>,
    /// Figures.
    pub stages: Arc<StageMetrics>,
    /// How long a silent predecessor is waited for, milliseconds.
    pub patience_ms: u64,
    /// The ways to peers.
    pub links: Arc<Links>,
}

/// Opens this gateway's turns, and ends them.
pub struct TurnPilot {
    settings: TurnSettings,
    own_number: OwnNumber,
    /// Log and key, unless a turn has them.
    tools: Option<(LogWriter, Signer)>,
    newest_signed_window: Option<u64>,
    base_position: Option<LogPosition>,
    following_since_ms: Option<u64>,
    turn: Option<RunningTurn>,
    /// Last block and coverage of own turns that are not on L1 yet.
    owed: VecDeque<(u64, u128)>,
    said: Option<WaitReason>,
    /// When this gateway knew itself: peers are heard from then on.
    started: Option<Instant>,
}

struct RunningTurn {
    pipeline: Pipeline,
    rest: Lent,
    window: Window,
    began: Instant,
    recalled: bool,
}

/// What stays here of a ledger whose moving parts sequence.
struct Lent {
    config: forebond_rollup::op::ChainConfig,
    domain: forebond_types::Domain,
    genesis: Arc<forebond_ledger::chain::SealedBlock>,
    store: Arc<forebond_exec::Store>,
    cache_entries: usize,
    checkpoint_blocks: u64,
}

impl TurnPilot {
    /// A pilot with what the restart found.
    pub fn new(settings: TurnSettings, restarted: Restarted) -> Self {
        Self {
            own_number: OwnNumber::of(settings.committer),
            settings,
            tools: Some((restarted.log, restarted.signer)),
            newest_signed_window: restarted.newest_signed_window,
            base_position: restarted.base_position,
            following_since_ms: None,
            turn: None,
            owed: VecDeque::new(),
            said: None,
            started: None,
        }
    }

    fn outlook(&self, follower: &Follower, me: u32, now_ms: u64) -> Option<TurnOutlook> {
        let ledger = follower.ledger()?;
        let facts = follower.facts();
        let book = self.settings.settlement.windows();
        let open = facts.turns.blocks.open_at(now_ms);
        let window = book
            .schedule
            .of_block(&facts.turns, open)
            .map(|window| (window, facts.turns.blocks_of(&window)));
        let first = window.map_or(open, |(_, blocks)| blocks.first);
        let tip = ledger.tip();
        Some(TurnOutlook {
            now_ms,
            window,
            me,
            opens_at_ms: facts.turns.blocks.closes_at_ms(first.saturating_sub(1)),
            tip: tip.start.opening.number,
            tip_ends_turn: ledger.turn().is_some_and(Turn::ended),
            safe: follower.derived_head().number,
            synced: self.synced(follower, now_ms),
            following_since_ms: self.following_since_ms.unwrap_or(u64::MAX),
            newest_signed_window: self.newest_signed_window,
            patience_ms: self.settings.patience_ms,
        })
    }

    /// L1 is followed to a head that is not old, and its windows are of that head.
    fn synced(&self, follower: &Follower, now_ms: u64) -> bool {
        let slots = &follower.facts().turns.slots;
        let newest = follower.origins().newest();
        let fresh = newest.is_some_and(|block| {
            block.slot.saturating_add(STALE_SLOTS) >= slots.slot_at_ms(now_ms)
        });
        // A few L1 blocks may wait for blobs; many mean that what is safe is not known.
        fresh && follower.l1_backlog() < 16 && self.compared(follower)
    }

    /// Whether peers had their say: a stream stands and brought what it had, or none has stood for a while (all are dead).
    fn compared(&self, follower: &Follower) -> bool {
        let links = &self.settings.links;
        let standing = links.streams() > 0 || links.gossip_peers() > 0;
        let Some(waited) = self.started.map(|started| started.elapsed()) else {
            return false;
        };
        (standing && waited >= WITH_PEERS && !follower.has_gaps()) || waited >= WITHOUT_PEERS
    }

    fn wait(&mut self, reason: WaitReason) {
        if self.said != Some(reason) {
            tracing::info!(?reason, "the turn is not opened yet");
            self.said = Some(reason);
        }
    }

    fn begin(
        &mut self,
        follower: &mut Follower,
        me: u32,
        window: Window,
        blocks: BlockRange,
    ) -> eyre::Result<()> {
        let Some((mut log, mut signer)) = self.tools.take() else {
            return Ok(());
        };
        let safe = follower.derived_head().number;
        let Some(mut ledger) = follower.lend() else {
            self.tools = Some((log, signer));
            return Ok(());
        };
        let book = self.settings.settlement.windows();
        let previous_window = book.schedule.before(&window).map(|before| before.last_slot);
        let (base, position) = open_turn(
            &mut ledger,
            &window,
            previous_window,
            safe,
            &mut log,
            &mut signer,
        )?;
        tracing::info!(
            window = window.last_slot,
            first = blocks.first,
            last = blocks.last,
            parent = base.base.parentBlock,
            grade = ?base.grade,
            "a turn of ours begins"
        );
        self.said = None;
        self.newest_signed_window = Some(window.last_slot);
        self.base_position = Some(position);
        follower.own_base(&base, self.settings.committer);
        let coverage = self.coverage(me, safe);
        let clock = ledger.clock();
        let AtRest {
            config,
            domain,
            genesis,
            store,
            sealer,
            publisher,
            latest,
            state,
            cache_entries,
            checkpoint_blocks,
            ..
        } = ledger.rest()?;
        let rule = OrderingRule::from_id(follower.facts().ordering_rule)
            .ok_or_else(|| eyre!("the rollup's ordering rule is unknown to this version"))?;
        let tip = Tip {
            start: latest.start.clone(),
            gas_used: latest.header.gas_used,
            hash: Some(latest.hash),
        };
        let parts = PipelineParts {
            chain: config.clone(),
            block_clock: clock,
            blocks,
            max_block_data_bytes: MAX_BLOCK_DATA_BYTES,
            turn: Turn::open(base.base.clone(), clock),
            base,
            ordering_rule: rule,
            coverage,
            log,
            replay_from: Some(position),
            first_records: VecDeque::new(),
            newest_block: latest.number(),
            signer,
            publisher,
            sealer,
            store: store.clone(),
            unsealed: Vec::new(),
            begin: Begin::Fresh {
                state,
                tip,
                parent_hash: latest.hash,
            },
            l1: Box::new(FollowedL1::new(self.settings.settlement.clone())),
        };
        // The turn's threads have an end of their own: the process outlives them.
        let (pipeline, door) = Pipeline::start(
            &self.settings.config,
            parts,
            self.settings.answers.clone(),
            &self.settings.stages,
            &Shutdown::new(),
        )?;
        self.settings.doorway.set(Some(door));
        self.turn = Some(RunningTurn {
            pipeline,
            rest: Lent {
                config,
                domain,
                genesis,
                store,
                cache_entries,
                checkpoint_blocks,
            },
            window,
            began: Instant::now(),
            recalled: false,
        });
        Ok(())
    }

    /// R6: twice what is promised and not posted fits the reserve that L1 shows.
    fn coverage(&mut self, me: u32, safe: u64) -> CoverageBook {
        self.owed.retain(|(last, _)| *last > safe);
        let owed: u128 = self
            .owed
            .iter()
            .fold(0, |sum, (_, wei)| sum.saturating_add(*wei));
        let book = self.settings.settlement.windows();
        let reserve_wei = book
            .gateways
            .get(&me)
            .map_or(0, |gateway| gateway.reserve_wei)
            .min(self.settings.config.coverage.reserve_wei);
        let left_wei = reserve_wei.saturating_sub(owed.saturating_mul(2));
        CoverageBook::new(left_wei, self.settings.config.coverage.fee_multiple, 0)
    }

    /// Takes the ledger back from a turn that has ended.
    fn end(&mut self, follower: &mut Follower, running: RunningTurn) -> eyre::Result<()> {
        self.settings.doorway.set(None);
        let RunningTurn {
            pipeline,
            rest,
            window,
            began,
            ..
        } = running;
        let end = pipeline.finish()?;
        let SequencerEnd::Turn { state, left } = end.sequencer else {
            return Err(eyre!("the sequencer stopped in the middle of a turn"));
        };
        let scribe = end.scribe;
        let covered = scribe.turn.window_coverage_wei();
        let view = scribe.publisher.board().view();
        let latest = view.latest.clone();
        if self.owed.len() >= MAX_OWED {
            self.owed.pop_front();
        }
        self.owed.push_back((latest.number(), covered));
        tracing::info!(
            window = window.last_slot,
            last = latest.number(),
            seconds = began.elapsed().as_secs_f64(),
            left = left.len(),
            "a turn of ours is over"
        );
        if !left.is_empty() {
            // Whoever reads is only ever late, never gone, while the process runs.
            let _ = self.settings.left.try_send(left);
        }
        let mut publisher = scribe.publisher;
        let snapshot = Arc::new(rest.store.snapshot()?);
        let mut state = state;
        publisher.stored(snapshot.clone());
        state.rebase(snapshot, latest.number());
        let at_rest = AtRest {
            config: rest.config,
            domain: rest.domain,
            genesis: rest.genesis,
            store: rest.store,
            sealer: end.sealer,
            publisher,
            latest,
            state,
            cache_entries: rest.cache_entries,
            checkpoint_blocks: rest.checkpoint_blocks,
            log_position: self.base_position.map_or(0, LogPosition::to_u64),
        };
        self.tools = Some((scribe.log, scribe.signer));
        let ledger: Ledger = at_rest.resume()?;
        follower.give_back(ledger)?;
        Ok(())
    }
}

impl Pilot for TurnPilot {
    fn committer(&self) -> alloy_primitives::Address {
        self.settings.committer
    }

    fn tick(&mut self, follower: &mut Follower, now_ms: u64) -> eyre::Result<Duration> {
        let Some(me) = self.own_number.find(&self.settings.settlement)? else {
            return Ok(LONG);
        };
        self.started.get_or_insert_with(Instant::now);
        if self.following_since_ms.is_none() && self.synced(follower, now_ms) {
            self.following_since_ms = Some(now_ms);
        }
        if let Some(running) = &mut self.turn {
            if follower.recalls_ledger() && !running.recalled {
                tracing::warn!("L1 contradicts what this turn stands on; it ends early");
                running.recalled = true;
                running.pipeline.tell(SequencerInput::EndTurn);
            }
            if !running.pipeline.has_ended() {
                return Ok(SHORT);
            }
            if let Some(running) = self.turn.take() {
                self.end(follower, running)?;
            }
        }
        let Some(outlook) = self.outlook(follower, me, now_ms) else {
            return Ok(SHORT);
        };
        match outlook.decide() {
            TurnDecision::Open(window, blocks) => {
                self.begin(follower, me, window, blocks)?;
                Ok(SHORT)
            }
            TurnDecision::Wait(reason) => {
                self.wait(reason);
                Ok(SHORT)
            }
            TurnDecision::Follow => {
                let next = outlook.now_ms.saturating_add(EARLY_DOOR_MS);
                let turns = &follower.facts().turns;
                let soon = self
                    .settings
                    .settlement
                    .windows()
                    .schedule
                    .of_block(turns, turns.blocks.open_at(next))
                    .is_some_and(|window| window.gateway == me);
                Ok(if soon { SHORT } else { LONG })
            }
        }
    }

    fn stop(&mut self, follower: &mut Follower) -> eyre::Result<()> {
        if let Some(running) = self.turn.take() {
            // Handing over early is better than leaving the rest of the turn empty.
            running.pipeline.tell(SequencerInput::EndTurn);
            self.end(follower, running)?;
        }
        Ok(())
    }
}
