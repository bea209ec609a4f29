//! What a proposer does: transactions of its operator's account, and signatures of its validators' keys.

mod operator;
mod proof;
mod registering;
mod signing;

pub use operator::{Operator, OperatorError, Sent};
pub use proof::ValidatorProofs;
pub use registering::{RegisterError, registration_call, sign_registration};
pub use signing::{SlotSignError, SlotSigner};
