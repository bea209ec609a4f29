//! A valid preconfirmation, made by the same types a gateway makes it with.

use alloy_consensus::{Receipt, SignableTransaction, TxEip1559};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, Log, TxKind, U256, keccak256};
use alloy_sol_types::SolStruct;
use forebond_protocol::PromisesTree;
use forebond_types::{
    AccountWrite, Base, BaseWire, BlockEnv, BlockEnvWire, Domain, Frag, FragWire, Grade, InfoWrite,
    Leaf, LeafWire, OBJECT_VERSION, Preconfirmation, Signature, WriteSet,
};
use op_alloy_consensus::{OpReceiptEnvelope, OpTxEnvelope};
use secp256k1::{SECP256K1, SecretKey};

pub(super) struct Sample {
    pub(super) gateway: Address,
    pub(super) object: Preconfirmation,
}

fn key(byte: u8) -> (SecretKey, Address) {
    let key = SecretKey::from_slice(&[byte; 32]).unwrap();
    let public = key.public_key(SECP256K1).serialize_uncompressed();
    (key, Address::from_raw_public_key(&public[1..]))
}

fn transaction(sender: &SecretKey) -> OpTxEnvelope {
    let transaction = TxEip1559 {
        chain_id: 9545,
        gas_limit: 21_000,
        max_fee_per_gas: 2_000_000_000,
        max_priority_fee_per_gas: 1_000_000_000,
        to: TxKind::Call(Address::repeat_byte(0x33)),
        value: U256::from(10u128.pow(17) * 5),
        ..TxEip1559::default()
    };
    let signature = Signature::sign(transaction.signature_hash(), sender);
    let signature = alloy_primitives::Signature::from_raw(signature.as_bytes()).unwrap();
    OpTxEnvelope::Eip1559(transaction.into_signed(signature))
}

fn receipt() -> OpReceiptEnvelope {
    let log = Log::new_unchecked(
        Address::repeat_byte(0x44),
        vec![keccak256("Paid()")],
        Bytes::from_static(&[1, 2, 3]),
    );
    let receipt = Receipt {
        status: true.into(),
        cumulative_gas_used: 63_000,
        logs: vec![log],
    };
    OpReceiptEnvelope::Eip1559(receipt.with_bloom())
}

fn writes(sender: Address) -> WriteSet {
    let info = InfoWrite::Set {
        nonce: 1,
        balance: U256::from(9_999_500_000_000_000_000_000u128),
        code_hash: KECCAK256_EMPTY,
    };
    let slots = vec![(U256::from(2), U256::from(42))];
    WriteSet::new(vec![
        AccountWrite {
            address: sender,
            info,
            slots: vec![],
        },
        AccountWrite {
            address: Address::repeat_byte(0x44),
            info: InfoWrite::Unchanged,
            slots,
        },
    ])
}

impl Sample {
    pub(super) fn new() -> Self {
        let (gateway_key, gateway) = key(7);
        let (sender_key, sender) = key(9);
        let domain = Domain {
            l1_chain_id: 1_337,
            inbox: Address::repeat_byte(0x11),
        };
        let base = Base {
            window: u64::MAX,
            attempt: 0,
            parentBlock: 0,
            parentBlockHash: keccak256("genesis"),
            parentFrag: B256::ZERO,
            parentSeal: B256::ZERO,
        };
        let env = BlockEnv {
            coinbase: Address::repeat_byte(0x42),
            gasLimit: 1_000_000_000,
            baseFee: 1_000_000,
            prevRandao: keccak256("randao"),
            parentBeaconRoot: keccak256("beacon"),
            extraDataHash: keccak256("extra"),
        };
        let transaction = transaction(&sender_key).encoded_2718();
        let receipt = receipt().encoded_2718();
        let writes = writes(sender).encode();
        let leaf = Leaf {
            index: 3,
            tx_hash: keccak256(&transaction),
            sender,
            receipt_hash: keccak256(&receipt),
            writes_hash: keccak256(&writes),
            coverage: 2_100_000_000_000,
        };
        // Five leaves: the branch has three steps, and one of them is a missing right node.
        let leaves = (0..5)
            .map(|n| if n == 1 { leaf.hash() } else { keccak256([n]) })
            .collect();
        let tree = PromisesTree::new(leaves).unwrap();
        let frag = Frag {
            base: base.eip712_hash_struct(),
            blockNumber: 12,
            sequence: 7,
            previousFrag: keccak256("previous"),
            timestamp: 1_795_235_094,
            l1OriginNumber: 100,
            l1OriginHash: keccak256("origin"),
            issuedAtMs: 1_795_235_093_123,
            firstTransaction: 2,
            transactionCount: 5,
            promisesRoot: tree.root(),
            gasUsed: 126_000,
            windowCoverage: 5_000_000_000_000,
            orderingRule: 0,
            blockEnv: env.eip712_hash_struct(),
        };
        let sign = |struct_hash| {
            Signature::sign(
                Domain::digest_of(domain.separator(), struct_hash),
                &gateway_key,
            )
        };
        let object = Preconfirmation {
            version: OBJECT_VERSION,
            domain,
            base: BaseWire::from(&base),
            base_signature: sign(base.eip712_hash_struct()),
            grade: Grade::Posted,
            parent_seal: None,
            frag: FragWire::from(&frag),
            frag_signature: sign(frag.eip712_hash_struct()),
            block_env: BlockEnvWire::from(&env),
            leaf: LeafWire::from(&leaf),
            branch: tree.branch(1).unwrap(),
            transaction: transaction.into(),
            receipt: receipt.into(),
            writes: writes.into(),
        };
        Self { gateway, object }
    }

    pub(super) fn json(&self) -> String {
        text_of(&self.object, false)
    }

    pub(super) fn pretty_json(&self) -> String {
        text_of(&self.object, true)
    }
}

fn text_of(object: &Preconfirmation, pretty: bool) -> String {
    if pretty {
        serde_json::to_string_pretty(object)
    } else {
        serde_json::to_string(object)
    }
    .unwrap()
}
