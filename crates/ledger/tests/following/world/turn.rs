use alloy_primitives::B256;
use alloy_rlp::Encodable;
use alloy_sol_types::SolStruct;
use forebond_ledger::{chain::SealedBlock, journal::StartRecord, promise::PromisedTx};
use forebond_protocol::PromisesTree;
use forebond_types::{
    Base, BaseEnvelope, Domain, Envelope, EnvelopeTx, Frag, FragEnvelope, Leaf, Seal, SealEnvelope,
    Signature,
};
use secp256k1::SecretKey;
use std::sync::Arc;

/// Signs one turn: a base, frags of given blocks, seals.
#[derive(Clone, Debug)]
pub(crate) struct TurnWriter {
    key: SecretKey,
    domain: Domain,
    pub(crate) base: Base,
    base_hash: B256,
    parent_seal: Option<SealEnvelope>,
    sequence: u32,
    previous: B256,
    coverage_wei: u128,
}

impl TurnWriter {
    pub(crate) fn open(window: u64, parent: &SealedBlock, domain: Domain) -> Self {
        let base = Base {
            window,
            attempt: 0,
            parentBlock: parent.number(),
            parentBlockHash: parent.hash,
            parentFrag: B256::ZERO,
            parentSeal: B256::ZERO,
        };
        Self {
            key: SecretKey::from_slice(&[7; 32]).unwrap(),
            domain,
            base_hash: base.eip712_hash_struct(),
            previous: base.eip712_hash_struct(),
            base,
            parent_seal: None,
            sequence: 0,
            coverage_wei: 0,
        }
    }

    /// The same, with a base that says more. Before the first frag only.
    pub(crate) fn rebased(mut self, change: impl FnOnce(&mut Base)) -> Self {
        change(&mut self.base);
        self.base_hash = self.base.eip712_hash_struct();
        self.previous = self.base_hash;
        self
    }

    /// Rests on the predecessor's frag and seal.
    pub(crate) fn on(self, frag: &Frag, seal: Option<&SealEnvelope>) -> Self {
        let mut turn = self.rebased(|base| {
            base.parentFrag = frag.eip712_hash_struct();
            base.parentSeal = seal.map_or(B256::ZERO, |s| s.seal.eip712_hash_struct());
        });
        turn.parent_seal = seal.cloned();
        turn
    }

    fn sign(&self, message: &impl SolStruct) -> Signature {
        Signature::sign(self.domain.digest(message), &self.key)
    }

    pub(crate) fn base_envelope(&self) -> Envelope {
        Envelope::Base(BaseEnvelope {
            signature: self.sign(&self.base),
            base: self.base.clone(),
            parent_seal: self.parent_seal.clone(),
        })
    }

    /// Frags for a block: its deposits first, then runs of these many users' transactions; the rest comes in one more.
    pub(crate) fn frags(&mut self, block: &SealedBlock, sizes: &[usize]) -> Vec<Envelope> {
        let all: Vec<_> = block.transactions().cloned().collect();
        let deposits = all.iter().filter(|tx| tx.tx.is_deposit()).count();
        let (mut runs, mut rest) = (vec![&all[..deposits]], &all[deposits..]);
        for size in sizes {
            let (run, later) = rest.split_at((*size).min(rest.len()));
            runs.extend((!run.is_empty()).then_some(run));
            rest = later;
        }
        runs.extend((!rest.is_empty()).then_some(rest));
        runs.into_iter()
            .map(|run| Envelope::Frag(self.frag(block, run)))
            .collect()
    }

    fn frag(&mut self, block: &SealedBlock, run: &[Arc<PromisedTx>]) -> FragEnvelope {
        let coverage = |tx: &PromisedTx| {
            if tx.tx.is_deposit() {
                0
            } else {
                100 + u128::from(tx.leaf.index)
            }
        };
        let leaves = run.iter().map(|tx| {
            let leaf = Leaf {
                coverage: coverage(tx),
                ..tx.leaf
            };
            leaf.hash()
        });
        let tree = PromisesTree::new(leaves.collect()).unwrap();
        self.coverage_wei += run.iter().map(|tx| coverage(tx)).sum::<u128>();
        let first = run[0].leaf.index as u32;
        let mut start = Vec::new();
        if first == 0 {
            StartRecord::from(block.start.as_ref()).encode(&mut start);
        }
        let frag = Frag {
            base: self.base_hash,
            blockNumber: block.number(),
            sequence: self.sequence,
            previousFrag: self.previous,
            timestamp: block.header.timestamp,
            l1OriginNumber: block.start.origin.number,
            l1OriginHash: block.start.origin.hash,
            issuedAtMs: block.header.timestamp * 1_000,
            firstTransaction: first,
            transactionCount: run.len() as u32,
            promisesRoot: tree.root(),
            gasUsed: run.last().unwrap().receipt.cumulative_gas_used(),
            windowCoverage: self.coverage_wei,
            orderingRule: 0,
            blockEnv: block.start.opening.env.eip712_hash_struct(),
        };
        self.sequence += 1;
        self.previous = frag.eip712_hash_struct();
        FragEnvelope {
            signature: self.sign(&frag),
            frag,
            start: start.into(),
            transactions: run
                .iter()
                .map(|tx| EnvelopeTx {
                    coverage_wei: coverage(tx),
                    raw: tx.tx.raw().clone(),
                })
                .collect(),
        }
    }

    /// The seal of a block whose last frag is `last`.
    pub(crate) fn seal(&self, block: &SealedBlock, last: &Envelope, end: bool) -> SealEnvelope {
        let Envelope::Frag(last) = last else {
            panic!("a seal names a frag");
        };
        let seal = Seal {
            base: self.base_hash,
            blockNumber: block.number(),
            blockHash: block.hash,
            lastSequence: last.frag.sequence,
            lastFrag: last.frag.eip712_hash_struct(),
            endOfWindow: end,
        };
        SealEnvelope {
            signature: self.sign(&seal),
            seal,
        }
    }

    /// A whole block: frags, then the seal.
    pub(crate) fn block(&mut self, block: &SealedBlock, sizes: &[usize]) -> Vec<Envelope> {
        let mut all = self.frags(block, sizes);
        let seal = self.seal(block, all.last().unwrap(), false);
        all.push(Envelope::Seal(seal));
        all
    }

    /// Signs a changed frag again.
    pub(crate) fn signed_again(&self, mut envelope: FragEnvelope) -> Envelope {
        envelope.signature = self.sign(&envelope.frag);
        Envelope::Frag(envelope)
    }
}
