use alloy_primitives::{B256, keccak256};

use crate::PromisesTree;

/// Leaf of `Batch.blocksRoot`: `keccak256(0x00 ‖ abi.encode(uint64 blockNumber, bytes32 blockHash))` (R18).
pub fn block_leaf(block_number: u64, block_hash: B256) -> B256 {
    let mut input = [0u8; 65];
    input[25..33].copy_from_slice(&block_number.to_be_bytes());
    input[33..].copy_from_slice(block_hash.as_slice());
    keccak256(input)
}

/// The tree over a batch's blocks, `first_block` at place 0; `None` for no blocks. The same tree as a frag's, over other leaves.
pub fn blocks_tree(first_block: u64, block_hashes: &[B256]) -> Option<PromisesTree> {
    let leaves = (first_block..)
        .zip(block_hashes)
        .map(|(number, hash)| block_leaf(number, *hash))
        .collect();
    PromisesTree::new(leaves)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::branch_root;

    #[test]
    fn a_block_is_proven_at_its_number_and_at_no_other() {
        let hashes: Vec<_> = (1..=5u8).map(B256::repeat_byte).collect();
        let tree = blocks_tree(40, &hashes).unwrap();
        let branch = tree.branch(2).unwrap();
        assert_eq!(
            branch_root(block_leaf(42, hashes[2]), 2, 5, &branch),
            Some(tree.root())
        );
        assert_ne!(
            branch_root(block_leaf(41, hashes[2]), 2, 5, &branch),
            Some(tree.root())
        );
        assert!(blocks_tree(40, &[]).is_none());
    }

    #[test]
    fn the_leaf_is_the_abi_encoding_behind_a_zero_byte() {
        use alloy_primitives::hex;
        let mut preimage = vec![0u8];
        preimage.extend(hex!(
            "000000000000000000000000000000000000000000000000000000000000002a"
        ));
        preimage.extend([7u8; 32]);
        assert_eq!(block_leaf(42, B256::repeat_byte(7)), keccak256(preimage));
    }
}
