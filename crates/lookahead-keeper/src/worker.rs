use std::{sync::Arc, time::Duration};

use alloy_primitives::{Address, B256};
use alloy_rpc_types_eth::TransactionRequest;
use alloy_sol_types::SolCall;
use forebond_contracts::{bindings::GatewayRegistry, bindings::Lookahead, explain};
use forebond_l1::{
    L1Error,
    beacon::{BeaconClient, StateError},
    execution::{BlockRef, ExecutionClient},
    sender::{Lane, Outgoing, SendError, SlotOutcome, SlotRules, SlotWork},
};
use forebond_runtime::Clock;
use forebond_settlement::{ContractsAt, Facts, SettlementError};
use prometheus::IntCounter;

use crate::{
    chores::{Busy, Chore, Known, PATIENCE_SLOTS, Shift, due, due_for_bystander, goes_first},
    preparation::Preparation,
};

/// Enough for a proof of 32 slots, which takes 160,000 when storage is new.
const PROVING_GAS: u64 = 500_000;
/// A call that finds the windows cached uses less than this; caching uses more.
const CACHED_GAS: u64 = 90_000;

/// Why a chore was not done.
#[derive(Debug, thiserror::Error)]
pub enum KeeperError {
    /// L1 does not answer.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// A contract can't be read.
    #[error(transparent)]
    Read(#[from] SettlementError),
    /// The beacon node's state is not what it has to be, or does not prove it.
    #[error(transparent)]
    State(#[from] StateError),
    /// L1 does not take it.
    #[error(transparent)]
    Send(#[from] SendError),
}

/// In whose name chores are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A gateway's, by its number: it takes its turn among all.
    Gateway(u32),
    /// Somebody's who steps in when no gateway did; the number spreads several of them over the slots.
    Bystander(u64),
}

/// Does the chores of one gateway, or of a bystander.
#[derive(Debug)]
pub struct Keeper {
    beacon: BeaconClient,
    client: ExecutionClient,
    facts: Arc<Facts>,
    place: Place,
    clock: Arc<dyn Clock>,
    rules: SlotRules,
    /// Epoch whose windows are known to be cached.
    cached: Option<u64>,
    preparation: Preparation,
    /// What was read after L1's newest block: gateways, and what the Lookahead knows.
    read: Option<(B256, u32, Known)>,
}

/// What a chore came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// It is in a block.
    Paid(Chore),
    /// Somebody was faster, or no slot took it.
    Nothing,
}

impl Keeper {
    /// For `place`. `rules` gives the clock and how close to a slot something is sent; its slots do not matter.
    pub fn new(
        beacon: BeaconClient,
        client: ExecutionClient,
        facts: Arc<Facts>,
        place: Place,
        clock: Arc<dyn Clock>,
        rules: SlotRules,
    ) -> Self {
        Self {
            beacon,
            client,
            facts,
            place,
            clock,
            rules,
            cached: None,
            preparation: Preparation::Idle,
            read: None,
        }
    }

    /// What is to be done after L1 block `head`, while those who are busy have batches to send.
    ///
    /// # Errors
    /// [`KeeperError`].
    pub async fn due(&mut self, head: BlockRef, busy: Busy) -> Result<Option<Chore>, KeeperError> {
        let slots = self.rules.clock;
        let head_slot = slots.slot_at_s(head.timestamp_s);
        let epoch = slots.epoch_of(head_slot);
        let (gateways, mut known) = self.read_at(head.hash, epoch).await?;
        known.cached = self.cached == Some(epoch);
        let first_epoch = self.facts.first_epoch;
        let me = match self.place {
            Place::Gateway(me) => me,
            Place::Bystander(salt) => {
                let due = due_for_bystander(&slots, salt, first_epoch, head_slot, &known);
                return self.once_prepared(due).await;
            }
        };
        let shift = Shift {
            me,
            gateways,
            first_epoch,
            busy,
        };
        let chore = due(&slots, &shift, head_slot, &known);
        if let Some(Chore::Cache(epoch)) = chore
            && self.is_cached(epoch).await?
        {
            self.cached = Some(epoch);
            known.cached = true;
            return Ok(due(&slots, &shift, head_slot, &known));
        }
        self.once_prepared(chore).await
    }

    /// A proof is due only once it is made; it is begun here.
    async fn once_prepared(&mut self, chore: Option<Chore>) -> Result<Option<Chore>, KeeperError> {
        let Some(Chore::Prove(epoch)) = chore else {
            return Ok(chore);
        };
        let clock = self.rules.clock;
        let ready = self.preparation.is_ready(&self.beacon, &clock, epoch);
        Ok(ready.await?.then_some(Chore::Prove(epoch)))
    }

    /// A proof that is to be made before a batch of ours is sent, which may land in the slots up to `batch_until`.
    ///
    /// # Errors
    /// [`KeeperError`].
    pub async fn due_before(
        &mut self,
        head: BlockRef,
        busy: Busy,
        next_slot: u64,
        batch_until: u64,
    ) -> Result<Option<Chore>, KeeperError> {
        let slots = self.rules.clock;
        let head_slot = slots.slot_at_s(head.timestamp_s);
        let ends_soon = busy.ends_soon;
        let chore = self.due(head, busy).await?;
        Ok(chore.filter(|chore| match chore {
            Chore::Prove(missing) => goes_first(
                &slots,
                ends_soon,
                head_slot,
                next_slot,
                *missing,
                batch_until,
            ),
            Chore::Cache(_) => false,
        }))
    }

    /// Does a chore on the lane, for the next slots; counts what is handed to pools in `sent`.
    ///
    /// # Errors
    /// [`KeeperError`].
    pub async fn work(
        &mut self,
        lane: &mut Lane,
        chore: Chore,
        next_slot: u64,
        sent: &IntCounter,
    ) -> Result<Done, KeeperError> {
        let rules = SlotRules {
            first_slot: next_slot,
            last_slot: next_slot.saturating_add(PATIENCE_SLOTS - 1),
            ..self.rules
        };
        let clock = Arc::clone(&self.clock);
        let mut work = Work {
            keeper: self,
            chore,
            sent,
            failure: None,
        };
        let outcome = lane
            .send_in_slots(&mut work, &rules, None, &move || clock.now_ms())
            .await?;
        if let Some(failure) = work.failure {
            return Err(failure);
        }
        Ok(match outcome {
            SlotOutcome::Landed { landed, .. } if landed.receipt.status() => {
                if let Chore::Cache(epoch) = chore {
                    self.cached = Some(epoch);
                }
                Done::Paid(chore)
            }
            SlotOutcome::Landed { reverted, .. } => {
                self.preparation.clear();
                let reason = reverted.map(|data| explain(&data));
                tracing::info!(?chore, ?reason, "the chore was refused");
                Done::Nothing
            }
            SlotOutcome::Withdrawn | SlotOutcome::NotTaken { .. } => Done::Nothing,
        })
    }

    /// Reads once a block.
    async fn read_at(&mut self, head: B256, epoch: u64) -> Result<(u32, Known), KeeperError> {
        if let Some((at, gateways, known)) = self.read
            && at == head
        {
            return Ok((gateways, known));
        }
        let registry = self.facts.contracts.gateway_registry;
        let count = GatewayRegistry::gatewayCountCall {};
        let gateways = self
            .at(head)
            .read("GatewayRegistry", registry, &count)
            .await?;
        let next = epoch.saturating_add(1);
        let known = Known {
            previous: match epoch.checked_sub(1) {
                Some(previous) => self.is_proven(previous, head).await?,
                None => true,
            },
            present: self.is_proven(epoch, head).await?,
            next: self.is_proven(next, head).await?,
            cached: false,
        };
        self.read = Some((head, gateways, known));
        Ok((gateways, known))
    }

    async fn is_proven(&self, epoch: u64, head: B256) -> Result<bool, KeeperError> {
        let call = Lookahead::isProvenCall { epoch };
        let lookahead = self.facts.contracts.lookahead;
        Ok(self.at(head).read("Lookahead", lookahead, &call).await?)
    }

    fn at(&self, head: B256) -> ContractsAt<'_> {
        ContractsAt {
            client: &self.client,
            block: head.into(),
        }
    }

    /// The Lookahead does not tell what it caches, but a second caching costs next to nothing.
    async fn is_cached(&self, epoch: u64) -> Result<bool, KeeperError> {
        let request = TransactionRequest::default()
            .to(self.facts.contracts.lookahead)
            .input(self.caching(epoch).into());
        match self.client.estimate_gas(request).await {
            Ok(gas) => Ok(gas < CACHED_GAS),
            // It can't be cached: nothing to pay for.
            Err(L1Error::Refused { .. }) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    fn caching(&self, epoch: u64) -> alloy_primitives::Bytes {
        Lookahead::cacheWindowsCall {
            rollup: self.rollup(),
            epoch,
        }
        .abi_encode()
        .into()
    }

    fn rollup(&self) -> Address {
        self.facts.contracts.inbox
    }
}

struct Work<'a> {
    keeper: &'a mut Keeper,
    chore: Chore,
    sent: &'a IntCounter,
    failure: Option<KeeperError>,
}

impl Work<'_> {
    async fn outgoing(&mut self, slot: u64) -> Result<Option<Outgoing>, KeeperError> {
        let keeper = &mut *self.keeper;
        let (input, gas_limit) = match self.chore {
            Chore::Cache(epoch) => (keeper.caching(epoch), None),
            Chore::Prove(epoch) => {
                let head = keeper.client.head().await?;
                if keeper.is_proven(epoch, head.hash).await? {
                    return Ok(None);
                }
                let clock = &keeper.rules.clock;
                let asked = keeper.preparation.for_slot(&keeper.beacon, clock, slot);
                // Two questions for headers: a node that takes longer is asked again for another slot, not waited for.
                let limit = Duration::from_millis(clock.seconds_per_slot.saturating_mul(500));
                let Ok(found) = tokio::time::timeout(limit, asked).await else {
                    return Ok(None);
                };
                let Some((proof, timestamp_s)) = found? else {
                    return Ok(None);
                };
                (proof.call(timestamp_s), Some(PROVING_GAS))
            }
        };
        Ok(Some(Outgoing {
            to: Some(keeper.facts.contracts.lookahead),
            input,
            gas_limit,
            ..Outgoing::default()
        }))
    }
}

impl SlotWork for Work<'_> {
    async fn for_slot(&mut self, slot: u64) -> Option<Outgoing> {
        match self.outgoing(slot).await {
            Ok(outgoing) => outgoing,
            Err(error) => {
                self.failure = Some(error);
                None
            }
        }
    }

    fn sent(&mut self, slot: u64, hash: B256) {
        self.sent.inc();
        tracing::debug!(slot, transaction = %hash, chore = ?self.chore, "sent");
    }
}
