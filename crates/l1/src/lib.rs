//! What Forebond sees of L1: beacon duties, blocks and logs with reorgs, blobs, and the transactions it sends.
