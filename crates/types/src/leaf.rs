use alloy_primitives::{Address, B256, keccak256};

/// What is promised about one transaction (R18, R6, R9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Index of the transaction in its block, deposits included.
    pub index: u64,
    /// keccak256 of the raw EIP-2718 transaction.
    pub tx_hash: B256,
    /// Recovered sender; refunds go to it and to nobody else.
    pub sender: Address,
    /// keccak256 of the consensus receipt's EIP-2718 bytes (R24).
    pub receipt_hash: B256,
    /// keccak256 of the canonical write set (R21).
    pub writes_hash: B256,
    /// What the sender is owed, doubled, if the promise is not kept; wei (R6).
    pub coverage: u128,
}

impl Leaf {
    /// `keccak256(0x00 ‖ abi.encode(uint256 index, bytes32 txHash, address sender,
    /// bytes32 receiptHash, bytes32 writesHash, uint128 coverage))`.
    pub fn hash(&self) -> B256 {
        let mut input = [0u8; 1 + 6 * 32];
        input[25..33].copy_from_slice(&self.index.to_be_bytes());
        input[33..65].copy_from_slice(self.tx_hash.as_slice());
        input[77..97].copy_from_slice(self.sender.as_slice());
        input[97..129].copy_from_slice(self.receipt_hash.as_slice());
        input[129..161].copy_from_slice(self.writes_hash.as_slice());
        input[177..193].copy_from_slice(&self.coverage.to_be_bytes());
        keccak256(input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::U256;
    use alloy_sol_types::SolValue;

    #[test]
    fn the_hash_is_the_abi_encoding_behind_a_zero_byte() {
        let leaf = Leaf {
            index: 7,
            tx_hash: B256::repeat_byte(1),
            sender: Address::repeat_byte(2),
            receipt_hash: B256::repeat_byte(3),
            writes_hash: B256::repeat_byte(4),
            coverage: u128::MAX - 5,
        };
        let mut input = vec![0u8];
        input.extend(
            (
                U256::from(leaf.index),
                leaf.tx_hash,
                leaf.sender,
                leaf.receipt_hash,
                leaf.writes_hash,
                leaf.coverage,
            )
                .abi_encode_params(),
        );
        assert_eq!(leaf.hash(), keccak256(input));
    }
}
