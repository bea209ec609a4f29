use crate::chain::SealedBlock;
use alloy_primitives::B256;
use alloy_sol_types::SolStruct;
use forebond_types::{Base, Domain, Grade, Signature, SignedSeal};

use super::SignedBase;

/// What a turn stands on, before it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnStart {
    /// The base.
    pub base: Base,
    /// What its parent rests on.
    pub grade: Grade,
    /// The predecessor's end-of-window seal, when the grade is sealed.
    pub parent_seal: Option<SignedSeal>,
}

impl TurnStart {
    /// A turn of `window` on the newest sealed block, `safe` being the newest one that L1 holds (R5). Only the end of the window right
    /// before, `previous_window`, makes it sealed: an older end says nothing of what came after it.
    pub fn on(parent: &SealedBlock, window: u64, previous_window: Option<u64>, safe: u64) -> Self {
        let end = parent
            .seal
            .as_ref()
            .filter(|(seal, _)| seal.endOfWindow)
            .filter(|_| {
                let ended = parent.base().map(|base| base.base.window);
                ended.is_some() && ended == previous_window
            });
        Self {
            base: Base {
                window,
                attempt: 0,
                parentBlock: parent.number(),
                parentBlockHash: parent.hash,
                parentFrag: parent.frags().last().map_or(B256::ZERO, |frag| frag.hash),
                parentSeal: end.map_or(B256::ZERO, |(seal, _)| seal.eip712_hash_struct()),
            },
            grade: match end {
                Some(_) => Grade::Sealed,
                None if parent.number() <= safe => Grade::Posted,
                None => Grade::Open,
            },
            parent_seal: end.map(|(seal, signature)| SignedSeal {
                seal: seal.into(),
                signature: *signature,
            }),
        }
    }

    /// The same with the gateway's signature.
    pub fn signed(self, domain: Domain, signature: Signature) -> SignedBase {
        SignedBase {
            domain,
            hash: self.base.eip712_hash_struct(),
            base: self.base,
            signature,
            grade: self.grade,
            parent_seal: self.parent_seal,
        }
    }
}
