//! Alone in its process: the trusted setup is loaded once per process.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a wrong answer should stop the test"
)]

use std::time::Duration;

use forebond_embedded_l1::{
    execution::trusted_setup_loaded,
    node::{EmbeddedL1, ServiceConfig},
};

#[tokio::test]
async fn the_first_blob_finds_the_kzg_setup_loaded_and_no_slot_waits_for_it() {
    let l1 = EmbeddedL1::start(ServiceConfig::default()).await.unwrap();
    // Slots pass whether it is loaded or not, and it is loaded though nobody sent a blob.
    l1.control().advance_slots(1).unwrap();
    let loaded = async {
        while !trusted_setup_loaded() {
            tokio::task::yield_now().await;
        }
    };
    let deadline = Duration::from_secs(60);
    tokio::time::timeout(deadline, loaded).await.unwrap();
    l1.stop().await;
}
