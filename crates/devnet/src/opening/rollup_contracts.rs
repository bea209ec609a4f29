//! The rollup's own contracts, and its first windows.

use alloy_eips::BlockId;
use alloy_primitives::B256;
use alloy_provider::Provider;
use eyre::{Result, ensure, eyre};
use forebond_beacon::preset::Preset;
use forebond_contracts::{
    Plan,
    bindings::{AttesterResolver, Lookahead},
};
use forebond_harness::scenario::{
    beacon_proofs,
    deployment::{self, MOST_ORIGIN_LAG_SLOTS, ResolverTerms, RewardsTerms, RollupTerms},
    validators::proven_state,
};
use forebond_rollup::op::{Genesis, L1Origin};
use forebond_runtime::now_ms;
use forebond_settlement::FundedAccount;
use serde_json::json;

use super::{
    rollup_genesis::{funded_accounts, genesis_hash, genesis_of, origin_at},
    sending::{CALL_GAS, Order, land},
    steps::Opening,
    times::{RollupStart, last_steps_from, rollup_start, until_ready_ms},
};
use crate::config::{DevnetConfig, L1Kind};

/// Seconds a rollup block takes.
const BLOCK_TIME_S: u64 = 1;
/// Depth of R12, slots.
const LOOKAHEAD_DEPTH: u64 = 1;
/// Slots in which a verdict against a batch can be stopped.
const VETO_SLOTS: u64 = 2;
/// Slots in which a dispute is answered.
const RESOLVER_SLOTS: u64 = 12;

/// A rollup whose contracts exist.
pub(super) struct Begun {
    /// When it begins.
    pub(super) start: RollupStart,
    /// Block 0's accounts and constants.
    pub(super) genesis: Genesis,
    /// Those of its accounts that are this devnet's own.
    pub(super) funded: Vec<FundedAccount>,
    /// The L1 block it begins at.
    pub(super) origin: L1Origin,
    /// Hash of block 0.
    pub(super) hash: B256,
}

impl Opening<'_> {
    /// The rollup's contracts, on a genesis that lies about now.
    pub(super) async fn create_rollup(
        &mut self,
        config: &DevnetConfig,
        gateway_ids: &[u32],
    ) -> Result<Begun> {
        let origin = origin_at(self.world.execution(), &self.l1, BlockId::latest()).await?;
        let slot = self.world.status().await?.slot;
        let start = rollup_start(
            &self.clock,
            slot,
            now_ms(),
            until_ready_ms(config, &self.clock),
        );
        let deployer = self.cast.deployer.address;
        let nonce = self.world.execution().nonce(deployer).await?;
        let plan = Plan::rollup()?;
        let rewards_nonce = nonce.saturating_add(plan.creation_count());
        // Block 0 names the messenger, the Inbox names block 0, and the messenger the Inbox: so its address comes first.
        let messenger = deployer.create(rewards_nonce);
        let funded = funded_accounts(&self.cast);
        let genesis = genesis_of(start.genesis_s, BLOCK_TIME_S, messenger, &funded);
        let hash = genesis_hash(&genesis, origin);
        let fallback = gateway_ids
            .first()
            .copied()
            .ok_or_else(|| eyre!("there is no gateway"))?;
        let terms = self.rollup_terms(&start, fallback, hash);
        let parameters = deployment::rollup_parameters(&self.constants, &terms)?;
        let mut creations = plan.creations(deployer, nonce, &parameters, &mut self.contracts)?;
        let terms = RewardsTerms {
            rollup_operator: deployer,
            margin_s: MOST_ORIGIN_LAG_SLOTS.saturating_mul(self.clock.seconds_per_slot),
        };
        let parameters = deployment::rewards_parameters(&self.constants, &terms)?;
        creations.extend(Plan::rewards()?.creations(
            deployer,
            rewards_nonce,
            &parameters,
            &mut self.contracts,
        )?);
        ensure!(
            self.contract("RewardsMessenger")? == messenger,
            "the messenger is not where block 0 says: {messenger}"
        );
        let orders = creations
            .into_iter()
            .map(|creation| self.creation(creation))
            .collect();
        land(self.world, self.chain_id, orders).await?;
        Ok(Begun {
            start,
            genesis,
            funded,
            origin,
            hash,
        })
    }

    /// The attester's bond: who may take others' bonds has one of its own.
    pub(super) async fn bond_attester(&self) -> Result<()> {
        let attester = &self.cast.attester;
        let resolver = self.contract("AttesterResolver")?;
        let call = AttesterResolver::bondCall {};
        let order = Order::call(attester, resolver, &call, CALL_GAS)
            .with_wei(deployment::ATTESTER_BOND_WEI);
        land(self.world, self.chain_id, vec![order]).await.map(drop)
    }

    /// Lets the epochs pass until what is lent counts. In virtual time their slots have no blocks: a rollup's origin moves by one
    /// L1 block at a time, and this way there are few between its genesis and now.
    pub(super) async fn wait_until_it_counts(
        &self,
        config: &DevnetConfig,
        start: RollupStart,
    ) -> Result<()> {
        let at = self.world.status().await?.slot;
        let from = last_steps_from(&self.clock, start.lent_from, now_ms());
        if config.l1 == L1Kind::Embedded {
            let provider = self.world.execution().provider();
            for slot in at.saturating_add(1)..from {
                let _: bool = provider
                    .raw_request("l1_plan".into(), json!([slot, {"action": "skip"}]))
                    .await?;
            }
        }
        self.world.advance(from.saturating_sub(at)).await
    }

    /// The windows of this epoch and the next one.
    pub(super) async fn prove_windows<P: Preset>(&self, start: RollupStart) -> Result<()> {
        let proven = proven_state::<P>(self.world).await?;
        let deployer = &self.cast.deployer;
        let lookahead = self.contract("Lookahead")?;
        let epoch = proven.state.current_epoch();
        let mut orders = Vec::new();
        for epoch in [epoch, epoch.saturating_add(1)] {
            let proof = beacon_proofs::lookahead(&proven, epoch)?;
            let call = Lookahead::proveCall { epoch, proof };
            orders.push(Order::call(deployer, lookahead, &call, CALL_GAS));
        }
        // In an epoch before the first nobody asks for windows, and one that has not begun cannot be cached.
        let next_slot = self.world.status().await?.slot.saturating_add(1);
        if start.first_epoch <= epoch && self.clock.epoch_of(next_slot) == epoch {
            let call = Lookahead::cacheWindowsCall {
                rollup: self.contract("Inbox")?,
                epoch,
            };
            orders.push(Order::call(deployer, lookahead, &call, CALL_GAS));
        }
        land(self.world, self.chain_id, orders).await.map(drop)
    }

    fn rollup_terms(
        &self,
        start: &RollupStart,
        fallback_gateway: u32,
        genesis_hash: B256,
    ) -> RollupTerms {
        let longest_window = 2 * self.clock.slots_per_epoch + self.handover_slots;
        // The longest window, and as much again for somebody to cover it.
        let sequencing_window_slots = 2 * longest_window;
        RollupTerms {
            genesis_time_s: start.genesis_s,
            genesis_hash,
            block_time_s: BLOCK_TIME_S,
            handover_slots: self.handover_slots,
            lookahead_depth: LOOKAHEAD_DEPTH,
            fallback_gateway,
            first_epoch: start.first_epoch,
            // Whoever posts after a void batch has to dispute it, so everybody gets a window before it is confirmed: a void batch
            // that is confirmed has no children for ever.
            claim_window_s: sequencing_window_slots.saturating_mul(self.clock.seconds_per_slot),
            sequencing_window_slots,
            resolver: ResolverTerms {
                attesters: vec![self.cast.attester.address],
                threshold: 1,
                veto_s: VETO_SLOTS.saturating_mul(self.clock.seconds_per_slot),
                resolver_s: RESOLVER_SLOTS.saturating_mul(self.clock.seconds_per_slot),
            },
            most_origin_lag_slots: MOST_ORIGIN_LAG_SLOTS,
        }
    }
}
