//! Signing roots.
