use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use forebond_contracts::{bindings::Inbox, explain};
use forebond_l1::{
    Advice, L1Error,
    execution::{BlockRef, ExecutionClient},
};

use crate::plan::Ancestor;

/// Batches looked back over for one that is void.
const MOST_ANCESTORS: usize = 64;

/// Why the Inbox could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// L1 does not answer.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// A contract refuses.
    #[error("{call}: {reason}")]
    Refused {
        /// What was called.
        call: &'static str,
        /// Its reason in words.
        reason: String,
    },
    /// An answer that is none.
    #[error("{call}: the answer does not decode ({reason}); is the contract of this version?")]
    Answer {
        /// What was called.
        call: &'static str,
        /// Why not.
        reason: String,
    },
}

impl ReadError {
    /// Whether it may go well in a moment.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::L1(error) if error.advice() == Advice::Retry)
    }
}

/// The Inbox after one L1 block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The block.
    pub head: BlockRef,
    /// The newest batch and those before it, newest first, as far as they were asked for; at least one, genesis counted.
    pub line: Vec<Ancestor>,
}

/// Reads contracts of one rollup.
#[derive(Clone, Debug)]
pub struct InboxReader {
    client: ExecutionClient,
    inbox: Address,
}

impl InboxReader {
    /// Of the rollup whose Inbox is at `inbox`.
    pub const fn new(client: ExecutionClient, inbox: Address) -> Self {
        Self { client, inbox }
    }

    /// The node asked.
    pub const fn client(&self) -> &ExecutionClient {
        &self.client
    }

    /// The Inbox's address.
    pub const fn inbox(&self) -> Address {
        self.inbox
    }

    /// Where the chain of batches stands after `head`, and `down_to` which batch its ancestors are wanted.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn standing(
        &self,
        head: BlockRef,
        down_to: Option<u32>,
    ) -> Result<Standing, ReadError> {
        let at = BlockId::hash(head.hash);
        let mut id = self.read(&Inbox::newestCall {}, at).await?;
        let mut line = Vec::with_capacity(1);
        loop {
            let batch = self.batch(id, at).await?;
            line.push(batch);
            let enough = down_to.is_none_or(|oldest| id < oldest);
            if id == 0 || enough || line.len() >= MOST_ANCESTORS {
                return Ok(Standing { head, line });
            }
            id = batch.parent_id;
        }
    }

    /// A batch; genesis is number 0.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn batch(&self, id: u32, at: BlockId) -> Result<Ancestor, ReadError> {
        if id == 0 {
            return Ok(Ancestor {
                id: 0,
                hash: B256::ZERO,
                parent_id: 0,
                last_block: 0,
            });
        }
        let record = self.read(&Inbox::recordCall { batchId: id }, at).await?;
        Ok(Ancestor {
            id,
            hash: record.batchHash,
            parent_id: record.parentId,
            last_block: record.lastBlock,
        })
    }

    /// Whether the Inbox has this Base of a window.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn has_base(&self, window: u64, hash: B256, at: BlockId) -> Result<bool, ReadError> {
        Ok(self.read(&Inbox::baseOfCall { window }, at).await? == hash)
    }

    /// What disputing a batch costs in wei; zero when nobody needs to, because it is disputed or void already.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn dispute_wei(&self, id: u32, at: BlockId) -> Result<U256, ReadError> {
        // Disputed and Void of BatchStatus.
        const SETTLED: [u8; 2] = [2, 4];
        let status = self.read(&Inbox::statusOfCall { batchId: id }, at).await?;
        if SETTLED.contains(&status) {
            return Ok(U256::ZERO);
        }
        Ok(self.read(&Inbox::configCall {}, at).await?.disputeBondWei)
    }

    /// A view function of the Inbox.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn read<C: SolCall>(&self, call: &C, at: BlockId) -> Result<C::Return, ReadError> {
        self.read_from(self.inbox, call, at).await
    }

    /// A view function of any contract.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn read_from<C: SolCall>(
        &self,
        contract: Address,
        call: &C,
        at: BlockId,
    ) -> Result<C::Return, ReadError> {
        let input: Bytes = call.abi_encode().into();
        let answer = match self.client.call_at(contract, input, at).await {
            Err(L1Error::Refused {
                data: Some(data), ..
            }) if !data.is_empty() => {
                return Err(ReadError::Refused {
                    call: C::SIGNATURE,
                    reason: explain(&data),
                });
            }
            other => other?,
        };
        C::abi_decode_returns(&answer).map_err(|error| ReadError::Answer {
            call: C::SIGNATURE,
            reason: error.to_string(),
        })
    }
}
