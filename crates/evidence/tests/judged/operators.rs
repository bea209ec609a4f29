//! Faults of operators: slots sold twice, slots missed.

use alloy_primitives::Address;
use forebond_evidence::{
    Attested, FaultKind,
    faults::{
        double_delegation::{self, Place, Second},
        missed_slot,
    },
};
use forebond_types::{Delegation, Domain};
use proptest::prelude::*;

use crate::{
    COURT, convicts,
    court::{PERIOD_EPOCHS, REGISTRY},
    world::{Plan, Scene, Signers},
};

fn scene() -> Scene {
    let plan = Plan {
        windows: vec![],
        ordering_rule: 0,
    };
    Scene::tell(&plan, None).0
}

/// Delegations span rollups: their domain is the registry's (R15).
fn registry(scene: &Scene) -> Domain {
    Domain {
        l1_chain_id: scene.l1.domain.l1_chain_id,
        inbox: REGISTRY,
    }
}

fn sale(scene: &Scene, gateway: u32, epochs: (u64, u64), nonce: u64) -> Attested<Delegation> {
    let signers = Signers::new("operator", 1, 1);
    let delegation = Delegation {
        operator: signers.address(),
        gateway,
        firstEpoch: epochs.0,
        lastEpoch: epochs.1,
        nonce,
        rollups: vec![scene.l1.domain.inbox],
        slashers: vec![Address::repeat_byte(5)],
    };
    signers.sign(&registry(scene), delegation)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The watcher accuses exactly when the judge convicts, over gateways, epochs, nonces and what is used of them.
    #[test]
    fn a_sale_is_accused_exactly_when_the_judge_convicts_of_it(
        first in (1u32..3, 0u64..4, 0u64..3),
        second in (1u32..3, 0u64..4, 0u64..3),
        used in prop::collection::btree_set(0u64..3, 0..3),
        lent_to in 0u32..3,
        against_record: bool,
    ) {
        let mut scene = scene();
        scene.l1.used_nonces = used.clone();
        scene.l1.lent_to = lent_to;
        let epoch = 2;
        let one = sale(&scene, first.0, (first.1, first.1 + 1), first.2);
        let two = sale(&scene, second.0, (second.1, second.1 + 1), second.2);
        let place = Place {
            rollup: scene.l1.domain.inbox,
            epoch,
            slots_per_epoch: 8,
            period_epochs: PERIOD_EPOCHS,
        };
        let against = if against_record { Second::Record(lent_to) } else { Second::Signed(&two) };
        let separator = registry(&scene).separator();
        let found = double_delegation::accuse(place, separator, &one, against, |nonce| used.contains(&nonce));

        // What the judge says of the same two, worked out here from the rule alone.
        let sells = |sale: &Attested<Delegation>| (sale.message.firstEpoch..=sale.message.lastEpoch).contains(&epoch);
        let unused = |sale: &Attested<Delegation>| !used.contains(&sale.message.nonce);
        let guilty = if against_record {
            sells(&one) && unused(&one) && lent_to != 0 && lent_to != first.0
        } else {
            sells(&one) && sells(&two) && first.0 != second.0
                && (first.2 == second.2 || (unused(&one) && unused(&two)))
        };
        prop_assert_eq!(found.is_some(), guilty);
        if let Some(accusation) = found {
            prop_assert_eq!(accusation.kind, FaultKind::DoubleDelegation);
            convicts(&scene.l1, &accusation);
        }
    }
}

/// A signature of somebody else sells nothing.
#[test]
fn a_forged_sale_is_not_accused() {
    let scene = scene();
    let (one, mut two) = (sale(&scene, 1, (2, 2), 0), sale(&scene, 2, (2, 2), 1));
    two.message.nonce = 2;
    let place = Place {
        rollup: scene.l1.domain.inbox,
        epoch: 2,
        slots_per_epoch: 8,
        period_epochs: PERIOD_EPOCHS,
    };
    let separator = registry(&scene).separator();
    let found = double_delegation::accuse(place, separator, &one, Second::Signed(&two), |_| false);
    assert!(found.is_none());
}

/// R25: equality of neighbouring block roots, and nothing else.
#[test]
fn a_missed_slot_is_accused_and_a_present_one_is_not() {
    let mut scene = scene();
    scene.l1.missed.insert(16);
    let (rollup, operator) = (scene.l1.domain.inbox, scene.l1.operator);
    let accusation = missed_slot::accuse(rollup, operator, scene.l1.presence(16)).unwrap();
    assert_eq!(accusation.kind, FaultKind::MissedSlot);
    convicts(&scene.l1, &accusation);
    assert!(missed_slot::accuse(rollup, operator, scene.l1.presence(17)).is_none());
    // The judge looks itself whether the slot was lent at all.
    scene.l1.lent_to = 0;
    assert!(COURT.judge(&scene.l1, &accusation).is_err());
}
