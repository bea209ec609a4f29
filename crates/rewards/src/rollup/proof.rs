use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, Bytes};
use alloy_sol_types::SolCall;
use forebond_contracts::bindings::RewardsManager::{FeeProof, checkpointCall};
use forebond_rollup::op::{BASE_FEE_VAULT, L1_FEE_VAULT, OPERATOR_FEE_VAULT, SEQUENCER_FEE_VAULT};

use super::{Manager, RewardsError};

/// Where a fee vault counts what left it.
const PROCESSED_SLOT: B256 = B256::ZERO;

impl Manager {
    /// Calldata that records what had come in at the end of a block: its header and the fee accounts' proofs, which the node has for
    /// some thousand blocks.
    ///
    /// # Errors
    /// [`RewardsError`]; the node's refusal when it has no proofs of the block any more.
    pub async fn checkpoint_call(&self, number: u64) -> Result<Bytes, RewardsError> {
        let at = BlockId::number(number);
        let (_, header) = self
            .client()
            .header(at)
            .await?
            .ok_or(RewardsError::NoBlock(number))?;
        let (manager, manager_processed) = self.account(SEQUENCER_FEE_VAULT, number).await?;
        let (base_fees, _) = self.account(BASE_FEE_VAULT, number).await?;
        let (l1_fees, l1_processed) = self.account(L1_FEE_VAULT, number).await?;
        let (operator_fees, _) = self.account(OPERATOR_FEE_VAULT, number).await?;
        let proof = FeeProof {
            header: alloy_rlp::encode(&header).into(),
            manager,
            baseFees: base_fees,
            l1Fees: l1_fees,
            operatorFees: operator_fees,
            managerProcessed: manager_processed,
            l1Processed: l1_processed,
        };
        Ok(checkpointCall { proof }.abi_encode().into())
    }

    async fn account(
        &self,
        address: Address,
        number: u64,
    ) -> Result<(Vec<Bytes>, Vec<Bytes>), RewardsError> {
        let slots = vec![PROCESSED_SLOT];
        let mut proof = self.client().proof(address, slots, number.into()).await?;
        let word = proof.storage_proof.pop();
        Ok((
            proof.account_proof,
            word.map(|word| word.proof).unwrap_or_default(),
        ))
    }
}
