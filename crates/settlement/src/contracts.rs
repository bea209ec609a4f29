//! Typed calls of the rollup's contracts in the state after a given block.

use alloy_eips::BlockId;
use alloy_primitives::{Address, Bytes};
use alloy_sol_types::SolCall;
use forebond_l1::{L1Error, execution::ExecutionClient};

use crate::SettlementError;

/// A contract that refused: its revert data, for callers that expect one.
pub(crate) enum Answer<T> {
    Value(T),
    Reverted(Bytes),
}

/// Contracts as one node shows them after one block.
#[derive(Clone, Copy, Debug)]
pub struct ContractsAt<'a> {
    /// The node.
    pub client: &'a ExecutionClient,
    /// The block.
    pub block: BlockId,
}

impl ContractsAt<'_> {
    /// Calls a view function.
    ///
    /// # Errors
    /// [`SettlementError::L1`]; [`SettlementError::Contract`] when it reverts, or there is no such contract.
    pub async fn read<C: SolCall>(
        &self,
        contract: &'static str,
        address: Address,
        call: &C,
    ) -> Result<C::Return, SettlementError> {
        match self.ask(contract, address, call).await? {
            Answer::Value(value) => Ok(value),
            Answer::Reverted(data) => Err(SettlementError::Contract {
                contract,
                address,
                call: C::SIGNATURE,
                reason: forebond_contracts::explain(&data),
            }),
        }
    }

    /// As [`Self::read`], with reverts as answers.
    pub(crate) async fn ask<C: SolCall>(
        &self,
        contract: &'static str,
        address: Address,
        call: &C,
    ) -> Result<Answer<C::Return>, SettlementError> {
        let input = call.abi_encode().into();
        let output = match self.client.call_at(address, input, self.block).await {
            Ok(output) => output,
            Err(L1Error::Refused {
                data: Some(data), ..
            }) if !data.is_empty() => return Ok(Answer::Reverted(data)),
            Err(error) => return Err(error.into()),
        };
        let refuse = |reason: String| SettlementError::Contract {
            contract,
            address,
            call: C::SIGNATURE,
            reason,
        };
        if output.is_empty() {
            return Err(refuse(
                "an answer expected, got nothing: there is no such contract at this address"
                    .to_owned(),
            ));
        }
        C::abi_decode_returns(&output)
            .map(Answer::Value)
            .map_err(|error| refuse(error.to_string()))
    }
}
