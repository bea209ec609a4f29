//! What needs no beacon chain, on Foundry's node.
#![allow(missing_docs, reason = "a test")]

use forebond_harness::{scenario, world::World};

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_costs_its_bond_and_another_bond_comes_home_in_time() -> eyre::Result<()> {
    scenario::on_anvil(World::anvil().await?).await
}
