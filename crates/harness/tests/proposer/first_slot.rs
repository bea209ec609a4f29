use eyre::{Result, ensure, eyre};
use forebond_beacon::signing::fabric::SignedDelegation;
use forebond_contracts::bindings::Lookahead;
use forebond_proposer::doctor::{Verdict, examine};

use crate::scene::{Habits, OPERATOR, OURS, Scene, delegate, until};

/// Nobody in this world proves the lookahead but the proposer.
#[tokio::test(flavor = "multi_thread")]
async fn from_keys_to_the_first_delegated_slot_without_a_hand() -> Result<()> {
    let scene = Scene::open().await?;
    let habits = Habits::default();
    let before = examine(&scene.config(&habits)?).await;
    ensure!(before.verdict() != Verdict::Fail, "before:\n{before}");

    let proposer = scene.start(&habits).await?;
    scene.registered().await?;
    let (_, gateway) = scene.lent().await?;
    ensure!(gateway == scene.opening.a.id, "lent to {gateway}");
    let (slot, told) = until("a signed slot", || async {
        let told = scene.relay.told().into_iter().next();
        Ok(told)
    })
    .await?;
    let [one] = told.as_slice() else {
        return Err(eyre!("one message for slot {slot}, got {}", told.len()));
    };
    one.verify(&scene.chain)?;
    ensure!(one.message.committer == scene.opening.a.committer.address);
    ensure!(one.message.delegate == delegate(habits.delegates, gateway));
    ensure!(one.message.metadata.len() == 96);

    // What is served is what relays have.
    let address = proposer.http.ok_or_else(|| eyre!("no port"))?;
    let url = format!("http://{address}/constraints/v0/relay/delegations/{slot}");
    let served: Vec<SignedDelegation> = reqwest::get(&url).await?.json().await?;
    ensure!(served == told, "served {served:?}");
    let refused = reqwest::get(format!(
        "http://{address}/constraints/v0/relay/delegations/x"
    ));
    ensure!(refused.await?.status() == 400);

    // And L1 says the same of the slot, by a proof that the proposer brought.
    let window = until("the slot's window", || async {
        let call = Lookahead::windowAtCall {
            rollup: scene.stage.contract("Inbox")?,
            slot,
        };
        Ok(scene.stage.read("Lookahead", &call).await.ok())
    })
    .await?;
    ensure!(
        window.gateway == gateway && window.lastSlot == slot,
        "{window:?}"
    );

    let during = examine(&scene.config(&habits)?).await;
    ensure!(during.verdict() != Verdict::Fail, "during:\n{during}");
    let words = during.to_string();
    for part in [
        "4 keys: 4 registered",
        "in use by process",
        "lent to gateway 2",
    ] {
        ensure!(words.contains(part), "no {part:?} in\n{words}");
    }
    for validator in OURS {
        let newest = scene.newest(validator).await?;
        ensure!(
            newest == (OPERATOR.address()?, 1),
            "{validator}: {newest:?}"
        );
    }
    proposer.abort().await;
    Ok(())
}
