//! Windows that ended without the blocks that their gateway promised (R6, R11).

use alloy_primitives::{B256, U256};
use alloy_sol_types::SolValue;
use eyre::{Result, bail, ensure};
use forebond_contracts::{
    bindings::{IEvidenceShapes as shapes, Inbox, LateJudge, Lookahead, Slasher},
    convert,
};
use forebond_types::Base;

use super::{
    Stage,
    accounts::Role,
    beacon_proofs,
    bonds::{Gateway, reserve_of},
    deployment::ETHER,
    faults,
    opening::open,
    posting::{self, Rollup, hash_of, signature},
    settlement::handover,
    validators::{self, newest_state},
};
use crate::world::World;

/// A promised block that was not posted in time costs its gateway, unless its validator's slots were missed.
///
/// # Errors
/// At the first step that does not go as it must.
pub async fn late(world: World) -> Result<()> {
    let (mut stage, opening) = open(world).await?;
    let mut rollup = Rollup::default();
    let (missed, cover) = handover(&mut stage, &mut rollup, &opening.gateways()).await?;
    let (silent, other) = if missed.gateway == opening.a.id {
        (&opening.a, &opening.b)
    } else {
        (&opening.b, &opening.a)
    };
    covered_blocks_cost_and_pay(&mut stage, silent, missed.window, cover).await?;
    missed_slots_excuse(&mut stage, other).await?;
    uncovered_blocks_cost_after_two_epochs(&mut stage, other).await
}

/// Somebody else posted the block in time for everyone but its owner, and is paid for it.
async fn covered_blocks_cost_and_pay(
    stage: &mut Stage,
    silent: &Gateway,
    window: u64,
    cover: u32,
) -> Result<()> {
    let block = last_block(stage, window).await?;
    let record = stage
        .read("Inbox", &Inbox::recordCall { batchId: cover })
        .await?;
    let absent = evidence(stage, silent, &base_of(window), window, block, 0).await?;
    refused(stage, absent, "NameTheCover").await?;
    let good = evidence(stage, silent, &base_of(window), window, block, cover).await?;
    let before = reserve_of(stage, silent.id).await?;
    let fault = faults::slash(stage, "LateJudge", good).await?;
    let after = reserve_of(stage, silent.id).await?;
    ensure!(
        before - after == U256::from(ETHER),
        "the reserve went from {before} to {after} wei: one ETH is the price of being late"
    );

    let poster_before = stage.world.execution().balance(record.poster).await?;
    close(stage, silent, window).await?;
    let claim = Slasher::claimCall { faultId: fault };
    stage
        .send(Role::Watcher, "Slasher", &claim, U256::ZERO)
        .await?;
    let poster_after = stage.world.execution().balance(record.poster).await?;
    ensure!(
        record.costWei > 0 && poster_after > poster_before,
        "whoever covered had a cost of {} wei and got nothing",
        record.costWei
    );
    eprintln!(
        "cover: cost {} wei, paid {} wei",
        record.costWei,
        poster_after - poster_before
    );
    Ok(())
}

/// The window's last slot was missed, so nobody can say that the gateway had its chance. H is 1: the last slot alone counts.
async fn missed_slots_excuse(stage: &mut Stage, gateway: &Gateway) -> Result<()> {
    let window = next_window_of(stage, gateway).await?;
    stage.world.advance_to(window - 1).await?;
    stage.world.miss_a_slot().await?;
    stage.world.advance(1).await?;
    let block = last_block(stage, window).await?;
    let missed = evidence(stage, gateway, &base_of(window), window, block, 0).await?;
    refused(stage, missed, "SlotWasMissed").await?;
    let earlier = evidence(stage, gateway, &base_of(window), window - 1, block, 0).await?;
    refused(stage, earlier, "SlotNotAmongTheLast").await
}

/// Nobody posts: the fault is heard once coverers had two epochs.
async fn uncovered_blocks_cost_after_two_epochs(
    stage: &mut Stage,
    gateway: &Gateway,
) -> Result<()> {
    let window = next_window_of(stage, gateway).await?;
    let block = last_block(stage, window).await?;
    stage.world.advance_to(window - 2).await?;
    let early = evidence(stage, gateway, &base_of(window), window - 3, block, 0).await?;
    refused(stage, early, "WindowNotOver").await?;
    stage.world.advance_to(window + 1).await?;
    let good = evidence(stage, gateway, &base_of(window), window, block, 0).await?;
    refused(stage, good.clone(), "NameTheCover").await?;
    let posted = stage.read("Inbox", &Inbox::newestCall {}).await?;
    let posted = stage
        .read("Inbox", &Inbox::recordCall { batchId: posted })
        .await?;
    let in_time = evidence(
        stage,
        gateway,
        &base_of(window),
        window,
        posted.lastBlock,
        0,
    )
    .await?;
    refused(stage, in_time, "PostedInTime").await?;
    until_heard(stage, window).await?;
    let before = reserve_of(stage, gateway.id).await?;
    faults::slash(stage, "LateJudge", good).await?;
    let after = reserve_of(stage, gateway.id).await?;
    ensure!(
        before - after == U256::from(ETHER),
        "the reserve went from {before} to {after} wei: one ETH is the price of being late"
    );
    Ok(())
}

/// The gateway promises its window's last block under `base`, nobody posts it, and that is recorded. The fault.
///
/// # Errors
/// At the first step that does not go as it must.
pub async fn uncovered_is_slashed(
    stage: &mut Stage,
    gateway: &Gateway,
    base: &Base,
) -> Result<B256> {
    let block = last_block(stage, base.window).await?;
    stage.world.advance_to(base.window + 1).await?;
    let good = evidence(stage, gateway, base, base.window, block, 0).await?;
    until_heard(stage, base.window).await?;
    faults::slash(stage, "LateJudge", good).await
}

/// Slots pass until whoever covers had two epochs for it.
async fn until_heard(stage: &Stage, window: u64) -> Result<()> {
    let heard_from = window + 2 * stage.constants.slots_per_epoch + 1;
    if stage.world.status().await?.slot < heard_from {
        stage.world.advance_to(heard_from).await?;
    }
    Ok(())
}

/// A window of the gateway that ends at least four slots from now, its epochs proven.
///
/// # Errors
/// When it owns nothing for long.
pub async fn next_window_of(stage: &mut Stage, gateway: &Gateway) -> Result<u64> {
    for _ in 0..20 {
        let epoch = validators::prove_two_epochs(stage).await?;
        let now = stage.world.status().await?.slot;
        // The tail of the next epoch belongs to one that is not proven yet; a registered slot never does.
        for duty in validators::duties(stage, epoch + 1).await? {
            let call = Lookahead::ownerAtCall {
                rollup: stage.contract("Inbox")?,
                slot: duty.slot,
            };
            let Ok(owner) = stage.read("Lookahead", &call).await else {
                continue;
            };
            if owner.gateway == gateway.id && owner.window == duty.slot && duty.slot > now + 4 {
                return Ok(duty.slot);
            }
        }
        stage.until_epoch(stage.epoch().await? + 1).await?;
    }
    bail!("gateway {} owns nothing in twenty epochs", gateway.id)
}

async fn last_block(stage: &Stage, window: u64) -> Result<u64> {
    let bounds = Inbox::blocksOfCall {
        firstSlot: window,
        lastSlot: window,
    };
    Ok(stage.read("Inbox", &bounds).await?.lastBlock)
}

const fn base_of(window: u64) -> Base {
    Base {
        window,
        attempt: 0,
        parentBlock: 0,
        parentBlockHash: posting::GENESIS_HASH,
        parentFrag: B256::ZERO,
        parentSeal: B256::ZERO,
    }
}

/// `gateway` promised `block` under `base`; the presence is that of `slot`.
async fn evidence(
    stage: &Stage,
    gateway: &Gateway,
    base: &Base,
    slot: u64,
    block: u64,
    cover: u32,
) -> Result<Vec<u8>> {
    let frag = faults::frag(base, block, &faults::env(), hash_of("promises"));
    let proven = newest_state(stage).await?;
    let evidence = shapes::LateEvidence {
        accused: faults::accusation(stage, gateway, base)?,
        signature: signature(gateway, &faults::domain(stage).await?, &frag),
        frag: convert(&frag)?,
        presence: beacon_proofs::presence(&proven, slot)?,
        coverBatchId: cover,
    };
    Ok(evidence.abi_encode())
}

async fn refused(stage: &Stage, evidence: Vec<u8>, reason: &str) -> Result<()> {
    let call = LateJudge::judgeCall {
        evidence: evidence.into(),
    };
    stage.refuses("LateJudge", &call, reason).await
}

/// Closes the gateway's case of the window when claims are over.
async fn close(stage: &mut Stage, gateway: &Gateway, window: u64) -> Result<()> {
    use alloy_sol_types::SolStruct;
    let (rollup, base) = (
        stage.contract("Inbox")?,
        base_of(window).eip712_hash_struct(),
    );
    faults::close_case(stage, gateway.id, rollup, base).await
}
