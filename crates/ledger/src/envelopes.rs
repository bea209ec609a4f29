//! From what is published to what travels, and back.

use crate::{
    chain::SealedBlock,
    journal::{FragRecord, StartRecord},
    promise::{BlockStart, PublishedFrag, SignedBase},
};
use alloy_primitives::{B256, Bytes};
use alloy_rlp::{Decodable, Encodable};
use forebond_types::{
    BaseEnvelope, Envelope, EnvelopeTx, FragEnvelope, Seal, SealEnvelope, Signature,
};

/// The base as it travels.
pub fn base_envelope(base: &SignedBase) -> BaseEnvelope {
    BaseEnvelope {
        base: base.base.clone(),
        signature: base.signature,
        parent_seal: base.parent_seal.as_ref().map(|parent| SealEnvelope {
            seal: (&parent.seal).into(),
            signature: parent.signature,
        }),
    }
}

/// The frag as it travels; the first one of a block brings how the block starts.
pub fn frag_envelope(frag: &PublishedFrag) -> FragEnvelope {
    let mut start = Vec::new();
    if frag.frag.firstTransaction == 0 {
        StartRecord::from(frag.start.as_ref()).encode(&mut start);
    }
    FragEnvelope {
        frag: frag.frag.clone(),
        signature: frag.signature,
        start: start.into(),
        transactions: frag
            .transactions
            .iter()
            .map(|promised| EnvelopeTx {
                coverage_wei: promised.leaf.coverage,
                raw: promised.tx.raw().clone(),
            })
            .collect(),
    }
}

/// A logged frag as it travels.
pub fn frag_envelope_of_record(record: &FragRecord, signature: Signature) -> FragEnvelope {
    let mut start = Vec::new();
    if let Some(known) = &record.start {
        StartRecord::from(known).encode(&mut start);
    }
    FragEnvelope {
        frag: record.frag.clone(),
        signature,
        start: start.into(),
        transactions: record
            .transactions
            .iter()
            .map(|tx| EnvelopeTx {
                coverage_wei: tx.coverage_wei,
                raw: tx.raw.clone(),
            })
            .collect(),
    }
}

/// The seal as it travels.
pub fn seal_envelope(seal: &Seal, signature: Signature) -> SealEnvelope {
    SealEnvelope {
        seal: seal.clone(),
        signature,
    }
}

/// How a frag's block starts, if the frag says; an error text if it does not decode.
pub fn start_of(envelope: &FragEnvelope) -> Result<Option<BlockStart>, String> {
    if envelope.start.is_empty() {
        return Ok(None);
    }
    let mut rest = envelope.start.as_ref();
    let record = StartRecord::decode(&mut rest).map_err(|e| format!("the start: {e}"))?;
    if !rest.is_empty() {
        return Err(format!("the start has {} trailing bytes", rest.len()));
    }
    record
        .restore(envelope.frag.blockNumber, envelope.frag.timestamp)
        .map(Some)
        .map_err(|e| e.to_string())
}

/// Writes a row of published messages as they travel: each base before its first frag.
#[derive(Debug, Default)]
pub struct EnvelopeWriter {
    base: Option<B256>,
}

impl EnvelopeWriter {
    /// A frag, behind its base if that is new.
    pub fn frag(&mut self, frag: &PublishedFrag, out: &mut Vec<Bytes>) {
        if self.base != Some(frag.base.hash) {
            self.base = Some(frag.base.hash);
            out.push(Envelope::Base(base_envelope(&frag.base)).encode());
        }
        out.push(frag.envelope().clone());
    }

    /// A block's seal, if it is known.
    pub fn seal(&self, block: &SealedBlock, out: &mut Vec<Bytes>) {
        if let Some((seal, signature)) = &block.seal {
            out.push(Envelope::Seal(seal_envelope(seal, *signature)).encode());
        }
    }

    /// A whole block.
    pub fn block(&mut self, block: &SealedBlock, out: &mut Vec<Bytes>) {
        for frag in block.frags() {
            self.frag(frag, out);
        }
        self.seal(block, out);
    }
}
