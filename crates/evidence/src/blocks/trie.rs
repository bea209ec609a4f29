//! The tries of a block's transactions and receipts, with proofs of presence and of absence as `MerklePatricia.sol` reads them.

use alloy_primitives::{B256, Bytes};
use alloy_trie::{HashBuilder, Nibbles, proof::ProofRetainer};

/// Nodes below this length stand inside their parents and are no proof elements of their own.
const HASHED_FROM_BYTES: usize = 32;

/// Root of the trie that holds `values` under their indices.
pub fn root(values: &[Bytes]) -> B256 {
    build(values, HashBuilder::default()).root()
}

/// The nodes from the root to what stands at `index`, or to where the trie shows that nothing does.
pub fn proof(values: &[Bytes], index: u64) -> Vec<Bytes> {
    if values.is_empty() {
        return Vec::new();
    }
    let retainer = ProofRetainer::new(vec![key(index)]);
    let mut builder = build(values, HashBuilder::default().with_proof_retainer(retainer));
    let _ = builder.root();
    builder
        .take_proof_nodes()
        .into_nodes_sorted()
        .into_iter()
        .enumerate()
        .filter(|(place, (_, node))| *place == 0 || node.len() >= HASHED_FROM_BYTES)
        .map(|(_, (_, node))| node)
        .collect()
}

fn build(values: &[Bytes], mut builder: HashBuilder) -> HashBuilder {
    let mut leaves: Vec<_> = (0u64..).map(key).zip(values).collect();
    leaves.sort_unstable_by_key(|(key, _)| *key);
    for (key, value) in leaves {
        builder.add_leaf(key, value);
    }
    builder
}

fn key(index: u64) -> Nibbles {
    Nibbles::unpack(alloy_rlp::encode(index))
}
