//! Which crate may depend on which. The layers are those of ARCHITECTURE.md: bin → roles → shared → edges → core, inside
//! the core `protocol` and `rollup` → `types`, and judgement, as pure as the core, stands on all of it. The test asks cargo, so an arrow cannot hide in a manifest nobody reads.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a wrong answer should stop the test"
)]

use std::{path::Path, process::Command};

use serde_json::Value;

/// The layers, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    /// Rules and types: no I/O, no clock, no tokio.
    Core,
    /// Core rules put together to one purpose; as pure as the core.
    Judgement,
    /// I/O behind traits.
    Edge,
    /// Edges put together into what several roles are built on.
    Shared,
    /// What one process does for its operator.
    Role,
    /// Load, an L1 to try things on.
    Tool,
    /// Puts L1s, roles and tools together: scenarios, development networks, simulations.
    Whole,
    /// The binary.
    Bin,
}

/// Every crate of the workspace has its line here; a new one says where it stands before it may exist.
const LAYERS: &[(&str, Layer)] = &[
    ("forebond-types", Layer::Core),
    ("forebond-protocol", Layer::Core),
    ("forebond-rollup", Layer::Core),
    ("forebond-beacon", Layer::Core),
    ("forebond-contracts", Layer::Core),
    ("forebond-evidence", Layer::Judgement),
    ("forebond-runtime", Layer::Edge),
    ("forebond-l1", Layer::Edge),
    ("forebond-exec", Layer::Edge),
    ("forebond-rpc", Layer::Edge),
    ("forebond-net", Layer::Edge),
    ("forebond-commit-boost", Layer::Edge),
    ("forebond-ledger", Layer::Shared),
    ("forebond-settlement", Layer::Shared),
    ("forebond-follower", Layer::Shared),
    ("forebond-lookahead-keeper", Layer::Shared),
    ("forebond-rewards", Layer::Shared),
    ("forebond-gateway", Layer::Role),
    ("forebond-node", Layer::Role),
    ("forebond-batcher", Layer::Role),
    ("forebond-watcher", Layer::Role),
    ("forebond-proposer", Layer::Role),
    ("forebond-refund", Layer::Role),
    ("forebond-bench", Layer::Tool),
    ("forebond-embedded-l1", Layer::Tool),
    ("forebond-dev-signer", Layer::Tool),
    ("forebond-harness", Layer::Whole),
    ("forebond-devnet", Layer::Whole),
    ("forebond", Layer::Bin),
];

/// Crates that do I/O, run tasks or keep data: none of them belongs in the core, not even in its tests.
const NOT_IN_CORE: &[&str] = &[
    "tokio",
    "tokio-util",
    "futures-util",
    "crossbeam-channel",
    "jsonrpsee",
    "axum",
    "tower",
    "redb",
    "tracing-subscriber",
];

fn layer(name: &str) -> Option<Layer> {
    LAYERS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, layer)| *layer)
}

/// Why `from` may not depend on `to` (both crates of the workspace), or nothing if it may.
fn objection(from: &str, to: &str) -> Option<String> {
    let (Some(above), Some(below)) = (layer(from), layer(to)) else {
        return Some(format!(
            "{from} → {to}: one of them has no layer; add it to LAYERS in crates/types/tests/arrows.rs"
        ));
    };
    let allowed = match (above, below) {
        (Layer::Core, Layer::Core) => from != "forebond-types" && to == "forebond-types",
        (Layer::Judgement | Layer::Edge, Layer::Core)
        | (Layer::Shared, Layer::Core | Layer::Judgement | Layer::Edge | Layer::Shared)
        | (
            Layer::Role | Layer::Tool,
            Layer::Core | Layer::Judgement | Layer::Edge | Layer::Shared,
        )
        | (
            Layer::Whole,
            Layer::Core
            | Layer::Judgement
            | Layer::Edge
            | Layer::Shared
            | Layer::Role
            | Layer::Tool
            | Layer::Whole,
        )
        | (Layer::Bin, _) => true,
        _ => false,
    };
    (!allowed).then(|| {
        format!("{from} ({above:?}) → {to} ({below:?}): move what is shared down a layer, or pass it in through a trait")
    })
}

/// The workspace's packages as cargo sees them, without looking at anything outside it.
fn packages() -> Vec<Value> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml");
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--offline",
            "--no-deps",
            "--format-version",
            "1",
            "--manifest-path",
        ])
        .arg(manifest)
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut metadata: Value =
        serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    serde_json::from_value(metadata["packages"].take()).expect("packages is a list")
}

/// (from, to) for every dependency, normal, dev and build alike.
fn edges(packages: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value["name"].as_str().expect("a name").to_owned();
    packages
        .iter()
        .flat_map(|package| {
            let dependencies = package["dependencies"]
                .as_array()
                .expect("a list of dependencies");
            dependencies
                .iter()
                .map(move |dependency| (text(package), text(dependency)))
        })
        .collect()
}

#[test]
fn arrows_between_crates_run_down_only() {
    let packages = packages();
    let members: Vec<_> = packages
        .iter()
        .map(|package| package["name"].as_str().expect("a name"))
        .collect();
    assert!(
        members.contains(&"forebond-types"),
        "cargo metadata did not list this very crate: {members:?}"
    );

    let objections: Vec<_> = edges(&packages)
        .iter()
        .filter(|(_, to)| members.contains(&to.as_str()))
        .filter_map(|(from, to)| objection(from, to))
        .collect();
    assert!(
        objections.is_empty(),
        "forbidden dependencies:\n{}",
        objections.join("\n")
    );
}

#[test]
fn every_crate_has_a_layer_and_every_layer_line_a_crate() {
    let packages = packages();
    let mut found: Vec<_> = packages
        .iter()
        .map(|package| package["name"].as_str().expect("a name"))
        .collect();
    let mut known: Vec<_> = LAYERS.iter().map(|(name, _)| *name).collect();
    found.sort_unstable();
    known.sort_unstable();
    assert_eq!(
        found, known,
        "left: crates of the workspace; right: LAYERS in crates/types/tests/arrows.rs"
    );
}

#[test]
fn the_core_depends_on_nothing_that_does_io_or_runs_tasks() {
    let objections: Vec<_> = edges(&packages())
        .into_iter()
        .filter(|(from, to)| {
            matches!(layer(from), Some(Layer::Core | Layer::Judgement))
                && NOT_IN_CORE.contains(&to.as_str())
        })
        .map(|(from, to)| format!("{from} → {to}"))
        .collect();
    assert!(
        objections.is_empty(),
        "core crates must stay pure: {objections:?}"
    );
}

#[test]
fn the_rule_refuses_sideways_and_upward_arrows() {
    for (from, to) in [
        ("forebond-types", "forebond-protocol"),
        ("forebond-protocol", "forebond-rollup"),
        ("forebond-rollup", "forebond-protocol"),
        ("forebond-types", "forebond-types"),
        ("forebond-protocol", "forebond-exec"),
        ("forebond-protocol", "forebond-evidence"),
        ("forebond-evidence", "forebond-l1"),
        ("forebond-exec", "forebond-runtime"),
        ("forebond-exec", "forebond-gateway"),
        ("forebond-gateway", "forebond-bench"),
        ("forebond-bench", "forebond-gateway"),
        ("forebond-gateway", "forebond"),
        ("forebond-gateway", "forebond-unheard-of"),
    ] {
        assert!(
            objection(from, to).is_some(),
            "{from} → {to} should be refused"
        );
    }
}

#[test]
fn the_rule_lets_downward_arrows_pass() {
    for (from, to) in [
        ("forebond-protocol", "forebond-types"),
        ("forebond-exec", "forebond-rollup"),
        ("forebond-evidence", "forebond-protocol"),
        ("forebond-gateway", "forebond-exec"),
        ("forebond-bench", "forebond-protocol"),
        ("forebond", "forebond-gateway"),
    ] {
        assert_eq!(objection(from, to), None);
    }
}
