use alloy_consensus::{Header, SignableTransaction, TxEip1559};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, keccak256};
use forebond_evidence::{
    Attested, Promise,
    blocks::{BlockContents, root},
    faults::twin_leaves::PlacedLeaf,
};
use forebond_protocol::PromisesTree;
use forebond_types::{BlockEnv, Domain, Frag, Leaf};
use op_alloy_consensus::{OpTxEnvelope, TxDeposit};

use super::{Signers, Twist};

const BASE_FEE_WEI: u64 = 1_000;
const EXTRA_DATA: &[u8] = b"extra";

/// A promised transaction with its bytes.
#[derive(Clone, Debug)]
pub(crate) struct Promised {
    pub(crate) leaf: Leaf,
    pub(crate) transaction: Bytes,
    pub(crate) receipt: Bytes,
}

/// A frag with everything it promises.
#[derive(Clone, Debug)]
pub(crate) struct FragStory {
    pub(crate) frag: Attested<Frag>,
    pub(crate) promises: Vec<(Promise, Bytes)>,
    /// A leaf at a place that is not its index's.
    pub(crate) misplaced: Option<PlacedLeaf>,
    pub(crate) is_twisted: bool,
}

/// What the header of a block says before its first transaction.
pub(crate) fn env(number: u64) -> BlockEnv {
    BlockEnv {
        coinbase: Address::repeat_byte(0x11),
        gasLimit: 30_000_000,
        baseFee: BASE_FEE_WEI,
        prevRandao: keccak256(number.to_be_bytes()),
        parentBeaconRoot: B256::repeat_byte(0xbe),
        extraDataHash: keccak256(EXTRA_DATA),
    }
}

/// The L1 attributes of a block, in whose place they stand.
pub(crate) fn deposit(number: u64) -> Promised {
    let from = Address::repeat_byte(0xde);
    let tx = TxDeposit {
        source_hash: keccak256(number.to_be_bytes()),
        from,
        to: TxKind::Call(Address::repeat_byte(0x15)),
        ..TxDeposit::default()
    };
    promised(0, OpTxEnvelope::from(tx).encoded_2718().into(), from, 0, 0)
}

/// A user's transaction; `salt` makes it one of its own.
pub(crate) fn transfer(
    index: u64,
    tip_wei: u32,
    sender: Address,
    coverage: u128,
    salt: u64,
) -> Promised {
    let tx = TxEip1559 {
        chain_id: 9_545,
        nonce: salt,
        gas_limit: 21_000,
        max_fee_per_gas: u128::from(BASE_FEE_WEI) + 1_000_000,
        max_priority_fee_per_gas: u128::from(tip_wei),
        to: TxKind::Call(sender),
        value: U256::from(salt),
        ..TxEip1559::default()
    };
    let signed = tx.into_signed(Signature::test_signature());
    let raw = OpTxEnvelope::Eip1559(signed).encoded_2718();
    promised(index, raw.into(), sender, coverage, salt)
}

fn promised(
    index: u64,
    transaction: Bytes,
    sender: Address,
    coverage: u128,
    salt: u64,
) -> Promised {
    // Some receipts are so short that their trie nodes are embedded in their parents.
    let length = if salt % 3 == 1 { 5 } else { 90 };
    let digest = keccak256([&transaction[..], &index.to_be_bytes()].concat());
    let receipt: Bytes = digest.iter().copied().cycle().take(length).collect();
    let leaf = Leaf {
        index,
        tx_hash: keccak256(&transaction),
        sender,
        receipt_hash: keccak256(&receipt),
        writes_hash: keccak256(index.to_be_bytes()),
        coverage,
    };
    Promised {
        leaf,
        transaction,
        receipt,
    }
}

/// Signs a frag over its transactions; `frag` lacks their root alone.
pub(crate) fn signed_frag(
    signers: &Signers,
    domain: &Domain,
    mut frag: Frag,
    env: &BlockEnv,
    transactions: &[Promised],
    twist: Option<Twist>,
) -> FragStory {
    let mut leaves: Vec<_> = transactions.iter().map(|one| one.leaf).collect();
    let twins = twist == Some(Twist::Twins);
    if twins {
        leaves[1] = Leaf {
            receipt_hash: keccak256("another receipt"),
            ..leaves[0]
        };
    }
    let tree = PromisesTree::new(leaves.iter().map(Leaf::hash).collect()).unwrap();
    frag.promisesRoot = tree.root();
    let frag = signers.sign(domain, frag);
    let branch = |place: usize| tree.branch(place).unwrap();
    let promises = transactions
        .iter()
        .enumerate()
        .filter(|(place, _)| !(twins && *place == 1))
        .map(|(place, one)| {
            let promise = Promise {
                frag: frag.clone(),
                env: env.clone(),
                leaf: one.leaf,
                branch: branch(place),
            };
            (promise, one.transaction.clone())
        })
        .collect();
    let misplaced = twins.then(|| PlacedLeaf {
        leaf: leaves[1],
        place: 1,
        branch: branch(1),
    });
    FragStory {
        frag,
        promises,
        misplaced,
        is_twisted: twist.is_some(),
    }
}

/// A block as it is executed; `salt` changes its state and nothing else.
pub(crate) fn made_block(
    number: u64,
    timestamp_s: u64,
    parent_hash: B256,
    transactions: Vec<Bytes>,
    receipts: Vec<Bytes>,
    salt: u64,
) -> BlockContents {
    let env = env(number);
    let header = Header {
        parent_hash,
        number,
        timestamp: timestamp_s,
        beneficiary: env.coinbase,
        gas_limit: env.gasLimit,
        base_fee_per_gas: Some(env.baseFee),
        mix_hash: env.prevRandao,
        parent_beacon_block_root: Some(env.parentBeaconRoot),
        extra_data: Bytes::from_static(EXTRA_DATA),
        state_root: keccak256([number.to_be_bytes(), salt.to_be_bytes()].concat()),
        transactions_root: root(&transactions),
        receipts_root: root(&receipts),
        withdrawals_root: Some(B256::ZERO),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0),
        requests_hash: Some(B256::ZERO),
        ..Header::default()
    };
    BlockContents {
        header: alloy_rlp::encode(header).into(),
        transactions,
        receipts,
    }
}
