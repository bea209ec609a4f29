//! Ethereum's consensus layer as far as a preconfirmation protocol needs it: SSZ containers, Merkle proofs against
//! EIP-4788 roots, BLS signatures and the signing roots of validators. No I/O, no clock, no async runtime.

pub mod bls;
pub mod containers;
pub mod preset;
pub mod proof;
pub mod signing;
