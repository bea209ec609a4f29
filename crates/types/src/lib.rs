//! The words of the protocol: signed messages, leaves, write sets, signatures and the object a
//! user holds. No I/O, no clock, no async runtime.
//!
//! Messages are declared once, in `contracts/src/types/Messages.sol`; everything here is generated
//! from that file or built around it. Units and digests: `specs/messages.md`.

mod committers;
mod domain;
mod envelope;
mod leaf;
mod messages;
mod preconfirmation;
mod signature;
mod wire;
mod writes;

pub use committers::{CommitterError, CommitterSet};
pub use domain::Domain;
pub use envelope::{
    BaseEnvelope, Envelope, EnvelopeError, EnvelopeTx, FragEnvelope, MAX_ENVELOPE_BYTES,
    SealEnvelope,
};
pub use leaf::Leaf;
pub use messages::{Base, Batch, BlockEnv, CommitterKey, Delegation, Frag, Revocation, Seal};
pub use preconfirmation::{Grade, OBJECT_VERSION, Preconfirmation, SignedSeal};
pub use signature::{Signature, SignatureError};
pub use wire::{
    BaseWire, BatchWire, BlockEnvWire, CommitterKeyWire, DelegationWire, FragWire, LeafWire,
    RevocationWire, SealWire,
};
pub use writes::{AccountWrite, InfoWrite, WriteSet, WriteSetError};
