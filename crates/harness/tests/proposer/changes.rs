use std::collections::BTreeMap;

use alloy_primitives::Address;
use eyre::{Result, ensure};
use forebond_contracts::bindings::ValidatorRegistry;

use crate::scene::{Habits, OPERATOR, OURS, Scene, delegate, until};

#[tokio::test(flavor = "multi_thread")]
async fn when_a_gateway_goes_down_the_slots_go_to_the_next_one_and_never_to_two() -> Result<()> {
    let mut scene = Scene::open().await?;
    let habits = Habits::default();
    let proposer = scene.start(&habits).await?;
    let (a, b) = (scene.opening.a.id, scene.opening.b.id);
    let (first, gateway) = scene.lent().await?;
    ensure!(gateway == a);
    until("a signed slot", || async {
        Ok((!scene.relay.told().is_empty()).then_some(()))
    })
    .await?;
    scene.gateways[&a].go_down();
    let changed = until("a loan to the next gateway", || async {
        let now = scene.stage.epoch().await?;
        Ok((scene.lent_in(now + 2).await? == b).then_some(now + 2))
    })
    .await?;
    let signed = until("a slot signed for the next gateway", || async {
        let told = scene.relay.told();
        let slot = told.iter().find(|(_, told)| {
            told.iter()
                .any(|one| one.message.delegate == delegate(habits.delegates, b))
        });
        Ok(slot.map(|(slot, _)| *slot))
    })
    .await?;
    let slots_per_epoch = scene.stage.constants.slots_per_epoch;
    ensure!(signed / slots_per_epoch >= first);
    // First one, then the other, without a way back.
    let mut owners = Vec::new();
    for epoch in first..changed + 2 {
        owners.push(scene.lent_in(epoch).await?);
    }
    owners.dedup();
    ensure!(owners == [a, b] || owners == [a, 0, b], "{owners:?}");
    // Each signed slot is of the gateway that L1 names for its epoch, and was signed once.
    let mut by_epoch = BTreeMap::new();
    for (slot, told) in scene.relay.told() {
        ensure!(told.len() == 1, "slot {slot}: {told:?}");
        let epoch = slot / slots_per_epoch;
        if let std::collections::btree_map::Entry::Vacant(entry) = by_epoch.entry(epoch) {
            entry.insert(scene.lent_in(epoch).await?);
        }
        ensure!(told[0].message.delegate == delegate(habits.delegates, by_epoch[&epoch]));
    }
    proposer.abort().await;

    // Deregistered by hand: a proposer that runs on does not bring the validator back, one that is asked to does.
    let call = ValidatorRegistry::deregisterCall {
        validatorIndex: OURS[0],
    };
    scene
        .stage
        .send(OPERATOR, "ValidatorRegistry", &call, Default::default())
        .await?;
    let proposer = scene.start(&habits).await?;
    let epoch = scene.stage.epoch().await?;
    until("two epochs", || async {
        Ok((scene.stage.epoch().await? >= epoch + 2).then_some(()))
    })
    .await?;
    ensure!(scene.newest(OURS[0]).await? == (Address::ZERO, 1));
    proposer.abort().await;
    let asked = Habits {
        bring_back: vec![OURS[0]],
        ..Habits::default()
    };
    let proposer = scene.start(&asked).await?;
    scene.registered().await?;
    ensure!(scene.newest(OURS[0]).await? == (OPERATOR.address()?, 2));
    proposer.abort().await;
    Ok(())
}

/// What is booked shows the turns, no need to wait until they come.
#[tokio::test(flavor = "multi_thread")]
async fn gateways_have_the_slots_in_turn_where_the_policy_asks_for_several() -> Result<()> {
    let scene = Scene::open().await?;
    let habits = Habits {
        take_turns: 2,
        loan_epochs: 3,
        ..Habits::default()
    };
    let proposer = scene.start(&habits).await?;
    let (a, b) = (scene.opening.a.id, scene.opening.b.id);
    let (first, gateway) = scene.lent().await?;
    ensure!(gateway == a.min(b), "the lowest number is first: {gateway}");
    let booked = until("the loan behind the first one", || async {
        let behind = scene.lent_in(first + habits.loan_epochs).await?;
        Ok((behind != 0).then_some(behind))
    })
    .await?;
    ensure!(booked == a.max(b), "{booked}");
    for epoch in first..first + habits.loan_epochs {
        ensure!(scene.lent_in(epoch).await? == gateway, "epoch {epoch}");
    }
    proposer.abort().await;
    Ok(())
}
