//! Blocks' beginnings: kona's payload attributes beside our plans, kona's deposits beside ours.

use crate::kona::config;
use crate::words::{CHAIN_ID, Dice, GENESIS_S};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, Log, LogData, U256};
use async_trait::async_trait;
use forebond_rollup::op::{
    ChainConfig, DEPOSIT_TOPIC, L1Origin, SEQUENCER_FEE_VAULT, deposit_of,
    derive::{DerivedHead, next_plan},
    open_block,
};
use kona_consensus::{Header, Receipt, TxEnvelope};
use kona_derive::{
    AttributesBuilder, ChainProvider, L2ChainProvider, PipelineError, PipelineErrorKind,
    StatefulAttributesBuilder,
};
use kona_eips::BlockNumHash;
use kona_genesis::{RollupConfig, SystemConfig};
use kona_protocol::{BatchValidationProvider, BlockInfo, L2BlockInfo, decode_deposit};
use op_kona_consensus::OpBlock;
use std::{fmt, sync::Arc};

const PORTAL: Address = Address::repeat_byte(0xde);

#[derive(Debug)]
struct Missing;

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not in this world")
    }
}

impl From<Missing> for PipelineErrorKind {
    fn from(_: Missing) -> Self {
        PipelineError::Provider("not in this world".into()).crit()
    }
}

/// An L1 of one block that matters.
#[derive(Clone, Debug)]
struct L1 {
    header: Header,
    receipts: Vec<Receipt>,
}

#[async_trait]
impl ChainProvider for L1 {
    type Error = Missing;

    async fn header_by_hash(&mut self, hash: B256) -> Result<Header, Missing> {
        (hash == self.header.hash_slow())
            .then(|| self.header.clone())
            .ok_or(Missing)
    }

    async fn block_info_by_number(&mut self, _: u64) -> Result<BlockInfo, Missing> {
        Err(Missing)
    }

    async fn receipts_by_hash(&mut self, hash: B256) -> Result<Vec<Receipt>, Missing> {
        (hash == self.header.hash_slow())
            .then(|| self.receipts.clone())
            .ok_or(Missing)
    }

    async fn block_info_and_transactions_by_hash(
        &mut self,
        _: B256,
    ) -> Result<(BlockInfo, Vec<TxEnvelope>), Missing> {
        Err(Missing)
    }
}

#[derive(Debug)]
struct L2(SystemConfig);

#[async_trait]
impl BatchValidationProvider for L2 {
    type Error = Missing;

    async fn l2_block_info_by_number(&mut self, _: u64) -> Result<L2BlockInfo, Missing> {
        Err(Missing)
    }

    async fn block_by_number(&mut self, _: u64) -> Result<OpBlock, Missing> {
        Err(Missing)
    }
}

#[async_trait]
impl L2ChainProvider for L2 {
    type Error = Missing;

    async fn system_config_by_number(
        &mut self,
        _: u64,
        _: Arc<RollupConfig>,
    ) -> Result<SystemConfig, Missing> {
        Ok(self.0)
    }
}

/// Our constants in kona's words. The scalar packs both fee scalars (Ecotone, version 1).
fn system_config(chain: &ChainConfig) -> SystemConfig {
    let mut scalar = [0u8; 32];
    scalar[0] = 1;
    scalar[24..28].copy_from_slice(&chain.l1_blob_base_fee_scalar.to_be_bytes());
    scalar[28..].copy_from_slice(&chain.l1_base_fee_scalar.to_be_bytes());
    SystemConfig {
        batcher_address: Address::from_word(chain.batcher_hash),
        scalar: U256::from_be_bytes(scalar),
        gas_limit: chain.gas_limit,
        base_fee_scalar: Some(chain.l1_base_fee_scalar.into()),
        blob_base_fee_scalar: Some(chain.l1_blob_base_fee_scalar.into()),
        eip1559_denominator: Some(chain.base_fee_denominator),
        eip1559_elasticity: Some(chain.base_fee_elasticity),
        operator_fee_scalar: Some(chain.operator_fee_scalar),
        operator_fee_constant: Some(chain.operator_fee_constant),
        ..Default::default()
    }
}

fn deposit_log(dice: &mut Dice, address: Address) -> Log {
    let length = dice.below(90) as usize;
    let mut opaque = vec![0u8; 16];
    opaque.extend_from_slice(&dice.word()[16..]);
    opaque.extend_from_slice(dice.word().as_slice());
    opaque.extend_from_slice(&(21_000 + dice.below(1 << 40)).to_be_bytes());
    opaque.push(dice.below(2) as u8);
    opaque.extend_from_slice(&dice.bytes(length));
    let mut data = U256::from(32).to_be_bytes::<32>().to_vec();
    data.extend_from_slice(&U256::from(opaque.len()).to_be_bytes::<32>());
    data.extend_from_slice(&opaque);
    data.resize(data.len().next_multiple_of(32), 0);
    let [from, to] = [0, 1].map(|_| Address::from_slice(&dice.word()[..20]).into_word());
    Log {
        address,
        data: LogData::new_unchecked(vec![DEPOSIT_TOPIC, from, to, B256::ZERO], data.into()),
    }
}

/// Blocks that open an L1 origin and blocks that stay on one: the same transactions and environment.
pub fn check_blocks() {
    let mut dice = Dice::new(3);
    let chain = ChainConfig {
        operator_fee_scalar: 5,
        operator_fee_constant: 77,
        batcher_hash: Address::repeat_byte(9).into_word(),
        ..ChainConfig::dev(GENESIS_S, 1)
    };
    let rollup = Arc::new(RollupConfig {
        deposit_contract_address: PORTAL,
        l1_system_config_address: Address::repeat_byte(0x5c),
        l2_chain_id: CHAIN_ID.into(),
        ..config()
    });
    for round in 0..60 {
        let opens = dice.below(3) > 0;
        let header = Header {
            number: 100 + round,
            parent_hash: dice.word(),
            timestamp: GENESIS_S + dice.below(10),
            mix_hash: dice.word(),
            base_fee_per_gas: Some(dice.below(1 << 50)),
            excess_blob_gas: Some(0),
            blob_gas_used: Some(0),
            parent_beacon_block_root: Some(dice.word()),
            requests_hash: Some(B256::ZERO),
            ..Default::default()
        };
        let hash = header.hash_slow();
        // Three transactions; the second one reverted, so its logs do not exist. Logs of others stand between.
        let logs = |dice: &mut Dice| {
            let count = dice.below(4);
            (0..count)
                .map(|i| deposit_log(dice, if i == 1 { Address::ZERO } else { PORTAL }))
                .collect::<Vec<_>>()
        };
        let receipts: Vec<_> = [true, false, true]
            .map(|status| Receipt {
                status: status.into(),
                cumulative_gas_used: 0,
                logs: if status { logs(&mut dice) } else { vec![] },
            })
            .into();
        let deposits: Vec<_> = receipts
            .iter()
            .flat_map(|receipt| &receipt.logs)
            .enumerate()
            .filter(|(_, log)| log.address == PORTAL)
            .map(|(index, log)| {
                deposit_of(hash, index as u64, log.topics(), &log.data.data).expect("a deposit")
            })
            .collect();
        let origin = L1Origin {
            number: header.number,
            hash,
            timestamp_s: header.timestamp,
            base_fee_wei: header.base_fee_per_gas.expect("set"),
            blob_base_fee_wei: 1,
            prev_randao: header.mix_hash,
            parent_beacon_root: header.parent_beacon_block_root.expect("set"),
        };
        let head = DerivedHead {
            number: 20 + round,
            hash: dice.word(),
            timestamp_s: GENESIS_S + 20 + round,
            origin: if opens {
                (header.number - 1, header.parent_hash)
            } else {
                (header.number, hash)
            },
            origin_sequence: dice.below(50),
            batch: B256::ZERO,
        };
        let parent = L2BlockInfo {
            block_info: BlockInfo {
                hash: head.hash,
                number: head.number,
                timestamp: head.timestamp_s,
                ..Default::default()
            },
            l1_origin: BlockNumHash {
                number: head.origin.0,
                hash: head.origin.1,
            },
            seq_num: head.origin_sequence,
        };
        let mut builder = StatefulAttributesBuilder::new(
            rollup.clone(),
            L2(system_config(&chain)),
            L1 { header, receipts },
        );
        let epoch = BlockNumHash {
            number: origin.number,
            hash,
        };
        let kona = pollster::block_on(builder.prepare_payload_attributes(parent, epoch))
            .expect("kona builds attributes");
        let plan = next_plan(&chain, &head, &origin, &deposits, vec![]);
        let opening = open_block(&chain, plan.number, plan.timestamp_s, 7, &plan.origin);
        assert_eq!(
            Some(&plan.transactions),
            kona.transactions.as_ref(),
            "round {round}"
        );
        let payload = &kona.payload_attributes;
        assert_eq!(plan.timestamp_s, payload.timestamp);
        assert_eq!(opening.env.prevRandao, payload.prev_randao);
        assert_eq!(
            Some(opening.env.parentBeaconRoot),
            payload.parent_beacon_block_root
        );
        assert_eq!(SEQUENCER_FEE_VAULT, payload.suggested_fee_recipient);
        assert_eq!(Some(opening.env.gasLimit), kona.gas_limit);
        let parameters = kona.eip_1559_params.expect("Holocene").0;
        assert_eq!(opening.extra_data[1..], parameters);
    }
    println!("attributes and deposits of blocks: as kona builds them");
}

/// The logs that the Portal's own tests wrote.
pub fn check_portal_deposits() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../fixtures/portal/deposits.json"
    );
    let text = std::fs::read_to_string(path).expect("the Portal's fixtures");
    let cases: Vec<serde_json::Value> = serde_json::from_str(&text).expect("JSON");
    for case in &cases {
        let field = |name: &str| case[name].as_str().expect("text").to_owned();
        let topics: Vec<B256> = serde_json::from_value(case["topics"].clone()).expect("topics");
        let data: Bytes = field("logData").parse().expect("hex");
        let hash: B256 = field("l1BlockHash").parse().expect("hash");
        let index: U256 = field("logIndex").parse().expect("number");
        let log = Log {
            address: PORTAL,
            data: LogData::new_unchecked(topics.clone(), data.clone()),
        };
        let kona = decode_deposit(hash, index.to(), &log).expect("kona reads it");
        let ours = deposit_of(hash, index.to(), &topics, &data).expect("we read it");
        assert_eq!(kona, ours.encoded_2718(), "{}", case["about"]);
    }
    println!(
        "{} logs of the Portal: the deposits kona reads",
        cases.len()
    );
}
