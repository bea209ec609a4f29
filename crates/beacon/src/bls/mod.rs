//! BLS12-381 signatures as Ethereum's validators make them: public keys in G1 (48 bytes), signatures in G2 (96 bytes),
//! proof-of-possession ciphersuite (draft-irtf-cfrg-bls-signature-05, RFC 9380 hash-to-curve).
//!
//! Every key and signature that can be held here is a point of the prime-order subgroup other than infinity: parsing
//! checks it once, verification need not. An infinity key with an infinity signature would verify over any message.

mod eip2537;
mod error;
mod interop;
mod public_key;
mod secret_key;
mod signature;
mod weighted_sum;

pub use eip2537::{G1_LENGTH, G2_LENGTH};
pub use error::BlsError;
pub use interop::interop_key;
pub(crate) use public_key::public_key_root;
pub use public_key::{PublicKey, PublicKeyBytes};
pub use secret_key::SecretKey;
pub use signature::{
    INFINITY_SIGNATURE, Signature, SignatureBytes, verify_aggregate, verify_sync_aggregate,
};
pub use weighted_sum::weighted_sum;

/// Domain separation tag of the ciphersuite that validators use. Stock libraries often default to `…_NUL_`.
pub const CIPHERSUITE: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
