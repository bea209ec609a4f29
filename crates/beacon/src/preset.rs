//! The sizes that differ between the mainnet and the minimal preset.
