//! Evidence that somebody brought, read back from its bytes: who was accused, of which promise, and which seals it shows.

use alloy_primitives::{Address, B256};
use alloy_sol_types::{SolStruct, SolValue};
use forebond_contracts::bindings::IEvidenceShapes as abi;
use forebond_types::{CommitterSet, Seal};

use crate::{Accused, Attested, FaultKind, Judge, fault_ids, shapes};

/// Kind of a seal among the messages of a fork.
const SEAL: u8 = 2;

/// What evidence names. No signature was checked here: the judge that convicted on it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brought {
    /// Who is accused, and under which base.
    pub accused: Accused,
    /// The frag and the index in its block of a promise that was not kept.
    pub promised: Option<(B256, u64)>,
    /// Somebody else is charged with it from the beginning (R5).
    pub is_excused: bool,
    /// Seals of the accused.
    pub seals: Vec<Attested<Seal>>,
}

impl Brought {
    /// Reads what a judge of liability convicts on: who did not keep a promise or a window, and who forked or claimed what is
    /// false. `None` for other judges, and for bytes that are no evidence.
    pub fn read(judge: Judge, evidence: &[u8]) -> Option<Self> {
        let of = |accused: &abi::Accusation| Self {
            accused: accused_of(accused),
            promised: None,
            is_excused: false,
            seals: Vec::new(),
        };
        Some(match judge {
            Judge::Unkept => {
                let read = abi::UnkeptEvidence::abi_decode(evidence).ok()?;
                let frag = shapes::read_frag(&read.promised.frag).eip712_hash_struct();
                let index = u64::try_from(read.promised.leaf.index).ok()?;
                Self {
                    promised: Some((frag, index)),
                    is_excused: !read.excuse.is_empty(),
                    ..of(&read.accused)
                }
            }
            Judge::Late => of(&abi::LateEvidence::abi_decode(evidence).ok()?.accused),
            Judge::FalseClaim => of(&abi::FalseClaimEvidence::abi_decode(evidence).ok()?.accused),
            Judge::TwinLeaves => of(&abi::TwinLeavesEvidence::abi_decode(evidence).ok()?.accused),
            Judge::BatchFork => {
                let read = abi::SealedBatchEvidence::abi_decode(evidence).ok()?;
                let seal = Attested {
                    message: shapes::read_seal(&read.seal),
                    signature: read.sealSignature.clone(),
                };
                Self {
                    seals: vec![seal],
                    ..of(&read.accused)
                }
            }
            Judge::Fork => {
                let read = abi::ForkEvidence::abi_decode(evidence).ok()?;
                let seals = [&read.first, &read.second].into_iter().filter_map(seal_of);
                Self {
                    seals: seals.collect(),
                    ..of(&read.accused)
                }
            }
            _ => return None,
        })
    }

    /// Whether the fault of this kind and identity is the one that was brought.
    pub fn is_of(&self, kind: FaultKind, id: B256) -> bool {
        let accused = &self.accused;
        let (gateway, rollup) = (accused.gateway(), accused.rollup());
        let named = match (kind, self.promised) {
            (FaultKind::Unkept, Some((frag, index))) => {
                fault_ids::of_promise(gateway, rollup, accused.base_hash(), frag, index)
            }
            (FaultKind::Late, None) => fault_ids::of_window(gateway, rollup, accused.base().window),
            (FaultKind::Fork | FaultKind::FalseClaim, None) => {
                fault_ids::under_base(kind, gateway, rollup, accused.base_hash())
            }
            _ => return false,
        };
        named == id
    }
}

fn accused_of(read: &abi::Accusation) -> Accused {
    let set = CommitterSet {
        threshold: read.set.threshold,
        members: read.set.members.clone(),
    };
    let rollup: Address = read.rollup;
    Accused::new(rollup, read.gateway, set, shapes::read_base(&read.base))
}

fn seal_of(read: &abi::SignedMessage) -> Option<Attested<Seal>> {
    if read.kind != SEAL {
        return None;
    }
    let seal = abi::Seal::abi_decode(&read.message).ok()?;
    Some(Attested {
        message: shapes::read_seal(&seal),
        signature: read.signature.clone(),
    })
}
