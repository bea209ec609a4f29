use alloy_primitives::{U256, uint};
use ethereum_hashing::hash_fixed;

use super::SecretKey;

/// Order of the groups, r.
const GROUP_ORDER: U256 =
    uint!(0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001_U256);

/// The publicly known key of validator `index` in development chains (interop "mocked start"): the SHA-256 of the index
/// as 32 little-endian bytes, read as a little-endian integer modulo r. Lighthouse, Lodestar and others derive the same.
#[must_use]
pub fn interop_key(index: u64) -> SecretKey {
    let digest = hash_fixed(&U256::from(index).to_le_bytes::<32>());
    let secret = U256::from_le_bytes(digest).reduce_mod(GROUP_ORDER);
    // Zero would need a digest that is a multiple of r; should one exist, the next index's key stands in.
    SecretKey::from_bytes(&secret.to_be_bytes())
        .unwrap_or_else(|_| interop_key(index.wrapping_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of the interop specification (`eth2.0-pm/interop/mocked_start/keygen_10_validators.yaml`).
    #[test]
    fn keys_equal_those_of_other_clients() {
        for (index, public) in [
            (
                0,
                "0xa99a76ed7796f7be22d5b7e85deeb7c5677e88e511e0b337618f8c4eb61349b4bf2d153f649f7b53359fe8b94a38e44c",
            ),
            (
                1,
                "0xb89bebc699769726a318c8e9971bd3171297c61aea4a6578a7a4f94b547dcba5bac16a89108b6b6a1fe3695d1a874a0b",
            ),
        ] {
            assert_eq!(interop_key(index).public_key().to_string(), public);
        }
    }
}
