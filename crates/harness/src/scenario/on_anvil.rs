use eyre::Result;

use super::{
    Stage,
    accounts::Role,
    bonds,
    deployment::{self, RollupTerms},
    faults,
};
use crate::world::World;

/// What needs no beacon chain: deployment, gateways, bonds, a fork's slash, and a bond that leaves.
///
/// # Errors
/// At the first step that does not go as it must.
pub async fn on_anvil(world: World) -> Result<()> {
    let mut stage = Stage::on(world).await?;
    deployment::core(&mut stage).await?;
    let fallback = bonds::register(&mut stage, Role::FallbackOwner, 1).await?;
    let a = bonds::register(&mut stage, Role::GatewayA, 2).await?;
    let first_epoch = stage.epoch().await? + 1;
    let terms = RollupTerms::scenarios(&stage.constants, first_epoch, fallback.id)?;
    deployment::rollup(&mut stage, terms).await?;
    for gateway in [&fallback, &a] {
        bonds::bond(&mut stage, gateway, 100 * deployment::ETHER, true).await?;
    }
    stage.until_epoch(stage.epoch().await? + 3).await?;
    let window = stage.world.status().await?.slot;
    faults::fork_is_slashed(&mut stage, &a, window).await?;
    bonds::leave(&mut stage, &fallback).await
}
