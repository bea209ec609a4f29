//! The whole way on the L1 in this process.
#![allow(missing_docs, reason = "a test")]

use forebond_harness::{scenario, world::World};

#[tokio::test(flavor = "multi_thread")]
async fn from_registration_to_a_slashed_gateway_a_paid_user_and_a_released_bond() -> eyre::Result<()>
{
    scenario::settlement(World::embedded().await?).await
}
