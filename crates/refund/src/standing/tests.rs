use super::*;
use forebond_types::Domain;

const ETHER: u128 = 1_000_000_000_000_000_000;

const fn held(coverage_wei: u128) -> Held {
    Held {
        domain: Domain {
            l1_chain_id: 1,
            inbox: Address::ZERO,
        },
        base: B256::ZERO,
        window: 40,
        frag: B256::ZERO,
        signer: Address::ZERO,
        block: 7,
        index: 1,
        tx_hash: B256::ZERO,
        receipt_hash: B256::ZERO,
        sender: Address::ZERO,
        coverage_wei,
    }
}

const fn facts(settled: Settled) -> Facts {
    Facts {
        gateway: 2,
        fault_id: B256::ZERO,
        now_s: 1_000,
        heard_until_s: 2_000,
        settled,
        claim: None,
        liable: None,
    }
}

const fn claim() -> Claim {
    Claim {
        case_key: B256::ZERO,
        payee: Address::ZERO,
        owed_wei: 3 * ETHER,
        claimable_wei: 0,
        is_settled: false,
        closes_at_s: 1_500,
        taken_wei: 6 * ETHER,
        refunds_wei: 3 * ETHER,
    }
}

fn recorded(claim: Claim, now_s: u64) -> Standing {
    let mut facts = facts(Settled::Nowhere);
    facts.claim = Some(claim);
    facts.now_s = now_s;
    standing(&held(3 * ETHER), &facts, None)
}

const CONFIRMED: Settled = Settled::Confirmed {
    batch_id: 9,
    is_own: false,
};

#[test]
fn without_coverage_nothing_is_owed_whatever_the_chain_says() {
    for settled in [Settled::Nowhere, Settled::Posted { batch_id: 1 }, CONFIRMED] {
        let stands = standing(&held(0), &facts(settled), Some(Finding::Different));
        assert_eq!((stands.word(), stands.exit_code()), ("uncovered", 2));
    }
}

#[test]
fn a_block_that_may_still_fall_decides_nothing() {
    for settled in [Settled::Nowhere, Settled::Posted { batch_id: 1 }] {
        let stands = standing(&held(ETHER), &facts(settled), Some(Finding::Different));
        assert_eq!((stands.word(), stands.exit_code()), ("not-settled", 3));
    }
}

#[test]
fn a_confirmed_block_is_kept_or_broken_as_the_node_says_and_unknown_when_none_is_asked() {
    let of = |finding| {
        let stands = standing(&held(ETHER), &facts(CONFIRMED), finding);
        (stands.word(), stands.exit_code())
    };
    assert_eq!(of(Some(Finding::Kept)), ("kept", 2));
    assert_eq!(of(Some(Finding::Different)), ("not-brought", 3));
    assert_eq!(of(Some(Finding::NotThere)), ("unknown", 3));
    assert_eq!(of(None), ("unknown", 3));
}

#[test]
fn the_own_batch_that_differs_is_a_lie_and_refunds_nobody() {
    let own = Settled::Confirmed {
        batch_id: 9,
        is_own: true,
    };
    let stands = standing(&held(ETHER), &facts(own), Some(Finding::Different));
    assert_eq!((stands.word(), stands.exit_code()), ("lie", 2));
    assert!(stands.is_for_a_watcher());
}

#[test]
fn what_nobody_brought_in_time_is_over_and_not_a_second_earlier() {
    let mut late = facts(CONFIRMED);
    late.now_s = late.heard_until_s;
    let of = |facts: &Facts| standing(&held(ETHER), facts, Some(Finding::Different)).word();
    assert_eq!(of(&late), "not-brought");
    late.now_s += 1;
    assert_eq!(of(&late), "too-late");
    late.settled = Settled::Nowhere;
    assert_eq!(of(&late), "too-late");
}

#[test]
fn a_recorded_fault_is_claimable_from_the_second_its_case_can_be_closed() {
    assert_eq!(
        recorded(claim(), 1_499),
        Standing::Recorded {
            closes_at_s: 1_500,
            expected_wei: 3 * ETHER
        }
    );
    assert_eq!(
        recorded(claim(), 1_500),
        Standing::Claimable {
            amount_wei: 3 * ETHER
        }
    );
}

#[test]
fn a_closed_case_pays_its_fixed_share_and_only_once() {
    let mut closed = claim();
    (closed.is_settled, closed.closes_at_s) = (true, 0);
    closed.claimable_wei = ETHER;
    assert_eq!(
        recorded(closed, 0),
        Standing::Claimable { amount_wei: ETHER }
    );
    closed.claimable_wei = 0;
    assert_eq!(recorded(closed, 0).word(), "empty");
    closed.owed_wei = 0;
    let paid = recorded(closed, 0);
    assert_eq!((paid.word(), paid.exit_code()), ("paid", 0));
}

#[test]
fn the_record_counts_more_than_any_nodes_word() {
    let mut facts = facts(CONFIRMED);
    facts.claim = Some(claim());
    let stands = standing(&held(3 * ETHER), &facts, Some(Finding::Kept));
    assert_eq!(stands.word(), "recorded");
}
