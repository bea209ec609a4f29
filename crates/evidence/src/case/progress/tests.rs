use alloy_primitives::Bytes;

use super::*;
use crate::{FaultKind, Judge};

const ME: Address = Address::repeat_byte(1);
const OTHER: Address = Address::repeat_byte(2);
const PACE: Pace = Pace {
    commit_depth: 2,
    settled_depth: 4,
};

fn case(ripe: Ripe) -> Case {
    Case {
        accusation: Accusation {
            kind: FaultKind::Fork,
            judge: Judge::Fork,
            id: B256::repeat_byte(7),
            culprit: Culprit::Gateway {
                gateway: 1,
                base: B256::ZERO,
            },
            rollup: Address::ZERO,
            window: 9,
            ripe,
            evidence: Bytes::from_static(b"evidence"),
        },
        judge: Address::repeat_byte(3),
        watcher: ME,
        until_s: 1_000,
    }
}

const AT: Sight = Sight {
    head: 10,
    now_s: 500,
    batch: None,
    recorded: None,
    committed: None,
    hearing: Some(Hearing::Convicts),
    in_flight: false,
};

fn decided(sight: &Sight) -> (Stage, Step) {
    case(Ripe::AtOnce).decide(sight, PACE)
}

const fn record(watcher: Address) -> Recorded {
    Recorded {
        watcher,
        block: 10,
        charged: Some(Charged {
            gateway: 1,
            base: B256::ZERO,
        }),
        closes_at_s: Some(900),
        is_closed: false,
        is_paid: false,
    }
}

#[test]
fn a_case_goes_from_its_discovery_to_its_bounty() {
    let commitment = case(Ripe::AtOnce).commitment();
    let unasked = Sight {
        hearing: None,
        ..AT
    };
    assert_eq!(decided(&unasked), (Stage::Ready, Step::Hear));
    assert_eq!(decided(&AT), (Stage::Simulated, Step::Commit(commitment)));
    let sent = Sight {
        in_flight: true,
        ..AT
    };
    assert_eq!(decided(&sent).1, Step::Wait, "nothing is sent twice");
    let committed = Sight {
        committed: Some(10),
        ..AT
    };
    assert_eq!(decided(&committed), (Stage::Committed, Step::Wait));
    let deep = Sight {
        head: 12,
        ..committed
    };
    assert_eq!(decided(&deep), (Stage::Committed, Step::Reveal));
    let recorded = Sight {
        recorded: Some(record(ME)),
        ..deep
    };
    assert_eq!(decided(&recorded), (Stage::Revealed, Step::Wait));
    let settled = Sight {
        head: 14,
        ..recorded
    };
    assert_eq!(
        decided(&settled),
        (Stage::Revealed, Step::Wait),
        "claims are collected"
    );
    let over = Sight {
        now_s: 900,
        ..settled
    };
    assert_eq!(decided(&over), (Stage::Revealed, Step::Close));
    let closed = Recorded {
        is_closed: true,
        closes_at_s: None,
        ..record(ME)
    };
    let closed = Sight {
        recorded: Some(closed),
        ..over
    };
    assert_eq!(decided(&closed), (Stage::Revealed, Step::ClaimBounty));
    let paid = Recorded {
        is_paid: true,
        is_closed: true,
        ..record(ME)
    };
    let paid = Sight {
        recorded: Some(paid),
        ..over
    };
    assert_eq!(decided(&paid), (Stage::Paid, Step::End));
}

#[test]
fn a_reorg_takes_a_case_back_and_it_goes_on_from_there() {
    let committed = Sight {
        head: 12,
        committed: Some(10),
        ..AT
    };
    assert_eq!(decided(&committed).1, Step::Reveal);
    // The record and the commitment are gone: both are sent again.
    let gone = Sight {
        head: 12,
        committed: None,
        ..AT
    };
    assert_eq!(decided(&gone).0, Stage::Simulated);
    assert!(matches!(decided(&gone).1, Step::Commit(_)));
    // A commitment that the new branch holds higher up has to ripen again.
    let later = Sight {
        committed: Some(12),
        ..committed
    };
    assert_eq!(decided(&later), (Stage::Committed, Step::Wait));
}

#[test]
fn a_competitor_that_was_faster_is_a_loss_and_no_error_until_a_reorg_says_otherwise() {
    let lost = Sight {
        recorded: Some(record(OTHER)),
        committed: Some(8),
        ..AT
    };
    assert_eq!(
        decided(&lost),
        (Stage::Lost, Step::Wait),
        "a reorg may give it back"
    );
    let for_good = Sight { head: 14, ..lost };
    assert_eq!(decided(&for_good), (Stage::Lost, Step::End));
    let given_back = Sight {
        recorded: None,
        head: 12,
        committed: Some(8),
        ..AT
    };
    assert_eq!(decided(&given_back).1, Step::Reveal);
    // The judge's answer comes before the event is seen.
    let heard = Sight {
        hearing: Some(Hearing::Recorded),
        ..AT
    };
    assert_eq!(decided(&heard).1, Step::Wait);
}

#[test]
fn a_commitment_that_is_too_old_is_made_again_and_never_earlier() {
    let aged = |head| Sight {
        head,
        committed: Some(10),
        ..AT
    };
    assert_eq!(
        decided(&aged(265)).1,
        Step::Reveal,
        "lands in block 266 = 10 + 256"
    );
    assert!(matches!(decided(&aged(266)).1, Step::Commit(_)));
}

#[test]
fn somebody_elses_batch_has_to_be_confirmed_first() {
    let case = case(Ripe::Confirmed { batch_id: 3 });
    for batch in [
        None,
        Some(Standing::Posted),
        Some(Standing::Disputed),
        Some(Standing::Void),
    ] {
        let sight = Sight { batch, ..AT };
        assert_eq!(
            case.decide(&sight, PACE),
            (Stage::Seen, Step::Wait),
            "{batch:?}"
        );
    }
    let confirmed = Sight {
        batch: Some(Standing::Confirmed),
        ..AT
    };
    assert!(matches!(case.decide(&confirmed, PACE).1, Step::Commit(_)));
}

#[test]
fn what_a_judge_refuses_costs_nothing() {
    let said = |hearing| {
        decided(&Sight {
            hearing: Some(hearing),
            ..AT
        })
    };
    assert_eq!(said(Hearing::Never), (Stage::Refused, Step::End));
    assert_eq!(said(Hearing::NotYet), (Stage::Seen, Step::Wait));
    assert_eq!(said(Hearing::Rebuild), (Stage::Seen, Step::Rebuild));
    assert_eq!(
        said(Hearing::NothingToTake),
        (Stage::Seen, Step::WaitForBond)
    );
    // Somebody else's case took all of it after the commitment: the dearer transaction is not paid for.
    let emptied = Sight {
        head: 12,
        committed: Some(10),
        hearing: Some(Hearing::NothingToTake),
        ..AT
    };
    assert_eq!(decided(&emptied).1, Step::WaitForBond);
    // Nor is evidence shown that would not convict any more.
    let committed = Sight {
        head: 12,
        committed: Some(10),
        hearing: Some(Hearing::Never),
        ..AT
    };
    assert_eq!(decided(&committed).1, Step::End);
    let unasked = Sight {
        hearing: None,
        ..committed
    };
    assert_eq!(decided(&unasked), (Stage::Committed, Step::Hear));
}

#[test]
fn the_horizon_ends_a_case_that_is_not_recorded() {
    let late = Sight { now_s: 1_001, ..AT };
    assert_eq!(decided(&late), (Stage::Expired, Step::End));
    let recorded = Sight {
        recorded: Some(record(ME)),
        head: 20,
        ..late
    };
    assert_eq!(decided(&recorded).1, Step::Close, "a recorded one goes on");
}

#[test]
fn an_operators_fault_has_no_bounty_to_wait_for() {
    let mut case = case(Ripe::AtOnce);
    case.accusation.culprit = Culprit::Operator(OTHER);
    let recorded = Recorded {
        charged: None,
        closes_at_s: None,
        ..record(ME)
    };
    let sight = Sight {
        recorded: Some(recorded),
        head: 14,
        ..AT
    };
    assert_eq!(case.decide(&sight, PACE), (Stage::Paid, Step::End));
}
