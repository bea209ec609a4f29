use std::{sync::Arc, time::Duration};

use alloy_eips::BlockId;
use alloy_primitives::B256;
use forebond_contracts::bindings::GatewayRegistry;
use forebond_l1::L1Error;
use forebond_lookahead_keeper::{Chore, Done, Keeper, KeeperError};
use forebond_runtime::Shutdown;
use forebond_settlement::Settlement;

use super::{Clock, bases::Bases};
use crate::{
    inbox::{InboxReader, ReadError, Standing},
    plan::{Decision, Hold, Policy, Rules, first_block, parent_of},
    post::{Outcome, PostError, Poster},
    report::{Figures, Report, ReportError},
    rewards::Errands,
    sign::Signatory,
    source::{Backlog, BlockSource, SourceError},
};

/// What a batcher is made of.
pub struct Parts<S> {
    /// The gateway.
    pub source: S,
    /// Windows, committers, facts.
    pub settlement: Settlement,
    /// The Inbox.
    pub reader: InboxReader,
    /// Sends.
    pub poster: Poster,
    /// Chores, if it does any.
    pub keeper: Option<Keeper>,
    /// The gateway's committer.
    pub committer: Signatory,
    /// L1's time.
    pub clock: Arc<dyn Clock>,
    /// When to post.
    pub policy: Policy,
    /// `batcher.json`.
    pub report: Report,
    /// Metrics.
    pub figures: Figures,
    /// Between two looks, milliseconds.
    pub poll_ms: u64,
}

/// Posts one gateway's blocks.
pub struct Batcher<S> {
    pub(super) parts: Parts<S>,
    pub(super) rules: Rules,
    pub(super) backlog: Backlog,
    pub(super) bases: Bases,
    pub(super) standing: Option<Standing>,
    pub(super) told_hold: Option<Hold>,
    pub(super) next_look_ms: u64,
    /// Tries in a row that came to nothing.
    pub(super) failures: u32,
    /// The newest batch, when it is known whose it is.
    pub(super) seen_newest: Option<B256>,
    /// What is good for everybody, when there is nothing better to do.
    pub(super) errands: Option<Errands>,
}

/// What a look at the situation came to.
#[derive(Clone, Debug)]
pub enum Round {
    /// Nothing to do until then (Unix milliseconds) or the next poll.
    Waited {
        /// When.
        until_ms: u64,
        /// For what.
        hold: Hold,
    },
    /// A batch was tried.
    Posted(Outcome),
    /// A chore was done.
    Chore(Chore, Done),
    /// An errand was run; true when it did what it should.
    Errand(bool),
    /// L1 does not show enough yet.
    NotReady(&'static str),
}

/// What went wrong. Nothing of it ends a batcher.
#[derive(Debug, thiserror::Error)]
pub enum RoundError {
    /// L1.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// The Inbox.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The gateway.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A batch.
    #[error(transparent)]
    Post(#[from] PostError),
    /// A chore.
    #[error(transparent)]
    Keeper(#[from] KeeperError),
    /// The file for the operator.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// Blocks that can't be posted as they are.
    #[error(
        "nothing can be posted ({0:?}): the gateway's sealed blocks, its signed Base and L1 do not agree; compare the gateway's head with a follower's"
    )]
    Stuck(Hold),
    /// The gateway answers for another number than its key is registered with.
    #[error("the gateway says it is number {got:?}, our key belongs to number {expected}")]
    OtherGateway {
        /// By the registry.
        expected: u32,
        /// By itself.
        got: Option<u32>,
    },
}

impl<S: BlockSource> Batcher<S> {
    /// Finds its gateway by its key.
    ///
    /// # Errors
    /// [`RoundError`]; [`RoundError::OtherGateway`] when no gateway is registered with the key.
    pub async fn new(parts: Parts<S>) -> Result<Self, RoundError> {
        let facts = Arc::clone(parts.settlement.facts());
        let call = GatewayRegistry::gatewayOfKeyCall {
            key: parts.committer.address(),
        };
        let registry = facts.contracts.gateway_registry;
        let me = parts
            .reader
            .read_from(registry, &call, BlockId::latest())
            .await?;
        if me == 0 {
            return Err(RoundError::OtherGateway {
                expected: 0,
                got: None,
            });
        }
        tracing::info!(gateway = me, committer = %parts.committer.address(), "posting for this gateway");
        let rules = Rules {
            turns: facts.turns,
            me,
            sequencing_window_slots: facts.sequencing_window_slots,
            policy: parts.policy,
        };
        Ok(Self {
            parts,
            rules,
            backlog: Backlog::default(),
            bases: Bases::default(),
            standing: None,
            told_hold: None,
            next_look_ms: 0,
            failures: 0,
            seen_newest: None,
            errands: None,
        })
    }

    /// Lets it do chores as well.
    pub fn keep(&mut self, keeper: Keeper) {
        self.parts.keeper = Some(keeper);
    }

    /// Lets it run errands on L1 for the rollup's rewards.
    pub fn run_errands(&mut self, errands: Errands) {
        self.errands = Some(errands);
    }

    /// The gateway's number.
    pub const fn gateway(&self) -> u32 {
        self.rules.me
    }

    /// Looks and acts until the end is requested. A batch under way is given up then: pools may still take it, and the next start
    /// finds out.
    pub async fn run(mut self, shutdown: Shutdown) {
        while !shutdown.is_requested() {
            let round = tokio::select! {
                () = shutdown.requested() => return,
                round = self.round() => round,
            };
            self.parts.figures.looks.inc();
            let wait_ms = match round {
                Ok(round) => self.after(&round),
                Err(error) => {
                    self.failed(&error);
                    self.parts.poll_ms.max(100)
                }
            };
            tokio::select! {
                () = shutdown.requested() => return,
                () = tokio::time::sleep(Duration::from_millis(wait_ms)) => {}
            }
        }
    }

    /// Milliseconds until the next look.
    fn after(&mut self, round: &Round) -> u64 {
        let poll_ms = self.parts.poll_ms;
        let Round::Waited { until_ms, hold } = round else {
            tracing::debug!(?round, "done");
            return poll_ms;
        };
        if self.told_hold != Some(*hold) {
            self.told_hold = Some(*hold);
            match hold {
                Hold::BaseContradicted | Hold::NotUnderOurBase => {
                    self.failed(&RoundError::Stuck(*hold));
                }
                _ => tracing::debug!(?hold, "waiting"),
            }
        }
        match until_ms.saturating_sub(self.parts.clock.now_ms()) {
            0 => poll_ms,
            left_ms => left_ms.min(poll_ms),
        }
    }

    fn failed(&mut self, error: &RoundError) {
        let words = error.to_string();
        // The same thing again and again is said once.
        if self.parts.report.last_error.as_deref() == Some(&words) {
            tracing::debug!(error = %words, "the batcher goes on");
            return;
        }
        tracing::warn!(error = %words, "the batcher goes on");
        if let Err(error) = self.parts.report.failed(&words) {
            tracing::error!(%error, "the operator's file can't be written");
        }
    }

    /// One look at the situation, and what follows from it.
    ///
    /// # Errors
    /// [`RoundError`]: look again in a moment.
    pub async fn round(&mut self) -> Result<Round, RoundError> {
        if self.parts.settlement.windows().at.is_none() {
            return Ok(Round::NotReady("the windows are not read yet"));
        }
        let head = self.parts.reader.client().head().await?;
        let status = self.parts.source.status().await?;
        if status.gateway.is_some_and(|got| got != self.rules.me) {
            return Err(RoundError::OtherGateway {
                expected: self.rules.me,
                got: status.gateway,
            });
        }
        self.stand_at(head, &status).await?;
        let next_slot = self.next_slot(&head);
        let void = status.void_batches.iter().copied().collect();
        let parent = self
            .standing
            .as_ref()
            .and_then(|standing| parent_of(&standing.line, &void));
        let Some(parent) = parent else {
            return Ok(Round::NotReady("the batch to post on is not known"));
        };
        let first = first_block(&self.rules, parent.batch.last_block, next_slot);
        self.backlog.refresh(&self.parts.source, first).await?;
        self.measure();
        let decision = self.decide(next_slot, &status).await?;
        match decision {
            Decision::Post(order) => {
                if let Some(round) = self.chore(head, next_slot, Some(&order)).await? {
                    return Ok(round);
                }
                self.post(order, parent, head).await
            }
            Decision::Wait { until_ms, hold } => {
                if let Some(round) = self.chore(head, next_slot, None).await? {
                    return Ok(round);
                }
                if let Some(round) = self.errand(head, next_slot).await? {
                    return Ok(round);
                }
                Ok(Round::Waited { until_ms, hold })
            }
        }
    }
}
