use std::{collections::BTreeSet, sync::Arc, time::Duration};

use alloy_eips::BlockId;
use alloy_primitives::{Address, Bytes};
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::SolCall;
use forebond_contracts::{bindings::RewardsManager, explain};
use forebond_l1::{
    L1Error,
    sender::{FeePolicy, Lane, LaneConfig, Outgoing, SendError},
};
use forebond_rewards::{
    book::Pot,
    rollup::{Manager, RewardsError, Scan},
};
use forebond_runtime::Shutdown;
use tokio::sync::watch;

use super::{
    Errand, RevenueFigures,
    borders::{self, Stretch},
    l1_view::{L1View, settle_call},
    turns,
};
use crate::inbox::{InboxReader, ReadError};

/// Between two looks, milliseconds.
const LOOK_MS: u64 = 1_000;
/// Until a transaction on the rollup is in a sealed block, milliseconds: hand-overs and silent gateways included.
const LANDS_WITHIN_MS: u64 = 20_000;
/// Batches settled at once.
const SETTLED_AT_ONCE: usize = 8;
/// Chunks of the rollup's events read in one look.
const CHUNKS: usize = 8;
/// Recorded borders remembered, blocks back.
const REMEMBERED_BLOCKS: u64 = 10_000;

/// Least tip on the rollup, wei per gas; where more is usual, what is usual.
const ROLLUP_TIP_WEI: u128 = 1_000_000;

fn rollup_fees() -> LaneConfig {
    LaneConfig {
        fees: FeePolicy {
            min_tip_wei: ROLLUP_TIP_WEI,
            ..FeePolicy::default()
        },
        poll_ms: 250,
        bump_after_ms: 8_000,
        ..LaneConfig::default()
    }
}

/// Why a look came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum StewardError {
    /// The rollup.
    #[error(transparent)]
    Rollup(#[from] RewardsError),
    /// L1.
    #[error(transparent)]
    L1(#[from] ReadError),
    /// Our transaction on the rollup.
    #[error("the transaction on the rollup: {0}; does its account have ether there?")]
    Send(#[from] SendError),
}

impl From<L1Error> for StewardError {
    fn from(error: L1Error) -> Self {
        Self::Rollup(error.into())
    }
}

/// What a steward is made of.
#[derive(Debug)]
pub struct StewardParts {
    /// Our gateway's number.
    pub me: u32,
    /// The manager, through our gateway.
    pub manager: Manager,
    /// Our account on the rollup.
    pub payer: PrivateKeySigner,
    /// Who does what is to be done on L1.
    pub errands: watch::Sender<Option<Arc<Errand>>>,
    /// Figures.
    pub figures: RevenueFigures,
}

/// Looks after the rollup's fees: a task of its own, so that no batch waits for it.
#[derive(Debug)]
pub struct Steward {
    parts: StewardParts,
    /// Once the rollup's node has answered: a gateway may start after its batcher.
    lane: Option<Lane>,
    l1: L1View,
    scan: Scan,
    /// Blocks whose checkpoints are recorded in the safe chain: what stands on promises can be taken back.
    known: BTreeSet<u64>,
    told: Option<String>,
}

impl Steward {
    /// Of the rollup whose Inbox `reader` reads. Forfeitures are the slasher's to tell; L1's logs are read from block `l1_start` on.
    pub fn new(
        parts: StewardParts,
        reader: InboxReader,
        (messenger, slasher): (Address, Option<Address>),
        (gateway_registry, l1_start): (Address, u64),
    ) -> Self {
        Self {
            parts,
            lane: None,
            l1: L1View::new(reader, (messenger, slasher), gateway_registry, l1_start),
            scan: Scan::default(),
            known: BTreeSet::new(),
            told: None,
        }
    }

    /// Looks and acts until the end is requested.
    pub async fn run(mut self, shutdown: Shutdown) {
        while !shutdown.is_requested() {
            let look = tokio::select! {
                () = shutdown.requested() => return,
                look = self.look() => look,
            };
            match look {
                Ok(()) => self.told = None,
                Err(error) => self.tell(&error),
            }
            tokio::select! {
                () = shutdown.requested() => return,
                () = tokio::time::sleep(Duration::from_millis(LOOK_MS)) => {}
            }
        }
    }

    /// The same thing again and again is said once.
    fn tell(&mut self, error: &StewardError) {
        let words = error.to_string();
        if self.told.as_ref() == Some(&words) {
            tracing::debug!(error = %words, "the rewards wait");
        } else {
            tracing::warn!(error = %words, "the rewards wait");
            self.told = Some(words);
        }
    }

    /// One look: at most one transaction on the rollup, and what L1 needs.
    ///
    /// # Errors
    /// [`StewardError`]: look again in a moment.
    pub async fn look(&mut self) -> Result<(), StewardError> {
        self.l1.refresh().await?;
        let read_to = self.scan.block();
        let complete = self.scan.go_on(&self.parts.manager, CHUNKS).await?;
        if self.scan.block() < read_to {
            // L1 took blocks back, and with them perhaps checkpoints.
            self.known.clear();
        }
        self.parts.figures.show(self.scan.book());
        // Borders first: they are forgotten, everything else keeps.
        let client = self.parts.manager.client();
        let head = client.head().await?.number;
        let safe = client.block(BlockId::safe()).await?;
        let safe = safe.map_or(0, |block| block.number);
        self.known
            .retain(|number| *number >= head.saturating_sub(REMEMBERED_BLOCKS));
        if self.take_checkpoint(safe, head).await? || !complete {
            return Ok(());
        }
        let origin = self.parts.manager.l1_origin(BlockId::number(safe)).await?;
        let errand = self.l1.errand(self.scan.book(), origin).await?;
        self.parts.errands.send_replace(errand.map(Arc::new));
        if !turns::may_settle(head, self.parts.me, self.l1.gateways) {
            return Ok(());
        }
        if !self.settle(safe, head).await? {
            self.burn().await?;
        }
        Ok(())
    }

    fn stretches(&self) -> Vec<Stretch> {
        let me = self.parts.me;
        let posted = self.l1.line.iter().map(|posted| Stretch {
            first: posted.first,
            last: posted.last,
            ours: posted.gateway == me,
        });
        let attributed = self.scan.book().next_to_settle(SETTLED_AT_ONCE);
        let attributed = attributed.into_iter().map(|(_, whose)| Stretch {
            first: whose.firstBlock,
            last: whose.lastBlock,
            ours: false,
        });
        attributed.chain(posted).collect()
    }

    /// Whether the safe chain knows what had come in at the end of a block; asked until it does.
    async fn is_known(&mut self, number: u64, safe: u64) -> Result<bool, StewardError> {
        if self.known.contains(&number) {
            return Ok(true);
        }
        let at = BlockId::number(safe);
        let known = self.parts.manager.has_checkpoint(number, at).await?;
        if known {
            self.known.insert(number);
        }
        Ok(known)
    }

    async fn take_checkpoint(&mut self, safe: u64, head: u64) -> Result<bool, StewardError> {
        for number in borders::due(&self.known, &self.stretches(), safe, head) {
            let manager = &self.parts.manager;
            let promised = manager.has_checkpoint(number, BlockId::latest());
            if promised.await? {
                self.is_known(number, safe).await?;
                continue;
            }
            let call = match self.parts.manager.checkpoint_call(number).await {
                Ok(call) => call,
                // The node has no proofs of it any more: perhaps another gateway's has.
                Err(RewardsError::Node(L1Error::Refused { message, .. })) => {
                    tracing::debug!(block = number, message, "no checkpoint can be taken");
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            if self
                .send(call, &format!("checkpoint of block {number}"))
                .await?
            {
                self.parts.figures.checkpoints.inc();
            }
            return Ok(true);
        }
        Ok(false)
    }

    async fn settle(&mut self, safe: u64, head: u64) -> Result<bool, StewardError> {
        let mut ready = Vec::new();
        for (_, whose) in self.scan.book().next_to_settle(SETTLED_AT_ONCE) {
            for number in [whose.firstBlock.saturating_sub(1), whose.lastBlock] {
                self.is_known(number, safe).await?;
            }
            if !borders::can_settle(&self.known, whose.firstBlock, whose.lastBlock, head) {
                break;
            }
            ready.push(whose);
        }
        let count = ready.len();
        if count == 0 {
            return Ok(false);
        }
        let what = format!("settlement of {count} batches");
        if self.send(settle_call(ready), &what).await? {
            self.parts.figures.settled.inc_by(count as u64);
        }
        Ok(true)
    }

    /// Burns what is forfeited: nobody is paid for it, and nobody else may do it.
    async fn burn(&mut self) -> Result<(), StewardError> {
        let forfeited = |pot: &&Pot| pot.forfeited && !pot.amount_wei.is_zero();
        let Some(pot) = self.scan.book().pots().find(forfeited).cloned() else {
            return Ok(());
        };
        let call = RewardsManager::releaseCall {
            operator: pot.operator,
            period: pot.period,
        };
        let what = format!("burning of period {} of {}", pot.period, pot.operator);
        self.send(call.abi_encode().into(), &what).await?;
        Ok(())
    }

    /// True when it landed and did what it should. A call that would fail is not sent: somebody was faster, or it is too early.
    async fn send(&mut self, input: Bytes, what: &str) -> Result<bool, StewardError> {
        let outgoing = Outgoing {
            to: Some(Manager::ADDRESS),
            input,
            ..Outgoing::default()
        };
        if self.lane.is_none() {
            let client = self.parts.manager.client().clone();
            let payer = self.parts.payer.clone();
            self.lane = Some(Lane::new(client, payer, rollup_fees()).await?);
        }
        let Some(lane) = self.lane.as_mut() else {
            return Ok(false);
        };
        match lane.send(&outgoing, LANDS_WITHIN_MS).await {
            Ok(landed) if landed.receipt.status() => {
                tracing::info!(what, gas = landed.receipt.gas_used, "done on the rollup");
                Ok(true)
            }
            Ok(landed) => {
                let hash = landed.receipt.transaction_hash;
                tracing::info!(what, transaction = %hash, "somebody was faster");
                Ok(false)
            }
            Err(SendError::L1(L1Error::Refused {
                data: Some(data), ..
            })) if !data.is_empty() => {
                tracing::debug!(what, reason = explain(&data), "not sent");
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }
}
