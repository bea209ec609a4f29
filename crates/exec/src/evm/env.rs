use alloy_evm::EvmEnv;
use alloy_primitives::U256;
use forebond_rollup::op::BlockOpening;
use op_revm::OpSpecId;
use revm::{
    context::{BlockEnv, CfgEnv},
    context_interface::block::BlobExcessGasAndPrice,
};

/// The EVM's environment for an opened block: Isthmus rules, no blob transactions.
pub fn evm_env(chain_id: u64, opening: &BlockOpening) -> EvmEnv<OpSpecId> {
    let cfg = CfgEnv::new()
        .with_chain_id(chain_id)
        .with_spec_and_mainnet_gas_params(OpSpecId::ISTHMUS);
    let block = BlockEnv {
        number: U256::from(opening.number),
        beneficiary: opening.env.coinbase,
        timestamp: U256::from(opening.timestamp_s),
        gas_limit: opening.env.gasLimit,
        basefee: opening.env.baseFee,
        difficulty: U256::ZERO,
        prevrandao: Some(opening.env.prevRandao),
        blob_excess_gas_and_price: Some(BlobExcessGasAndPrice {
            excess_blob_gas: 0,
            blob_gasprice: 1,
        }),
        slot_num: 0,
    };
    EvmEnv::new(cfg, block)
}
