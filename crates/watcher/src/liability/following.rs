use alloy_consensus::Transaction as _;
use alloy_eips::BlockId;
use alloy_provider::Provider;
use alloy_sol_types::{SolCall, SolEvent};
use forebond_contracts::bindings::{Inbox, Parameters, Slasher};
use forebond_evidence::{Brought, FaultKind};
use forebond_l1::execution::BlockRef;

use super::{Announced, Fault};
use crate::court::{Court, CourtError, search_all};

/// L1 blocks that are searched again: a reorg may have brought other faults.
const OVERLAP_BLOCKS: u64 = 64;
/// L1 blocks of one search.
const PAGE_BLOCKS: u64 = 10_000;
/// Searches of one look; a start may take several looks.
const PAGES: usize = 4;
/// Transactions that are read in one look.
const MOST_READ: usize = 32;

/// Follows what the Slasher announces, and reads what was brought to it.
#[derive(Debug)]
pub(super) struct Following {
    court: Court,
    announced: Announced,
    /// Block from which on L1 was not searched yet.
    searched: Option<u64>,
}

impl Following {
    pub(super) fn new(court: Court) -> Self {
        Self {
            court,
            announced: Announced::default(),
            searched: None,
        }
    }

    /// What is known.
    pub(super) const fn announced(&self) -> &Announced {
        &self.announced
    }

    /// Takes in what is new up to L1's head.
    pub(super) async fn look(&mut self, head: BlockRef) -> Result<(), CourtError> {
        self.search(head).await?;
        self.read_evidence().await
    }

    /// Searches L1 for what was announced since the last time.
    async fn search(&mut self, head: BlockRef) -> Result<(), CourtError> {
        let oldest = head.number.saturating_sub(self.span(head).await?);
        let mut from = self.searched.map_or(oldest, |searched| {
            searched.min(head.number).saturating_sub(OVERLAP_BLOCKS)
        });
        from = from.max(oldest);
        for _ in 0..PAGES {
            let until = from.saturating_add(PAGE_BLOCKS - 1).min(head.number);
            let told = self.told((from, until)).await?;
            self.announced.take(from, told);
            from = until.saturating_add(1);
            self.searched = Some(from);
            if until >= head.number {
                break;
            }
        }
        self.announced.forget_before(oldest);
        Ok(())
    }

    /// L1 blocks after which the case of any fault is closed: as long as one is heard, and the claim period behind it.
    async fn span(&self, head: BlockRef) -> Result<u64, CourtError> {
        let clock = self.court.clock();
        let epoch = clock.epoch_of(clock.slot_at_s(head.timestamp_s));
        let terms = Parameters::termsAtCall { epoch };
        let parameters = self.court.addresses().parameters;
        let terms = self
            .court
            .read(parameters, &terms, BlockId::latest())
            .await?;
        let inbox = self.court.addresses().inbox;
        let config = Inbox::configCall {};
        let config = self.court.read(inbox, &config, BlockId::latest()).await?;
        let settled_s = config
            .claimWindowSeconds
            .saturating_add(config.resolverSeconds);
        let claims_s = terms.claimPeriodSeconds.saturating_mul(2);
        let seconds = terms
            .evidenceHorizonSeconds
            .max(settled_s)
            .saturating_add(claims_s);
        // At most one block a slot.
        let slots = seconds.checked_div(clock.seconds_per_slot).unwrap_or(0);
        Ok(slots.saturating_add(OVERLAP_BLOCKS))
    }

    async fn told(&self, range: (u64, u64)) -> Result<Vec<Fault>, CourtError> {
        let addresses = self.court.addresses();
        let topics = [Slasher::FaultRecorded::SIGNATURE_HASH];
        let client = self.court.client();
        let logs = search_all(client, addresses.slasher, &topics, range).await?;
        let faults = logs.into_iter().filter_map(|log| {
            let event = Slasher::FaultRecorded::decode_log(&log.inner).ok()?;
            Some(Fault {
                id: event.id,
                kind: FaultKind::of_number(event.kind)?,
                gateway: event.gateway,
                base: event.base,
                block: log.block_number?,
                transaction: log.transaction_hash?,
                brought: None,
            })
            .filter(|_| event.rollup == addresses.inbox)
        });
        Ok(faults.collect())
    }

    /// Reads what was brought, where it was brought by a plain call.
    async fn read_evidence(&mut self) -> Result<(), CourtError> {
        if self.announced.verdicts().next().is_none() {
            return Ok(());
        }
        for (id, transaction) in self.announced.unread(MOST_READ) {
            let found = self
                .court
                .client()
                .provider()
                .get_transaction_by_hash(transaction)
                .await
                .map_err(|error| CourtError::Answer {
                    call: "eth_getTransactionByHash",
                    reason: error.to_string(),
                })?;
            let addresses = self.court.addresses();
            let brought = found
                .filter(|found| found.to() == Some(addresses.slasher))
                .and_then(|found| Slasher::slashCall::abi_decode(found.input()).ok())
                .and_then(|call| Brought::read(addresses.judge_at(call.judge)?, &call.evidence));
            self.announced.note(id, brought);
        }
        Ok(())
    }
}
