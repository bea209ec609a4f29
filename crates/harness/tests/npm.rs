//! The whole way on published clients: EthereumJS executes, Lodestar's state transition is the consensus.
#![allow(missing_docs, reason = "a test")]

use forebond_harness::{scenario, world::World};
use tokio::sync::Mutex;

/// Each of these L1s is several processes: side by side they only wait for each other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the published clients: `make test-l1-npm` installs them and runs this"]
async fn from_registration_to_a_slashed_gateway_a_paid_user_and_a_released_bond() -> eyre::Result<()>
{
    let _turn = ONE_AT_A_TIME.lock().await;
    scenario::settlement(World::npm().await?).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the published clients: `make test-l1-npm` installs them and runs this"]
async fn duties_are_proven_through_missed_slots_and_reorgs_and_misses_cost_rewards()
-> eyre::Result<()> {
    let _turn = ONE_AT_A_TIME.lock().await;
    scenario::duties(World::npm().await?).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the published clients: `make test-l1-npm` installs them and runs this"]
async fn a_window_that_ends_without_its_blocks_costs_unless_its_slots_were_missed()
-> eyre::Result<()> {
    let _turn = ONE_AT_A_TIME.lock().await;
    scenario::late(World::npm().await?).await
}
