use blst::BLST_ERROR;
use thiserror::Error;

/// Why bytes are not a key or a signature, or why a signature does not hold. None of these heals by trying again.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum BlsError {
    /// The encoding has another length.
    #[error("got {got} bytes, expected {expected}")]
    Length {
        /// Bytes handed in.
        got: usize,
        /// Bytes of this kind of object.
        expected: usize,
    },
    /// Wrong flag bits, padding or field element.
    #[error(
        "malformed encoding of a curve point: wrong flag bits, or a coordinate not below the field modulus"
    )]
    Encoding,
    /// No point has this coordinate.
    #[error("the encoded point is not on the curve")]
    NotOnCurve,
    /// The point has another order.
    #[error("the point is on the curve but not in the prime-order subgroup")]
    NotInSubgroup,
    /// The neutral element.
    #[error("the point at infinity is neither a key nor a signature")]
    Infinity,
    /// Zero, or not below the group order.
    #[error("a secret key is an integer from 1 to the group order - 1; this one is outside")]
    SecretOutOfRange,
    /// Too little entropy.
    #[error("key material for derivation must be at least 32 bytes, got {got}")]
    ShortKeyMaterial {
        /// Bytes handed in.
        got: usize,
    },
    /// An aggregate of nothing.
    #[error("nothing to aggregate: give at least one element")]
    Empty,
    /// The pairing does not hold.
    #[error("the signature does not belong to this message and key")]
    Invalid,
}

impl BlsError {
    /// What the library's code means for somebody who handed in bytes.
    pub(super) fn from_blst(error: BLST_ERROR) -> Self {
        match error {
            BLST_ERROR::BLST_POINT_NOT_ON_CURVE => Self::NotOnCurve,
            BLST_ERROR::BLST_POINT_NOT_IN_GROUP => Self::NotInSubgroup,
            BLST_ERROR::BLST_PK_IS_INFINITY => Self::Infinity,
            BLST_ERROR::BLST_VERIFY_FAIL => Self::Invalid,
            BLST_ERROR::BLST_BAD_SCALAR => Self::SecretOutOfRange,
            BLST_ERROR::BLST_AGGR_TYPE_MISMATCH => Self::Empty,
            BLST_ERROR::BLST_BAD_ENCODING | BLST_ERROR::BLST_SUCCESS => Self::Encoding,
        }
    }
}
