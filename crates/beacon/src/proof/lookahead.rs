use alloy_primitives::B256;
use serde::{Deserialize, Serialize};

use super::{
    ForkLayout, ProofError, check_header, check_state_node, fold, layout::INDICES_PER_CHUNK,
};
use crate::containers::BeaconBlockHeader;

/// One epoch's half of `proposer_lookahead`, in a block's post-state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookaheadProof {
    /// The block's header.
    pub header: BeaconBlockHeader,
    /// The half's chunks: four little-endian validator indices each; 8 chunks on mainnet, 2 in the minimal preset.
    pub chunks: Vec<B256>,
    /// From the half's root up to the state root, lowest sibling first: 7 nodes in Fulu.
    pub branch: Vec<B256>,
}

impl LookaheadProof {
    /// Checks the proof against a block root and returns the proposers (validator indices) of the epoch's slots in order.
    ///
    /// # Errors
    /// Wrong block, epoch, number of chunks, branch length or content.
    pub fn verify(
        &self,
        layout: &ForkLayout,
        block_root: B256,
        epoch: u64,
    ) -> Result<Vec<u64>, ProofError> {
        check_header(&self.header, block_root)?;
        let half = layout.half_of(self.header.slot, epoch)?;
        let expected = usize::try_from(layout.chunks_per_epoch()).unwrap_or(usize::MAX);
        if self.chunks.len() != expected {
            return Err(ProofError::ChunkCount {
                got: self.chunks.len(),
                expected,
            });
        }
        let root = fold(&self.chunks, layout.chunks_per_epoch().ilog2())
            .first()
            .copied()
            .unwrap_or_default();
        check_state_node(
            &self.header,
            root,
            &self.branch,
            layout.lookahead_half(half),
        )?;
        Ok(self.chunks.iter().flat_map(indices).collect())
    }
}

/// The chunk of `proposer_lookahead` that holds one slot's proposer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotProof {
    /// The block's header.
    pub header: BeaconBlockHeader,
    /// Four little-endian validator indices.
    pub chunk: B256,
    /// From the chunk up to the state root, lowest sibling first: 10 nodes on mainnet, 8 in the minimal preset.
    pub branch: Vec<B256>,
}

impl SlotProof {
    /// Checks the proof against a block root and returns the proposer of `slot`.
    ///
    /// # Errors
    /// Wrong block, a slot outside the two epochs the state knows, wrong branch length or content.
    pub fn verify(
        &self,
        layout: &ForkLayout,
        block_root: B256,
        slot: u64,
    ) -> Result<u64, ProofError> {
        check_header(&self.header, block_root)?;
        let at = layout.lookahead_chunk(self.header.slot, slot)?;
        check_state_node(&self.header, self.chunk, &self.branch, at)?;
        let [a, b, c, d] = indices(&self.chunk);
        Ok(match slot % INDICES_PER_CHUNK {
            0 => a,
            1 => b,
            2 => c,
            _ => d,
        })
    }
}

/// The four validator indices of a chunk.
pub(super) fn indices(chunk: &B256) -> [u64; 4] {
    let (words, _) = chunk.0.as_chunks::<8>();
    let mut indices = [0; 4];
    for (index, word) in indices.iter_mut().zip(words) {
        *index = u64::from_le_bytes(*word);
    }
    indices
}

/// The chunks of a run of validator indices.
pub(super) fn chunks(indices: &[u64]) -> Vec<B256> {
    indices
        .chunks(4)
        .map(|four| {
            let mut chunk = [0; 32];
            let (words, _) = chunk.as_chunks_mut::<8>();
            for (word, index) in words.iter_mut().zip(four) {
                *word = index.to_le_bytes();
            }
            chunk.into()
        })
        .collect()
}
