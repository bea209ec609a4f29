use super::{MapState, wallet::CHAIN_ID};
use alloy_consensus::{Header, transaction::Recovered};
use alloy_eips::eip2718::WithEncoded;
use alloy_evm::{EvmFactory, precompiles::PrecompilesMap};
use alloy_op_evm::{
    OpBlockExecutionCtx, OpBlockExecutor, OpEvm, OpEvmFactory, OpTx,
    block::receipt_builder::OpAlloyReceiptBuilder, evm_env_for_op_block,
};
use alloy_op_hardforks::{ForkCondition, OpChainHardforks, OpHardfork};
use alloy_primitives::U256;
use forebond_exec::{Account, PreparedTx};
use op_alloy_consensus::OpTxEnvelope;
use revm::{
    database::{CacheDB, EmptyDB},
    inspector::NoOpInspector,
    state::{AccountInfo, Bytecode},
};

/// The stock block executor over revm's own in-memory database.
#[derive(Debug)]
pub(crate) struct Oracle {
    pub(crate) db: CacheDB<EmptyDB>,
    forks: OpChainHardforks,
}

type StockEvm<'a> = OpEvm<&'a mut CacheDB<EmptyDB>, NoOpInspector, PrecompilesMap>;
pub(crate) type StockBlock<'a> =
    OpBlockExecutor<StockEvm<'a>, OpAlloyReceiptBuilder, OpChainHardforks>;

impl Oracle {
    pub(crate) fn new(genesis: &MapState) -> Self {
        let mut db = CacheDB::<EmptyDB>::default();
        for (address, account) in &genesis.accounts {
            let code = genesis.codes.get(&account.code_hash).cloned();
            let info = AccountInfo {
                nonce: account.nonce,
                balance: account.balance,
                code_hash: account.code_hash,
                code: code.map(Bytecode::new_raw),
                ..Default::default()
            };
            db.insert_account_info(*address, info);
        }
        for ((address, slot), value) in &genesis.slots {
            db.insert_account_storage(*address, *slot, *value).unwrap();
        }
        let forks = [
            OpHardfork::Bedrock,
            OpHardfork::Regolith,
            OpHardfork::Canyon,
            OpHardfork::Ecotone,
            OpHardfork::Fjord,
            OpHardfork::Granite,
            OpHardfork::Holocene,
            OpHardfork::Isthmus,
        ];
        let forks = forks.map(|fork| match fork {
            OpHardfork::Bedrock => (fork, ForkCondition::Block(0)),
            _ => (fork, ForkCondition::Timestamp(0)),
        });
        Self {
            db,
            forks: OpChainHardforks::new(forks),
        }
    }

    /// Starts the block that `header` opens; only what is fixed before execution is read of it.
    pub(crate) fn block(&mut self, header: &Header) -> StockBlock<'_> {
        let env = evm_env_for_op_block(header, &self.forks, CHAIN_ID);
        let ctx = OpBlockExecutionCtx {
            parent_hash: header.parent_hash,
            parent_beacon_block_root: header.parent_beacon_block_root,
            extra_data: header.extra_data.clone(),
        };
        self.db
            .cache
            .block_hashes
            .insert(U256::from(header.number - 1), header.parent_hash);
        let evm = OpEvmFactory::<OpTx>::default().create_evm(&mut self.db, env);
        OpBlockExecutor::new(
            evm,
            ctx,
            self.forks.clone(),
            OpAlloyReceiptBuilder::default(),
        )
    }

    /// A transaction in the form the stock executor takes.
    pub(crate) fn transaction(tx: &PreparedTx) -> WithEncoded<Recovered<OpTxEnvelope>> {
        let recovered = Recovered::new_unchecked(tx.envelope().clone(), tx.sender());
        WithEncoded::new(tx.raw().clone(), recovered)
    }

    /// The oracle's whole state, without empty accounts (EIP-161).
    pub(crate) fn whole(&self) -> MapState {
        whole(&self.db)
    }
}

/// Everything a revm database in memory holds.
pub(crate) fn whole(db: &CacheDB<EmptyDB>) -> MapState {
    let mut state = MapState::default();
    for (address, held) in &db.cache.accounts {
        let account = Account {
            nonce: held.info.nonce,
            balance: held.info.balance,
            code_hash: held.info.code_hash,
        };
        if account.is_empty() {
            continue;
        }
        let code = db
            .cache
            .contracts
            .get(&account.code_hash)
            .map(Bytecode::original_bytes)
            .unwrap_or_default();
        let storage = held.storage.iter().map(|(slot, value)| (*slot, *value));
        state.insert(*address, account.nonce, account.balance, code, storage);
        assert_eq!(state.get(*address), Some(account));
    }
    state
}
