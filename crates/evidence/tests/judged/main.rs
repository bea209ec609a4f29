//! An honest history accuses nobody. A history with one fault accuses of exactly that fault, and the Solidity judge convicts of it.
//!
//! The judges are their committed bytecode, run by revm; the contracts they ask are answered for by a model (`court/`). Histories
//! are made of the protocol's own parts with real keys, trees, tries and headers (`world/`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a wrong answer should stop the test"
)]

mod batches;
mod court;
mod honest;
mod liability;
mod memory;
mod messages;
mod operators;
mod settled;
mod world;

use std::sync::LazyLock;

use alloy_primitives::B256;
use court::{Court, L1};
use forebond_evidence::{Accusation, Brought, Culprit, FaultKind, Judge};
use world::{Accusations, Plan, Scene};

/// The judges know the clock and the domain alone, which all histories share.
static COURT: LazyLock<Court> = LazyLock::new(|| {
    let nothing = Plan {
        windows: vec![],
        ordering_rule: 0,
    };
    Court::new(&Scene::tell(&nothing, None).0.l1)
});

/// The judge convicts of just this.
fn convicts(l1: &L1, accusation: &Accusation) -> court::Fault {
    let fault = COURT.judge(l1, accusation).unwrap_or_else(|revert| {
        panic!(
            "{:?} refuses {:?}: {}",
            accusation.judge,
            accusation.kind,
            forebond_contracts::explain(&revert)
        )
    });
    assert_eq!(fault.id, accusation.id, "{:?}", accusation.kind);
    assert_eq!(fault.kind, accusation.kind as u8);
    assert_eq!(FaultKind::of_number(fault.kind), Some(accusation.kind));
    assert_eq!(fault.rollup, accusation.rollup);
    assert_eq!(fault.window, accusation.window);
    match accusation.culprit {
        Culprit::Gateway { gateway, base } => {
            assert_eq!((fault.gateway, fault.base), (gateway, base));
        }
        Culprit::Operator(operator) => assert_eq!(fault.operator, operator),
    }
    // Whoever reads the evidence on L1 finds the same fault in it.
    let is_read = matches!(
        accusation.judge,
        Judge::Fork
            | Judge::TwinLeaves
            | Judge::BatchFork
            | Judge::FalseClaim
            | Judge::Unkept
            | Judge::Late
    );
    let brought = Brought::read(accusation.judge, &accusation.evidence);
    assert_eq!(brought.is_some(), is_read, "{:?}", accusation.judge);
    if let Some(brought) = brought {
        assert!(brought.is_of(accusation.kind, accusation.id));
        assert!(!brought.is_of(accusation.kind, B256::ZERO));
    }
    fault
}

/// What was found, as kinds of faults and gateways.
fn kinds(found: &Accusations) -> Vec<(FaultKind, u32)> {
    let mut kinds: Vec<_> = found
        .values()
        .map(|one| match one.culprit {
            Culprit::Gateway { gateway, .. } => (one.kind, gateway),
            Culprit::Operator(_) => (one.kind, 0),
        })
        .collect();
    kinds.sort_unstable();
    kinds
}

/// Exactly these faults were found, and all are convicted.
fn exactly(scene: &Scene, found: &Accusations, expected: &[(FaultKind, u32)]) {
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(kinds(found), expected);
    for accusation in found.values() {
        convicts(&scene.l1, accusation);
    }
}
