//! A world in a box: random runs, incidents by name, and the replay of one seed.
//!
//! `FOREBOND_SEED=7 cargo test -p forebond-harness --test simulation -- --ignored replay --nocapture`

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test stops at the first wrong answer"
)]

use forebond_harness::simulation::{OpenedTurn, Plan, Scenario, Summary, Violation, run};
use forebond_types::Grade;
use std::sync::atomic::{AtomicU64, Ordering};

fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Runs seeds on two threads; gives what broke, ascending.
fn broken(seeds: std::ops::Range<u64>) -> Vec<Violation> {
    let next = AtomicU64::new(seeds.start);
    let (mut found, mut unkept) = (Vec::new(), 0);
    std::thread::scope(|scope| {
        let workers = [0, 1].map(|_| {
            scope.spawn(|| {
                let (mut found, mut unkept) = (Vec::new(), 0);
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return (found, unkept);
                    }
                    match run(seed, Plan::random(seed), false) {
                        Ok(summary) => unkept += summary.unkept,
                        Err(broken) => {
                            eprintln!("seed {seed}: {} - {}", broken.invariant, broken.why);
                            found.push(*broken);
                        }
                    }
                }
            })
        });
        for worker in workers {
            let (of_worker, of_worker_unkept) = worker.join().unwrap();
            found.extend(of_worker);
            unkept += of_worker_unkept;
        }
    });
    found.sort_by_key(|broken: &Violation| broken.seed);
    eprintln!(
        "{} runs, {unkept} promises not kept, {} runs broken",
        seeds.end - seeds.start,
        found.len()
    );
    found
}

#[test]
fn one_gateway_keeps_every_promise_when_nothing_goes_wrong() {
    let summary = run(1, Plan::calm(1, 24), false).unwrap_or_else(|broken| panic!("{broken}"));
    assert_eq!(summary.unkept, 0);
    assert!(summary.promises > 20, "{summary:?}");
}

#[test]
fn two_gateways_keep_every_promise_when_nothing_goes_wrong() {
    let summary = run(2, Plan::calm(2, 24), false).unwrap_or_else(|broken| panic!("{broken}"));
    assert_eq!(summary.unkept, 0);
    assert!(summary.promises > 20, "{summary:?}");
}

#[test]
fn a_seed_is_the_whole_run() {
    let one = || run(11, Plan::random(11), false).unwrap_or_else(|broken| panic!("{broken}"));
    assert_eq!(one(), one());
}

fn incident(scenario: Scenario) -> Summary {
    run(5, scenario.plan(), asked("FOREBOND_ALOUD").is_some())
        .unwrap_or_else(|broken| panic!("{scenario:?}: {broken}"))
}

/// Pitfall: two equal but stale heads are taken for synced, and a reorg is sequenced.
#[test]
fn gateways_with_equal_stale_heads_open_no_turn() {
    let summary = incident(Scenario::EqualStaleHeads);
    let stale = 14_500 + 8_000 + 2_000..34_500;
    let opened: Vec<_> = summary
        .turns
        .iter()
        .filter(|turn| stale.contains(&turn.after_ms))
        .collect();
    assert!(opened.is_empty(), "{opened:?}");
    assert!(
        summary.turns.iter().any(|turn| turn.after_ms > stale.end),
        "they go on afterwards"
    );
}

/// Pitfall: the end-of-window marker is lost and the successor waits the whole buffer, or opens without it.
#[test]
fn a_lost_end_marker_is_asked_for_and_costs_less_than_the_patience() {
    let summary = incident(Scenario::LostEndMarker);
    let after = turn(&summary, 22_500);
    assert_eq!(
        (after.gateway, after.grade),
        (1, Grade::Sealed),
        "{after:?}"
    );
    assert!(after.after_ms < 23_400, "{after:?}");
    assert_eq!(summary.unkept, 0);
}

fn turn(summary: &Summary, from_ms: u64) -> OpenedTurn {
    *summary
        .turns
        .iter()
        .find(|turn| turn.after_ms >= from_ms)
        .expect("a turn that late")
}

/// Pitfall: a gateway shows its successor a short prefix and posts a longer one. The successor's promises break and are reported, and
/// nobody lied (R5).
#[test]
fn late_release_of_a_longer_prefix_breaks_promises_and_makes_nobody_a_liar() {
    let summary = incident(Scenario::LateRelease);
    assert_eq!(turn(&summary, 22_500).grade, Grade::Open);
    assert!(summary.unkept > 0, "{summary:?}");
}

#[test]
fn a_deaf_successor_opens_on_what_it_has_and_the_chain_goes_on() {
    let summary = incident(Scenario::DeafSuccessor);
    let after = turn(&summary, 22_500);
    assert_eq!((after.gateway, after.parent), (1, 11), "{after:?}");
    assert!(summary.blocks > 60, "{summary:?}");
}

/// R5: a successor passes over its predecessor's last blocks. Who gave way to it would have nothing left to post in its own window, and
/// pay for being late.
#[test]
fn a_gateway_posts_its_own_blocks_though_its_successor_builds_on_less() {
    let summary = incident(Scenario::PassedOver);
    let window = 15;
    let successor = turn(&summary, 22_500);
    assert!(
        successor.gateway == 1 && successor.parent == 11,
        "{successor:?}"
    );
    let is_in_time = summary
        .posted
        .iter()
        .any(|batch| batch.window == window && batch.last_block == 19 && batch.slot <= window);
    assert!(is_in_time, "{summary:?}");
}

/// Pitfall: a one-slot reorg at the border of a window takes the last batch out. The successor covers.
#[test]
fn a_reorg_of_the_windows_last_slot_breaks_no_promise() {
    let summary = incident(Scenario::ReorgAtBorder);
    assert_eq!(summary.unkept, 0, "{summary:?}");
}

/// Pitfall: a gateway dies mid-block and its frags are abandoned. The successor builds on the signed prefix.
#[test]
fn frags_of_a_gateway_that_died_mid_block_are_kept_by_its_successor() {
    let summary = incident(Scenario::DeadMidBlock);
    assert_eq!(summary.unkept, 0, "{summary:?}");
    let after = turn(&summary, 20_000);
    assert_eq!((after.gateway, after.parent), (1, 16), "{after:?}");
}

#[test]
fn a_crash_between_log_and_signature_forks_nothing_and_breaks_nothing() {
    let summary = incident(Scenario::CrashBeforeSignature);
    assert_eq!(summary.unkept, 0, "{summary:?}");
    let windows: Vec<_> = summary.turns.iter().map(|turn| turn.window).collect();
    let mut once = windows.clone();
    once.dedup();
    assert_eq!(windows, once, "each window is opened once");
}

/// R17: whoever lost its data in its own window signs nothing more in it.
#[test]
fn a_gateway_that_lost_its_data_signs_nothing_before_its_next_window() {
    let summary = incident(Scenario::LostDisk);
    assert_eq!(turn(&summary, 18_500).gateway, 1, "{summary:?}");
}

/// Blocks of a running turn whose L1 origin is gone must go: posting them is a false claim (R3), and stops the rollup.
#[test]
fn a_turn_whose_origin_is_gone_ends_and_its_blocks_are_never_posted() {
    let summary = incident(Scenario::ReorgUnderTurn);
    assert!(summary.blocks > 60, "{summary:?}");
}

/// A gateway that forgets its base in a restart leaves its batcher nothing to post under: the window is late for no reason.
#[test]
fn a_gateway_and_its_batcher_that_start_again_post_what_they_promised_in_their_own_window() {
    let summary = incident(Scenario::Reboot);
    assert!(
        summary.posted.iter().any(|batch| batch.window == 15),
        "{:?}",
        summary.posted
    );
    assert_eq!(summary.unkept, 0, "{summary:?}");
}

/// Pitfall: all gateways are down. Deposits move the rollup by empty blocks when the sequencing window is over (R8).
#[test]
fn with_nobody_alive_the_rollup_goes_on_by_itself() {
    let summary = incident(Scenario::NobodyAlive);
    assert!(summary.blocks > 50, "{summary:?}");
}

#[test]
fn fifty_random_worlds_hold_every_invariant() {
    let found = broken(0..50);
    if let Some(first) = found.first() {
        panic!("{first}");
    }
}

#[test]
#[ignore = "some minutes; FOREBOND_SEED is the first seed, FOREBOND_RUNS how many"]
fn a_thousand_random_worlds_hold_every_invariant() {
    let first = asked("FOREBOND_SEED").unwrap_or(1_000);
    let found = broken(first..first + asked("FOREBOND_RUNS").unwrap_or(1_000));
    if let Some(first) = found.first() {
        panic!("{first}");
    }
}

#[test]
#[ignore = "replays one seed: FOREBOND_SEED"]
fn replay() {
    let seed = asked("FOREBOND_SEED").expect("FOREBOND_SEED is the seed to replay");
    let summary = run(seed, Plan::random(seed), true).unwrap_or_else(|broken| panic!("{broken}"));
    eprintln!("{summary:?}");
}
