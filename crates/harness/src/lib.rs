//! Scenarios over three L1s.
