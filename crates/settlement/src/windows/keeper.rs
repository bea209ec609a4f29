//! Keeps the window book true: asks when an epoch begins, when L1 says something changed, and after a reorg.

use std::{collections::BTreeSet, sync::Arc};

use alloy_eips::BlockId;
use arc_swap::ArcSwap;
use forebond_contracts::bindings::{GatewayRegistry, Lookahead};
use forebond_l1::execution::{BlockRef, ExecutionClient};
use forebond_protocol::Window;

use super::{
    WindowBook,
    gateways::Directory,
    survey::{Owner, Survey, forget_proof, reason},
};
use crate::{
    CommitterSet, Facts, L1Block, SettlementError,
    contracts::{Answer, ContractsAt},
};

/// Gateways that are read whether they own a window or not: the first so many, and those that were asked for. A schedule's length
/// bounds the others.
const ALWAYS_READ: u32 = 16;
/// Epochs for which a gateway's keys are kept.
const EPOCHS_KEPT: u64 = 64;

/// The book, and what it takes to keep it.
pub(crate) struct WindowKeeper {
    facts: Arc<Facts>,
    shared: Arc<ArcSwap<WindowBook>>,
    book: WindowBook,
    directory: Directory,
    /// Gateways that are read besides.
    named: BTreeSet<u32>,
    /// The epoch the book was read in; none when it has to be read again.
    read_in: Option<u64>,
}

impl WindowKeeper {
    pub(crate) fn new(
        facts: Arc<Facts>,
        shared: Arc<ArcSwap<WindowBook>>,
        named: BTreeSet<u32>,
    ) -> Self {
        let book = WindowBook {
            slots_per_epoch: facts.turns.slots.slots_per_epoch,
            ..WindowBook::default()
        };
        shared.store(Arc::new(book.clone()));
        Self {
            facts,
            shared,
            book,
            directory: Directory::default(),
            named,
            read_in: None,
        }
    }

    /// Takes in what a block told about gateways.
    pub(crate) fn heard(&mut self, sets: Vec<CommitterSet>, endpoints: Vec<(u32, String)>) {
        for set in sets {
            self.directory.note_set(set);
        }
        for (gateway, endpoint) in endpoints {
            self.directory.note_endpoint(gateway, endpoint);
        }
    }

    /// Whether the book has to be read again after this block.
    pub(crate) fn applied(&mut self, block: &L1Block) {
        let epoch = self.facts.turns.slots.epoch_of(block.slot);
        if block.windows_changed || self.read_in != Some(epoch) {
            self.read_in = None;
        }
    }

    /// Takes back, at once, what rested on the block.
    pub(crate) fn undone(&mut self, block: Option<&L1Block>) {
        let Some(block) = block else {
            // It is not known any more what the block said.
            self.book.schedule = Default::default();
            self.read_in = None;
            self.directory.forget_endpoints();
            self.publish();
            return;
        };
        if !block.windows_changed {
            return;
        }
        self.read_in = None;
        self.directory.forget_endpoints();
        for epoch in &block.proven_epochs {
            forget_proof(&mut self.book.schedule, *epoch, self.book.slots_per_epoch);
        }
        self.publish();
    }

    /// Whether a reading is due.
    pub(crate) const fn is_due(&self) -> bool {
        self.read_in.is_none()
    }

    /// Reads the book for `block`, the newest one. Nothing is changed on failure.
    pub(crate) async fn read(
        &mut self,
        client: &ExecutionClient,
        block: &L1Block,
    ) -> Result<(), SettlementError> {
        let slots = self.facts.turns.slots;
        let epoch = slots.epoch_of(block.slot);
        let at = ContractsAt {
            client,
            block: BlockId::number(block.at.number),
        };
        let mut book = self.book.clone();
        let mut survey = Survey::of_epochs(epoch, 2, slots.slots_per_epoch);
        while let Some(slot) = survey.slot() {
            let owner = self.owner_of(at, slot).await?;
            survey
                .answer(owner)
                .map_err(|error| SettlementError::Contract {
                    contract: "Lookahead",
                    address: self.facts.contracts.lookahead,
                    call: "windowAt(address,uint64)",
                    reason: error.to_string(),
                })?;
        }
        survey.write(&mut book.schedule);
        self.read_gateways(at, block.at, epoch, &mut book).await?;
        // Asked for by number, because not every node reads states by hash: the answers count if it is still that block.
        let still = client.block(BlockId::number(block.at.number)).await?;
        if still.is_none_or(|still| still.hash != block.at.hash) {
            return Err(SettlementError::BlockGone {
                number: block.at.number,
                hash: block.at.hash,
            });
        }
        book.at = Some(block.at);
        self.book = book;
        self.read_in = Some(epoch);
        self.publish();
        Ok(())
    }

    async fn owner_of(&self, at: ContractsAt<'_>, slot: u64) -> Result<Owner, SettlementError> {
        let (rollup, lookahead) = (self.facts.contracts.inbox, self.facts.contracts.lookahead);
        let call = Lookahead::windowAtCall { rollup, slot };
        match at.ask("Lookahead", lookahead, &call).await? {
            Answer::Value(window) => Ok(Owner::Known(Window {
                gateway: window.gateway,
                first_slot: window.firstSlot,
                last_slot: window.lastSlot,
            })),
            Answer::Reverted(data) => reason(&data).ok_or_else(|| SettlementError::Contract {
                contract: "Lookahead",
                address: lookahead,
                call: "windowAt(address,uint64)",
                reason: forebond_contracts::explain(&data),
            }),
        }
    }

    async fn read_gateways(
        &mut self,
        at: ContractsAt<'_>,
        block: BlockRef,
        epoch: u64,
        book: &mut WindowBook,
    ) -> Result<(), SettlementError> {
        let registry = self.facts.contracts.gateway_registry;
        let count = GatewayRegistry::gatewayCountCall {};
        let count = at.read("GatewayRegistry", registry, &count).await?;
        let owners = book.schedule.iter().map(|window| window.gateway);
        // Numbers that the registry has not given yet are left for later.
        let named = self.named.iter().copied();
        let wanted: BTreeSet<u32> = (1..=count.min(ALWAYS_READ))
            .chain(named.filter(|gateway| (1..=count).contains(gateway)))
            .chain([self.facts.fallback_gateway])
            .chain(owners)
            .collect();
        let epochs = BTreeSet::from([epoch, epoch.saturating_add(1)]);
        book.gateways.retain(|gateway, _| wanted.contains(gateway));
        for gateway in wanted {
            let info = book.gateways.entry(gateway).or_default();
            info.epochs
                .retain(|known, _| known.saturating_add(EPOCHS_KEPT) > epoch && *known <= epoch);
            self.directory
                .read(&self.facts, at, block.number, gateway, &epochs, info)
                .await?;
        }
        Ok(())
    }

    fn publish(&self) {
        self.shared.store(Arc::new(self.book.clone()));
    }
}
