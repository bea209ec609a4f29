//! Contracts and their parameters.

use alloy_primitives::{Address, B256, U256};
use eyre::{Result, ensure};
use forebond_contracts::{Creation, Plan};
use forebond_l1::sender::Outgoing;
use serde_json::{Value, json};

use super::{Stage, accounts::Role};
use crate::world::Constants;

/// Seconds after a window in which faults are judged, in scenarios.
pub const EVIDENCE_HORIZON_S: u64 = 40;
/// Seconds for claims after a fault, in scenarios.
pub const CLAIM_PERIOD_S: u64 = 16;
/// Seconds in which a batch can be disputed, in scenarios.
pub const CLAIM_WINDOW_S: u64 = 6;
/// Epochs over which an operator's missed slots are counted.
pub const REWARD_PERIOD_EPOCHS: u64 = 4;
/// What an attester has at stake.
pub const ATTESTER_BOND_WEI: u128 = ETHER;
/// What a gateway must hold for a rollup.
pub const MIN_RESERVE_WEI: u128 = 10 * ETHER;
/// L1 blocks a rollup's origin may lie behind, in scenarios.
pub const MOST_ORIGIN_LAG_SLOTS: u64 = 256;
/// Slots in which a missed one can be proven, in scenarios.
pub const ORACLE_SLOTS: u64 = 32;
/// 10^18 wei.
pub const ETHER: u128 = 1_000_000_000_000_000_000;

/// What the contracts that all rollups share are told about time; the rest of their parameters suits every chain for trying out.
#[derive(Clone, Copy, Debug)]
pub struct CoreTerms {
    /// Seconds after a window in which faults are judged.
    pub evidence_horizon_s: u64,
    /// Seconds for claims after a fault.
    pub claim_period_s: u64,
    /// Missed slots of a period that cost an operator nothing (R25).
    pub free_misses_per_period: u16,
}

impl CoreTerms {
    /// Those of the scenarios.
    pub const SCENARIOS: Self = Self {
        evidence_horizon_s: EVIDENCE_HORIZON_S,
        claim_period_s: CLAIM_PERIOD_S,
        free_misses_per_period: 1,
    };
}

/// What a rollup is told; the rest of its parameters suits every chain for trying out.
#[derive(Clone, Debug)]
pub struct RollupTerms {
    /// Unix seconds of rollup block 0.
    pub genesis_time_s: u64,
    /// Hash of rollup block 0.
    pub genesis_hash: B256,
    /// Seconds a rollup block takes.
    pub block_time_s: u64,
    /// H of R1, slots.
    pub handover_slots: u64,
    /// Depth of R12, slots.
    pub lookahead_depth: u64,
    /// Owner of what no registered proposer owns.
    pub fallback_gateway: u32,
    /// First L1 epoch with windows.
    pub first_epoch: u64,
    /// Seconds in which a batch can be disputed.
    pub claim_window_s: u64,
    /// Slots after which nodes fill unposted blocks by themselves.
    pub sequencing_window_slots: u64,
    /// Who answers disputes.
    pub resolver: ResolverTerms,
    /// L1 blocks an origin may lie behind.
    pub most_origin_lag_slots: u64,
}

/// Who answers disputes, and how fast.
#[derive(Clone, Debug)]
pub struct ResolverTerms {
    /// Attesters, in any order.
    pub attesters: Vec<Address>,
    /// Signatures a verdict needs: more than half of them.
    pub threshold: usize,
    /// Seconds in which a Void verdict can be stopped.
    pub veto_s: u64,
    /// Seconds in which a dispute is answered, the veto's among them.
    pub resolver_s: u64,
}

impl ResolverTerms {
    /// Those of the scenarios.
    ///
    /// # Errors
    /// Never for the known accounts.
    pub fn scenarios() -> Result<Self> {
        Ok(Self {
            attesters: vec![Role::AttesterA.address()?, Role::AttesterB.address()?],
            threshold: 2,
            veto_s: 4,
            resolver_s: 12,
        })
    }
}

impl RollupTerms {
    /// Those of the scenarios, for a rollup that begins with the L1.
    ///
    /// # Errors
    /// Never for the known accounts.
    pub fn scenarios(
        constants: &Constants,
        first_epoch: u64,
        fallback_gateway: u32,
    ) -> Result<Self> {
        Ok(Self {
            genesis_time_s: constants.genesis_time_s,
            genesis_hash: super::posting::GENESIS_HASH,
            block_time_s: 1,
            handover_slots: 1,
            lookahead_depth: 1,
            fallback_gateway,
            first_epoch,
            claim_window_s: CLAIM_WINDOW_S,
            // Longer than any scenario lasts: in these worlds nobody posts the first blocks for a long time.
            sequencing_window_slots: 128,
            resolver: ResolverTerms::scenarios()?,
            most_origin_lag_slots: MOST_ORIGIN_LAG_SLOTS,
        })
    }
}

/// How a rollup shares its fees (`specs/rewards.md`).
#[derive(Clone, Copy, Debug)]
pub struct RewardsTerms {
    /// Gets the rollup's share.
    pub rollup_operator: Address,
    /// Seconds that a forfeiture has to reach the rollup; at least the time an origin may lag.
    pub margin_s: u64,
}

/// Parameters of `contracts/deployment/rewards.json`.
///
/// # Errors
/// As [`core_parameters`].
pub fn rewards_parameters(constants: &Constants, terms: &RewardsTerms) -> Result<Value> {
    let mut parameters = clock(constants);
    merge(
        &mut parameters,
        json!({
            "oracleSlots": ORACLE_SLOTS,
            "rewardMarginSeconds": terms.margin_s,
            "rollupOperator": terms.rollup_operator,
            "shareNoticeEpochs": 2,
            "shares": {"rollupBps": 2_000, "operatorBps": 3_000, "gatewayBps": 5_000},
        }),
    );
    Ok(parameters)
}

/// Deploys the contracts that all rollups share.
///
/// # Errors
/// When a creation fails.
pub async fn core(stage: &mut Stage) -> Result<()> {
    let parameters = core_parameters(&stage.constants, &CoreTerms::SCENARIOS)?;
    run(stage, &Plan::core()?, &parameters).await
}

/// Deploys a rollup on these terms.
///
/// # Errors
/// When a creation fails.
pub async fn rollup(stage: &mut Stage, terms: RollupTerms) -> Result<()> {
    let parameters = rollup_parameters(&stage.constants, &terms)?;
    run(stage, &Plan::rollup()?, &parameters).await
}

/// Deploys what shares the rollup's fees.
///
/// # Errors
/// When a creation fails.
pub async fn rewards(stage: &mut Stage, rollup_operator: Address) -> Result<()> {
    let terms = RewardsTerms {
        rollup_operator,
        margin_s: MOST_ORIGIN_LAG_SLOTS * stage.constants.seconds_per_slot,
    };
    let parameters = rewards_parameters(&stage.constants, &terms)?;
    run(stage, &Plan::rewards()?, &parameters).await
}

/// Parameters of `contracts/deployment/rollup.json`.
///
/// # Errors
/// Never for the known accounts.
pub fn rollup_parameters(constants: &Constants, terms: &RollupTerms) -> Result<Value> {
    let mut attesters = terms.resolver.attesters.clone();
    attesters.sort();
    let mut parameters = clock(constants);
    merge(
        &mut parameters,
        json!({
            "vetoer": Role::Governor.address()?,
            "attesters": attesters,
            "attesterThreshold": terms.resolver.threshold,
            "attesterBondWei": ATTESTER_BOND_WEI.to_string(),
            "vetoSeconds": terms.resolver.veto_s,
            "attesterExitSeconds": terms.resolver.veto_s.max(40),
            "sequencingWindowSlots": terms.sequencing_window_slots,
            "rollup": {
                "l2GenesisTime": terms.genesis_time_s,
                "blockTimeSeconds": terms.block_time_s,
                "l2GenesisHash": terms.genesis_hash,
                "handoverSlots": terms.handover_slots,
                "lookaheadDepth": terms.lookahead_depth,
                "fallbackGateway": terms.fallback_gateway,
                "orderingRule": 0,
                "firstEpoch": terms.first_epoch,
                "claimWindowSeconds": terms.claim_window_s,
                "resolverSeconds": terms.resolver.resolver_s,
                "disputeBondWei": (ETHER / 10).to_string(),
                "maxOriginLag": terms.most_origin_lag_slots,
            },
        }),
    );
    Ok(parameters)
}

/// Parameters of `contracts/deployment/core.json`.
///
/// # Errors
/// Never for the known accounts.
pub fn core_parameters(constants: &Constants, terms: &CoreTerms) -> Result<Value> {
    let mut parameters = clock(constants);
    merge(
        &mut parameters,
        json!({
            "timelockSeconds": 60,
            "governors": [Role::Governor.address()?],
            "fuluForkEpoch": 0,
            "genesisForkVersion": constants.genesis_fork_version,
            "layoutNoticeEpochs": 4,
            "releasePhase": 3,
            "historyEpochs": 1024,
            "oracleSlots": ORACLE_SLOTS,
            "restaking": "0x0000000000000000000000000000000000000000",
            "terms": {
                "livenessWei": ETHER.to_string(),
                "safetyWei": (1_000 * ETHER).to_string(),
                "minReserveWei": MIN_RESERVE_WEI.to_string(),
                "bountyCapWei": (10 * ETHER).to_string(),
                "bountyBps": 500,
                "coverBps": 12_500,
                "evidenceHorizonSeconds": terms.evidence_horizon_s,
                "claimPeriodSeconds": terms.claim_period_s,
                "rewardPeriodEpochs": REWARD_PERIOD_EPOCHS,
                "freeMissesPerPeriod": terms.free_misses_per_period,
            },
        }),
    );
    Ok(parameters)
}

fn clock(constants: &Constants) -> Value {
    json!({
        "genesisTime": constants.genesis_time_s,
        "secondsPerSlot": constants.seconds_per_slot,
        "slotsPerEpoch": constants.slots_per_epoch,
    })
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}

async fn run(stage: &mut Stage, plan: &Plan, parameters: &Value) -> Result<()> {
    let deployer = Role::Deployer.address()?;
    let nonce = stage.world.execution().nonce(deployer).await?;
    let mut contracts = stage.contracts.clone();
    let creations = plan.creations(deployer, nonce, parameters, &mut contracts)?;
    for Creation {
        name,
        address,
        init_code,
    } in creations
    {
        let outgoing = Outgoing {
            to: None,
            value_wei: U256::ZERO,
            input: init_code,
            ..Outgoing::default()
        };
        let receipt = stage
            .transact(Role::Deployer, outgoing)
            .await
            .map_err(|error| error.wrap_err(format!("deploying {name}")))?;
        ensure!(
            receipt.contract_address == Some(address),
            "{name} is at {:?}, planned at {address}",
            receipt.contract_address
        );
    }
    stage.contracts = contracts;
    Ok(())
}
