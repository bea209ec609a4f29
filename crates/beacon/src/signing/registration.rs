//! A validator's key agrees to an operator: what `ValidatorRegistry.registerByKey` verifies on chain.
//!
//! Any Commit-Boost signer from v0.10 on can make the signature, asked for [`object_root`] under [`SIGNING_ID`] with the
//! nonce that the registry expects next for the validator. Operator and registry are in the object root, the chain is
//! in the domain and in the wrapper: nothing of it is worth anything on another deployment.

use alloy_primitives::{Address, B256, b256, keccak256};
use alloy_sol_types::SolValue;

use super::commit_boost::{Chain, Dialect, object_signing_root};

/// Our module's id in the signer's configuration: `keccak256("Forebond ValidatorRegistry")`.
pub const SIGNING_ID: B256 =
    b256!("0x2fbe221c32d9f153ac407a5b801a4caa7cdf2fe89b9493cdbaa312a7fc74b4ec");
/// `keccak256("ValidatorRegistration(address operator,address registry)")`.
const REGISTRATION_TYPE: B256 =
    b256!("0xd08fa4f282b1d36e465a6539b8d391698a1aaed030ecdbb92402e70f6d6669ab");

/// What the signer is asked to sign.
#[must_use]
pub fn object_root(operator: Address, registry: Address) -> B256 {
    keccak256((REGISTRATION_TYPE, operator, registry).abi_encode())
}

/// What the key signs in the end, and what the registry verifies.
#[must_use]
pub fn signing_root(chain: &Chain, operator: Address, registry: Address, nonce: u64) -> B256 {
    let dialect = Dialect::Module {
        signing_id: SIGNING_ID,
        nonce,
    };
    object_signing_root(chain, dialect, object_root(operator, registry))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_the_hashes_of_their_texts() {
        assert_eq!(SIGNING_ID, keccak256("Forebond ValidatorRegistry"));
        assert_eq!(
            REGISTRATION_TYPE,
            keccak256("ValidatorRegistration(address operator,address registry)")
        );
    }
}
