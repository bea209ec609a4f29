//! The node: both halves, the plan, and what watchers of the chain are told.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use alloy_primitives::{Address, B256, Bytes};
use forebond_beacon::preset::Preset;
use parking_lot::Mutex;
use tokio::sync::{broadcast, watch};

use super::{
    chain::{BlockRecord, Chain, SlotRecord},
    config::{Clock, NodeConfig},
    error::StartError,
    ledger::Ledger,
    payload,
};
use crate::{
    beacon_api::ChainEvent,
    consensus::{ChainConfig, Consensus, Genesis, KeyRing},
    execution::{BlockTree, ChainSpec, GenesisBlock, PayloadAttributes, dev_accounts},
    script::{Action, Control, Plan, Reorg, ScriptError, Scripted, Status},
};

/// Events a reader may lag behind before it is disconnected.
const EVENT_BUFFER: usize = 1_024;

/// An L1 in this process. Synchronous; see [`EmbeddedL1`](super::EmbeddedL1) for clock and servers.
#[derive(Debug)]
pub struct Node<P: Preset> {
    pub(super) config: NodeConfig,
    pub(super) consensus: Mutex<Consensus<P>>,
    pub(super) withdrawal_accounts: Vec<Address>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) chain: Mutex<Chain<P>>,
    pub(super) genesis_time_s: u64,
    pub(super) events: broadcast::Sender<ChainEvent>,
    /// The time of day moves the chain.
    in_real_time: AtomicBool,
    status: watch::Sender<Status>,
}

impl<P: Preset> Node<P> {
    /// A chain at slot 0. `now_s` is the time of day, Unix seconds; virtual time does not look at it.
    ///
    /// # Errors
    /// [`StartError::Config`], and what the halves say about genesis.
    pub fn new(config: NodeConfig, now_s: u64) -> Result<Arc<Self>, StartError> {
        config.validate()?;
        let genesis_time_s = config.genesis_s(now_s);
        let spec = ChainSpec {
            chain_id: config.chain_id,
        };
        let genesis = GenesisBlock::development(genesis_time_s, &config.funded);
        let executed = BlockTree::new(spec, genesis.clone()).head()?;

        let chain_config = ChainConfig::devnet::<P>(config.chain_id, config.slot_duration_ms);
        let keys = KeyRing::interop(config.validators);
        let withdrawal_accounts: Vec<Address> = dev_accounts()
            .into_iter()
            .take(config.withdrawal_accounts)
            .collect();
        let beacon_genesis = Genesis::of_ring(
            &keys,
            &withdrawal_accounts,
            genesis_time_s,
            payload::genesis_header::<P>(&executed)?,
        );
        let consensus = Consensus::new(Arc::new(chain_config), Arc::new(keys))
            .with_verification(config.verify_signatures);
        let state = consensus.genesis(beacon_genesis)?;
        let root = consensus.head_root(&state);
        let head = Arc::new(BlockRecord {
            root,
            signed: Arc::new(consensus.genesis_block(&state)),
            executed,
            slot: 0,
        });
        let votes = consensus.attest(&state, root, &Default::default())?;
        let record = SlotRecord {
            slot: 0,
            head: Arc::clone(&head),
            state,
            votes,
        };
        let next = next_attributes(&config, genesis_time_s, 0, root);
        let ledger = Ledger::new(spec, genesis, config.pool, config.kept_blocks, next)?;
        let chain = Chain {
            slots: VecDeque::from([record]),
            blocks: HashMap::from([(root, Arc::clone(&head))]),
            roots: VecDeque::from([(0, root)]),
            genesis_root: root,
            told: (Arc::clone(&head), 0),
            plan: Plan::new(config.script.clone()),
            reorgs: 0,
            hidden: HashSet::new(),
            deposited_keys: Vec::new(),
        };
        let status = watch::Sender::new(status_of(&chain));
        let in_real_time = AtomicBool::new(config.clock == Clock::Real);
        Ok(Arc::new(Self {
            config,
            consensus: Mutex::new(consensus),
            withdrawal_accounts,
            ledger: Arc::new(ledger),
            chain: Mutex::new(chain),
            genesis_time_s,
            events: broadcast::channel(EVENT_BUFFER).0,
            in_real_time,
            status,
        }))
    }

    /// The execution half: blocks, pool, what its RPC reads.
    pub const fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// A handle that scripts the chain.
    pub fn control(self: &Arc<Self>) -> Control {
        Control::new(Arc::clone(self) as Arc<dyn Scripted>)
    }

    /// Unix seconds of slot 0.
    pub const fn genesis_time_s(&self) -> u64 {
        self.genesis_time_s
    }

    /// The state after a slot, if it is kept.
    pub fn state_at(&self, slot: u64) -> Option<forebond_beacon::containers::BeaconState<P>> {
        let chain = self.chain.lock();
        chain.slot(slot).map(|record| record.state.clone())
    }

    /// The canonical block of a slot, if it has one that is kept.
    pub fn block_at(&self, slot: u64) -> Option<Arc<BlockRecord<P>>> {
        self.chain.lock().block_at(slot).cloned()
    }

    /// Shows the chain to readers after slots have passed; `head_moved` when the newest block is another one.
    pub(super) fn show(&self, chain: &mut Chain<P>, head_moved: bool) -> Result<(), ScriptError> {
        let Some(newest) = chain.newest() else {
            return Ok(());
        };
        let head = &newest.head;
        let next = next_attributes(&self.config, self.genesis_time_s, newest.slot, head.root);
        if head_moved {
            // Block 0 until the chain has justified something: its checkpoint then has the root zero.
            let executed = |root: &B256| {
                let block = chain.blocks.get(root);
                block.map_or(B256::ZERO, |block| block.executed.hash)
            };
            let state = &newest.state;
            self.ledger.set_head(
                head.executed.hash,
                next,
                executed(&state.current_justified_checkpoint.root),
                executed(&state.finalized_checkpoint.root),
            )?;
        } else {
            self.ledger.set_next(next);
        }
        self.tell(chain);
        self.status.send_replace(status_of(chain));
        Ok(())
    }

    /// From now on slots no longer pass on request.
    pub(super) fn leave_virtual_time(&self) {
        // Whoever advances holds the chain: no slot is in the middle of being made on request.
        let _chain = self.chain.lock();
        self.in_real_time.store(true, Ordering::Release);
    }

    /// Lets slots pass until the chain stands at `slot`; at most `limit` of them get blocks, the older ones stay empty.
    pub(super) fn catch_up(&self, slot: u64, limit: u64) -> Result<(), ScriptError> {
        loop {
            let mut chain = self.chain.lock();
            let newest = chain.newest().map_or(0, |record| record.slot);
            let Some(behind) = slot.checked_sub(newest).filter(|behind| *behind > 0) else {
                return Ok(());
            };
            if behind > limit {
                let late = newest.saturating_add(1);
                let mut plan = chain.plan.take(late);
                plan.has_block = false;
                self.pass_as(&mut chain, late, &plan)?;
            } else {
                self.pass_slot(&mut chain)?;
            }
        }
    }
}

/// What the block after `slot` is expected to be built from, as far as pending state and prices need it.
fn next_attributes(
    config: &NodeConfig,
    genesis_time_s: u64,
    slot: u64,
    head_root: B256,
) -> PayloadAttributes {
    let next_slot = slot.saturating_add(1);
    let since_genesis_s = next_slot.saturating_mul(config.slot_duration_ms) / 1_000;
    PayloadAttributes {
        timestamp_s: genesis_time_s.saturating_add(since_genesis_s),
        prev_randao: B256::ZERO,
        fee_recipient: Address::ZERO,
        withdrawals: Vec::new(),
        parent_beacon_block_root: head_root,
        extra_data: Bytes::new(),
        scripted_deposits: Bytes::new(),
    }
}

fn status_of<P: Preset>(chain: &Chain<P>) -> Status {
    let Some(newest) = chain.newest() else {
        return Status::default();
    };
    Status {
        slot: newest.slot,
        head_slot: newest.head.slot,
        head_root: newest.head.root,
        block_number: newest.head.executed.number(),
        justified_epoch: newest.state.current_justified_checkpoint.epoch,
        finalized_epoch: newest.state.finalized_checkpoint.epoch,
        stalled: chain.plan.stalled(),
    }
}

impl<P: Preset> Scripted for Node<P> {
    fn plan(&self, slot: u64, action: Action) -> Result<(), ScriptError> {
        let mut chain = self.chain.lock();
        let head = chain.newest().map_or(0, |record| record.slot);
        chain.plan.add(head, slot, action)
    }

    fn reorg(&self, reorg: Reorg) -> Result<Status, ScriptError> {
        let mut chain = self.chain.lock();
        self.reorg_chain(&mut chain, reorg)?;
        Ok(status_of(&chain))
    }

    fn advance(&self, slots: u64) -> Result<Status, ScriptError> {
        for _ in 0..slots {
            // Others get a turn between two slots.
            let mut chain = self.chain.lock();
            if self.in_real_time.load(Ordering::Acquire) {
                return Err(ScriptError::RealTime);
            }
            self.pass_slot(&mut chain)?;
        }
        Ok(self.status())
    }

    fn set_stalled(&self, stalled: bool) {
        let mut chain = self.chain.lock();
        chain.plan.set_stalled(stalled);
        self.status.send_replace(status_of(&chain));
    }

    fn set_attesting_percent(&self, percent: u8) -> Result<(), ScriptError> {
        if percent > 100 {
            return Err(ScriptError::Percent { got: percent });
        }
        self.chain.lock().plan.set_attesting_percent(percent);
        Ok(())
    }

    fn set_blobs_hidden(&self, slot: u64, hidden: bool) -> Result<(), ScriptError> {
        let mut chain = self.chain.lock();
        let block = chain.block_at(slot).ok_or(ScriptError::NoBlock { slot })?;
        let root = block.root;
        if hidden {
            chain.hidden.insert(root);
        } else {
            chain.hidden.remove(&root);
        }
        Ok(())
    }

    fn status(&self) -> Status {
        *self.status.borrow()
    }

    fn watch(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }
}
