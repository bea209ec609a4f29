use std::collections::{BTreeMap, BTreeSet};

use alloy_eips::BlockId;
use alloy_primitives::{Address, Bytes};
use alloy_sol_types::{SolCall, SolEvent};
use forebond_contracts::bindings::{
    GatewayRegistry, Inbox, RewardsManager, RewardsMessenger, Slasher,
};
use forebond_l1::execution::BlockRef;
use forebond_rewards::book::Book;

use super::{Errand, messages::Messages};
use crate::inbox::{InboxReader, ReadError};

/// Batches that are not attributed yet, at most: a claim window of a week has fewer.
const MOST_BATCHES: usize = 2_048;
/// What `RewardsMessenger.attribute` takes at once.
const MOST_AT_ONCE: usize = 16;
/// L1 blocks whose logs are asked for at once, and how often in one look.
const CHUNK_BLOCKS: u64 = 2_000;
const CHUNKS: usize = 8;
/// L1 blocks whose logs are read again after L1 went back.
const REREAD_BLOCKS: u64 = 64;
/// `BatchStatus.Confirmed`.
const CONFIRMED: u8 = 3;
/// A message that ran out of gas gets so much more; blocks have room for no more than this.
const MORE_GAS: u64 = 2;
const MOST_GAS: u64 = 10_000_000;

/// A batch of the chain on L1 that is not attributed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Posted {
    pub(super) id: u32,
    pub(super) parent: u32,
    pub(super) gateway: u32,
    pub(super) first: u64,
    pub(super) last: u64,
}

/// Batches, messages and forfeitures as L1 shows them.
#[derive(Debug)]
pub(super) struct L1View {
    reader: InboxReader,
    messenger: Address,
    slasher: Option<Address>,
    gateway_registry: Address,
    records: BTreeMap<u32, Posted>,
    head: Option<BlockRef>,
    logs_to: u64,
    logs_complete: bool,
    messages: Messages,
    forfeited: BTreeSet<(Address, u64)>,
    /// Not attributed yet, in the order of the chain.
    pub(super) line: Vec<Posted>,
    /// How many of the line are Confirmed, `MOST_AT_ONCE` at most.
    confirmed: usize,
    pub(super) gateways: u32,
}

impl L1View {
    pub(super) fn new(
        reader: InboxReader,
        (messenger, slasher): (Address, Option<Address>),
        gateway_registry: Address,
        l1_start: u64,
    ) -> Self {
        Self {
            reader,
            messenger,
            slasher,
            gateway_registry,
            records: BTreeMap::new(),
            head: None,
            logs_to: l1_start,
            logs_complete: false,
            messages: Messages::default(),
            forfeited: BTreeSet::new(),
            line: Vec::new(),
            confirmed: 0,
            gateways: 1,
        }
    }

    /// Reads what is new. Nothing is asked twice for one L1 block.
    pub(super) async fn refresh(&mut self) -> Result<(), ReadError> {
        let head = self.reader.client().head().await?;
        if self.head == Some(head) && self.logs_complete {
            return Ok(());
        }
        let follows = self
            .head
            .is_none_or(|old| old.hash == head.parent_hash || old.hash == head.hash);
        if !follows {
            // Blocks were missed or replaced: numbers may mean other batches now.
            self.records.clear();
            self.logs_to = self.logs_to.saturating_sub(REREAD_BLOCKS);
        }
        let at = BlockId::hash(head.hash);
        let count = GatewayRegistry::gatewayCountCall {};
        self.gateways = self
            .reader
            .read_from(self.gateway_registry, &count, at)
            .await?;
        self.read_line(at).await?;
        self.read_logs(head.number).await?;
        self.head = Some(head);
        Ok(())
    }

    async fn read_line(&mut self, at: BlockId) -> Result<(), ReadError> {
        let call = RewardsMessenger::attributedBatchCall {};
        let attributed = self.reader.read_from(self.messenger, &call, at).await?;
        let mut id = self.reader.read(&Inbox::newestCall {}, at).await?;
        let mut line = Vec::new();
        while id != attributed && id != 0 && line.len() < MOST_BATCHES {
            let posted = match self.records.get(&id) {
                Some(known) => *known,
                None => {
                    let record = self
                        .reader
                        .read(&Inbox::recordCall { batchId: id }, at)
                        .await?;
                    let posted = Posted {
                        id,
                        parent: record.parentId,
                        gateway: record.gateway,
                        first: record.firstBlock,
                        last: record.lastBlock,
                    };
                    self.records.insert(id, posted);
                    posted
                }
            };
            id = posted.parent;
            line.push(posted);
        }
        line.reverse();
        let kept: BTreeSet<u32> = line.iter().map(|posted| posted.id).collect();
        self.records.retain(|id, _| kept.contains(id));
        // A line that does not begin at the last attributed batch says nothing about what comes next.
        let whole = line.first().is_none_or(|first| first.parent == attributed);
        self.confirmed = 0;
        for posted in line.iter().take(if whole { MOST_AT_ONCE } else { 0 }) {
            let call = Inbox::statusOfCall { batchId: posted.id };
            if self.reader.read(&call, at).await? != CONFIRMED {
                break;
            }
            self.confirmed += 1;
        }
        self.line = line;
        Ok(())
    }

    async fn read_logs(&mut self, head: u64) -> Result<(), ReadError> {
        let client = self.reader.client();
        for _ in 0..CHUNKS {
            let first = self.logs_to.saturating_add(1);
            if first > head {
                break;
            }
            let last = head.min(first.saturating_add(CHUNK_BLOCKS.saturating_sub(1)));
            for log in client
                .logs_between((first, last), self.messenger, &[])
                .await?
            {
                let block = log.block_number.unwrap_or(last);
                if let Ok(stored) = RewardsMessenger::MessageStored::decode_log(&log.inner) {
                    self.messages.stored(stored.id, stored.data.data, block);
                } else if let Ok(resent) = RewardsMessenger::MessageResent::decode_log(&log.inner) {
                    self.messages.resent(resent.id, resent.gasLimit, block);
                }
            }
            if let Some(slasher) = self.slasher {
                let topics = [Slasher::Forfeited::SIGNATURE_HASH];
                for log in client.logs_between((first, last), slasher, &topics).await? {
                    let event = Slasher::Forfeited::decode_log(&log.inner);
                    if let Ok(event) = event
                        && event.rollup == self.reader.inbox()
                    {
                        self.forfeited.insert((event.operator, event.period));
                    }
                }
            }
            self.logs_to = last;
        }
        self.logs_complete = self.logs_to >= head;
        Ok(())
    }

    /// What is to be done on L1, `book` being what the rollup knows and `origin` the L1 block whose deposits it has. Forfeitures
    /// first: they have a margin, batches have time.
    pub(super) async fn errand(
        &mut self,
        book: &Book,
        origin: u64,
    ) -> Result<Option<Errand>, ReadError> {
        let Some(head) = self.head.filter(|_| self.logs_complete) else {
            return Ok(None);
        };
        self.messages.forget_arrived(book);
        let errand = |what: String, input: Vec<u8>| Errand {
            what,
            to: self.messenger,
            input: input.into(),
            seen_at: head.number,
            gateways: self.gateways,
        };
        let untold = self.forfeited.iter().find(|(operator, period)| {
            !self.messages.tells_of(*operator, *period) && !book.is_forfeited(*operator, *period)
        });
        if let Some((operator, period)) = untold {
            let data = RewardsManager::forfeitCall {
                operator: *operator,
                period: *period,
            };
            let call = RewardsMessenger::forfeitCall {
                operator: *operator,
                period: *period,
                gasLimit: self.least_gas(data.abi_encode().len(), 0).await?,
            };
            let what = format!("tell that {operator} forfeited period {period}");
            return Ok(Some(errand(what, call.abi_encode())));
        }
        if let Some((id, message)) = self.messages.lost(book, origin) {
            let least = self
                .least_gas(message.data.len(), message.told.batches())
                .await?;
            let gas = message.gas.unwrap_or(least).saturating_mul(MORE_GAS);
            let call = RewardsMessenger::resendCall {
                id,
                data: message.data.clone(),
                gasLimit: gas.min(MOST_GAS),
            };
            return Ok(Some(errand(
                format!("send message {id} again"),
                call.abi_encode(),
            )));
        }
        let ids: Vec<u32> = self
            .line
            .iter()
            .take(self.confirmed)
            .map(|posted| posted.id)
            .collect();
        if ids.is_empty() {
            return Ok(None);
        }
        let data = RewardsManager::attributeCall {
            firstPlace: 0,
            attributions: vec![Default::default(); ids.len()],
        };
        let what = format!("attribute batches {ids:?}");
        let gas = self
            .least_gas(data.abi_encode().len(), ids.len() as u64)
            .await?;
        let call = RewardsMessenger::attributeCall {
            batchIds: ids,
            gasLimit: gas,
        };
        Ok(Some(errand(what, call.abi_encode())))
    }

    async fn least_gas(&self, data_bytes: usize, batches: u64) -> Result<u64, ReadError> {
        let call = RewardsMessenger::leastGasCall {
            dataLength: alloy_primitives::U256::from(data_bytes),
            batches: alloy_primitives::U256::from(batches),
        };
        self.reader
            .read_from(self.messenger, &call, BlockId::latest())
            .await
    }
}

/// Calldata that settles these batches.
pub(super) fn settle_call(attributions: Vec<RewardsManager::Attribution>) -> Bytes {
    RewardsManager::settleCall { attributions }
        .abi_encode()
        .into()
}
