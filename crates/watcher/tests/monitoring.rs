//! `deploy/monitoring` asks for figures that the code exports, and for no others. Whether the rules fire is `make test-monitoring`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test"
)]

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use forebond_watcher::quality::NAMES;

/// What Prometheus adds to the name of a histogram.
const OF_HISTOGRAMS: [&str; 3] = ["_bucket", "_sum", "_count"];
/// Exported by the rewards of another crate, which may not be here yet.
const OF_REWARDS: &str = "forebond_fee_revenue_wei_total";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every `forebond_…` in a text.
fn names_in(text: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.split(|c| !is_name(c))
        .filter(|word| word.starts_with("forebond_"))
        .map(str::to_owned)
        .collect()
}

/// What stands between quotes in the sources of all crates.
fn literals() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![repository().join("crates")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let text = std::fs::read_to_string(path).unwrap();
                found.extend(text.split('"').map(str::to_owned));
            }
        }
    }
    found
}

fn without_suffix(name: &str) -> &str {
    let histogram = OF_HISTOGRAMS
        .iter()
        .find_map(|suffix| name.strip_suffix(suffix));
    histogram.unwrap_or(name)
}

/// The figures that a file's queries name; what annotations say is for people.
fn asked_for_by(file: &str) -> BTreeSet<String> {
    let path = repository().join("deploy/monitoring").join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let is_query = |line: &&str| {
        let line = line.trim_start();
        !["summary:", "action:", "#", "\"description\""]
            .iter()
            .any(|other| line.starts_with(other))
    };
    let queries: Vec<&str> = text.lines().filter(is_query).collect();
    names_in(&queries.join("\n"))
}

#[test]
fn every_figure_of_alerts_and_dashboard_is_exported_by_the_code() {
    let exported = literals();
    for file in ["alerts.yml", "dashboard.json"] {
        let asked = asked_for_by(file);
        assert!(asked.len() >= 6, "{file} asks for {asked:?}");
        for name in asked.iter() {
            assert!(
                exported.contains(name) || exported.contains(without_suffix(name)),
                "{file} asks for {name}, which nobody exports"
            );
        }
    }
}

#[test]
fn every_figure_is_on_the_dashboard_and_under_an_alert() {
    for file in ["alerts.yml", "dashboard.json"] {
        let asked = asked_for_by(file);
        let asked: BTreeSet<&str> = asked.iter().map(|name| without_suffix(name)).collect();
        for name in NAMES.map(|(name, _)| name).into_iter().chain([OF_REWARDS]) {
            assert!(asked.contains(name), "{file} says nothing of {name}");
        }
    }
}
