use super::{BlockStart, PromisedTx};
use crate::{envelopes::frag_envelope, rpc::SharedJson};
use alloy_primitives::{B256, Bytes};
use forebond_protocol::PromisesTree;
use forebond_types::{Base, Domain, Envelope, Frag, Grade, Signature, SignedSeal};
use std::sync::{Arc, OnceLock};

/// The base of the current turn, signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBase {
    /// The signature domain.
    pub domain: Domain,
    /// The base.
    pub base: Base,
    /// Its struct hash.
    pub hash: B256,
    /// The gateway's signature.
    pub signature: Signature,
    /// What its parent rests on.
    pub grade: Grade,
    /// The predecessor's end-of-window seal, when the grade is sealed.
    pub parent_seal: Option<SignedSeal>,
}

/// A frag that is in the log, on disk and signed: what anybody may see.
#[derive(Debug)]
pub struct PublishedFrag {
    /// The turn's base.
    pub base: Arc<SignedBase>,
    /// How its block starts.
    pub start: Arc<BlockStart>,
    /// The message.
    pub frag: Frag,
    /// Its struct hash.
    pub hash: B256,
    /// The gateway's signature.
    pub signature: Signature,
    /// The promised transactions.
    pub transactions: Vec<Arc<PromisedTx>>,
    /// The tree behind `frag.promisesRoot`.
    pub tree: PromisesTree,
    /// The shared part of the JSON objects, rendered when first asked for.
    shared: OnceLock<SharedJson>,
    /// The envelope, encoded when first asked for.
    envelope: OnceLock<Bytes>,
}

impl PublishedFrag {
    /// A frag that is durable and signed.
    pub const fn new(
        base: Arc<SignedBase>,
        start: Arc<BlockStart>,
        (frag, hash): (Frag, B256),
        signature: Signature,
        transactions: Vec<Arc<PromisedTx>>,
        tree: PromisesTree,
    ) -> Self {
        Self {
            base,
            start,
            frag,
            hash,
            signature,
            transactions,
            tree,
            shared: OnceLock::new(),
            envelope: OnceLock::new(),
        }
    }

    /// The frag as it travels.
    pub fn envelope(&self) -> &Bytes {
        self.envelope
            .get_or_init(|| Envelope::Frag(frag_envelope(self)).encode())
    }

    /// What the JSON objects of this frag's promises share.
    pub(crate) fn shared_json(&self) -> &SharedJson {
        self.shared.get_or_init(|| SharedJson::of(self))
    }

    /// The object the sender of the transaction at `place` (0 = the frag's first) holds, as a value.
    #[cfg(test)]
    pub fn preconfirmation(&self, place: usize) -> Option<forebond_types::Preconfirmation> {
        let promised = self.transactions.get(place)?;
        Some(forebond_types::Preconfirmation {
            version: forebond_types::OBJECT_VERSION,
            domain: self.base.domain,
            base: (&self.base.base).into(),
            base_signature: self.base.signature,
            grade: self.base.grade,
            parent_seal: self.base.parent_seal.clone(),
            frag: (&self.frag).into(),
            frag_signature: self.signature,
            block_env: (&self.start.opening.env).into(),
            leaf: (&promised.leaf).into(),
            branch: self.tree.branch(place)?,
            transaction: promised.tx.raw().clone(),
            receipt: promised.receipt_bytes.clone(),
            writes: promised.writes.clone(),
        })
    }
}
