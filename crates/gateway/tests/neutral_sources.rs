//! Admission, quotes, coverage and order know no rollup: the modules that decide them never name a chain id, an Inbox or a domain.
//! `bin/forebond/tests/behaviour/neutrality.rs` tries it from outside.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test"
)]

use std::path::{Path, PathBuf};

/// What would tell one rollup from another.
const NAMES_OF_ROLLUPS: [&str; 5] = ["chain_id", "chainId", "inbox", "domain", "Domain"];

/// Who decides what a transaction is asked for and gets.
const DECIDES: [&str; 7] = [
    "crates/gateway/src/pool",
    "crates/gateway/src/sequencer/admission.rs",
    "crates/gateway/src/config/economics.rs",
    "crates/gateway/src/rpc/terms.rs",
    "crates/protocol/src/fees.rs",
    "crates/protocol/src/coverage.rs",
    "crates/protocol/src/ordering.rs",
];

fn sources(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = std::fs::read_dir(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let inside = entries.flat_map(|entry| sources(&entry.unwrap().path()));
    // Tests build transactions, which carry a chain id.
    inside
        .filter(|path| {
            !path
                .iter()
                .any(|part| part == "tests" || part == "tests.rs")
        })
        .collect()
}

#[test]
fn what_decides_on_a_transaction_never_names_the_rollup() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut read = 0;
    for path in DECIDES.iter().flat_map(|place| sources(&root.join(place))) {
        let text = std::fs::read_to_string(&path).unwrap();
        read += 1;
        for name in NAMES_OF_ROLLUPS {
            assert!(
                !text.contains(name),
                "{} names {name}: terms would depend on the rollup",
                path.display()
            );
        }
    }
    assert!(read > 15, "only {read} files were read");
}
