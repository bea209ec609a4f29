use super::*;
use proptest::prelude::*;

fn book(spoil: impl FnOnce(&mut Limits)) -> PeerBook {
    let mut limits = Limits::default();
    spoil(&mut limits);
    PeerBook::new(limits)
}

fn public(n: u8) -> Option<IpAddr> {
    Some(IpAddr::from([203, 0, 113, n]))
}

#[test]
fn of_a_thousand_peers_as_many_stay_as_there_are_places_and_some_are_kept_for_our_own_calls() {
    let mut book = book(|limits| limits.max_inbound_per_ip = 1_000);
    let mut stayed = 0;
    for _ in 0..1_000 {
        let peer = PeerId::random();
        match book.may_stay(&peer, public(1), true, 0) {
            Ok(()) => {
                book.connected(peer, public(1), true, 0);
                stayed += 1;
            }
            Err(refusal) => assert_eq!(refusal, Refusal::FullForCallers(48)),
        }
    }
    assert_eq!((stayed, book.peers().count()), (48, 48));
    for _ in 0..16 {
        let chosen = PeerId::random();
        assert_eq!(book.may_stay(&chosen, public(2), false, 0), Ok(()));
        book.connected(chosen, public(2), false, 0);
    }
    let refusal = book.may_stay(&PeerId::random(), public(3), false, 0);
    assert_eq!(refusal, Err(Refusal::Full(64)));
}

#[test]
fn one_address_does_not_take_all_places_and_handshakes_are_counted() {
    let mut book = book(|_| ());
    for _ in 0..16 {
        book.connected(PeerId::random(), public(1), true, 0);
    }
    let more = PeerId::random();
    assert_eq!(
        book.may_stay(&more, public(1), true, 0),
        Err(Refusal::FullForAddress(16))
    );
    assert_eq!(book.may_stay(&more, public(2), true, 0), Ok(()));
    assert_eq!(book.may_begin(public(1), 63, 15, 0), Ok(()));
    assert_eq!(
        book.may_begin(public(1), 64, 0, 0),
        Err(Refusal::TooManyHandshakes(64))
    );
    assert_eq!(
        book.may_begin(public(1), 16, 16, 0),
        Err(Refusal::TooManyHandshakes(16))
    );
}

#[test]
fn garbage_ends_in_a_ban_that_grows_and_one_slip_is_forgotten_with_time() {
    let mut book = book(|_| ());
    let peer = PeerId::random();
    book.connected(peer, public(1), true, 0);
    assert_eq!(book.charge(&peer, Offence::Undecodable, 0), None);
    assert!(book.score(&peer, 0) < -14.0);
    assert!(book.score(&peer, 600_000) > -0.1, "forgotten");

    let mut ban = None;
    let mut messages = 0;
    while ban.is_none() {
        messages += 1;
        ban = book.charge(&peer, Offence::Undecodable, 600_000);
    }
    assert_eq!((ban, messages), (Some(600_000), 7));
    assert_eq!(
        book.may_stay(&peer, public(1), true, 700_000),
        Err(Refusal::Banned(500_000))
    );
    assert_eq!(book.may_stay(&peer, public(1), true, 1_200_000), Ok(()));
    let again = std::iter::repeat_with(|| book.charge(&peer, Offence::Oversize, 1_200_000))
        .find_map(|ban| ban);
    assert_eq!(again, Some(1_200_000), "twice as long");
}

#[test]
fn coming_back_does_not_wash_off_a_score() {
    let mut book = book(|_| ());
    let peer = PeerId::random();
    book.connected(peer, public(1), true, 0);
    book.charge(&peer, Offence::Oversize, 0);
    assert!(book.disconnected(&peer, 1));
    assert!(book.connected(peer, public(1), true, 2));
    assert!(book.score(&peer, 2) < -24.0);
}

#[test]
fn new_identities_of_one_address_are_refused_after_a_few_bans_but_loopback_is_shared_by_all() {
    let mut book = book(|_| ());
    for ip in [public(1), Some(IpAddr::from([127, 0, 0, 1]))] {
        for _ in 0..3 {
            let peer = PeerId::random();
            book.connected(peer, ip, true, 0);
            while book.charge(&peer, Offence::Refused, 0).is_none() {}
            book.disconnected(&peer, 0);
        }
    }
    assert_eq!(
        book.may_begin(public(1), 0, 0, 1),
        Err(Refusal::AddressBanned)
    );
    assert_eq!(book.may_begin(public(1), 0, 0, 600_001), Ok(()));
    assert_eq!(book.may_begin(public(2), 0, 0, 1), Ok(()));
    let loopback = Some(IpAddr::from([127, 0, 0, 1]));
    assert_eq!(book.may_begin(loopback, 0, 0, 1), Ok(()));
}

#[test]
fn a_peer_whose_messages_are_of_no_use_is_read_less_and_read_again_once_one_is() {
    let mut book = book(|_| ());
    let peer = PeerId::random();
    book.connected(peer, public(1), true, 0);
    let mut read = 0;
    for now_ms in 0..10_000 {
        if book.worth_reading(&peer, now_ms) {
            book.unusable(&peer, now_ms);
            read += 1;
        }
    }
    assert!((690..=701).contains(&read), "{read} of 10,000");
    let now_ms = 10_020;
    for _ in 0..1_000 {
        assert!(
            book.worth_reading(&peer, now_ms),
            "useful ones cost nothing"
        );
    }
    assert!(book.score(&peer, now_ms) == 0.0, "and nobody is blamed");
}

fn any_offence() -> impl Strategy<Value = Offence> {
    prop::sample::select(vec![
        Offence::Undecodable,
        Offence::Oversize,
        Offence::BadSignature,
        Offence::Refused,
        Offence::TooFast,
        Offence::TooManyRequests,
        Offence::BadRequest,
        Offence::BadAnswer,
        Offence::FalseContents,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever happens in whatever order, tables stay bounded and a peer that did nothing wrong keeps score 0.
    #[test]
    fn honest_peers_are_unharmed_and_memory_is_bounded(
        steps in prop::collection::vec((0u8..40, any_offence(), 0u64..5_000, any::<bool>()), 1..400)
    ) {
        let mut book = book(|_| ());
        let honest = PeerId::random();
        book.connected(honest, public(9), true, 0);
        let others: Vec<_> = (0..40).map(|_| PeerId::random()).collect();
        let mut now_ms = 0;
        for (which, offence, wait_ms, leave) in steps {
            now_ms += wait_ms;
            let peer = others[usize::from(which)];
            if book.may_stay(&peer, public(which), true, now_ms).is_ok() {
                book.connected(peer, public(which), true, now_ms);
            }
            if let Some(for_ms) = book.charge(&peer, offence, now_ms) {
                prop_assert!(for_ms <= LONGEST_BAN_MS);
                prop_assert!(book.may_stay(&peer, None, true, now_ms).is_err());
            }
            if leave {
                book.disconnected(&peer, now_ms);
            }
            prop_assert!(book.score(&peer, now_ms) <= 0.0);
            prop_assert!(book.peers().count() <= 64);
        }
        prop_assert_eq!(book.score(&honest, now_ms), 0.0);
        prop_assert!(book.may_stay(&honest, public(9), true, now_ms).is_ok());
    }
}

#[test]
fn peers_that_come_and_go_for_ever_are_remembered_in_bounded_memory() {
    let mut book = book(|_| ());
    for n in 0..3_000 {
        let peer = PeerId::random();
        book.connected(peer, public(1), true, n);
        while book.charge(&peer, Offence::Oversize, n).is_none() {}
        book.disconnected(&peer, n);
    }
    assert!(book.peers.len() <= REMEMBERED + 64);
    assert!(book.bans.len() <= MAX_BANS);
}
