//! Object roots of Fabric's messages: `keccak256(abi.encode(uint256 type, message))`, keys as affine points.
//!
//! They follow the registry's `signing-domain` line, whose roots a validator's own signer can sign: the object root goes
//! into [`super::commit_boost::object_signing_root`]. The registry's main line hashes to the curve in a way of its own
//! that no Commit-Boost, Web3Signer or Dirk signer can produce, so it is not offered here.

mod signed;

use alloy_primitives::{Address, B256, Bytes, FixedBytes, U256, keccak256};
use alloy_sol_types::{SolValue, sol};

use crate::bls::{G1_LENGTH, PublicKey};

pub use signed::{SignedDelegation, SlotDelegation};

sol! {
    /// An affine point of G1: each coordinate as its upper 16 and its lower 32 bytes.
    #[derive(Debug, PartialEq, Eq)]
    struct G1Point {
        bytes32 x_a;
        bytes32 x_b;
        bytes32 y_a;
        bytes32 y_b;
    }

    /// A validator's consent to be registered under `owner`.
    #[derive(Debug, PartialEq, Eq)]
    struct Registration {
        address owner;
    }

    /// A proposer hands one slot to a gateway.
    #[derive(Debug, PartialEq, Eq)]
    struct Delegation {
        /// The validator that proposes in `slot`.
        G1Point proposer;
        /// The gateway's BLS key: signs constraints.
        G1Point delegate;
        /// The gateway's ECDSA key: signs commitments.
        address committer;
        uint64 slot;
        bytes metadata;
    }

    /// What a user asks for.
    #[derive(Debug, PartialEq, Eq)]
    struct CommitmentRequest {
        uint64 commitmentType;
        bytes payload;
        address slasher;
    }

    /// What a gateway promises, and the contract that judges it.
    #[derive(Debug, PartialEq, Eq)]
    struct Commitment {
        uint64 commitmentType;
        bytes payload;
        /// Hash of the request answered: [`request_hash`].
        bytes32 requestHash;
        address slasher;
    }

    /// One rule for the block of a slot.
    #[derive(Debug, PartialEq, Eq)]
    struct Constraint {
        uint64 constraintType;
        bytes payload;
    }

    /// All rules of a gateway for the block of one slot, in the order received.
    #[derive(Debug, PartialEq, Eq)]
    struct ConstraintsMessage {
        G1Point proposer;
        G1Point delegate;
        uint64 slot;
        Constraint[] constraints;
        /// Who may read them; nobody named means everybody.
        G1Point[] receivers;
    }
}

/// The tag that keeps the kinds of messages apart. Zero is reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum MessageType {
    /// [`Registration`].
    Registration = 1,
    /// [`Delegation`].
    Delegation = 2,
    /// [`Commitment`].
    Commitment = 3,
    /// [`ConstraintsMessage`].
    Constraints = 4,
}

/// Object root of a registration under `owner`.
#[must_use]
pub fn registration_root(owner: Address) -> B256 {
    tagged(MessageType::Registration, Registration { owner })
}

/// Object root of a delegation.
#[must_use]
pub fn delegation_root(delegation: Delegation) -> B256 {
    tagged(MessageType::Delegation, delegation)
}

/// Object root of a commitment.
#[must_use]
pub fn commitment_root(commitment: Commitment) -> B256 {
    tagged(MessageType::Commitment, commitment)
}

/// Object root of a slot's constraints.
#[must_use]
pub fn constraints_root(message: ConstraintsMessage) -> B256 {
    tagged(MessageType::Constraints, message)
}

/// Names a request: `keccak256(abi.encode(request))`, without a tag.
#[must_use]
pub fn request_hash(commitment_type: u64, payload: Bytes, slasher: Address) -> B256 {
    keccak256(
        CommitmentRequest {
            commitmentType: commitment_type,
            payload,
            slasher,
        }
        .abi_encode(),
    )
}

impl From<&PublicKey> for G1Point {
    fn from(key: &PublicKey) -> Self {
        let bytes: FixedBytes<G1_LENGTH> = key.to_eip2537().into();
        let [x_a, x_b, y_a, y_b] =
            [0, 32, 64, 96].map(|from| B256::from_slice(&bytes[from..from + 32]));
        Self { x_a, x_b, y_a, y_b }
    }
}

fn tagged<M>(kind: MessageType, message: M) -> B256
where
    (U256, M): SolValue,
    for<'a> <<(U256, M) as SolValue>::SolType as alloy_sol_types::SolType>::Token<'a>:
        alloy_sol_types::abi::TokenSeq<'a>,
{
    keccak256((U256::from(kind as u8), message).abi_encode_params())
}
