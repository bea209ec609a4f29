//! A small frag for unit tests: real signatures and tree, made-up results.

use super::{BlockStart, PromisedTx, PublishedFrag, SignedBase};
use alloy_consensus::{Eip658Value, Receipt};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_sol_types::SolStruct;
use forebond_exec::{Changes, Executed, PreparedTx};
use forebond_protocol::PromisesTree;
use forebond_rollup::op::{ChainConfig, L1Origin, open_block};
use forebond_types::{Base, Domain, Frag, Grade, Signature};
use op_alloy_consensus::{OpDepositReceipt, OpReceiptEnvelope, TxDeposit};
use std::sync::Arc;

/// The domain of the sample.
pub(crate) const DOMAIN: Domain = Domain {
    l1_chain_id: 1,
    inbox: Address::repeat_byte(0xee),
};

fn promised(index: u32) -> Arc<PromisedTx> {
    let deposit = TxDeposit {
        source_hash: B256::repeat_byte(7),
        from: Address::repeat_byte(1),
        to: TxKind::Call(Address::repeat_byte(2)),
        value: U256::from(index),
        gas_limit: 50_000,
        input: Bytes::from(vec![9; index as usize * 40]),
        ..Default::default()
    };
    let inner = Receipt {
        status: Eip658Value::Eip658(true),
        cumulative_gas_used: 21_000 * u64::from(index + 1),
        logs: vec![],
    };
    let receipt = OpDepositReceipt {
        inner,
        deposit_nonce: Some(3),
        deposit_receipt_version: Some(1),
    };
    let executed = Executed {
        index,
        first_log: 0,
        receipt: OpReceiptEnvelope::Deposit(receipt.with_bloom()),
        gas_used: 21_000,
        effective_gas_price_wei: 5,
        l1_fee_wei: U256::from(6),
        operator_fee_wei: U256::ZERO,
        created: (index == 1).then(|| Address::repeat_byte(3)),
        changes: Changes::default(),
    };
    Arc::new(PromisedTx::new(
        Arc::new(PreparedTx::deposit(deposit)),
        &executed,
        12,
        None,
    ))
}

/// A frag of `count` transactions.
pub(crate) fn frag(count: u32) -> Arc<PublishedFrag> {
    let key = secp256k1::SecretKey::from_slice(&[5; 32]).unwrap();
    let base = Base {
        window: u64::MAX,
        attempt: 0,
        parentBlock: 0,
        parentBlockHash: B256::repeat_byte(4),
        parentFrag: B256::ZERO,
        parentSeal: B256::ZERO,
    };
    let signed = Arc::new(SignedBase {
        domain: DOMAIN,
        hash: base.eip712_hash_struct(),
        signature: Signature::sign(DOMAIN.digest(&base), &key),
        base,
        grade: Grade::Posted,
        parent_seal: None,
    });
    let origin = L1Origin {
        number: 5,
        hash: B256::repeat_byte(6),
        timestamp_s: 7,
        base_fee_wei: 8,
        blob_base_fee_wei: 9,
        prev_randao: B256::repeat_byte(10),
        parent_beacon_root: B256::repeat_byte(11),
    };
    let opening = open_block(&ChainConfig::dev(0, 1), 1, 1, 1000, &origin);
    let start = Arc::new(BlockStart {
        opening,
        origin,
        origin_sequence: 2,
    });
    let transactions: Vec<_> = (0..count).map(promised).collect();
    let tree = PromisesTree::new(transactions.iter().map(|t| t.leaf.hash()).collect()).unwrap();
    let frag = Frag {
        base: signed.hash,
        blockNumber: 1,
        sequence: 0,
        previousFrag: signed.hash,
        timestamp: 1,
        l1OriginNumber: 5,
        l1OriginHash: origin.hash,
        issuedAtMs: 1_234,
        firstTransaction: 0,
        transactionCount: count,
        promisesRoot: tree.root(),
        gasUsed: 21_000 * u64::from(count),
        windowCoverage: 100,
        orderingRule: 0,
        blockEnv: start.opening.env.eip712_hash_struct(),
    };
    let signature = Signature::sign(DOMAIN.digest(&frag), &key);
    let hash = frag.eip712_hash_struct();
    Arc::new(PublishedFrag::new(
        signed,
        start,
        (frag, hash),
        signature,
        transactions,
        tree,
    ))
}
