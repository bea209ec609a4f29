//! Merkle proofs against beacon block roots.
