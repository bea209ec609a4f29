use eyre::{Result, bail, ensure, eyre};
use forebond_commit_boost::protection::ProtectionError;
use forebond_harness::scenario::accounts::Role;
use forebond_proposer::{
    doctor::{Verdict, examine},
    role::StartError,
};

use crate::scene::{Habits, OPERATOR, OURS, Scene, delegate, until};

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_step_it_goes_on_and_nothing_is_signed_or_paid_twice() -> Result<()> {
    let scene = Scene::open().await?;
    let habits = Habits::default();
    // Dead as soon as: keys are known, something is signed, all are registered, a loan stands, a slot is signed, a relay has it.
    for step in 0..6 {
        let proposer = scene.start(&habits).await?;
        let context = &proposer.context;
        let told = scene.relay.told().len();
        until("a step", || async {
            let is_done = match step {
                0 => !context.keys.lock().is_empty(),
                1 => scene.signer.signed() > 0,
                2 => scene.newest(OURS[3]).await?.1 > 0,
                3 => {
                    let now = scene.stage.epoch().await?;
                    scene.lent_in(now + 2).await? != 0
                }
                4 => context.figures.slots_signed.get() > 0,
                _ => scene.relay.told().len() > told,
            };
            Ok(is_done.then_some(()))
        })
        .await?;
        proposer.abort().await;
    }
    // With another configuration: what was signed first stands, and is shown.
    let changed = Habits {
        delegates: 200,
        ..Habits::default()
    };
    let proposer = scene.start(&changed).await?;
    until("a slot in the new words", || async {
        let told = scene.relay.told();
        let new = told.values().flatten().any(|one| {
            let gateway = scene.opening.a.id;
            one.message.delegate == delegate(changed.delegates, gateway)
        });
        Ok(new.then_some(()))
    })
    .await?;
    proposer.abort().await;
    for (slot, told) in scene.relay.told() {
        ensure!(told.len() == 1, "slot {slot} was signed twice: {told:?}");
    }
    for validator in OURS {
        let newest = scene.newest(validator).await?;
        ensure!(
            newest == (OPERATOR.address()?, 1),
            "{validator}: {newest:?}"
        );
    }
    Ok(())
}

/// Pitfall: two proposers on one key.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_proposer_on_one_key_is_refused_or_signs_nothing_and_another_chain_is_no_start()
-> Result<()> {
    let scene = Scene::open().await?;
    let habits = Habits::default();
    let first = scene.start(&habits).await?;

    // On the same directory: refused.
    match scene.try_start(&habits).await? {
        Err(StartError::Protection(ProtectionError::InUse { .. })) => {}
        Err(other) => bail!("expected that the directory is in use, got {other}"),
        Ok(_) => bail!("two proposers on one directory"),
    }
    // Told of another chain than its beacon node is on: refused, with words.
    let elsewhere = Habits {
        name: "elsewhere",
        genesis_time_offset_s: 12,
        ..Habits::default()
    };
    let Err(refused) = scene.try_start(&elsewhere).await? else {
        bail!("a proposer on another chain");
    };
    let words = refused.to_string();
    ensure!(
        words.contains("genesis time") && words.contains("--l1-beacon"),
        "{words}"
    );
    let report = examine(&scene.config(&elsewhere)?).await;
    ensure!(report.verdict() == Verdict::Fail && report.to_string().contains("genesis time"));

    // With another operator: the validators are the first one's, nothing is signed for them.
    scene.registered().await?;
    let stranger = Habits {
        name: "stranger",
        operator: Role::AttesterA,
        ..Habits::default()
    };
    let second = scene.start(&stranger).await?;
    let figures = second.context.figures.clone();
    until("a look at the registry", || async {
        let elsewhere = figures.validators.with_label_values(&["elsewhere"]).get();
        Ok((elsewhere == 4).then_some(()))
    })
    .await?;
    second.abort().await;
    ensure!(figures.slots_signed.get() == 0);

    // The same operator in another directory, with other words: what the first one signed is not signed again.
    let twin = Habits {
        name: "twin",
        delegates: 200,
        ..Habits::default()
    };
    // So far ahead that it is still to come when the twin looks, which takes seconds to start on a busy machine.
    until("a slot that a relay has well ahead", || async {
        let now = scene.stage.world.status().await?.slot;
        let told = scene.relay.told();
        Ok(told.keys().any(|slot| *slot >= now + 6).then_some(()))
    })
    .await?;
    let second = scene.start(&twin).await?;
    let figures = second.context.figures.clone();
    until("a contradiction that was seen", || async {
        let seen = figures
            .slots_refused
            .with_label_values(&["another_proposer"]);
        Ok((seen.get() > 0).then_some(()))
    })
    .await?;
    second.abort().await;
    first.abort().await;
    let told = scene.relay.told();
    ensure!(!told.is_empty());
    for (slot, told) in told {
        let one = told.first().ok_or_else(|| eyre!("nothing"))?;
        ensure!(told.len() == 1, "slot {slot}: {told:?}");
        one.verify(&scene.chain)?;
    }
    Ok(())
}
