//! The whole way on the L1 in this process.
#![allow(missing_docs, reason = "a test")]

use forebond_harness::{scenario, world::World};

#[tokio::test(flavor = "multi_thread")]
async fn from_registration_to_a_slashed_gateway_a_paid_user_and_a_released_bond() -> eyre::Result<()>
{
    scenario::settlement(World::embedded().await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn duties_are_proven_through_missed_slots_and_reorgs_and_misses_cost_rewards()
-> eyre::Result<()> {
    scenario::duties(World::embedded().await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_ends_without_its_blocks_costs_unless_its_slots_were_missed()
-> eyre::Result<()> {
    scenario::late(World::embedded().await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_promise_reaches_the_users_balance_by_one_call_whoever_is_liable()
-> eyre::Result<()> {
    scenario::refund(World::embedded().await?).await
}
