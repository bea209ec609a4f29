use alloy_eips::BlockId;
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use forebond_contracts::{bindings::RewardsManager, explain};
use forebond_l1::{L1Error, execution::ExecutionClient};
use forebond_rollup::op::{L1_BLOCK, SEQUENCER_FEE_VAULT};

use crate::book::EntryError;

/// Why the rollup does not tell.
#[derive(Debug, thiserror::Error)]
pub enum RewardsError {
    /// The node does not answer.
    #[error("the rollup's node: {0}")]
    Node(#[from] L1Error),
    /// The manager refuses.
    #[error("{call}: {reason}")]
    Refused {
        /// What was called.
        call: &'static str,
        /// Its reason in words.
        reason: String,
    },
    /// An answer that is none.
    #[error(
        "{call}: the answer does not decode ({reason}); does the rollup have the rewards contracts in block 0?"
    )]
    Answer {
        /// What was called.
        call: &'static str,
        /// Why not.
        reason: String,
    },
    /// An event that is none.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The node has no such block.
    #[error("the node has no block {0}; is it the newest one's successor, or was it replaced?")]
    NoBlock(u64),
}

/// The rewards manager of a rollup, asked through one of its nodes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Manager {
    client: ExecutionClient,
}

impl Manager {
    /// Where it stands: the coinbase.
    pub const ADDRESS: Address = SEQUENCER_FEE_VAULT;

    /// Asks this node of the rollup.
    pub const fn new(client: ExecutionClient) -> Self {
        Self { client }
    }

    /// The node.
    pub const fn client(&self) -> &ExecutionClient {
        &self.client
    }

    /// A view function of it.
    ///
    /// # Errors
    /// [`RewardsError`].
    pub async fn read<C: SolCall>(&self, call: &C, at: BlockId) -> Result<C::Return, RewardsError> {
        let input: Bytes = call.abi_encode().into();
        let answer = match self.client.call_at(Self::ADDRESS, input, at).await {
            Err(L1Error::Refused {
                data: Some(data), ..
            }) if !data.is_empty() => {
                return Err(RewardsError::Refused {
                    call: C::SIGNATURE,
                    reason: explain(&data),
                });
            }
            other => other?,
        };
        C::abi_decode_returns(&answer).map_err(|error| RewardsError::Answer {
            call: C::SIGNATURE,
            reason: error.to_string(),
        })
    }

    /// Whether what had come in at the end of block `number` is recorded after block `at`.
    ///
    /// # Errors
    /// [`RewardsError`].
    pub async fn has_checkpoint(&self, number: u64, at: BlockId) -> Result<bool, RewardsError> {
        let call = RewardsManager::checkpointAtCall {
            blockNumber: number,
        };
        Ok(self.read(&call, at).await?.known)
    }

    /// What an account can claim after a block, wei.
    ///
    /// # Errors
    /// [`RewardsError`].
    pub async fn credit_wei(&self, account: Address, at: BlockId) -> Result<U256, RewardsError> {
        let call = RewardsManager::creditOfCall { account };
        self.read(&call, at).await
    }

    /// The newest L1 block whose deposits the rollup has after a block.
    ///
    /// # Errors
    /// [`RewardsError`].
    pub async fn l1_origin(&self, at: BlockId) -> Result<u64, RewardsError> {
        // number(), the OP Stack's.
        let input = Bytes::from_static(&[0x83, 0x81, 0xf5, 0x8a]);
        let answer = self.client.call_at(L1_BLOCK, input, at).await?;
        let number = U256::try_from_be_slice(&answer).and_then(|word| u64::try_from(word).ok());
        number.ok_or(RewardsError::Answer {
            call: "number()",
            reason: format!("{} bytes", answer.len()),
        })
    }
}
