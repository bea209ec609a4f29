//! The watcher's process on the L1 in this process: what users submit and what L1 shows ends in a conviction and a bounty, with no hand in
//! between.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod sales;
mod scene;

use std::{collections::BTreeSet, time::Instant};

use alloy_primitives::{U256, keccak256};
use eyre::{Result, ensure, eyre};
use forebond_contracts::bindings::Inbox;
use forebond_harness::scenario::{
    accounts::Role,
    bonds::reserve_of,
    deployment::{ETHER, EVIDENCE_HORIZON_S, RollupTerms},
};
use scene::{PATIENCE, Scene};
use serde_json::{Value, json};

/// Issue: from two signed messages over RPC to the bounty. Nonsense and duplicates change nothing; a restart in between neither.
#[tokio::test(flavor = "multi_thread")]
async fn two_contradicting_frags_that_a_user_submits_cost_the_bond_and_pay_the_watcher()
-> Result<()> {
    let scene = Scene::open().await?;
    let account = Role::Watcher.address()?;
    let before = scene.stage.world.execution().balance(account).await?;
    let mut watcher = scene.watcher(&[]).await?;
    let evidence = scene.two_frags().await?;

    // Nobody's signature, another rollup, nothing at all.
    let mut strange = evidence.clone();
    strange["first"]["signature"] = json!(format!("0x{}1b", "11".repeat(64)));
    let refused = watcher.submit(&strange).await.unwrap_err().to_string();
    ensure!(
        refused.contains("-32612") || refused.contains("-32615"),
        "{refused}"
    );
    let mut elsewhere = evidence.clone();
    elsewhere["domain"]["inbox"] = json!("0x00000000000000000000000000000000000000ff");
    let refused = watcher.submit(&elsewhere).await.unwrap_err().to_string();
    ensure!(refused.contains("-32611"), "{refused}");
    let refused = watcher.submit(&json!("hello")).await.unwrap_err();
    ensure!(refused.to_string().contains("-32602"), "{refused}");
    ensure!(watcher.cases().await?.is_empty(), "nonsense is no case");

    let answer = watcher.submit(&evidence).await?;
    ensure!(
        answer["accepted"] == true && answer["known"] == false,
        "{answer}"
    );
    let ids = answer["caseIds"].as_array().cloned().unwrap_or_default();
    ensure!(ids.len() == 1, "{answer}");
    // As `kill -9` right behind the answer: what is on disk then is all that the next process gets.
    watcher = watcher.killed_and_started_again(&scene).await?;
    let answer = watcher.submit(&evidence).await?;
    ensure!(
        answer["known"] == true && answer["caseIds"] == json!(ids),
        "{answer}"
    );

    let ended = scene.until_ended(&watcher, "fork").await?;
    ensure!(ended["stage"] == "paid", "{ended}");
    ensure!(
        ended["faultId"] == ids[0] && ended["judge"] == "ForkJudge",
        "{ended}"
    );
    let culprit = scene.opening.a.id;
    ensure!(
        reserve_of(&scene.stage, culprit).await? == U256::ZERO,
        "the bond is untouched"
    );
    let after = scene.stage.world.execution().balance(account).await?;
    ensure!(
        after > before + U256::from(ETHER),
        "no bounty: {before} → {after}"
    );
    ensure!(watcher.cases().await?.len() == 1, "one case in all");
    watcher.stop().await
}

/// Issue: a false claim is disputed, voted void and convicted.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_whose_data_is_nonsense_is_disputed_voted_void_and_convicted() -> Result<()> {
    let scene = Scene::open().await?;
    false_claim_is_convicted(scene).await
}

/// The verdict comes when evidence of other faults is not heard any more: what was said in the window has to be known still.
#[tokio::test(flavor = "multi_thread")]
async fn a_verdict_behind_the_evidence_horizon_still_convicts() -> Result<()> {
    let slow = |terms: &mut RollupTerms| {
        terms.resolver.veto_s = 2 * EVIDENCE_HORIZON_S;
        terms.resolver.resolver_s = 3 * EVIDENCE_HORIZON_S;
    };
    let scene = Scene::open_on(slow).await?;
    false_claim_is_convicted(scene).await
}

/// What it stood on is void: its own claim is judged no more, and only `closeOrphaned` brings the bond back.
#[tokio::test(flavor = "multi_thread")]
async fn an_own_dispute_of_what_stood_on_a_void_batch_is_closed_and_its_bond_is_fetched()
-> Result<()> {
    let mut scene = Scene::open().await?;
    scene.bond_attesters().await?;
    let (_, void) = scene.post_nonsense().await?;
    let (_, orphan) = scene.post_nonsense().await?;
    // By a watcher that ran before, and left nothing but its account.
    let dispute = Inbox::disputeCall { batchId: orphan };
    let sent = scene
        .stage
        .send(Role::Watcher, "Inbox", &dispute, U256::from(ETHER / 10));
    sent.await?;
    let watcher = scene.watcher(&[Role::AttesterA, Role::AttesterB]).await?;
    let started = Instant::now();
    loop {
        let dispute = Inbox::disputeOfCall { batchId: orphan };
        let open = scene.stage.read("Inbox", &dispute).await?;
        let status = |batch| Inbox::statusOfCall { batchId: batch };
        let statuses = (
            scene.stage.read("Inbox", &status(void)).await?,
            scene.stage.read("Inbox", &status(orphan)).await?,
        );
        let credit = scene.credit_of_the_watcher().await?;
        if open.disputer.is_zero() && credit.is_zero() {
            ensure!(statuses == (4, 5), "void and orphaned: {statuses:?}");
            break;
        }
        ensure!(
            started.elapsed() < PATIENCE,
            "the statuses are {statuses:?}, {} disputes, {credit} wei lie in the Inbox",
            open.disputer
        );
        scene.pass(1).await?;
    }
    watcher.stop().await
}

async fn false_claim_is_convicted(mut scene: Scene) -> Result<()> {
    scene.bond_attesters().await?;
    let watcher = scene.watcher(&[Role::AttesterA, Role::AttesterB]).await?;
    let (poster, batch) = scene.post_nonsense().await?;
    let before = reserve_of(&scene.stage, poster).await?;
    let ended = scene.until_ended(&watcher, "falseClaim").await?;
    ensure!(ended["stage"] == "paid", "{ended}");
    let status = Inbox::statusOfCall { batchId: batch };
    let status = scene.stage.read("Inbox", &status).await?;
    ensure!(
        status == 4,
        "batch {batch} has the status {status}, 4 is void"
    );
    let after = reserve_of(&scene.stage, poster).await?;
    ensure!(
        after < before,
        "the reserve went from {before} to {after} wei"
    );
    let credit = scene.credit_of_the_watcher().await?;
    ensure!(credit == U256::ZERO, "the dispute's bond lies in the Inbox");
    watcher.stop().await
}

/// Issue: a missed slot of a registered validator in a lent slot.
#[tokio::test(flavor = "multi_thread")]
async fn a_lent_slot_without_a_block_is_brought_and_one_with_a_block_is_not() -> Result<()> {
    let mut scene = Scene::open().await?;
    let watcher = scene.watcher(&[]).await?;
    let lent = scene.miss_slots(1).await?;
    let ended = scene.until_ended(&watcher, "missedSlot").await?;
    ensure!(ended["stage"] == "paid", "{ended}");
    let slot = lent[0];
    ensure!(ended["window"] == json!(format!("{slot:#x}")), "{ended}");
    ensure!(watcher.cases().await?.len() == 1, "one slot was missed");
    watcher.stop().await
}

/// Pitfall: with the first block behind a long run, the newest state that can be proven from is still the one before the run.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_slots_missed_in_a_row_each_lent_one_is_brought() -> Result<()> {
    let mut scene = Scene::open().await?;
    let watcher = scene.watcher(&[]).await?;
    let lent = scene.miss_slots(9).await?;
    let expected: BTreeSet<String> = lent.iter().map(|slot| format!("{slot:#x}")).collect();
    let started = Instant::now();
    loop {
        let cases = watcher.cases().await?;
        let paid = cases.iter().filter(|case| case["stage"] == "paid");
        let slots: BTreeSet<String> = paid
            .filter_map(|case| case["window"].as_str().map(str::to_owned))
            .collect();
        if slots == expected {
            break;
        }
        ensure!(
            started.elapsed() < PATIENCE,
            "{expected:?} were lent and missed: {}",
            json!(cases)
        );
        scene.pass(1).await?;
    }
    watcher.stop().await
}

/// As [`a_promise_broken_by_a_predecessors_fork_is_moved_to_the_predecessor_once`], for a window without a batch.
#[tokio::test(flavor = "multi_thread")]
async fn being_late_behind_a_predecessors_fork_is_moved_to_the_predecessor() -> Result<()> {
    let mut scene = Scene::open().await?;
    let innocent = scene.opening.a.id;
    let reserved = reserve_of(&scene.stage, innocent).await?;
    let built = scene.build_on_a_forked_seal().await?;
    let watcher = scene.watcher(&[]).await?;
    watcher.submit(&built.heard).await?;
    let fault = scene.record_that_a_was_late(&built.base).await?;
    let started = Instant::now();
    while scene.case_of(fault).await? != built.liable_case {
        ensure!(started.elapsed() < PATIENCE, "the liability is not moved");
        scene.pass(1).await?;
    }
    let reserve = reserve_of(&scene.stage, innocent).await?;
    ensure!(
        reserve == reserved,
        "the ether comes back: {reserved} → {reserve}"
    );
    watcher.stop().await
}

/// Issue: an honest gateway whose predecessor forked pays for promises it could not keep, unless somebody moves the liability (R5).
#[tokio::test(flavor = "multi_thread")]
async fn a_promise_broken_by_a_predecessors_fork_is_moved_to_the_predecessor_once() -> Result<()> {
    let mut scene = Scene::open().await?;
    let broken = scene.break_promises_on_a_forked_seal().await?;
    let promiser = scene.opening.a.id;
    let (excused, own) = (broken.excused, broken.own);
    let reserve = reserve_of(&scene.stage, promiser).await?;
    ensure!(
        reserve == broken.reserved - excused.1 - own.1,
        "both faults cost the promiser: {} → {reserve}",
        broken.reserved
    );
    let watcher = scene.watcher(&[]).await?;
    scene.pass(4).await?;
    ensure!(
        scene.case_of(excused.0).await? != broken.liable_case,
        "nobody has heard the seal"
    );
    watcher.submit(&broken.heard).await?;
    let started = Instant::now();
    while scene.case_of(excused.0).await? != broken.liable_case {
        ensure!(started.elapsed() < PATIENCE, "the liability is not moved");
        scene.pass(1).await?;
    }
    let account = Role::Watcher.address()?;
    let l1 = scene.stage.world.execution().clone();
    let sent = l1.nonce(account).await?;
    let watcher = watcher.killed_and_started_again(&scene).await?;
    scene.pass(6).await?;
    ensure!(l1.nonce(account).await? == sent, "it is sent once");
    ensure!(
        scene.case_of(own.0).await? == broken.own_case,
        "an open base is its gateway's own risk"
    );
    let reserve = reserve_of(&scene.stage, promiser).await?;
    ensure!(
        reserve == broken.reserved - own.1,
        "what was taken for it comes back: {} → {reserve}",
        broken.reserved
    );
    watcher.stop().await
}

/// Issue: ten thousand files at once stay bounded and are answered.
#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_submissions_at_once_are_all_answered_and_open_one_case() -> Result<()> {
    let scene = Scene::open().await?;
    let watcher = scene.watcher(&[]).await?;
    let evidence = scene.two_frags().await?;
    let mut taken = 0usize;
    let mut told_to_wait = 0usize;
    let mut refused = 0usize;
    let mut asking = tokio::task::JoinSet::new();
    let clients: Vec<_> = (0..32).map(|_| watcher.rpc()).collect();
    for number in 0u32..2_000 {
        let mut one = evidence.clone();
        if !number.is_multiple_of(4) {
            let noise = keccak256(number.to_be_bytes());
            one["second"]["signature"] = json!(format!("{noise}{}1b", &noise.to_string()[2..]));
        }
        let rpc = clients[number as usize % clients.len()].clone();
        asking.spawn(async move { scene::submit(&rpc, &one).await.map_err(|e| e.to_string()) });
        if asking.len() >= 64 {
            count(
                asking.join_next().await,
                &mut taken,
                &mut told_to_wait,
                &mut refused,
            )?;
        }
    }
    while let Some(one) = asking.join_next().await {
        count(Some(one), &mut taken, &mut told_to_wait, &mut refused)?;
    }
    ensure!(
        taken + told_to_wait + refused == 2_000,
        "some were not answered"
    );
    ensure!(taken > 0 && refused > 0, "{taken} taken, {refused} refused");
    let cases = watcher.cases().await?;
    ensure!(cases.len() == 1, "{} cases", cases.len());
    watcher.stop().await
}

type Asked = Result<Result<Value, String>, tokio::task::JoinError>;

fn count(
    one: Option<Asked>,
    taken: &mut usize,
    told_to_wait: &mut usize,
    refused: &mut usize,
) -> Result<()> {
    match one.ok_or_else(|| eyre!("nothing asked"))?? {
        Ok(_) => *taken += 1,
        Err(error) if error.contains("-32005") => *told_to_wait += 1,
        Err(error) if error.contains("-326") => *refused += 1,
        Err(other) => return Err(eyre!("no answer: {other}")),
    }
    Ok(())
}

/// Pitfall: a watcher without the judges' addresses finds nobody to bring a fault to, and finds out when it is too late.
#[tokio::test(flavor = "multi_thread")]
async fn a_rollup_file_without_a_judge_is_refused_in_words_before_anything_is_followed()
-> Result<()> {
    let mut scene = Scene::open().await?;
    scene.file.deployment.remove("LieJudge");
    let refused = scene.watcher(&[]).await.err().map(|e| e.to_string());
    let refused = refused.ok_or_else(|| eyre!("it starts without a judge"))?;
    ensure!(
        refused.contains("LieJudge") && refused.contains("rollup.json"),
        "{refused}"
    );
    Ok(())
}
