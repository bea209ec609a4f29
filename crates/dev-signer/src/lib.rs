//! A signer for development.
