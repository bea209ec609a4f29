//! A rollup in operation: where most scenarios begin.

use eyre::Result;

use super::{
    Stage,
    accounts::Role,
    bonds::{self, Gateway},
    deployment::{self, RollupTerms},
    validators,
};
use crate::world::World;

/// A rollup in operation: validators 0 to 7 are registered, A and B hold the slots of their operators, a fallback has the rest.
pub struct Opening {
    /// Gateway 1: what nobody registered owns.
    pub fallback: Gateway,
    /// Gateway 2, to which operator A lends.
    pub a: Gateway,
    /// Gateway 3, to which operator B lends.
    pub b: Gateway,
}

impl Opening {
    /// All three.
    pub const fn gateways(&self) -> [&Gateway; 3] {
        [&self.fallback, &self.a, &self.b]
    }
}

/// From an empty L1 to the first epoch in which slots are lent.
///
/// # Errors
/// At the first step that does not go as it must.
pub async fn open(world: World) -> Result<(Stage, Opening)> {
    open_on(world, |_| {}).await
}

/// As [`open`], with other terms of the rollup than those of the scenarios.
///
/// # Errors
/// As [`open`].
pub async fn open_on(
    world: World,
    change: impl FnOnce(&mut RollupTerms),
) -> Result<(Stage, Opening)> {
    let mut stage = Stage::on(world).await?;
    deployment::core(&mut stage).await?;
    let fallback = bonds::register(&mut stage, Role::FallbackOwner, 1).await?;
    let a = bonds::register(&mut stage, Role::GatewayA, 2).await?;
    let b = bonds::register(&mut stage, Role::GatewayB, 3).await?;
    let first_epoch = stage.epoch().await? + 1;
    let mut terms = RollupTerms::scenarios(&stage.constants, first_epoch, fallback.id)?;
    change(&mut terms);
    deployment::rollup(&mut stage, terms).await?;

    validators::register(&mut stage, 8).await?;
    for gateway in [&fallback, &a, &b] {
        bonds::bond(&mut stage, gateway, 100 * deployment::ETHER, true).await?;
    }
    bonds::delegate(&mut stage, Role::OperatorA, &a).await?;
    let lent_from = bonds::delegate(&mut stage, Role::OperatorB, &b).await?;
    stage.until_epoch(lent_from).await?;
    Ok((stage, Opening { fallback, a, b }))
}
