//! The Solidity judges themselves, their committed bytecode run by revm. What they ask other contracts (registry, parameters, Inbox,
//! Slasher, lookahead, beacon proofs, validators) is answered by the model of L1 in `l1.rs`, as those contracts would.

mod l1;

pub(crate) use l1::{BatchOnL1, L1, PERIOD_EPOCHS, REGISTRY};

use std::collections::BTreeMap;

use alloy_primitives::{Address, Bytes, TxKind};
use alloy_sol_types::{SolCall, SolValue};
use forebond_contracts::{
    artifact,
    bindings::{Excuses, ForkJudge},
};
use forebond_evidence::{Accusation, Judge};
use revm::{
    Context, ExecuteCommitEvm, InspectEvm, Inspector, MainBuilder, MainContext,
    context::{ContextTr, TxEnv, result::ExecutionResult},
    context_interface::result::Output,
    database::{CacheDB, EmptyDB, WrapDatabaseRef},
    interpreter::{CallInputs, CallOutcome, Gas, InstructionResult, InterpreterResult},
    primitives::hardfork::SpecId,
};

/// What a judge finds.
pub(crate) type Fault = forebond_contracts::bindings::ForkJudge::Fault;

const CLERK: Address = Address::repeat_byte(0xc1);
const GAS: u64 = 100_000_000;

/// All judges, deployed.
pub(crate) struct Court {
    db: CacheDB<EmptyDB>,
    judges: BTreeMap<Judge, Address>,
    excuses: Address,
}

/// Answers for the contracts that are not deployed.
struct Neighbours<'a> {
    l1: &'a L1,
}

impl<C: ContextTr> Inspector<C> for Neighbours<'_> {
    fn call(&mut self, context: &mut C, inputs: &mut CallInputs) -> Option<CallOutcome> {
        let input = inputs.input.bytes(context);
        if !self.l1.stands_at(inputs.target_address) {
            return None;
        }
        let (result, output) = match self.l1.answer(inputs.target_address, &input) {
            Some(answer) => (InstructionResult::Return, answer),
            None => (InstructionResult::Revert, Vec::new()),
        };
        let result = InterpreterResult::new(result, output.into(), Gas::new(inputs.gas_limit));
        Some(CallOutcome::new(
            result,
            inputs.return_memory_offset.clone(),
        ))
    }
}

impl Court {
    pub(crate) fn new(l1: &L1) -> Self {
        let mut db = CacheDB::new(EmptyDB::default());
        let mut nonce = 0;
        let mut deploy = |name: &str, more: &[Address]| {
            let clock = l1.clock.slots;
            let wiring = (
                clock.genesis_s,
                clock.seconds_per_slot,
                clock.slots_per_epoch,
                l1::REGISTRY,
                l1::PARAMETERS,
            );
            let mut code = artifact(name).unwrap().bytecode.to_vec();
            code.extend(wiring.abi_encode_params());
            for address in more {
                code.extend(address.abi_encode());
            }
            let tx = TxEnv::builder()
                .caller(CLERK)
                .kind(TxKind::Create)
                .nonce(nonce)
                .gas_limit(GAS)
                .data(code.into())
                .build()
                .unwrap();
            nonce += 1;
            let result = context(l1, &mut db)
                .build_mainnet()
                .transact_commit(tx)
                .unwrap();
            match result {
                ExecutionResult::Success {
                    output: Output::Create(_, Some(address)),
                    ..
                } => address,
                other => panic!("{name}: {other:?}"),
            }
        };
        let excuses = deploy("Excuses", &[l1::SLASHER]);
        let judges = Judge::ALL
            .into_iter()
            .map(|judge| {
                let more: &[Address] = match judge {
                    Judge::Unkept => &[l1::SLASHER, excuses],
                    Judge::Late => &[l1::LOOKAHEAD, l1::PRESENCE],
                    Judge::MissedSlot => &[l1::LOOKAHEAD, l1::PRESENCE, l1::VALIDATORS],
                    _ => &[],
                };
                (judge, deploy(judge.contract(), more))
            })
            .collect();
        Self {
            db,
            judges,
            excuses,
        }
    }

    /// Asks the judge of an accusation. The error is what it reverted with.
    pub(crate) fn judge(&self, l1: &L1, accusation: &Accusation) -> Result<Fault, Bytes> {
        self.ask(l1, accusation.judge, accusation.evidence.clone())
            .map(|returned| ForkJudge::judgeCall::abi_decode_returns(&returned).unwrap())
    }

    /// As a node answers `eth_call`.
    pub(crate) fn ask(&self, l1: &L1, judge: Judge, evidence: Bytes) -> Result<Bytes, Bytes> {
        let call = ForkJudge::judgeCall { evidence };
        self.call(l1, self.judges[&judge], call.abi_encode().into())
    }

    /// Asks who is liable (R5).
    pub(crate) fn excuses(&self, l1: &L1, evidence: Bytes) -> Result<Bytes, Bytes> {
        let call = Excuses::shiftCall { evidence };
        self.call(l1, self.excuses, call.abi_encode().into())
    }

    fn call(&self, l1: &L1, to: Address, data: Bytes) -> Result<Bytes, Bytes> {
        let tx = TxEnv::builder()
            .caller(CLERK)
            .kind(TxKind::Call(to))
            .gas_limit(GAS)
            .data(data)
            .build()
            .unwrap();
        let mut evm =
            context(l1, WrapDatabaseRef(&self.db)).build_mainnet_with_inspector(Neighbours { l1 });
        match evm.inspect_one_tx(tx).unwrap() {
            ExecutionResult::Success { output, .. } => Ok(output.into_data()),
            ExecutionResult::Revert { output, .. } => Err(output),
            halt => panic!("{to}: {halt:?}"),
        }
    }
}

fn context<D: revm::Database>(
    l1: &L1,
    db: D,
) -> Context<revm::context::BlockEnv, TxEnv, revm::context::CfgEnv, D, revm::context::Journal<D>, ()>
{
    Context::mainnet()
        .with_db(db)
        .modify_cfg_chained(|cfg| {
            cfg.set_spec_and_mainnet_gas_params(SpecId::PRAGUE);
            cfg.chain_id = l1.domain.l1_chain_id;
            cfg.tx_chain_id_check = false;
            cfg.disable_nonce_check = true;
            cfg.disable_balance_check = true;
            cfg.disable_base_fee = true;
            cfg.disable_block_gas_limit = true;
            cfg.tx_gas_limit_cap = Some(u64::MAX);
            cfg.limit_contract_code_size = Some(usize::MAX);
        })
        .modify_block_chained(|block| {
            block.timestamp = alloy_primitives::U256::from(l1.now_s());
            block.number = alloy_primitives::U256::from(l1.slot);
        })
}
