//! Posts sealed blocks to L1 in blobs and follows them to finality.
