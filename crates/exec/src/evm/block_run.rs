use super::{Changes, PreparedTx, StateError, WorkingState, changes_of, evm_env};
use crate::store::StateDiff;
use alloy_consensus::{Eip658Value, Receipt, Transaction};
use alloy_eips::{Typed2718, eip2935, eip4788};
use alloy_evm::{Evm, EvmFactory, precompiles::PrecompilesMap};
use alloy_op_evm::{OpEvm, OpEvmFactory, OpTx};
use alloy_primitives::{Address, B256, Log, U256, map::HashSet};
use forebond_rollup::op::{self, BlockOpening};
use op_alloy_consensus::{OpDepositReceipt, OpReceiptEnvelope};
use op_revm::{OpHaltReason, OpSpecId};
use revm::{
    context_interface::{
        JournalTr,
        result::{EVMError, ExecutionResult, ResultAndState},
    },
    inspector::NoOpInspector,
};

/// An open block: executes transactions one after another and collects what they change.
pub struct BlockRun {
    evm: OpEvm<WorkingState, NoOpInspector, PrecompilesMap>,
    opening: BlockOpening,
    gas_used: u64,
    transactions: u32,
    logs: u64,
    diff: StateDiff,
    /// Changes by system calls that no published frag carries yet.
    system: Vec<Changes>,
    /// Accounts that a transaction waiting for the parent's hash has loaded (R13).
    claimed: HashSet<Address>,
}

/// Accounts almost every transaction touches without depending on who came before: fee vaults,
/// the L1 attributes and the history contract.
const SHARED: [Address; 6] = [
    op::SEQUENCER_FEE_VAULT,
    op::BASE_FEE_VAULT,
    op::L1_FEE_VAULT,
    op::OPERATOR_FEE_VAULT,
    op::L1_BLOCK,
    eip2935::HISTORY_STORAGE_ADDRESS,
];

/// What one executed transaction did.
#[derive(Clone, Debug)]
pub struct Executed {
    /// Index in the block.
    pub index: u32,
    /// Index in the block of its first log.
    pub first_log: u64,
    /// The consensus receipt.
    pub receipt: OpReceiptEnvelope,
    /// Gas it used.
    pub gas_used: u64,
    /// Price per gas it paid, wei.
    pub effective_gas_price_wei: u128,
    /// L1 data fee it paid, wei.
    pub l1_fee_wei: U256,
    /// Operator fee it paid, wei (Isthmus).
    pub operator_fee_wei: U256,
    /// Contract it created.
    pub created: Option<Address>,
    /// State it changed.
    pub changes: Changes,
}

impl Executed {
    /// All fees paid, wei: execution, L1 data and operator fee.
    pub fn fee_wei(&self) -> u128 {
        u128::from(self.gas_used)
            .saturating_mul(self.effective_gas_price_wei)
            .saturating_add(self.l1_fee_wei.saturating_to())
            .saturating_add(self.operator_fee_wei.saturating_to())
    }
}

/// Why a transaction was refused by the rules, given the state it met.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// Why a transaction did not execute.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// The rules refuse it; the state is as before.
    #[error("the transaction is not valid now: {0}")]
    Refused(Refused),
    /// The block has too little gas left for its gas limit.
    #[error("the block has {left} gas left, the transaction's limit is {limit}")]
    BlockFull {
        /// Gas left in the block.
        left: u64,
        /// The transaction's gas limit.
        limit: u64,
    },
    /// It reads the hash of the parent, which is still being sealed, or shares an account with a
    /// transaction that does and came before it: only independent ones overtake (R13).
    #[error("the transaction waits for the parent's hash, which is not known yet")]
    ParentHashPending,
    /// The state cannot be read: nothing can be executed any more.
    #[error(transparent)]
    State(StateError),
}

impl BlockRun {
    /// Opens a block on `state` and applies the EIP-4788 system call. When the parent is still
    /// being sealed, `parent` is `None` and [`Self::parent_sealed`] must follow.
    pub fn begin(
        mut state: WorkingState,
        chain_id: u64,
        opening: BlockOpening,
        parent: Option<B256>,
    ) -> Result<Self, StateError> {
        let parent_number = opening.number.saturating_sub(1);
        if parent.is_none() {
            state.parent_pending(parent_number);
        }
        let evm = OpEvmFactory::<OpTx>::default().create_evm(state, evm_env(chain_id, &opening));
        let mut run = Self {
            evm,
            opening,
            gas_used: 0,
            transactions: 0,
            logs: 0,
            diff: StateDiff::default(),
            system: Vec::new(),
            claimed: HashSet::default(),
        };
        let root = run.opening.env.parentBeaconRoot;
        run.system_call(eip4788::BEACON_ROOTS_ADDRESS, root)?;
        if let Some(hash) = parent {
            run.parent_sealed(hash)?;
        }
        Ok(run)
    }

    /// The block's opening.
    pub const fn opening(&self) -> &BlockOpening {
        &self.opening
    }

    /// Gas used so far.
    pub const fn gas_used(&self) -> u64 {
        self.gas_used
    }

    /// Transactions executed so far.
    pub const fn transactions(&self) -> u32 {
        self.transactions
    }

    /// Whether the parent's hash is still unknown.
    pub fn waits_for_parent(&self) -> bool {
        self.evm.components().0.waits_for().is_some()
    }

    /// The state, for reading between transactions.
    pub fn state(&mut self) -> &mut WorkingState {
        self.evm.components_mut().0
    }

    /// Takes in the parent's hash and applies the EIP-2935 system call, lazily: no transaction has
    /// read the slot it writes, so the result is that of a call at the start of the block (R13).
    pub fn parent_sealed(&mut self, hash: B256) -> Result<(), StateError> {
        let parent = self.opening.number.saturating_sub(1);
        self.claimed.clear();
        self.state().sealed(parent, hash);
        self.system_call(eip2935::HISTORY_STORAGE_ADDRESS, hash)
    }

    fn system_call(&mut self, contract: Address, word: B256) -> Result<(), StateError> {
        let called = self.evm.transact_system_call(
            eip4788::SYSTEM_ADDRESS,
            contract,
            word.as_slice().to_vec().into(),
        );
        let outcome = match called {
            Ok(outcome) => outcome,
            Err(EVMError::Database(error)) => return Err(error),
            Err(error) => return Err(StateError::Database(error.to_string().into())),
        };
        let changes = changes_of(self.state(), &outcome.state)?;
        self.commit(&changes);
        self.system.push(changes);
        Ok(())
    }

    /// Hands out what system calls changed since the last time; it goes with the next frag.
    pub fn take_system_changes(&mut self) -> Vec<Changes> {
        std::mem::take(&mut self.system)
    }

    /// Whether a transaction that loaded these accounts must wait behind one that waits for the
    /// parent's hash; if so, what it loaded is claimed, too.
    fn must_wait(&mut self, loaded: Vec<Address>, reads_parent: bool) -> bool {
        let wait = reads_parent || loaded.iter().any(|address| self.claimed.contains(address));
        if wait {
            self.claimed.extend(
                loaded
                    .into_iter()
                    .filter(|address| !SHARED.contains(address)),
            );
        }
        wait
    }

    fn commit(&mut self, changes: &Changes) {
        let number = self.opening.number;
        self.state().commit(number, changes);
        changes.add_to(&mut self.diff);
    }

    /// Executes the next transaction. After an error nothing has changed.
    pub fn execute(&mut self, tx: &PreparedTx) -> Result<Executed, ExecuteError> {
        let (limit, left) = (
            tx.envelope().gas_limit(),
            self.opening.env.gasLimit.saturating_sub(self.gas_used),
        );
        if limit > left {
            return Err(ExecuteError::BlockFull { left, limit });
        }
        let watch = self.waits_for_parent();
        self.state().record_loads(watch);
        let outcome = self.evm.transact_raw(tx.env());
        let mut loaded = self.state().take_loads();
        if watch {
            // One that is refused for its sender's sake has not come as far as its callee.
            loaded.extend(tx.envelope().to());
        }
        let ResultAndState { result, state } = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                self.evm.ctx_mut().journaled_state.clear();
                return Err(match error {
                    EVMError::Database(StateError::ParentHashPending(_)) => {
                        self.must_wait(loaded, true);
                        ExecuteError::ParentHashPending
                    }
                    EVMError::Database(error) => ExecuteError::State(error),
                    // What refuses it (a nonce too high, a balance too low) may be what the
                    // waiting transaction is about to change.
                    _ if watch && self.must_wait(loaded, false) => ExecuteError::ParentHashPending,
                    other => ExecuteError::Refused(Refused(refusal(&other))),
                });
            }
        };
        if watch && self.must_wait(loaded, false) {
            return Err(ExecuteError::ParentHashPending);
        }
        let changes = changes_of(self.state(), &state).map_err(ExecuteError::State)?;
        let executed = self
            .outcome(tx, result, changes)
            .map_err(ExecuteError::State)?;
        self.commit(&executed.changes);
        self.gas_used = self.gas_used.saturating_add(executed.gas_used);
        self.transactions = self.transactions.saturating_add(1);
        self.logs = self
            .logs
            .saturating_add(executed.receipt.logs().len() as u64);
        Ok(executed)
    }

    fn outcome(
        &mut self,
        tx: &PreparedTx,
        result: ExecutionResult<OpHaltReason>,
        changes: Changes,
    ) -> Result<Executed, StateError> {
        let gas_used = result.tx_gas_used();
        let deposit_nonce = if tx.is_deposit() {
            let before = self.state().account(tx.sender())?;
            Some(before.map_or(0, |account| account.nonce))
        } else {
            None
        };
        let created = match &result {
            ExecutionResult::Success { .. } => result.created_address(),
            _ => None,
        };
        let base_fee = self.opening.env.baseFee;
        let (effective_gas_price_wei, l1_fee_wei, operator_fee_wei) = if tx.is_deposit() {
            (0, U256::ZERO, U256::ZERO)
        } else {
            (
                tx.envelope().effective_gas_price(Some(base_fee)),
                self.l1_fee(tx),
                self.operator_fee(tx, gas_used),
            )
        };
        Ok(Executed {
            index: self.transactions,
            first_log: self.logs,
            receipt: receipt(
                tx.envelope().ty(),
                result.is_success(),
                self.gas_used.saturating_add(gas_used),
                result.into_logs(),
                deposit_nonce,
            ),
            gas_used,
            effective_gas_price_wei,
            l1_fee_wei,
            operator_fee_wei,
            created,
            changes,
        })
    }

    /// The L1 data fee of a transaction at present, wei. Works on a copy of the cached L1 values: the
    /// original keeps a per-transaction memo that must stay empty between transactions.
    pub fn l1_fee(&self, tx: &PreparedTx) -> U256 {
        let mut info = self.evm.ctx().chain.clone();
        info.clear_tx_l1_cost();
        info.calculate_tx_l1_cost(tx.raw(), OpSpecId::ISTHMUS)
    }

    /// The operator fee of a transaction that has just used this much gas, wei.
    fn operator_fee(&self, tx: &PreparedTx, gas_used: u64) -> U256 {
        let info = &self.evm.ctx().chain;
        info.operator_fee_charge(tx.raw(), U256::from(gas_used), OpSpecId::ISTHMUS)
    }

    /// Closes the block and opens the next one, whose parent's hash is not known yet. Returns the
    /// closed block's net change. The closed block's own parent must be known by now.
    pub fn turn(&mut self, opening: BlockOpening) -> Result<StateDiff, StateError> {
        if let Some(parent) = self.state().waits_for() {
            return Err(StateError::ParentHashPending(parent));
        }
        let diff = self.take_diff();
        let parent = opening.number.saturating_sub(1);
        self.evm.ctx_mut().block = evm_env(self.evm.chain_id(), &opening).block_env;
        self.opening = opening;
        self.gas_used = 0;
        self.transactions = 0;
        self.logs = 0;
        self.system.clear();
        self.claimed.clear();
        self.state().parent_pending(parent);
        self.system_call(
            eip4788::BEACON_ROOTS_ADDRESS,
            self.opening.env.parentBeaconRoot,
        )?;
        Ok(diff)
    }

    /// Closes the block for good: the state after it and its net change.
    pub fn finish(mut self) -> (WorkingState, StateDiff) {
        let diff = self.take_diff();
        (self.evm.finish().0, diff)
    }

    fn take_diff(&mut self) -> StateDiff {
        let mut diff = std::mem::take(&mut self.diff);
        diff.accounts
            .retain(|_, change| change.before != change.after);
        diff.slots.retain(|_, change| change.before != change.after);
        diff
    }
}

/// An open block between two threads: the EVM itself cannot move, what it holds can.
#[derive(Debug)]
pub struct PausedBlock {
    state: WorkingState,
    chain_id: u64,
    opening: BlockOpening,
    gas_used: u64,
    transactions: u32,
    logs: u64,
    diff: StateDiff,
    system: Vec<Changes>,
    claimed: HashSet<Address>,
}

impl BlockRun {
    /// Takes the block off this thread.
    pub fn pause(self) -> PausedBlock {
        PausedBlock {
            chain_id: self.evm.chain_id(),
            state: self.evm.finish().0,
            opening: self.opening,
            gas_used: self.gas_used,
            transactions: self.transactions,
            logs: self.logs,
            diff: self.diff,
            system: self.system,
            claimed: self.claimed,
        }
    }
}

impl PausedBlock {
    /// Goes on with the block, on this thread.
    pub fn resume(self) -> BlockRun {
        let env = evm_env(self.chain_id, &self.opening);
        BlockRun {
            evm: OpEvmFactory::<OpTx>::default().create_evm(self.state, env),
            opening: self.opening,
            gas_used: self.gas_used,
            transactions: self.transactions,
            logs: self.logs,
            diff: self.diff,
            system: self.system,
            claimed: self.claimed,
        }
    }
}

impl std::fmt::Debug for BlockRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlockRun")
            .field("number", &self.opening.number)
            .field("transactions", &self.transactions)
            .field("gas_used", &self.gas_used)
            .finish_non_exhaustive()
    }
}

fn refusal<E: std::fmt::Display>(error: &EVMError<StateError, E>) -> String {
    match error {
        EVMError::Transaction(reason) => reason.to_string(),
        other => other.to_string(),
    }
}

fn receipt(
    ty: u8,
    success: bool,
    cumulative_gas_used: u64,
    logs: Vec<Log>,
    deposit_nonce: Option<u64>,
) -> OpReceiptEnvelope {
    let inner = Receipt {
        status: Eip658Value::Eip658(success),
        cumulative_gas_used,
        logs,
    };
    match ty {
        0 => OpReceiptEnvelope::Legacy(inner.with_bloom()),
        1 => OpReceiptEnvelope::Eip2930(inner.with_bloom()),
        2 => OpReceiptEnvelope::Eip1559(inner.with_bloom()),
        4 => OpReceiptEnvelope::Eip7702(inner.with_bloom()),
        _ => OpReceiptEnvelope::Deposit(
            OpDepositReceipt {
                inner,
                deposit_nonce,
                deposit_receipt_version: Some(1),
            }
            .with_bloom(),
        ),
    }
}
