use alloy_primitives::U256;
use forebond_rollup::op::{BASE_FEE_VAULT, L1_FEE_VAULT, OPERATOR_FEE_VAULT, SEQUENCER_FEE_VAULT};
use serde::Serialize;

use super::{Manager, RewardsError};

/// The fee accounts after one block, in wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Measure {
    /// The block.
    pub block: u64,
    /// What lies in the manager and the vaults.
    pub held_wei: U256,
    /// What ever left the manager: payments and burns.
    pub left_wei: U256,
}

impl Measure {
    /// What ever came in.
    pub const fn came_in_wei(&self) -> U256 {
        self.held_wei.saturating_add(self.left_wei)
    }
}

impl Manager {
    /// Reads the fee accounts after a block whose state the node has.
    ///
    /// # Errors
    /// [`RewardsError`].
    pub async fn measure(&self, block: u64) -> Result<Measure, RewardsError> {
        let mut held_wei = U256::ZERO;
        for vault in [
            SEQUENCER_FEE_VAULT,
            BASE_FEE_VAULT,
            L1_FEE_VAULT,
            OPERATOR_FEE_VAULT,
        ] {
            let wei = self.client().balance_at(vault, block.into()).await?;
            held_wei = held_wei.saturating_add(wei);
        }
        let call = forebond_contracts::bindings::RewardsManager::totalProcessedCall {};
        let left_wei = self.read(&call, block.into()).await?;
        Ok(Measure {
            block,
            held_wei,
            left_wei,
        })
    }
}
