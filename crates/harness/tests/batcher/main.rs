//! The batcher on the L1 in this process, with the real contracts: a window's end, cover, missed slots, reorgs, permits, chores.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod chain;
mod scene;

use eyre::{Result, ensure};
use forebond_batcher::{
    report::BatchState,
    role::{Clock, SystemClock},
};
use forebond_contracts::bindings::{Inbox, Lookahead};
use scene::{Habits, Scene};

#[tokio::test(flavor = "multi_thread")]
async fn when_the_window_ends_its_turn_is_in_the_inbox_with_the_blocks_it_covers() -> Result<()> {
    let mut scene = Scene::open().await?;
    let a = scene.opening.a.clone();
    let window = scene.window_of(&a, 1, 0).await?;
    scene.until_next_slot_is(window.last_slot).await?;
    let mut batcher = scene.batcher(&a, Habits::default()).await?;
    batcher.sends().await?;
    let expected = batcher.expected(window.last_slot).await?;
    let none = batcher.expected(window.last_slot + 1).await?;
    scene.pass().await?;
    let posted = scene.newest_is(1).await?;
    let turn = scene.turn_of(&window);
    // Nobody posted anything before.
    ensure!(
        (posted.firstBlock, posted.lastBlock) == (1, turn.last),
        "{posted:?}"
    );
    ensure!(
        (posted.gateway, posted.window) == (a.id, window.last_slot),
        "{posted:?}"
    );
    let report = scene.report(|report| report.totals.batches == 1).await?;
    let line = &report.batches[0];
    ensure!(
        line.status == BatchState::Posted && line.cost_wei > 0,
        "{line:?}"
    );
    ensure!(line.cost_wei_per_transaction == Some(line.cost_wei / u128::from(line.transactions)));
    let blobs = scene.blobs_hold_the_blocks(&window).await?;
    ensure!(
        expected == blobs && none.is_empty(),
        "{expected:?} {none:?}"
    );
    ensure!(batcher.expected(window.last_slot).await?.is_empty());

    // Two epochs later its L1 block is final.
    for _ in 0..5 * 8 {
        scene.pass().await?;
    }
    let report = scene
        .report(|report| report.batches[0].status == BatchState::Final)
        .await?;
    ensure!(report.totals.reverted == 0, "{report:?}");
    batcher.stop().await
}

/// Pitfall: blob transactions, their nonce and the replacement bump of 100 %: the pool of this L1 asks for it as go-ethereum's does.
#[tokio::test(flavor = "multi_thread")]
async fn a_missed_slot_moves_the_batch_into_the_next_one_and_a_reorg_has_it_posted_again()
-> Result<()> {
    let mut scene = Scene::open().await?;
    let a = scene.opening.a.clone();
    let window = scene.window_of(&a, 3, 0).await?;
    scene.until_next_slot_is(window.first_slot).await?;
    let mut batcher = scene
        .batcher(
            &a,
            Habits {
                max_age_ms: 1_000,
                ..Habits::default()
            },
        )
        .await?;
    batcher.sends().await?;
    scene.miss().await?;
    ensure!(
        scene.count().await? == 0,
        "a slot without a block took a batch"
    );
    // Replaced by a version for the slot after.
    batcher.sends().await?;
    scene.pass().await?;
    let posted = scene.newest_is(1).await?;
    ensure!(posted.postedSlot == window.first_slot + 1, "{posted:?}");
    scene.report(|report| report.totals.batches == 1).await?;

    scene.reorg().await?;
    ensure!(scene.count().await? == 0, "the reorg left the batch in");
    batcher.sends().await?;
    scene.pass().await?;
    let posted = scene.newest_is(1).await?;
    ensure!(posted.postedSlot == window.first_slot + 2, "{posted:?}");
    let report = scene
        .report(|report| report.totals.reorged == 1 && report.totals.batches == 1)
        .await?;
    ensure!(report.totals.reverted == 0, "{report:?}");
    batcher.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_missed_its_window_is_posted_by_the_successors_permit() -> Result<()> {
    let mut scene = Scene::open().await?;
    let a = scene.opening.a.clone();
    let window = scene.window_of(&a, 1, 2).await?;
    scene.until_next_slot_is(window.last_slot).await?;
    let mut batcher = scene.batcher(&a, Habits::default()).await?;
    batcher.sends().await?;
    scene.miss().await?;
    // What is left of the batch is replaced by nothing, which lands; the successor has its slot to cover, and does not.
    batcher.gives_up().await?;
    scene.pass().await?;
    ensure!(
        scene.count().await? == 0,
        "a batch was posted without a permit's patience"
    );
    batcher.sends().await?;
    scene.pass().await?;
    let posted = scene.newest_is(1).await?;
    ensure!(
        posted.gateway == a.id && posted.window == window.last_slot,
        "{posted:?}"
    );
    ensure!(posted.postedSlot == window.last_slot + 2, "{posted:?}");
    ensure!(
        posted.lastBlock == scene.turn_of(&window).last,
        "{posted:?}"
    );
    let report = scene.report(|report| report.totals.batches == 1).await?;
    ensure!(
        report.batches[0].note == "Permit" && report.totals.reverted == 0,
        "{report:?}"
    );
    batcher.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_its_batch_waits_it_does_not_post_twice_and_covers_others_in_its_next_window()
-> Result<()> {
    let mut scene = Scene::open().await?;
    let a = scene.opening.a.clone();
    let window = scene.window_of(&a, 1, 0).await?;
    scene.until_next_slot_is(window.last_slot).await?;
    let mut batcher = scene.batcher(&a, Habits::default()).await?;
    batcher.sends().await?;
    batcher.kill();
    scene.pass().await?;
    let first = scene.newest_is(1).await?;
    let batcher = scene.batcher(&a, Habits::default()).await?;
    // What it did not see land is in its books nevertheless.
    let report = scene.report(|report| report.totals.batches == 1).await?;
    ensure!(
        report.batches[0].note == "Recovered" && report.totals.transactions == first.lastBlock,
        "{report:?}"
    );
    batcher.stop().await?;

    // Somebody else's window in between, and nobody posts in it.
    let next = scene.window_of(&a, 1, 0).await?;
    scene.until_next_slot_is(next.last_slot).await?;
    let mut batcher = scene.batcher(&a, Habits::default()).await?;
    batcher.sends().await?;
    scene.pass().await?;
    let second = scene.newest_is(2).await?;
    ensure!(
        second.firstBlock == first.lastBlock + 1,
        "{first:?} {second:?}"
    );
    ensure!(second.lastBlock == scene.turn_of(&next).last, "{second:?}");
    ensure!(second.parentId == 1, "{second:?}");
    batcher.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_derivation_holds_void_is_disputed_and_posted_past() -> Result<()> {
    const DISPUTED: u8 = 2;
    let mut scene = Scene::open().await?;
    let a = scene.opening.a.clone();
    let window = scene.window_of(&a, 3, 0).await?;
    scene.until_next_slot_is(window.first_slot).await?;
    let habits = Habits {
        max_age_ms: 1_000,
        ..Habits::default()
    };
    let mut batcher = scene.batcher(&a, habits).await?;
    batcher.sends().await?;
    scene.pass().await?;
    scene.newest_is(1).await?;
    scene.hold_void(1);
    batcher.sends().await?;
    scene.pass().await?;
    let second = scene.newest_is(2).await?;
    ensure!(second.parentId == 0 && second.firstBlock == 1, "{second:?}");
    let status = Inbox::statusOfCall { batchId: 1 };
    ensure!(scene.stage.read("Inbox", &status).await? == DISPUTED);
    let report = scene.report(|report| report.totals.batches == 2).await?;
    ensure!(report.totals.reverted == 0, "{report:?}");
    batcher.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_inbox_refuses_is_told_in_its_own_words() -> Result<()> {
    let scene = Scene::open().await?;
    let words = scene
        .refusal(&Inbox::resolveCall {
            batchId: 1,
            isVoid: true,
        })
        .await?;
    ensure!(words.starts_with("OnlyResolver("), "{words}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_epoch_the_next_ones_proposers_are_proven_and_its_windows_cached() -> Result<()> {
    let mut scene = Scene::open().await?;
    let b = scene.opening.b.clone();
    scene.prove().await?;
    let mut batcher = scene
        .batcher(
            &b,
            Habits {
                keeps_lookahead: true,
                ..Habits::default()
            },
        )
        .await?;
    for _ in 0..3 {
        let epoch = scene.stage.epoch().await? + 1;
        scene.until_next_slot_is(epoch * 8).await?;
        // The last slots of the epoch in which the chore may be done: a gateway that comes later waits for those before it.
        for _ in 0..7 {
            // A look to begin a proof, and some to find it made.
            for _ in 0..3 {
                if batcher.looks().await? {
                    break;
                }
            }
            scene.pass().await?;
        }
        let call = Lookahead::isProvenCall { epoch: epoch + 1 };
        ensure!(
            scene.stage.read("Lookahead", &call).await?,
            "epoch {} is not proven",
            epoch + 1
        );
    }
    let report = scene.report(|report| report.lookahead_proofs >= 3).await?;
    ensure!(report.totals.reverted == 0, "{report:?}");
    batcher.stop().await
}

/// As on the devnet: slots of two seconds, a turn that ends a second before the window's last slot, all gateways at work.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "three minutes of the time of day; prints how many windows had all their blocks in time"]
async fn in_real_time_windows_end_with_all_their_blocks_and_no_batch_is_refused() -> Result<()> {
    const SLOTS: u64 = 64;
    let now_s = SystemClock.now_ms() / 1_000;
    let mut scene = Scene::open_at(2, Some(now_s - 600)).await?;
    scene.prove().await?;
    scene.go_live().await?;
    let habits = Habits {
        max_age_ms: 6_000,
        keeps_lookahead: true,
        proof_ms: 350,
        patience_slots: 4,
    };
    let gateways = scene.opening.gateways().map(Clone::clone);
    let mut batchers = Vec::new();
    for gateway in &gateways {
        batchers.push(scene.batcher(gateway, habits).await?);
    }
    let first = scene.stage.world.status().await?.slot + 8;
    let (mut in_time, mut late) = (0, Vec::new());
    let mut seen = first;
    while seen < first + SLOTS {
        scene.stage.world.advance(1).await?;
        let slot = scene.stage.world.status().await?.slot;
        for window in scene.windows() {
            if window.last_slot <= seen || window.last_slot > slot {
                continue;
            }
            let end = scene.turn_of(&window).last;
            let posted = scene.last_posted().await?;
            if posted >= end {
                in_time += 1;
            } else {
                late.push((window, end, posted));
            }
        }
        seen = seen.max(slot);
    }
    let mut reverted = 0;
    for (gateway, batcher) in gateways.iter().zip(batchers) {
        batcher.stop().await?;
        let report = scene.report_of(gateway.id);
        reverted += report.totals.reverted;
        eprintln!(
            "gateway {}: {:?}, {} proofs, {:?}",
            gateway.id, report.totals, report.lookahead_proofs, report.last_error
        );
    }
    eprintln!("{in_time} windows with all blocks in time, late: {late:?}");
    ensure!(reverted == 0, "{reverted} batches were refused");
    ensure!(late.len() * 10 <= in_time, "{late:?}");
    Ok(())
}
