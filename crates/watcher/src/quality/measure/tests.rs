use super::*;

/// Blocks of a second from Unix second 0.
fn quality() -> Quality {
    Quality::new(BlockClock::new(0, 1).unwrap(), 0)
}

const fn frag(gateway: u32, block: u64, heard_at_ms: u64) -> HeardFrag {
    HeardFrag {
        gateway,
        window: 9,
        block,
        promises: 2,
        issued_at_ms: heard_at_ms,
        heard_at_ms,
        live: true,
    }
}

const fn turn(gateway: u32, first_block: u64, last_block: u64) -> TurnOver {
    TurnOver {
        gateway,
        window: 9,
        first_block,
        last_block,
        at_ms: 100_000,
    }
}

fn total(quality: &Quality, gateway: u32) -> Tally {
    let found = quality.tallies().find(|(known, _)| *known == gateway);
    found.map(|(_, rolling)| rolling.total().clone()).unwrap()
}

#[test]
fn a_block_counts_as_seen_once_and_only_if_it_was_heard_in_time() {
    let mut quality = quality();
    for heard in [
        frag(1, 10, 9_500),
        frag(1, 10, 9_900),
        // Within the grace, and behind it.
        frag(1, 11, 13_000),
        frag(1, 12, 14_001),
        // Asked for later: no presence.
        HeardFrag {
            live: false,
            ..frag(1, 13, 12_500)
        },
    ] {
        quality.heard_frag(heard);
    }
    quality.turn_over(turn(1, 10, 14));
    let tally = total(&quality, 1);
    assert_eq!((tally.seen, tally.missed), (2, 3));
}

#[test]
fn a_turn_in_silence_is_missed_and_an_empty_one_is_nothing() {
    let mut quality = quality();
    quality.turn_over(turn(1, 10, 14));
    quality.turn_over(turn(1, 20, 19));
    assert_eq!(total(&quality, 1).missed, 5);
}

#[test]
fn turns_from_before_the_watcher_listened_are_not_held_against_anybody() {
    let mut quality = Quality::new(BlockClock::new(0, 1).unwrap(), 9_001);
    quality.turn_over(turn(1, 10, 14));
    assert_eq!(quality.tallies().count(), 0);
    quality.turn_over(turn(1, 11, 14));
    assert_eq!(total(&quality, 1).missed, 4);
    quality.watching_from(20_000);
    quality.turn_over(turn(1, 20, 24));
    assert_eq!(total(&quality, 1).missed, 4);
}

#[test]
fn latency_counts_promises_and_only_of_what_came_by_itself() {
    let mut quality = quality();
    let mut heard = frag(1, 10, 9_500);
    heard.issued_at_ms = 9_450;
    quality.heard_frag(heard);
    // A clock ahead of ours.
    heard.issued_at_ms = 9_900;
    quality.heard_frag(heard);
    quality.heard_frag(HeardFrag {
        live: false,
        ..heard
    });
    quality.heard_frag(HeardFrag {
        promises: 0,
        ..heard
    });
    let tally = total(&quality, 1);
    assert_eq!((tally.promises, tally.latency.count()), (6, 4));
    assert!((tally.latency.sum() - 0.1).abs() < 1e-9);
}

#[test]
fn settlement_counts_for_whoever_promised_the_block_not_for_who_posted_it() {
    let mut quality = quality();
    for block in 10..=12 {
        quality.heard_frag(frag(1, block, 9_000));
    }
    quality.heard_frag(frag(2, 13, 9_000));
    quality.settled(Settled {
        gateway: 2,
        first_block: 9,
        last_block: 14,
        l1_timestamp_s: 20,
        at_ms: 30_000,
    });
    assert_eq!(total(&quality, 1).settlement.count(), 3);
    // Its own block, and the two nobody was heard with.
    assert_eq!(total(&quality, 2).settlement.count(), 3);
}

#[test]
fn whoever_promises_a_block_later_has_it_from_there_on() {
    let mut quality = quality();
    for block in 10..=12 {
        quality.heard_frag(frag(1, block, 9_000));
    }
    quality.heard_frag(frag(2, 11, 9_000));
    quality.heard_frag(frag(2, 12, 9_000));
    assert_eq!(quality.whose(10, 7), (10, 1));
    assert_eq!(quality.whose(11, 7), (12, 2));
    assert_eq!(quality.whose(13, 7).1, 7);
}

#[test]
fn a_batch_of_any_length_is_bounded_work() {
    let mut quality = quality();
    quality.settled(Settled {
        gateway: 1,
        first_block: 1,
        last_block: u64::MAX,
        l1_timestamp_s: 20,
        at_ms: 0,
    });
    assert_eq!(total(&quality, 1).settlement.count(), MOST_BLOCKS);
    quality.settled(Settled {
        gateway: 1,
        first_block: u64::MAX,
        last_block: u64::MAX,
        l1_timestamp_s: 20,
        at_ms: 0,
    });
}

/// Pitfall: whoever floods a watcher with gateways, windows and blocks makes it grow without bound.
#[test]
fn memory_stays_bounded_whatever_is_heard() {
    let mut quality = quality();
    for n in 0..5_000u32 {
        let mut heard = frag(n, u64::from(n) * 7 % 4_001, 1);
        heard.window = u64::from(n);
        quality.heard_frag(heard);
        heard.gateway = 1;
        quality.heard_frag(heard);
    }
    assert_eq!(quality.gateways.len(), MOST_GATEWAYS);
    assert!(quality.heard.len() <= MOST_RANGES);
    assert!(
        quality
            .gateways
            .values()
            .all(|known| known.turns.len() <= MOST_TURNS)
    );
    assert!(quality.unmeasured() > 0);
    assert_eq!(quality.figures(1).len(), MOST_GATEWAYS);
}

#[test]
fn figures_say_what_was_measured_and_nothing_where_nothing_was() {
    let mut quality = quality();
    quality.judged(Judged {
        gateway: 1,
        kept: 9,
        broken: 1,
        at_ms: 1,
    });
    let figures = quality.figures(1);
    let hour = &figures[0].hour;
    assert_eq!(hour.success_rate, Some(0.9));
    assert_eq!((hour.uptime, hour.latency_p50_s), (None, None));
    let json = serde_json::to_value(&figures).unwrap();
    assert_eq!(json[0]["total"]["successRate"], 0.9);
    assert!(json[0]["total"]["settlementP95S"].is_null());
}
