//! The worked examples of `specs/refunds.md`: the page's figures, our arithmetic and the Slasher's (`RefundExamples.t.sol`) come from
//! one file, and cannot drift apart.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test"
)]

use std::path::PathBuf;

use alloy_primitives::{U256, utils::format_ether};
use forebond_refund::expected_wei;
use serde::Deserialize;

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    terms: Terms,
    examples: Vec<Example>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Terms {
    liveness_wei: String,
    safety_wei: String,
    bounty_bps: String,
    bounty_cap_wei: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Example {
    name: String,
    reserve_wei: String,
    faults: Vec<Fault>,
    taken_wei: String,
    paid_wei: Vec<String>,
    bounties_wei: Vec<String>,
    burned_wei: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Fault {
    kind: String,
    owed_wei: String,
}

fn file() -> File {
    let path = repository().join("fixtures/refunds/examples.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn wei(text: &str) -> u128 {
    text.parse().unwrap()
}

fn all(list: &[String]) -> Vec<u128> {
    list.iter().map(|text| wei(text)).collect()
}

/// A case as the page tells it, from the rules alone.
struct Outcome {
    taken: u128,
    refunds: u128,
    paid: Vec<u128>,
    bounties: Vec<u128>,
    burned: u128,
}

fn settle(terms: &Terms, example: &Example) -> Outcome {
    let (mut safety, mut liveness, mut refunds, mut cover) = (0u128, 0u128, 0u128, 0u128);
    let (mut left, mut taken, mut marks) = (wei(&example.reserve_wei), 0, Vec::new());
    for fault in &example.faults {
        let before = safety.max(liveness);
        let owed = wei(&fault.owed_wei);
        match fault.kind.as_str() {
            "unkept" => (liveness, refunds) = (liveness + 2 * owed, refunds + owed),
            "late" => (liveness, cover) = (liveness + wei(&terms.liveness_wei), cover + owed),
            _ => safety += wei(&terms.safety_wei),
        }
        let more = left.min(safety.max(liveness) - before);
        (left, taken) = (left - more, taken + more);
        marks.push(more);
    }
    let for_refunds = refunds.min(taken / 2);
    let for_cover = cover.min(taken / 2 - for_refunds);
    let for_bounty = (taken * wei(&terms.bounty_bps) / 10_000)
        .min(wei(&terms.bounty_cap_wei))
        .min(taken / 2 - for_refunds - for_cover);
    let share = |pool: u128, owed: u128, of: u128| {
        let share = U256::from(pool) * U256::from(owed) / U256::from(of.max(1));
        share.to::<u128>()
    };
    let paid = |fault: &Fault| match fault.kind.as_str() {
        "unkept" => share(for_refunds, wei(&fault.owed_wei), refunds),
        "late" => share(for_cover, wei(&fault.owed_wei), cover),
        _ => 0,
    };
    Outcome {
        taken,
        refunds,
        paid: example.faults.iter().map(paid).collect(),
        bounties: marks
            .iter()
            .map(|mark| share(for_bounty, *mark, taken))
            .collect(),
        burned: taken - for_refunds - for_cover - for_bounty,
    }
}

#[test]
fn the_rules_of_the_page_give_every_examples_figures() {
    let file = file();
    for example in &file.examples {
        let outcome = settle(&file.terms, example);
        let name = &example.name;
        assert_eq!(outcome.taken, wei(&example.taken_wei), "{name}");
        assert_eq!(outcome.paid, all(&example.paid_wei), "{name}");
        assert_eq!(outcome.bounties, all(&example.bounties_wei), "{name}");
        assert_eq!(outcome.burned, wei(&example.burned_wei), "{name}");
    }
}

#[test]
fn what_forebond_claim_expects_is_what_each_example_pays() {
    let file = file();
    for example in &file.examples {
        let outcome = settle(&file.terms, example);
        for (fault, paid) in example.faults.iter().zip(&outcome.paid) {
            if fault.kind == "unkept" {
                let expected = expected_wei(outcome.taken, outcome.refunds, wei(&fault.owed_wei));
                assert_eq!(expected, *paid, "{}", example.name);
            }
        }
    }
}

/// R6: gateway, user, coverer, successor and watcher in one hand. What is not burned comes back to it.
#[test]
fn whoever_is_everybody_at_once_loses_at_least_half_in_every_example() {
    for example in &file().examples {
        let back = [all(&example.paid_wei), all(&example.bounties_wei)].concat();
        let back: u128 = back.iter().sum();
        let (taken, burned) = (wei(&example.taken_wei), wei(&example.burned_wei));
        assert!(2 * burned >= taken, "{}", example.name);
        assert!(back + burned <= taken, "{}", example.name);
    }
}

#[test]
fn the_pages_table_is_made_of_the_examples() {
    let page = std::fs::read_to_string(repository().join("specs/refunds.md")).unwrap();
    let rows: Vec<String> = file().examples.iter().map(row).collect();
    let table = rows.join("\n");
    assert!(
        page.contains(&table),
        "the table of specs/refunds.md should hold:\n{table}"
    );
}

fn row(example: &Example) -> String {
    let faults =
        example.faults.iter().map(
            |fault| match (fault.kind.as_str(), fault.owed_wei.as_str()) {
                ("unkept", owed) => format!("`unkept` {}", eth(wei(owed))),
                ("late", "0") => "`late`".to_owned(),
                ("late", owed) => format!("`late`, cover {}", eth(wei(owed))),
                (kind, _) => format!("`{kind}`"),
            },
        );
    let faults: Vec<_> = faults.collect();
    let sum = |kind: &str| -> u128 {
        let paid = example.faults.iter().zip(all(&example.paid_wei));
        paid.filter(|(fault, _)| fault.kind == kind)
            .map(|(_, paid)| paid)
            .sum()
    };
    let bounties: u128 = all(&example.bounties_wei).iter().sum();
    format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} |",
        example.name,
        eth(wei(&example.reserve_wei)),
        faults.join("; "),
        eth(wei(&example.taken_wei)),
        eth(sum("unkept")),
        eth(sum("late")),
        // Shares are rounded down to the wei.
        eth(bounties.next_multiple_of(10)),
        eth(wei(&example.burned_wei)),
    )
}

/// Without trailing zeros.
fn eth(wei: u128) -> String {
    let digits = format_ether(U256::from(wei));
    digits
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
}
