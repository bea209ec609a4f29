//! Contracts and their parameters.

use alloy_primitives::U256;
use eyre::{Result, ensure};
use forebond_contracts::{Creation, Plan};
use forebond_l1::sender::Outgoing;
use serde_json::{Value, json};

use super::{Stage, accounts::Role};

/// Seconds after a window in which faults are judged, in scenarios.
pub const EVIDENCE_HORIZON_S: u64 = 40;
/// Seconds for claims after a fault, in scenarios.
pub const CLAIM_PERIOD_S: u64 = 16;
/// Seconds in which a batch can be disputed, in scenarios.
pub const CLAIM_WINDOW_S: u64 = 6;
/// Epochs over which an operator's missed slots are counted.
pub const REWARD_PERIOD_EPOCHS: u64 = 4;
/// What a gateway must hold for a rollup.
pub const MIN_RESERVE_WEI: u128 = 10 * ETHER;
/// 10^18 wei.
pub const ETHER: u128 = 1_000_000_000_000_000_000;

/// Deploys the contracts that all rollups share.
///
/// # Errors
/// When a creation fails.
pub async fn core(stage: &mut Stage) -> Result<()> {
    let parameters = core_parameters(stage)?;
    run(stage, &Plan::core()?, &parameters).await
}

/// Deploys a rollup whose windows begin in `first_epoch` and whose fallback is `fallback_gateway`.
///
/// # Errors
/// When a creation fails.
pub async fn rollup(stage: &mut Stage, first_epoch: u64, fallback_gateway: u32) -> Result<()> {
    let mut attesters = [Role::AttesterA.address()?, Role::AttesterB.address()?];
    attesters.sort();
    let mut parameters = clock(stage);
    merge(
        &mut parameters,
        json!({
            "vetoer": Role::Governor.address()?,
            "attesters": attesters,
            "attesterThreshold": 2,
            "attesterBondWei": (ETHER).to_string(),
            "vetoSeconds": 4,
            "attesterExitSeconds": 40,
            "sequencingWindowSlots": 64,
            "rollup": {
                "l2GenesisTime": stage.constants.genesis_time_s,
                "blockTimeSeconds": 1,
                "l2GenesisHash": super::posting::GENESIS_HASH,
                "handoverSlots": 1,
                "lookaheadDepth": 1,
                "fallbackGateway": fallback_gateway,
                "orderingRule": 0,
                "firstEpoch": first_epoch,
                "claimWindowSeconds": CLAIM_WINDOW_S,
                "resolverSeconds": 12,
                "disputeBondWei": (ETHER / 10).to_string(),
                "maxOriginLag": 256,
            },
        }),
    );
    run(stage, &Plan::rollup()?, &parameters).await
}

fn core_parameters(stage: &Stage) -> Result<Value> {
    let mut parameters = clock(stage);
    merge(
        &mut parameters,
        json!({
            "timelockSeconds": 60,
            "governors": [Role::Governor.address()?],
            "fuluForkEpoch": 0,
            "genesisForkVersion": stage.constants.genesis_fork_version,
            "layoutNoticeEpochs": 4,
            "releasePhase": 3,
            "historyEpochs": 1024,
            "oracleSlots": 32,
            "restaking": "0x0000000000000000000000000000000000000000",
            "terms": {
                "livenessWei": ETHER.to_string(),
                "safetyWei": (1_000 * ETHER).to_string(),
                "minReserveWei": MIN_RESERVE_WEI.to_string(),
                "bountyCapWei": (10 * ETHER).to_string(),
                "bountyBps": 500,
                "coverBps": 12_500,
                "evidenceHorizonSeconds": EVIDENCE_HORIZON_S,
                "claimPeriodSeconds": CLAIM_PERIOD_S,
                "rewardPeriodEpochs": REWARD_PERIOD_EPOCHS,
                "freeMissesPerPeriod": 1,
            },
        }),
    );
    Ok(parameters)
}

fn clock(stage: &Stage) -> Value {
    json!({
        "genesisTime": stage.constants.genesis_time_s,
        "secondsPerSlot": stage.constants.seconds_per_slot,
        "slotsPerEpoch": stage.constants.slots_per_epoch,
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
