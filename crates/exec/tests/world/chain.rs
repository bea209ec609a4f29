use super::{MapState, wallet::CHAIN_ID, wallets};
use alloy_consensus::{Header, proofs::calculate_receipt_root};
use alloy_primitives::{B256, Bloom, U256, keccak256};
use forebond_exec::Executed;
use forebond_rollup::op::{
    BlockOpening, BlockTotals, ChainConfig, L1Origin, next_base_fee, open_block, predeploys,
    seal_header,
};

/// A development chain that also charges an operator fee.
pub(crate) fn config() -> ChainConfig {
    ChainConfig {
        chain_id: CHAIN_ID,
        genesis_base_fee_wei: 1_000_000_000,
        operator_fee_scalar: 1_234_567,
        operator_fee_constant: 89,
        batcher_hash: B256::repeat_byte(0xba),
        ..ChainConfig::dev(1_700_000_000, 1)
    }
}

/// The system contracts and funded wallets.
pub(crate) fn genesis() -> MapState {
    let mut state = MapState::default();
    for account in predeploys() {
        state.insert(
            account.address,
            account.nonce,
            account.balance,
            account.code,
            account.storage,
        );
    }
    for wallet in wallets(10) {
        let balance = U256::from(10u128.pow(21));
        state.insert(wallet.address(), 0, balance, Default::default(), []);
    }
    state
}

/// The L1 block that rollup block `number` builds on: a new one every third block.
pub(crate) fn origin(number: u64) -> L1Origin {
    let l1 = number / 3;
    L1Origin {
        number: 1_000 + l1,
        hash: keccak256(l1.to_be_bytes()),
        timestamp_s: 1_700_000_000 + l1 * 12,
        base_fee_wei: 7_000_000_000 + l1 * 1_000_003,
        blob_base_fee_wei: 3_000_000 + u128::from(l1) * 17,
        prev_randao: keccak256([l1 as u8, 1]),
        parent_beacon_root: keccak256([l1 as u8, 2]),
    }
}

/// A block's opening and what led to it.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) opening: BlockOpening,
    pub(crate) origin: L1Origin,
    pub(crate) sequence_number: u64,
}

/// Opens block `number`; `parent` is the base fee and gas used of the block before.
pub(crate) fn open(config: &ChainConfig, number: u64, parent: Option<(u64, u64)>) -> Opened {
    let origin = origin(number);
    let base_fee = parent.map_or(config.genesis_base_fee_wei, |(base_fee, gas_used)| {
        next_base_fee(config, base_fee, gas_used)
    });
    let timestamp_s = config.genesis_s + number * config.block_time_s;
    Opened {
        opening: open_block(config, number, timestamp_s, base_fee, &origin),
        origin,
        sequence_number: number % 3,
    }
}

/// The header of a block with these transactions over these roots.
pub(crate) fn seal(
    opening: &BlockOpening,
    parent_hash: B256,
    state: &MapState,
    executed: &[Executed],
) -> Header {
    let receipts: Vec<_> = executed.iter().map(|e| e.receipt.clone()).collect();
    let bloom = receipts
        .iter()
        .fold(Bloom::ZERO, |all, receipt| all | *receipt.logs_bloom());
    let totals = BlockTotals {
        parent_hash,
        state_root: state.root(),
        transactions_root: B256::ZERO,
        receipts_root: calculate_receipt_root(&receipts),
        logs_bloom: bloom,
        gas_used: executed.iter().map(|e| e.gas_used).sum(),
        withdrawals_root: state.storage_root(forebond_rollup::op::L2_TO_L1_MESSAGE_PASSER),
    };
    seal_header(opening, &totals)
}
