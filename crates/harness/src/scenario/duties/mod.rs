//! Who proposes, who did not, and what follows from it.

mod border;
pub mod misses;
mod reorgs;
mod slot_proof;

use eyre::Result;

use super::{keys, opening::open, posting::Rollup};
use crate::world::World;

/// Duties of validators, from keys that register them to slots that they miss.
///
/// # Errors
/// At the first step that does not go as it must.
pub async fn duties(world: World) -> Result<()> {
    let (mut stage, opening) = open(world).await?;
    keys::a_key_registers_its_validator(&mut stage).await?;
    border::a_missed_border_shifts_no_epoch(&mut stage).await?;
    reorgs::a_shallow_reorg_changes_no_duty(&mut stage).await?;
    reorgs::a_reorg_of_the_border_changes_duties_that_are_proven_again(&mut stage).await?;
    let mut rollup = Rollup::default();
    slot_proof::a_slot_is_enough(&mut stage, &mut rollup, &opening.gateways()).await?;
    let plan = misses::planned(&mut stage).await?;
    misses::miss_and_prove(&mut stage, &plan).await
}
