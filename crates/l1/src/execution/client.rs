use std::{future::IntoFuture, time::Duration};

use alloy_consensus::Header;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_network::{BlockResponse, Ethereum};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_provider::{Provider, RootProvider};
use alloy_rpc_client::RpcClient;
use alloy_rpc_types_eth::{
    EIP1186AccountProofResponse, Filter, Log, TransactionReceipt, TransactionRequest,
};
use alloy_transport::{RpcError, TransportErrorKind, TransportResult};

use super::receipts;
use crate::{L1Error, RetryPolicy, error::shortened, http};

/// JSON-RPC codes of a node without `eth_getBlockReceipts`: unknown method, parameters of another kind.
const NOT_SERVED: [i64; 2] = [-32_601, -32_602];

/// How an execution node is reached.
#[derive(Clone, Debug)]
pub struct ExecutionConfig {
    /// Such as `http://127.0.0.1:8545`.
    pub endpoint: String,
    /// Deadline of one request, milliseconds.
    pub deadline_ms: u64,
    /// Repetitions of reads. Transactions are repeated by their sender, which knows what was sent.
    pub retry: RetryPolicy,
}

impl ExecutionConfig {
    /// Defaults for a node nearby.
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            deadline_ms: 5_000,
            retry: RetryPolicy::default(),
        }
    }
}

/// A block by its place in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlockRef {
    /// Height.
    pub number: u64,
    /// Hash.
    pub hash: B256,
    /// Hash of the block before.
    pub parent_hash: B256,
    /// Unix seconds.
    pub timestamp_s: u64,
}

/// What the next block charges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeMarket {
    /// Base fee of the next block, wei per gas.
    pub base_fee_wei: u128,
    /// Blob base fee of the next block, wei per blob gas.
    pub blob_base_fee_wei: u128,
    /// A usual tip, wei per gas.
    pub tip_wei: u128,
}

/// A client of one execution node. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ExecutionClient {
    provider: RootProvider<Ethereum>,
    deadline: Duration,
    retry: RetryPolicy,
}

impl ExecutionClient {
    /// Checks the address; sends nothing yet.
    ///
    /// # Errors
    /// [`L1Error::Endpoint`].
    pub fn new(config: &ExecutionConfig) -> Result<Self, L1Error> {
        let url = http::endpoint(&config.endpoint)?;
        let deadline = Duration::from_millis(config.deadline_ms);
        let client = RpcClient::new_http_with_client(http::client(deadline)?, url);
        Ok(Self {
            provider: RootProvider::new(client),
            deadline,
            retry: config.retry,
        })
    }

    /// The provider itself, for contract calls. Its requests end by the same deadline.
    pub const fn provider(&self) -> &RootProvider<Ethereum> {
        &self.provider
    }

    async fn once<T>(
        &self,
        what: &str,
        request: impl IntoFuture<Output = TransportResult<T>>,
    ) -> Result<T, L1Error> {
        match tokio::time::timeout(self.deadline, request.into_future()).await {
            Err(_) => Err(L1Error::timeout(what, self.deadline)),
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(refusal(what, self.deadline, error)),
        }
    }

    /// EIP-155 chain id.
    ///
    /// # Errors
    /// As any request.
    pub async fn chain_id(&self) -> Result<u64, L1Error> {
        self.retry
            .run(|| self.once("eth_chainId", self.provider.get_chain_id()))
            .await
    }

    /// A block's place; `None` when the node does not have it.
    ///
    /// # Errors
    /// As any request.
    pub async fn block(&self, id: BlockId) -> Result<Option<BlockRef>, L1Error> {
        let what = format!("block {id:?}");
        let block = self
            .retry
            .run(|| self.once(&what, self.provider.get_block(id)))
            .await?;
        Ok(block.map(|block| {
            let header = block.header();
            BlockRef {
                number: header.number,
                hash: header.hash,
                parent_hash: header.parent_hash,
                timestamp_s: header.timestamp,
            }
        }))
    }

    /// A block's header, whose fields are what its hash says; `None` when the node does not have it.
    ///
    /// # Errors
    /// As any request; [`L1Error::Answer`] when the fields do not hash to the block's hash, or it is another block than asked for.
    pub async fn header(&self, id: BlockId) -> Result<Option<(B256, Header)>, L1Error> {
        let what = format!("header {id:?}");
        let block = self
            .retry
            .run(|| self.once(&what, self.provider.get_block(id)))
            .await?;
        let Some(block) = block else {
            return Ok(None);
        };
        let (hash, header) = (block.header.hash, block.header.inner);
        let computed = header.hash_slow();
        let asked = match id {
            BlockId::Hash(asked) => asked.block_hash,
            BlockId::Number(_) => hash,
        };
        if computed != hash || hash != asked {
            return Err(L1Error::answer(
                &what,
                format!("a header that hashes to {asked}"),
                &format!("one of {hash} that hashes to {computed}"),
            ));
        }
        Ok(Some((hash, header)))
    }

    /// The newest block.
    ///
    /// # Errors
    /// As any request; [`L1Error::Answer`] when the node has none.
    pub async fn head(&self) -> Result<BlockRef, L1Error> {
        self.block(BlockId::Number(BlockNumberOrTag::Latest))
            .await?
            .ok_or_else(|| L1Error::answer("block latest", "a block", "null"))
    }

    /// Logs of one block, named by hash, so that a reorg in between cannot mix two branches. In order of their index.
    ///
    /// # Errors
    /// As any request; [`L1Error::Answer`] when a log belongs to another block or the order is broken.
    pub async fn logs_of(&self, block: B256, addresses: &[Address]) -> Result<Vec<Log>, L1Error> {
        let what = format!("logs of block {block}");
        let filter = Filter::new()
            .at_block_hash(block)
            .address(addresses.to_vec());
        let logs = self
            .retry
            .run(|| self.once(&what, self.provider.get_logs(&filter)))
            .await?;
        let of_another = logs.iter().find(|log| {
            log.block_hash != Some(block) || !addresses.contains(&log.address()) || log.removed
        });
        if let Some(log) = of_another {
            return Err(L1Error::answer(
                &what,
                "only logs of that block and those addresses",
                &format!("a log of {} in block {:?}", log.address(), log.block_hash),
            ));
        }
        if !logs.is_sorted_by(|a, b| a.log_index < b.log_index) {
            return Err(L1Error::answer(
                &what,
                "logs in order, each once",
                "logs out of order",
            ));
        }
        Ok(logs)
    }

    /// Logs of these contracts in the block with this header, in order, proven by its receipts where the node serves them all at
    /// once. Nothing is asked when the header's bloom says that there are none.
    ///
    /// # Errors
    /// As any request; [`L1Error::Answer`] when the receipts are not those of the header.
    pub async fn logs_in(
        &self,
        block: B256,
        header: &Header,
        addresses: &[Address],
    ) -> Result<Vec<Log>, L1Error> {
        if !receipts::may_have_logs(header, addresses) {
            return Ok(Vec::new());
        }
        let what = format!("receipts of block {block}");
        // By bare hash: not every node reads EIP-1898 objects.
        let request = || {
            self.provider
                .client()
                .request::<_, Option<Vec<TransactionReceipt>>>("eth_getBlockReceipts", (block,))
        };
        match self.retry.run(|| self.once(&what, request())).await {
            Ok(Some(all)) => receipts::proven_logs(block, header, all, addresses),
            Ok(None) => Err(L1Error::answer(&what, "receipts", "null")),
            Err(L1Error::Refused { code, .. }) if NOT_SERVED.contains(&code) => {
                self.logs_of(block, addresses).await
            }
            Err(error) => Err(error),
        }
    }

    /// Logs of a contract in a range of blocks (first and last) by their topics, in order. What a reorg does in between is the
    /// caller's to notice: these are for facts that prove themselves.
    ///
    /// # Errors
    /// As any request; [`L1Error::Refused`] where the node finds the range too long.
    pub async fn logs_between(
        &self,
        blocks: (u64, u64),
        address: Address,
        topics: &[B256],
    ) -> Result<Vec<Log>, L1Error> {
        let what = format!("logs of {address} in blocks {} to {}", blocks.0, blocks.1);
        let mut filter = Filter::new()
            .from_block(blocks.0)
            .to_block(blocks.1)
            .address(address);
        for (place, topic) in filter.topics.iter_mut().zip(topics) {
            *place = (*topic).into();
        }
        let logs = self
            .retry
            .run(|| self.once(&what, self.provider.get_logs(&filter)))
            .await?;
        let asked_for = |log: &&Log| log.address() == address && log.topics().starts_with(topics);
        if let Some(log) = logs.iter().find(|log| !asked_for(log)) {
            return Err(L1Error::answer(
                &what,
                "only logs of that contract with those topics",
                &format!("a log of {} with {:?}", log.address(), log.topics()),
            ));
        }
        Ok(logs)
    }

    /// Result of a call in the newest state.
    ///
    /// # Errors
    /// [`L1Error::Refused`] when it reverts; as any request.
    pub async fn call(&self, to: Address, input: Bytes) -> Result<Bytes, L1Error> {
        self.call_at(to, input, BlockId::latest()).await
    }

    /// Result of a call in the state after a block.
    ///
    /// # Errors
    /// [`L1Error::Refused`] when it reverts, or the node does not have the block's state; as any request.
    pub async fn call_at(
        &self,
        to: Address,
        input: Bytes,
        block: BlockId,
    ) -> Result<Bytes, L1Error> {
        let request = TransactionRequest::default().to(to).input(input.into());
        self.retry
            .run(|| self.once("eth_call", self.provider.call(request.clone()).block(block)))
            .await
    }

    /// Gas the transaction would use.
    ///
    /// # Errors
    /// [`L1Error::Refused`] when it would revert; as any request.
    pub async fn estimate_gas(&self, request: TransactionRequest) -> Result<u64, L1Error> {
        self.retry
            .run(|| {
                self.once(
                    "eth_estimateGas",
                    self.provider.estimate_gas(request.clone()),
                )
            })
            .await
    }

    /// Receipt of a transaction, once it is in a block.
    ///
    /// # Errors
    /// As any request.
    pub async fn receipt(&self, hash: B256) -> Result<Option<TransactionReceipt>, L1Error> {
        let what = format!("receipt of {hash}");
        self.retry
            .run(|| self.once(&what, self.provider.get_transaction_receipt(hash)))
            .await
    }

    /// Transactions of the account that are in blocks.
    ///
    /// # Errors
    /// As any request.
    pub async fn nonce(&self, account: Address) -> Result<u64, L1Error> {
        self.retry
            .run(|| {
                self.once(
                    "eth_getTransactionCount",
                    self.provider.get_transaction_count(account),
                )
            })
            .await
    }

    /// Balance in wei after a block.
    ///
    /// # Errors
    /// As any request; [`L1Error::Refused`] when the node does not have the block's state.
    pub async fn balance_at(&self, account: Address, block: BlockId) -> Result<U256, L1Error> {
        self.retry
            .run(|| {
                let request = self.provider.get_balance(account).block_id(block);
                self.once("eth_getBalance", request)
            })
            .await
    }

    /// An account and some of its words, with the trie nodes that show them (EIP-1186). Nothing is verified here.
    ///
    /// # Errors
    /// As any request; [`L1Error::Refused`] when the node can't prove that block.
    pub async fn proof(
        &self,
        account: Address,
        slots: Vec<B256>,
        block: BlockId,
    ) -> Result<EIP1186AccountProofResponse, L1Error> {
        self.retry
            .run(|| {
                let request = self.provider.get_proof(account, slots.clone());
                self.once("eth_getProof", request.block_id(block))
            })
            .await
    }

    /// Balance in wei.
    ///
    /// # Errors
    /// As any request.
    pub async fn balance(&self, account: Address) -> Result<U256, L1Error> {
        self.retry
            .run(|| self.once("eth_getBalance", self.provider.get_balance(account)))
            .await
    }

    /// What the next block charges, from `eth_feeHistory` of the newest block.
    ///
    /// # Errors
    /// As any request; [`L1Error::Answer`] when the node gives no base fee.
    pub async fn fees(&self) -> Result<FeeMarket, L1Error> {
        let history = self
            .retry
            .run(|| {
                self.once(
                    "eth_feeHistory",
                    self.provider
                        .get_fee_history(1, BlockNumberOrTag::Latest, &[50.0]),
                )
            })
            .await?;
        let base_fee_wei = *history
            .base_fee_per_gas
            .last()
            .ok_or_else(|| L1Error::answer("eth_feeHistory", "a base fee", "none"))?;
        let tip_wei = history
            .reward
            .as_ref()
            .and_then(|rewards| rewards.last()?.first().copied())
            .unwrap_or_default();
        Ok(FeeMarket {
            base_fee_wei,
            // A node from before blobs gives none; one wei is the protocol's floor.
            blob_base_fee_wei: history
                .base_fee_per_blob_gas
                .last()
                .copied()
                .unwrap_or(1)
                .max(1),
            tip_wei,
        })
    }

    /// Hands a raw transaction to the node, once: whether to repeat is the sender's decision.
    ///
    /// # Errors
    /// [`L1Error::Refused`] with the node's reason; as any request.
    pub async fn send_raw(&self, raw: &[u8]) -> Result<B256, L1Error> {
        let pending = self
            .once(
                "eth_sendRawTransaction",
                self.provider.send_raw_transaction(raw),
            )
            .await?;
        Ok(*pending.tx_hash())
    }
}

fn refusal(what: &str, deadline: Duration, error: RpcError<TransportErrorKind>) -> L1Error {
    match error {
        RpcError::ErrorResp(payload) => L1Error::Refused {
            what: what.to_owned(),
            code: payload.code,
            data: payload
                .data
                .as_ref()
                .and_then(|data| serde_json::from_str(data.get()).ok()),
            message: shortened(&match &payload.data {
                Some(data) => format!("{} {data}", payload.message),
                None => payload.message.to_string(),
            }),
        },
        RpcError::DeserError { err, text } => {
            L1Error::answer(what, format!("JSON-RPC ({err})"), &text)
        }
        RpcError::NullResp => L1Error::answer(what, "a result", "null"),
        RpcError::Transport(TransportErrorKind::HttpError(http)) => L1Error::Status {
            what: what.to_owned(),
            status: http.status,
            message: shortened(&http.body),
        },
        other => {
            let text = other.to_string();
            if text.contains("timed out") {
                L1Error::timeout(what, deadline)
            } else {
                L1Error::Unreachable {
                    what: what.to_owned(),
                    reason: shortened(&text),
                }
            }
        }
    }
}
