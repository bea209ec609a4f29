//! One process's copy of the rollup: blocks, promises, state, and what readers see of them.
