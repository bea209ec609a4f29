//! A chain in memory: it promises what it is sent, and seals when it is told to.

use std::{
    future::pending,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use alloy_consensus::{Header, SignableTransaction, Transaction as _, TxEip1559};
use alloy_eips::eip2718::{Decodable2718, Encodable2718};
use alloy_primitives::{
    Address, B256, Bloom, Bytes, Log, LogData, Signature, TxKind, U256, address, b256, hex,
};
use forebond_rpc::{
    AccountView, BlockView, CallEnd, CallError, CallOutcome, CallRequest, Chain, EnvView, Heads,
    HeavyWork, Located, OpStack, PlacedTransaction, PoolTransaction, PromisedBatch, ReadError,
    RpcConfig, ServerHandle, Snapshot, StateAt, SubmitError, TransactionView, WaitOutcome,
    eth_module, serve,
};
use op_alloy_consensus::{OpReceiptEnvelope, OpTxEnvelope, OpTxType, TxDeposit};
use op_alloy_rpc_types::L1BlockInfo;
use tokio::sync::broadcast;

pub(crate) const CHAIN_ID: u64 = 7_357;
/// Who "signed" every transaction: the fake recovers nobody.
pub(crate) const SENDER: Address = address!("00000000000000000000000000000000000000aa");
pub(crate) const RECIPIENT: Address = address!("00000000000000000000000000000000000000bb");
/// Has code; what a call does depends on the first byte of its input, see [`FakeSnapshot::call`].
pub(crate) const CONTRACT: Address = address!("00000000000000000000000000000000000000cc");
/// Topic of the log every transaction emits; the second topic is its nonce.
pub(crate) const TOPIC: B256 =
    b256!("1111111111111111111111111111111111111111111111111111111111111111");
pub(crate) const BALANCE_WEI: u64 = 1_000_000_000_000_000_000;
pub(crate) const BASE_FEE_WEI: u64 = 1_000;
pub(crate) const TIP_WEI: u128 = 50;
/// Gas a transfer of the fake's contract needs while it runs; a tenth is refunded.
pub(crate) const CONTRACT_GAS: u64 = 100_000;
/// Newest blocks whose state is kept.
pub(crate) const KEPT_STATES: u64 = 4;
const GAS_LIMIT: u64 = 30_000_000;

/// A signed transfer with this nonce, tip and data; the signature is made up.
pub(crate) fn raw_transaction(nonce: u64, tip_wei: u128, input: &[u8]) -> Bytes {
    let transaction = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 50_000,
        max_fee_per_gas: u128::from(BASE_FEE_WEI) + tip_wei,
        max_priority_fee_per_gas: tip_wei,
        to: TxKind::Call(RECIPIENT),
        value: U256::from(1),
        input: input.to_vec().into(),
        ..TxEip1559::default()
    };
    OpTxEnvelope::Eip1559(transaction.into_signed(Signature::test_signature()))
        .encoded_2718()
        .into()
}

struct Inner {
    sealed: Vec<Arc<BlockView>>,
    open: Vec<Arc<TransactionView>>,
    pool: Vec<Arc<PoolTransaction>>,
    holding: bool,
    refusal: Option<SubmitError>,
}

pub(crate) struct FakeChain {
    inner: Mutex<Inner>,
    heads: broadcast::Sender<Arc<BlockView>>,
    promised: broadcast::Sender<PromisedBatch>,
}

impl FakeChain {
    /// A chain with a genesis block; its broadcast channels hold `capacity` events.
    pub(crate) fn new(capacity: usize) -> Arc<Self> {
        let header = Header {
            gas_limit: GAS_LIMIT,
            base_fee_per_gas: Some(BASE_FEE_WEI),
            ..Header::default()
        };
        let genesis = BlockView {
            hash: Some(header.hash_slow()),
            header,
            transactions: Vec::new(),
            withdrawals: Vec::new(),
            size_bytes: 540,
        };
        let inner = Inner {
            sealed: vec![Arc::new(genesis)],
            open: Vec::new(),
            pool: Vec::new(),
            holding: false,
            refusal: None,
        };
        let (heads, promised) = (
            broadcast::channel(capacity).0,
            broadcast::channel(capacity).0,
        );
        Arc::new(Self {
            inner: Mutex::new(inner),
            heads,
            promised,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// From now on transactions stay in the pool.
    pub(crate) fn hold(&self) {
        self.lock().holding = true;
    }

    /// From now on transactions are refused with this.
    pub(crate) fn refuse(&self, refusal: SubmitError) {
        self.lock().refusal = Some(refusal);
    }

    /// Promises an L1 deposit.
    pub(crate) fn deposit(&self) -> Arc<TransactionView> {
        let deposit = TxDeposit {
            from: SENDER,
            to: TxKind::Call(CONTRACT),
            gas_limit: 100_000,
            ..TxDeposit::default()
        };
        self.promise(OpTxEnvelope::Deposit(alloy_consensus::Sealed::new(deposit)))
    }

    /// Promises `count` transfers, each with a log, in one batch.
    pub(crate) fn promise_many(&self, count: u64) -> PromisedBatch {
        self.promise_sized(count, 0)
    }

    /// The same, with so much input data each.
    pub(crate) fn promise_sized(&self, count: u64, input_bytes: usize) -> PromisedBatch {
        let views: Vec<_> = (0..count)
            .map(|_| {
                let mut inner = self.lock();
                let raw = raw_transaction(sent(&inner), TIP_WEI, &vec![0; input_bytes]);
                append(
                    &mut inner,
                    OpTxEnvelope::decode_2718(&mut &raw[..]).unwrap(),
                )
            })
            .collect();
        let batch: PromisedBatch = views.into();
        let _ = self.promised.send(Arc::clone(&batch));
        batch
    }

    fn promise(&self, envelope: OpTxEnvelope) -> Arc<TransactionView> {
        let view = append(&mut self.lock(), envelope);
        let _ = self.promised.send(Arc::new([Arc::clone(&view)]));
        view
    }

    /// Seals the open block.
    pub(crate) fn seal(&self) -> Arc<BlockView> {
        let block = {
            let mut inner = self.lock();
            let mut block = open_block(&inner);
            block.header.logs_bloom = block.transactions.iter().fold(Bloom::ZERO, |bloom, view| {
                bloom | *view.receipt.logs_bloom()
            });
            block.header.withdrawals_root = Some(B256::repeat_byte(9));
            block.hash = Some(block.header.hash_slow());
            let block = Arc::new(block);
            inner.open.clear();
            inner.sealed.push(Arc::clone(&block));
            block
        };
        let _ = self.heads.send(Arc::clone(&block));
        block
    }
}

/// Transactions of the sender executed so far; deposits don't count.
fn sent(inner: &Inner) -> u64 {
    let sealed = inner.sealed.iter().flat_map(|block| &block.transactions);
    sealed
        .chain(&inner.open)
        .filter(|view| !view.envelope.is_deposit())
        .count() as u64
}

fn open_block(inner: &Inner) -> BlockView {
    let parent = inner.sealed.last().unwrap();
    let header = Header {
        parent_hash: parent.hash.unwrap(),
        number: parent.header.number + 1,
        timestamp: parent.header.timestamp + 1,
        gas_limit: GAS_LIMIT,
        gas_used: inner.open.iter().map(|view| view.gas_used).sum(),
        base_fee_per_gas: Some(BASE_FEE_WEI),
        ..Header::default()
    };
    BlockView {
        header,
        hash: None,
        transactions: inner.open.clone(),
        withdrawals: Vec::new(),
        size_bytes: 600,
    }
}

fn append(inner: &mut Inner, envelope: OpTxEnvelope) -> Arc<TransactionView> {
    let open = open_block(inner);
    let deposit = envelope.is_deposit();
    let gas_used = if deposit { 45_000 } else { 30_000 };
    let topics = vec![TOPIC, B256::from(U256::from(envelope.nonce()))];
    let log = Log {
        address: CONTRACT,
        data: LogData::new_unchecked(topics, Bytes::from_static(&[1])),
    };
    let tx_type = OpTxType::try_from(envelope.encoded_2718()[0]).unwrap();
    let receipt = OpReceiptEnvelope::from_parts(
        true,
        open.header.gas_used + gas_used,
        [&log],
        tx_type,
        deposit.then_some(3),
        deposit.then_some(1),
    );
    let view = Arc::new(TransactionView {
        raw: envelope.encoded_2718().into(),
        hash: envelope.tx_hash(),
        sender: SENDER,
        block_number: open.header.number,
        block_timestamp_s: open.header.timestamp,
        base_fee_wei: BASE_FEE_WEI,
        index: inner.open.len() as u64,
        effective_gas_price_wei: if deposit {
            0
        } else {
            envelope.effective_gas_price(Some(BASE_FEE_WEI))
        },
        receipt,
        gas_used,
        contract_address: None,
        extra_fees: (!deposit).then(|| L1BlockInfo {
            l1_fee: Some(77),
            l1_gas_price: Some(5),
            ..L1BlockInfo::default()
        }),
        first_log_index: inner
            .open
            .iter()
            .map(|view| view.receipt.logs().len() as u64)
            .sum(),
        envelope,
    });
    inner.open.push(Arc::clone(&view));
    view
}

fn find(inner: &Inner, hash: B256) -> Option<Located> {
    let placed = |block_hash| {
        move |view: &Arc<TransactionView>| {
            let placed = PlacedTransaction {
                transaction: Arc::clone(view),
                block_hash,
            };
            (view.hash == hash).then_some(Located::Placed(placed))
        }
    };
    let sealed = inner
        .sealed
        .iter()
        .find_map(|block| block.transactions.iter().find_map(placed(block.hash)));
    let open = || inner.open.iter().find_map(placed(None));
    let pooled = || {
        inner
            .pool
            .iter()
            .find(|pooled| pooled.hash == hash)
            .cloned()
            .map(Located::Pooled)
    };
    sealed.or_else(open).or_else(pooled)
}

impl Chain for FakeChain {
    type Snapshot = FakeSnapshot;
    type Family = OpStack;

    fn chain_id(&self) -> u64 {
        CHAIN_ID
    }

    fn heads(&self) -> Heads {
        Heads {
            latest: self.lock().sealed.len() as u64 - 1,
            safe: 0,
            finalized: 0,
        }
    }

    fn block(&self, number: u64) -> Result<Option<Arc<BlockView>>, ReadError> {
        Ok(self.lock().sealed.get(number as usize).cloned())
    }

    fn block_number(&self, hash: B256) -> Result<Option<u64>, ReadError> {
        Ok(self
            .lock()
            .sealed
            .iter()
            .find(|block| block.hash == Some(hash))
            .map(|block| block.header.number))
    }

    fn unsealed(&self) -> Vec<Arc<BlockView>> {
        vec![Arc::new(open_block(&self.lock()))]
    }

    fn transaction(&self, hash: B256) -> Result<Option<Located>, ReadError> {
        Ok(find(&self.lock(), hash))
    }

    fn snapshot(&self, at: StateAt) -> Result<FakeSnapshot, ReadError> {
        let inner = self.lock();
        let latest = inner.sealed.len() as u64 - 1;
        let block = match at {
            StateAt::Pending => latest + 1,
            StateAt::Latest => latest,
            StateAt::Block(block) if block > latest => {
                return Err(ReadError::UnknownBlock { block, latest });
            }
            StateAt::Block(block) if block + KEPT_STATES <= latest => {
                return Err(ReadError::StateNotKept {
                    block,
                    oldest: latest + 1 - KEPT_STATES,
                });
            }
            StateAt::Block(block) => block,
        };
        let nonce = inner
            .sealed
            .iter()
            .take(block as usize + 1)
            .flat_map(|block| &block.transactions)
            .count()
            + if at == StateAt::Pending {
                inner.open.len()
            } else {
                0
            };
        Ok(FakeSnapshot {
            block,
            nonce: nonce as u64,
        })
    }

    fn next_nonce(&self, _: Address) -> Result<u64, ReadError> {
        let inner = self.lock();
        Ok(sent(&inner) + inner.pool.len() as u64)
    }

    fn quoted_tip_wei(&self) -> u128 {
        TIP_WEI
    }

    async fn submit(&self, raw: Bytes) -> Result<B256, SubmitError> {
        let envelope = match OpTxEnvelope::decode_2718_exact(&raw) {
            Ok(envelope) => envelope,
            Err(_) if raw.first() == Some(&3) => {
                return Err(SubmitError::TypeNotSupported { got: 3 });
            }
            Err(error) => {
                return Err(SubmitError::Undecodable {
                    reason: error.to_string(),
                });
            }
        };
        let hash = envelope.tx_hash();
        {
            let mut inner = self.lock();
            if let Some(refusal) = inner.refusal.clone() {
                return Err(refusal);
            }
            if find(&inner, hash).is_some() {
                return Ok(hash);
            }
            let expected = sent(&inner);
            if envelope.nonce() < expected {
                return Err(SubmitError::NonceTooLow {
                    expected,
                    got: envelope.nonce(),
                });
            }
            if inner.holding {
                inner.pool.push(Arc::new(PoolTransaction {
                    hash,
                    sender: SENDER,
                    envelope,
                }));
                return Ok(hash);
            }
        }
        self.promise(envelope);
        Ok(hash)
    }

    async fn submit_and_wait(
        &self,
        raw: Bytes,
        timeout: Duration,
    ) -> Result<WaitOutcome, SubmitError> {
        let hash = self.submit(raw).await?;
        let found = find(&self.lock(), hash);
        match found {
            Some(Located::Placed(placed)) => Ok(WaitOutcome::Promised(placed)),
            _ => {
                let _ = tokio::time::timeout(timeout, pending::<()>()).await;
                Ok(WaitOutcome::StillWaiting { hash })
            }
        }
    }

    fn subscribe_heads(&self) -> broadcast::Receiver<Arc<BlockView>> {
        self.heads.subscribe()
    }

    fn subscribe_promised(&self) -> broadcast::Receiver<PromisedBatch> {
        self.promised.subscribe()
    }
}

pub(crate) struct FakeSnapshot {
    block: u64,
    nonce: u64,
}

impl Snapshot for FakeSnapshot {
    fn env(&self) -> EnvView {
        EnvView {
            number: self.block,
            gas_limit: GAS_LIMIT,
            base_fee_wei: BASE_FEE_WEI,
            blob_base_fee_wei: 1,
        }
    }

    fn account(&self, address: Address) -> Result<AccountView, ReadError> {
        let sender = AccountView {
            nonce: self.nonce,
            balance_wei: U256::from(BALANCE_WEI),
        };
        Ok(if address == SENDER {
            sender
        } else {
            AccountView::default()
        })
    }

    fn code(&self, address: Address) -> Result<Bytes, ReadError> {
        Ok(if address == CONTRACT {
            Bytes::from_static(&[0x60, 0x01])
        } else {
            Bytes::new()
        })
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, ReadError> {
        Ok(if address == CONTRACT && slot == U256::from(1) {
            U256::from(42)
        } else {
            U256::ZERO
        })
    }

    /// By the first byte of the input to [`CONTRACT`]: 1 reverts with `Error("no")`, 2 is an invalid opcode, anything else
    /// needs [`CONTRACT_GAS`] and returns the input. Everything else is a transfer.
    fn call(&self, request: &CallRequest) -> Result<CallOutcome, CallError> {
        let transaction = &request.transaction;
        let want_wei = transaction.value.unwrap_or_default();
        let have_wei = U256::from(BALANCE_WEI);
        if want_wei > have_wei {
            return Err(CallError::InsufficientFunds { have_wei, want_wei });
        }
        if request.gas_limit < 21_000 {
            return Err(CallError::IntrinsicGasTooLow {
                required: 21_000,
                got: request.gas_limit,
            });
        }
        let input = transaction.input.input().cloned().unwrap_or_default();
        if transaction.to != Some(TxKind::Call(CONTRACT)) {
            return Ok(CallOutcome {
                end: CallEnd::Success {
                    output: Bytes::new(),
                },
                gas_used: 21_000,
                gas_refunded: 0,
            });
        }
        let end = match input.first() {
            Some(1) => CallEnd::Revert {
                output: revert_no(),
            },
            Some(2) => CallEnd::Halt {
                reason: "InvalidFEOpcode".into(),
                out_of_gas: false,
            },
            // Code can look at the gas it has: enough for a plain transfer says nothing about a call with more.
            None if request.gas_limit == 21_000 => CallEnd::Success { output: input },
            _ if request.gas_limit < CONTRACT_GAS => CallEnd::Halt {
                reason: "OutOfGas".into(),
                out_of_gas: true,
            },
            _ => CallEnd::Success { output: input },
        };
        Ok(CallOutcome {
            end,
            gas_used: CONTRACT_GAS * 9 / 10,
            gas_refunded: CONTRACT_GAS / 10,
        })
    }
}

/// `Error("no")`, ABI-encoded.
pub(crate) fn revert_no() -> Bytes {
    hex::decode(
        "08c379a0000000000000000000000000000000000000000000000000000000000000002000000000000000000000000000000000000000000000000000000000\
         000000026e6f000000000000000000000000000000000000000000000000000000000000",
    )
    .unwrap()
    .into()
}

/// Limits small enough to reach.
pub(crate) fn config() -> RpcConfig {
    RpcConfig {
        shutdown_grace_ms: 50,
        ..RpcConfig::default()
    }
}

/// A chain with a genesis block, served on a port of its own.
pub(crate) async fn start(config: RpcConfig) -> (Arc<FakeChain>, ServerHandle) {
    start_with(FakeChain::new(64), config).await
}

pub(crate) async fn start_with(
    chain: Arc<FakeChain>,
    config: RpcConfig,
) -> (Arc<FakeChain>, ServerHandle) {
    let heavy = HeavyWork::new(config.max_heavy_requests, config.max_waiting_heavy_requests);
    let module = eth_module(Arc::clone(&chain), &config, heavy, "forebond/test".into()).unwrap();
    let server = serve(&config, "127.0.0.1:0".parse().unwrap(), module)
        .await
        .unwrap();
    (chain, server)
}
