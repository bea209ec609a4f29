use alloy_primitives::U256;
use eyre::{Result, bail, ensure};
use forebond_contracts::bindings::{Inbox, Lookahead};

use super::{
    Stage,
    accounts::Role,
    bonds::{self, Gateway},
    faults,
    opening::{Opening, open},
    posting::{self, Rollup},
    validators,
};
use crate::world::World;

/// From an empty L1 to a slashed gateway, a paid user and a released bond.
///
/// # Errors
/// At the first step that does not go as it must.
pub async fn settlement(world: World) -> Result<()> {
    let (mut stage, opening) = open(world).await?;
    let Opening { fallback, a, b } = &opening;
    let mut rollup = Rollup::default();
    let (missed, confirmed) = handover(&mut stage, &mut rollup, &opening.gateways()).await?;
    posting::until_confirmed(&stage, confirmed).await?;
    let Some(batch) = rollup.batches.last().cloned() else {
        bail!("no batch was posted");
    };
    let (silent, other) = if missed.gateway == a.id {
        (a, b)
    } else {
        (b, a)
    };
    faults::unkept_promise_is_paid(
        &mut stage,
        &rollup,
        silent,
        missed.window,
        confirmed,
        &batch,
    )
    .await?;
    let window = stage.world.status().await?.slot;
    faults::fork_is_slashed(&mut stage, other, window).await?;
    bonds::leave(&mut stage, fallback).await
}

/// A window in which its gateway posted nothing.
pub(super) struct Missed {
    pub(super) gateway: u32,
    pub(super) window: u64,
}

/// Waits for a window of A or B followed by one of somebody else, lets the first one pass in silence, refuses the wrong gateway,
/// and lets the right one post, the silent one's blocks included. Returns the missed window and the batch.
pub(super) async fn handover(
    stage: &mut Stage,
    rollup: &mut Rollup,
    gateways: &[&Gateway],
) -> Result<(Missed, u32)> {
    let mut previous: Option<Missed> = None;
    let mut proven = 0;
    let mut cached = false;
    for _ in 0..20 * stage.constants.slots_per_epoch {
        // Two epochs are always proven: the tail of one belongs to the next.
        if stage.epoch().await? + 1 > proven {
            let epoch = validators::prove_two_epochs(stage).await?;
            // A first window may reach back into the epoch before: caching wants that one proven too.
            if proven != 0 {
                caching_changes_no_answer(stage, epoch).await?;
                cached = true;
            }
            proven = epoch + 1;
        }
        let (slot, owner, window) = match posting::next_owner(stage).await {
            Ok(owner) => owner,
            // The border: the next slot's own epoch is not proven yet.
            Err(error) if format!("{error:#}").contains("LookaheadUnknown") => {
                stage.world.advance(1).await?;
                continue;
            }
            Err(error) => return Err(error),
        };
        // The window has to last for two batches: the refused one and the owner's.
        let missed = previous.take().filter(|before| {
            cached
                && before.gateway != owner
                && before.gateway != 1
                && before.window < slot
                && window > slot
        });
        let Some(missed) = missed else {
            previous = Some(Missed {
                gateway: owner,
                window,
            });
            stage.world.advance(1).await?;
            continue;
        };
        let find = |wanted: bool| {
            gateways
                .iter()
                .find(|gateway| (gateway.id == owner) == wanted)
                .copied()
        };
        let (Some(right), Some(wrong)) = (find(true), find(false)) else {
            bail!("gateway {owner} is not one of ours");
        };
        same_window(stage, slot, owner, window).await?;
        let verify = Inbox::verifyGatewayCall {
            gateway: wrong.id,
            slot,
        };
        stage.refuses("Inbox", &verify, "WrongGateway").await?;
        let (receipt, _, _) = posting::post(stage, rollup, wrong, slot, window).await?;
        ensure!(!receipt.status(), "a batch of the wrong gateway was taken");
        let (receipt, _, _) = posting::post(stage, rollup, right, slot + 1, window).await?;
        ensure!(receipt.status(), "the owner's batch was refused");
        eprintln!("postBatch: {} gas", receipt.gas_used);
        let count = stage.read("Inbox", &Inbox::batchCountCall {}).await?;
        ensure!(count == 1, "{count} batches are recorded");
        return Ok((missed, count));
    }
    bail!("no hand-over between two gateways in twenty epochs")
}

/// The window's bounds hold the slot.
async fn same_window(stage: &mut Stage, slot: u64, owner: u32, window: u64) -> Result<()> {
    let rollup = stage.contract("Inbox")?;
    let call = Lookahead::windowAtCall { rollup, slot };
    let found = stage.read("Lookahead", &call).await?;
    ensure!(
        found.gateway == owner && found.lastSlot == window && found.firstSlot <= slot,
        "slot {slot}: windowAt says {} to {} of gateway {}, ownerAt {window} of {owner}",
        found.firstSlot,
        found.lastSlot,
        found.gateway
    );
    Ok(())
}

/// Owners of an epoch's slots are the same before and after they are cached.
async fn caching_changes_no_answer(stage: &mut Stage, epoch: u64) -> Result<()> {
    let rollup = stage.contract("Inbox")?;
    let before = owners(stage, epoch).await?;
    let cache = Lookahead::cacheWindowsCall { rollup, epoch };
    stage
        .send(Role::Deployer, "Lookahead", &cache, U256::ZERO)
        .await?;
    ensure!(
        owners(stage, epoch).await? == before,
        "caching the windows of epoch {epoch} changed their owners"
    );
    Ok(())
}

/// Gateway and window of every slot of an epoch.
async fn owners(stage: &Stage, epoch: u64) -> Result<Vec<(u32, u64)>> {
    let rollup = stage.contract("Inbox")?;
    let first = epoch * stage.constants.slots_per_epoch;
    let mut owners = Vec::new();
    for slot in first..first + stage.constants.slots_per_epoch {
        let owner = stage
            .read("Lookahead", &Lookahead::ownerAtCall { rollup, slot })
            .await?;
        owners.push((owner.gateway, owner.window));
    }
    Ok(owners)
}
