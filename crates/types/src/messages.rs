//! The signed messages, generated from the Solidity declaration so that a field exists once.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

alloy_sol_types::sol!(
    #![sol(all_derives)]
    "../../contracts/src/types/Messages.sol"
);
