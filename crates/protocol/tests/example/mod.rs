//! A frag with real transactions, and the preconfirmations a gateway would hand out for it.
//!
//! [`Draft`] is everything before the signatures. A test changes a field, calls [`Draft::relink`]
//! to make the hashes agree again (or not), and signs: so it can also play a gateway that signs
//! nonsense.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "shared by several test programs; a wrong answer should stop the test"
)]

mod transactions;

use alloy_primitives::{Address, B256, Bytes, hex, keccak256};
use alloy_sol_types::SolStruct;
use forebond_protocol::PromisesTree;
use forebond_types::{
    Base, BlockEnv, Domain, Frag, Grade, Leaf, OBJECT_VERSION, Preconfirmation, Seal, Signature,
    SignedSeal,
};
pub(crate) use transactions::{Promised, promised_transactions};

/// A key made from words; everybody knows it.
pub(crate) fn key(words: &str) -> secp256k1::SecretKey {
    secp256k1::SecretKey::from_slice(keccak256(words).as_slice()).unwrap()
}

/// The address of a key.
pub(crate) fn address(key: &secp256k1::SecretKey) -> Address {
    Signature::sign(B256::ZERO, key)
        .recover(B256::ZERO)
        .unwrap()
}

/// The key of the gateway under test.
pub(crate) fn gateway_key() -> secp256k1::SecretKey {
    key("gateway A")
}

/// The key of the gateway whose turn came before.
pub(crate) fn predecessor_key() -> secp256k1::SecretKey {
    key("gateway B")
}

/// A frag, what it rests on and what it holds, before anything is signed.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) domain: Domain,
    pub(crate) base: Base,
    pub(crate) grade: Grade,
    pub(crate) parent_seal: Option<Seal>,
    pub(crate) env: BlockEnv,
    pub(crate) frag: Frag,
    pub(crate) leaves: Vec<Leaf>,
    pub(crate) promised: Vec<Promised>,
}

impl Draft {
    /// The first frag of the first block after genesis: a deposit, a transfer, a reverted call, a
    /// creation with logs and a legacy transfer.
    pub(crate) fn first() -> Self {
        let base = Base {
            window: u64::MAX,
            attempt: 0,
            parentBlock: 0,
            parentBlockHash: keccak256("genesis"),
            parentFrag: B256::ZERO,
            parentSeal: B256::ZERO,
        };
        let env = BlockEnv {
            coinbase: Address::from(hex!("4200000000000000000000000000000000000011")),
            gasLimit: 1_000_000_000,
            baseFee: 1_000_000,
            prevRandao: keccak256("randao"),
            parentBeaconRoot: keccak256("beacon root"),
            extraDataHash: keccak256(hex!("00000000fa00000006")),
        };
        let promised = promised_transactions();
        let leaves = promised
            .iter()
            .zip(0u64..)
            .map(|(promised, index)| Leaf {
                index,
                tx_hash: B256::ZERO,
                sender: promised.sender,
                receipt_hash: B256::ZERO,
                writes_hash: B256::ZERO,
                coverage: u128::from(index) * 210_000_000_000,
            })
            .collect();
        let frag = Frag {
            base: B256::ZERO,
            blockNumber: 1,
            sequence: 0,
            previousFrag: B256::ZERO,
            timestamp: 1_760_000_001,
            l1OriginNumber: 23_540_001,
            l1OriginHash: keccak256("origin"),
            issuedAtMs: 1_760_000_000_417,
            firstTransaction: 0,
            transactionCount: u32::try_from(promised.len()).unwrap(),
            promisesRoot: B256::ZERO,
            gasUsed: promised.last().unwrap().cumulative_gas_used,
            windowCoverage: (0..5).sum::<u128>() * 210_000_000_000,
            orderingRule: 0,
            blockEnv: B256::ZERO,
        };
        let domain = Domain {
            l1_chain_id: 1,
            inbox: Address::repeat_byte(0x1b),
        };
        let grade = Grade::Posted;
        let mut draft = Self {
            domain,
            base,
            grade,
            parent_seal: None,
            env,
            frag,
            leaves,
            promised,
        };
        draft.relink();
        draft
    }

    /// The same transactions in the middle of a later block: sequence 7, index 3 and on.
    pub(crate) fn middle() -> Self {
        let mut draft = Self::first();
        draft.frag.blockNumber = 3;
        draft.frag.timestamp += 2;
        draft.frag.sequence = 7;
        draft.frag.previousFrag = keccak256("frag 6");
        draft.frag.firstTransaction = 3;
        for leaf in &mut draft.leaves {
            leaf.index += 3;
        }
        draft.relink();
        draft
    }

    /// The first frag of a turn that rests on the predecessor's end-of-window seal of block 41.
    pub(crate) fn sealed() -> Self {
        let mut draft = Self::first();
        draft.base.window = 9_412_607;
        draft.base.parentBlock = 41;
        draft.base.parentFrag = keccak256("the predecessor's last frag");
        draft.frag.blockNumber = 42;
        draft.frag.timestamp += 41;
        draft.grade = Grade::Sealed;
        draft.parent_seal = Some(Seal {
            base: keccak256("the predecessor's base"),
            blockNumber: 41,
            blockHash: draft.base.parentBlockHash,
            lastSequence: 311,
            lastFrag: draft.base.parentFrag,
            endOfWindow: true,
        });
        draft.relink();
        draft
    }

    /// Makes every hash the one of what it stands for.
    pub(crate) fn relink(&mut self) {
        if let Some(seal) = &self.parent_seal {
            self.base.parentSeal = seal.eip712_hash_struct();
        }
        self.frag.base = self.base.eip712_hash_struct();
        if self.frag.sequence == 0 {
            self.frag.previousFrag = self.frag.base;
        }
        self.frag.blockEnv = self.env.eip712_hash_struct();
        for (leaf, promised) in self.leaves.iter_mut().zip(&self.promised) {
            leaf.tx_hash = keccak256(&promised.raw);
            leaf.receipt_hash = keccak256(&promised.receipt);
            leaf.writes_hash = keccak256(&promised.writes);
        }
        self.frag.promisesRoot = self.tree().root();
    }

    /// The tree over the leaves as they are.
    pub(crate) fn tree(&self) -> PromisesTree {
        PromisesTree::new(self.leaves.iter().map(Leaf::hash).collect()).unwrap()
    }

    /// What the gateway hands to the sender of transaction `place`, signed as the draft stands.
    pub(crate) fn object(&self, place: usize) -> Preconfirmation {
        let sign = |digest| Signature::sign(digest, &gateway_key());
        let seal = |seal: &Seal| SignedSeal {
            seal: seal.into(),
            signature: Signature::sign(self.domain.digest(seal), &predecessor_key()),
        };
        let promised = &self.promised[place];
        Preconfirmation {
            version: OBJECT_VERSION,
            domain: self.domain,
            base: (&self.base).into(),
            base_signature: sign(self.domain.digest(&self.base)),
            grade: self.grade,
            parent_seal: self.parent_seal.as_ref().map(seal),
            frag: (&self.frag).into(),
            frag_signature: sign(self.domain.digest(&self.frag)),
            block_env: (&self.env).into(),
            leaf: (&self.leaves[place]).into(),
            branch: self.tree().branch(place).unwrap(),
            transaction: promised.raw.clone(),
            receipt: promised.receipt.clone(),
            writes: promised.writes.clone(),
        }
    }
}

/// The canonical text of an object, as a gateway answers it.
pub(crate) fn text(object: &Preconfirmation) -> String {
    serde_json::to_string(object).unwrap()
}

/// Bytes that are nothing.
pub(crate) fn nonsense() -> Bytes {
    Bytes::from_static(b"nonsense")
}
