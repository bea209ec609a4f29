//! The follower: derives the rollup from L1 and shows what gateways promise.
