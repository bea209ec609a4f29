//! The whole way on published clients: EthereumJS executes, Lodestar's state transition is the consensus.
#![allow(missing_docs, reason = "a test")]

use forebond_harness::{scenario, world::World};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the published clients: `make test-l1-npm` installs them and runs this"]
async fn from_registration_to_a_slashed_gateway_a_paid_user_and_a_released_bond() -> eyre::Result<()>
{
    scenario::settlement(World::npm().await?).await
}
