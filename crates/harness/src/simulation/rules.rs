//! The rollup that is simulated: its constants, its windows, its keys.

use super::{chance::Chance, faults::Plan};
use alloy_primitives::{Address, B256, U256};
use eyre::WrapErr;
use forebond_l1::execution::BlockRef;
use forebond_ledger::genesis_block;
use forebond_protocol::{BlockClock, Schedule, SlotClock, TurnClock, Window};
use forebond_rollup::op::{Genesis, GenesisAccount, L1Origin, derive::DeriveRules};
use forebond_settlement::{
    CommitterSet, ContractAddresses, Facts, GatewayEpoch, GatewayInfo, L1Facts, L1Start,
    OriginRule, WindowBook,
};
use forebond_types::{Domain, Signature};
use secp256k1::SecretKey;
use std::{collections::BTreeMap, sync::Arc};

/// Unix seconds of L1's slot 0.
pub(crate) const L1_GENESIS_S: u64 = 1_700_000_000;
/// Seconds of a slot.
pub(crate) const SLOT_S: u64 = 2;
/// Slots of an epoch.
pub(crate) const SLOTS_PER_EPOCH: u64 = 8;
/// The slot whose beginning is the time of rollup block 0.
pub(crate) const FIRST_SLOT: u64 = 4;
/// Slots until nodes fill blocks that nobody posted.
pub(crate) const SEQUENCING_WINDOW_SLOTS: u64 = 20;
/// L1 blocks an origin lies behind L1's head.
pub(crate) const ORIGIN_DEPTH: u64 = 2;
/// What is owed by a gateway at most, wei.
const RESERVE_WEI: u128 = 1_000_000_000_000_000_000_000;
/// Wallets that send.
pub(crate) const WALLETS: u8 = 4;

/// What all processes agree on.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) facts: Arc<Facts>,
    pub(crate) derive: DeriveRules,
    pub(crate) genesis: Genesis,
    pub(crate) genesis_origin: L1Origin,
    /// All windows there will be.
    pub(crate) windows: Schedule,
    pub(crate) committers: Vec<Address>,
}

/// The key of gateway `index`, which has the number `index + 1`.
pub(crate) fn committer_key(index: usize) -> eyre::Result<SecretKey> {
    key(0x11, index)
}

/// The key of a wallet.
pub(crate) fn wallet_key(index: usize) -> eyre::Result<SecretKey> {
    key(0x41, index)
}

fn key(from: u8, index: usize) -> eyre::Result<SecretKey> {
    let byte = from.saturating_add(u8::try_from(index)?);
    SecretKey::from_slice(&[byte; 32]).wrap_err("a key")
}

/// The address of a key.
pub(crate) fn address_of(key: &SecretKey) -> eyre::Result<Address> {
    let digest = B256::repeat_byte(1);
    Ok(Signature::sign(digest, key).recover(digest)?)
}

/// The number of a gateway.
pub(crate) fn number_of(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1)
}

impl Rules {
    /// The rollup of a plan, with windows up to `last_slot`.
    pub(crate) fn new(plan: &Plan, last_slot: u64, chance: &mut Chance) -> eyre::Result<Self> {
        let genesis_s = L1_GENESIS_S.saturating_add(FIRST_SLOT.saturating_mul(SLOT_S));
        let mut genesis = Genesis::dev(genesis_s, 1);
        for wallet in 0..usize::from(WALLETS) {
            genesis.accounts.push(GenesisAccount {
                address: address_of(&wallet_key(wallet)?)?,
                nonce: 0,
                balance: U256::from(10u64).pow(U256::from(24u64)),
                code: Default::default(),
                storage: Vec::new(),
            });
        }
        let genesis_origin = super::l1::origin_of(&super::l1::first_block());
        let genesis_hash = genesis_block(&genesis, genesis_origin).hash;
        let domain = Domain {
            l1_chain_id: 1,
            inbox: Address::repeat_byte(0xee),
        };
        let nowhere = Address::ZERO;
        let facts = Facts {
            turns: TurnClock {
                slots: SlotClock {
                    genesis_s: L1_GENESIS_S,
                    seconds_per_slot: SLOT_S,
                    slots_per_epoch: SLOTS_PER_EPOCH,
                },
                blocks: BlockClock::new(genesis_s, 1)?,
                handover_slots: plan.handover_slots,
            },
            domain,
            separator: domain.separator(),
            l1: L1Facts {
                chain_id: 1,
                start: L1Start {
                    number: 0,
                    hash: super::l1::first_block().at.parent_hash,
                },
                blob_fee_steps: Vec::new(),
            },
            contracts: ContractAddresses {
                inbox: domain.inbox,
                portal: nowhere,
                lookahead: nowhere,
                gateway_registry: nowhere,
                bond_vault: nowhere,
                parameters: nowhere,
                validator_registry: nowhere,
                beacon_verifiers: nowhere,
                slasher: None,
                attester_resolver: None,
                rewards_messenger: None,
            },
            genesis_hash,
            fallback_gateway: 1,
            lookahead_depth: 1,
            ordering_rule: 0,
            first_epoch: 0,
            claim_window_s: 8,
            sequencing_window_slots: SEQUENCING_WINDOW_SLOTS,
            origins: OriginRule {
                depth: ORIGIN_DEPTH,
                most_lag: 64,
            },
        };
        Ok(Self {
            derive: DeriveRules {
                chain: genesis.config.clone(),
                max_origin_lag: facts.origins.most_lag,
            },
            facts: Arc::new(facts),
            genesis,
            genesis_origin,
            windows: match plan.windows.is_empty() {
                true => drawn(plan.gateways, plan.handover_slots, last_slot, chance),
                false => said(&plan.windows, last_slot),
            },
            committers: (0..plan.gateways)
                .map(|index| address_of(&committer_key(index)?))
                .collect::<eyre::Result<_>>()?,
        })
    }

    /// What L1 says about windows at a head: those that end in the present epoch or the next one.
    pub(crate) fn book_at(&self, head: BlockRef, head_slot: u64) -> WindowBook {
        let epoch = self.facts.turns.slots.epoch_of(head_slot);
        let until = epoch.saturating_add(2).saturating_mul(SLOTS_PER_EPOCH);
        let mut schedule = Schedule::default();
        for window in self.windows.iter().filter(|w| w.last_slot < until) {
            schedule.insert(*window);
        }
        let from = epoch.saturating_sub(8);
        let gateways = self.committers.iter().enumerate().map(|(index, address)| {
            let epochs = (from..=epoch.saturating_add(2)).map(|epoch| {
                let committers = CommitterSet {
                    threshold: 1,
                    members: vec![*address],
                };
                let of_epoch = GatewayEpoch {
                    committers: Some(committers),
                    eligible: true,
                };
                (epoch, of_epoch)
            });
            let info = GatewayInfo {
                epochs: epochs.collect(),
                endpoint: String::new(),
                reserve_wei: RESERVE_WEI,
            };
            (number_of(index), info)
        });
        WindowBook {
            at: Some(head),
            slots_per_epoch: SLOTS_PER_EPOCH,
            schedule,
            gateways: gateways.collect::<BTreeMap<_, _>>(),
        }
    }

    /// The gateway whose turn it is, by its place.
    pub(crate) fn on_duty(&self, now_ms: u64) -> Option<usize> {
        let turns = &self.facts.turns;
        let window = self.windows.of_block(turns, turns.blocks.open_at(now_ms))?;
        usize::try_from(window.gateway).ok()?.checked_sub(1)
    }

    /// When a slot begins, Unix milliseconds.
    pub(crate) fn slot_ms(&self, slot: u64) -> u64 {
        self.facts.turns.slots.start_s(slot).saturating_mul(1000)
    }
}

/// Windows of two to six slots; each longer than the handover, so that no turn is empty.
fn drawn(gateways: usize, handover_slots: u64, last_slot: u64, chance: &mut Chance) -> Schedule {
    let mut schedule = Schedule::default();
    let mut first_slot = FIRST_SLOT;
    let mut before = 0;
    while first_slot <= last_slot {
        let last = first_slot.saturating_add(chance.between(handover_slots, 5));
        let mut owner = chance.place(gateways);
        // Mostly somebody else's turn: handovers are what is looked at.
        if owner == before && chance.percent(70) {
            owner = owner.saturating_add(1) % gateways.max(1);
        }
        before = owner;
        schedule.insert(Window {
            gateway: number_of(owner),
            first_slot,
            last_slot: last,
        });
        first_slot = last.saturating_add(1);
    }
    schedule
}

/// Windows as they are said, over and over.
fn said(windows: &[(usize, u64)], last_slot: u64) -> Schedule {
    let mut schedule = Schedule::default();
    let mut first_slot = FIRST_SLOT;
    for (owner, slots) in windows.iter().cycle() {
        if first_slot > last_slot {
            break;
        }
        let last = first_slot.saturating_add(slots.saturating_sub(1));
        schedule.insert(Window {
            gateway: number_of(*owner),
            first_slot,
            last_slot: last,
        });
        first_slot = last.saturating_add(1);
    }
    schedule
}
