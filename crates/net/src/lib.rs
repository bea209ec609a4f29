//! How signed messages travel between machines.
