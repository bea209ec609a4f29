//! From a promise that is not kept to the user's balance, as `forebond claim` goes it.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolStruct;
use eyre::{Result, bail, ensure};
use forebond_evidence::{
    Accused, Attested,
    faults::excuse::{self, Rests},
};
use forebond_l1::sender::LaneConfig;
use forebond_refund::{Desk, Finding, Held, Paying, RefundError, Standing, standing};
use forebond_types::{Base, Batch, CommitterSet, Seal};

use super::{
    Stage,
    accounts::Role,
    bonds::Gateway,
    faults::{self, BrokenPromise},
    opening::open,
    posting::{self, Rollup, hash_of},
    settlement::handover,
};
use crate::world::World;

/// Two users' promises are broken by one gateway. The first is paid by it; the second by the predecessor, whose fork excuses it (R5).
/// Each is paid by one call of somebody else.
///
/// # Errors
/// At the first step that does not go as it must.
pub async fn refund(world: World) -> Result<()> {
    let (mut stage, opening) = open(world).await?;
    let mut rollup = Rollup::default();
    let (missed, batch_id) = handover(&mut stage, &mut rollup, &opening.gateways()).await?;
    let (silent, before) = if missed.gateway == opening.a.id {
        (&opening.a, &opening.b)
    } else {
        (&opening.b, &opening.a)
    };
    let Some(confirmed) = rollup.batches.last().cloned() else {
        bail!("no batch was posted");
    };
    let desk = desk(&stage).await?;
    let window = missed.window;

    let base = faults::base_before(&rollup, window, &confirmed)?;
    let batch = (batch_id, &confirmed);
    let own = Address::repeat_byte(0xa1);
    let own =
        faults::broken_promise(&stage, &rollup, (silent, &base), batch, own, Bytes::new()).await?;
    let held = Held::of(&own.object)?;
    stands(&desk, &held, Some(Finding::Different), "not-settled").await?;
    posting::until_confirmed(&stage, batch_id).await?;
    stands(&desk, &held, None, "unknown").await?;
    stands(&desk, &held, Some(Finding::Kept), "kept").await?;
    stands(&desk, &held, Some(Finding::Different), "not-brought").await?;
    let facts = desk.look(&held).await?;
    ensure!(
        desk.wallet_call(&facts).is_none(),
        "nothing is recorded, and there is something to send"
    );
    let fault = faults::slash(&mut stage, "UnkeptJudge", own.evidence.clone()).await?;
    ensure!(
        fault == facts.fault_id,
        "recorded as {fault}, computed {}",
        facts.fault_id
    );
    stands(&desk, &held, None, "recorded").await?;

    let excused = excused_promise(&mut stage, &rollup, (silent, before), window, batch).await?;
    faults::slash(&mut stage, "UnkeptJudge", excused.evidence.clone()).await?;
    let excused_held = Held::of(&excused.object)?;
    let liable = desk.look(&excused_held).await?.liable;
    let forked = faults::forked_base(window).eip712_hash_struct();
    ensure!(
        liable.is_some_and(|liable| (liable.gateway, liable.base) == (before.id, forked)),
        "the predecessor is liable, found {liable:?}"
    );

    too_early(&desk, &held).await?;
    let mut closes_at_s = 0;
    for held in [&held, &excused_held] {
        let claim = desk.look(held).await?.claim;
        closes_at_s = closes_at_s.max(claim.map_or(0, |claim| claim.closes_at_s));
    }
    let slots = closes_at_s.saturating_sub(stage.now_s().await?) / stage.constants.seconds_per_slot;
    stage.world.advance(slots + 1).await?;
    for (broken, held) in [(&own, &held), (&excused, &excused_held)] {
        is_paid(&stage, &desk, broken, held).await?;
    }
    Ok(())
}

/// A promise under a base that rests on the predecessor's seal. The predecessor forks, and is convicted.
async fn excused_promise(
    stage: &mut Stage,
    rollup: &Rollup,
    (silent, before): (&Gateway, &Gateway),
    window: u64,
    (batch_id, confirmed): (u32, &Batch),
) -> Result<BrokenPromise> {
    faults::fork_is_slashed(stage, before, window).await?;
    let forked = faults::forked_base(window);
    let mut base = faults::base_before(rollup, window, confirmed)?;
    let domain = faults::domain(stage).await?;
    let seal = Seal {
        base: forked.eip712_hash_struct(),
        blockNumber: base.parentBlock,
        blockHash: base.parentBlockHash,
        lastSequence: 3,
        lastFrag: hash_of("the predecessor's last frag"),
        endOfWindow: true,
    };
    base.parentSeal = seal.eip712_hash_struct();
    base.parentFrag = seal.lastFrag;
    let signature = before.committer.sign(domain.digest(&seal));
    let seal = Attested {
        message: seal,
        signature: signature.as_bytes().to_vec().into(),
    };
    let accused = |gateway: &Gateway, base: &Base| {
        let (threshold, members) = gateway.set();
        let set = CommitterSet { threshold, members };
        Accused::new(domain.inbox, gateway.id, set, base.clone())
    };
    let shift = excuse::shift(
        &accused(silent, &base),
        &accused(before, &forked),
        Rests::Sealed(&seal),
        &forked,
    );
    let Some(shift) = shift else {
        bail!("the base does not rest on the seal");
    };
    let user = Address::repeat_byte(0xa2);
    let batch = (batch_id, confirmed);
    faults::broken_promise(stage, rollup, (silent, &base), batch, user, shift).await
}

async fn too_early(desk: &Desk, held: &Held) -> Result<()> {
    match desk.claim_now(held, paying()?).await {
        Err(RefundError::NotDue { .. }) => Ok(()),
        other => bail!("the case is open, and the claim ends with {other:?}"),
    }
}

/// Somebody else sends the claim; the user has the money; sending it again sends nothing.
async fn is_paid(stage: &Stage, desk: &Desk, broken: &BrokenPromise, held: &Held) -> Result<()> {
    let facts = desk.look(held).await?;
    let due = Standing::Claimable {
        amount_wei: broken.coverage_wei,
    };
    let before = standing(held, &facts, None);
    ensure!(before == due, "due is {due}, it stands: {before}");
    let (call, slasher) = (desk.wallet_call(&facts), stage.contract("Slasher")?);
    ensure!(
        call.is_some_and(|call| call.to == slasher),
        "no call for a wallet"
    );
    let l1 = stage.world.execution();
    for _ in 0..2 {
        let claiming = async { Ok(desk.claim_now(held, paying()?).await?) };
        let after = stage.world.while_time_passes(claiming).await?;
        ensure!(
            after == Standing::Paid,
            "after the claim it stands: {after}"
        );
    }
    let balance = l1.balance(broken.user).await?;
    ensure!(
        balance == U256::from(broken.coverage_wei),
        "the user is owed {} wei and has {balance}",
        broken.coverage_wei
    );
    Ok(())
}

async fn stands(desk: &Desk, held: &Held, finding: Option<Finding>, wanted: &str) -> Result<()> {
    let stands = standing(held, &desk.look(held).await?, finding);
    ensure!(stands.word() == wanted, "{wanted} expected, got: {stands}");
    Ok(())
}

fn paying() -> Result<Paying> {
    Ok(Paying {
        signer: Role::Governor.signer()?,
        deadline_ms: 60_000,
        lane: LaneConfig {
            poll_ms: 20,
            ..LaneConfig::default()
        },
    })
}

async fn desk(stage: &Stage) -> Result<Desk> {
    let client = stage.world.execution().clone();
    let contracts = forebond_settlement::ContractAddresses::of(&stage.contracts)?;
    let chain_id = client.chain_id().await?;
    Ok(Desk::at(client, chain_id, contracts, 0).await?)
}
