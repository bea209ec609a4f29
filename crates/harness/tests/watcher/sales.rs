//! Delegations that operators signed off chain, brought to a watcher by who has them.

use alloy_primitives::{Address, U256};
use alloy_signer::SignerSync;
use eyre::{Result, ensure};
use forebond_contracts::bindings::{GatewayRegistry, Parameters, Slasher};
use forebond_harness::scenario::accounts::Role;
use forebond_types::{Delegation, DelegationWire, Domain};
use serde_json::{Value, json};

use crate::scene::{Scene, submit_delegation};

/// A delegation to a gateway over these epochs.
fn delegation(
    scene: &Scene,
    operator: Role,
    gateway: u32,
    epochs: (u64, u64),
    nonce: u64,
) -> Result<Delegation> {
    Ok(Delegation {
        operator: operator.address()?,
        gateway,
        firstEpoch: epochs.0,
        lastEpoch: epochs.1,
        nonce,
        rollups: vec![scene.file.contracts.inbox],
        slashers: vec![scene.stage.contract("Slasher")?],
    })
}

fn signed(scene: &Scene, signer: Role, delegation: &Delegation) -> Result<Value> {
    let registry = Domain {
        l1_chain_id: scene.file.l1.chain_id,
        inbox: scene.stage.contract("GatewayRegistry")?,
    };
    let signature = signer
        .signer()?
        .sign_hash_sync(&registry.digest(delegation))?;
    Ok(json!({
        "delegation": DelegationWire::from(delegation),
        "signature": alloy_primitives::hex::encode_prefixed(signature.as_bytes()),
    }))
}

async fn is_forfeited(scene: &Scene, operator: Role, epoch: u64) -> Result<bool> {
    let terms = Parameters::termsAtCall { epoch };
    let terms = scene.stage.read("Parameters", &terms).await?;
    let call = Slasher::isForfeitedCall {
        operator: operator.address()?,
        rollup: scene.file.contracts.inbox,
        period: epoch / terms.rewardPeriodEpochs.max(1),
    };
    scene.stage.read("Slasher", &call).await
}

/// Table of faults: a delegation sold twice, one signature against the registry. What agrees with it, or was cancelled, is honest.
#[tokio::test(flavor = "multi_thread")]
async fn an_epoch_sold_twice_costs_its_operator_the_rewards_and_honest_sales_cost_nothing()
-> Result<()> {
    let mut scene = Scene::open().await?;
    let cancelled = GatewayRegistry::cancelNonceCall { nonce: 9 };
    let (a, b) = (scene.opening.a.id, scene.opening.b.id);
    scene
        .stage
        .send(Role::OperatorA, "GatewayRegistry", &cancelled, U256::ZERO)
        .await?;
    let mut watcher = scene.watcher(&[]).await?;
    let epoch = scene.stage.epoch().await?;
    let now = (epoch, epoch + 9);

    // Operator A lends to gateway A, and its signature says the same.
    let same = delegation(&scene, Role::OperatorA, a, now, 5)?;
    let same = signed(&scene, Role::OperatorA, &same)?;
    let answer = submit_delegation(&watcher.rpc(), &same).await?;
    ensure!(
        answer == json!({"accepted": true, "known": false, "caseIds": []}),
        "{answer}"
    );
    let other = delegation(&scene, Role::OperatorA, b, now, 9)?;
    let other = signed(&scene, Role::OperatorA, &other)?;
    let answer = submit_delegation(&watcher.rpc(), &other).await?;
    ensure!(
        answer["caseIds"] == json!([]),
        "a cancelled nonce sells nothing: {answer}"
    );

    // Somebody else's signature; somebody without validators; another rollup; nonsense.
    let framed = delegation(&scene, Role::OperatorA, b, now, 6)?;
    let stranger = delegation(&scene, Role::Watcher, b, now, 6)?;
    let mut elsewhere = framed.clone();
    elsewhere.rollups = vec![Address::repeat_byte(0xff)];
    for (sale, code) in [
        (signed(&scene, Role::OperatorB, &framed)?, "-32617"),
        (signed(&scene, Role::Watcher, &stranger)?, "-32617"),
        (signed(&scene, Role::OperatorA, &elsewhere)?, "-32611"),
        (json!({"delegation": "all of it"}), "-32602"),
    ] {
        let refused = submit_delegation(&watcher.rpc(), &sale).await.unwrap_err();
        ensure!(
            refused.to_string().contains(code),
            "{code} expected: {refused}"
        );
    }
    watcher = watcher.killed_and_started_again(&scene).await?;
    let answer = submit_delegation(&watcher.rpc(), &same).await?;
    ensure!(answer["known"] == true, "{answer}");
    ensure!(
        watcher.cases().await?.is_empty(),
        "nobody sold anything twice"
    );

    // Operator B's slots are gateway B's by the registry.
    let twice = delegation(&scene, Role::OperatorB, a, now, 7)?;
    let twice = signed(&scene, Role::OperatorB, &twice)?;
    let answer = submit_delegation(&watcher.rpc(), &twice).await?;
    ensure!(
        answer["caseIds"].as_array().map(Vec::len) == Some(1),
        "{answer}"
    );
    let ended = scene.until_ended(&watcher, "doubleDelegation").await?;
    ensure!(ended["stage"] == "paid", "{ended}");
    ensure!(ended["faultId"] == answer["caseIds"][0], "{ended}");
    ensure!(
        ended["operator"] == json!(Role::OperatorB.address()?),
        "{ended}"
    );
    // The last epoch that was final: the present one may have begun meanwhile.
    let mut lost = 0;
    for sold in [epoch, epoch + 1, epoch + 2] {
        lost += usize::from(is_forfeited(&scene, Role::OperatorB, sold).await?);
        ensure!(
            !is_forfeited(&scene, Role::OperatorA, sold).await?,
            "A is honest"
        );
    }
    ensure!(lost > 0, "nothing is forfeited");
    watcher.stop().await
}

/// R28: who signs a lot of what harms nobody makes no room disappear for what does.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_shelf_hides_nothing() -> Result<()> {
    let scene = Scene::open().await?;
    let watcher = scene.watcher(&[]).await?;
    let epoch = scene.stage.epoch().await?;
    let (a, b) = (scene.opening.a.id, scene.opening.b.id);
    let bring = async |gateway, nonce| {
        let sale = delegation(&scene, Role::OperatorB, gateway, (epoch, epoch + 99), nonce)?;
        let sale = signed(&scene, Role::OperatorB, &sale)?;
        submit_delegation(&watcher.rpc(), &sale).await
    };
    for nonce in 100..164 {
        let answer = bring(b, nonce).await?;
        ensure!(
            answer["caseIds"] == json!([]),
            "B lends to gateway B: {answer}"
        );
    }
    let refused = bring(b, 164).await.unwrap_err();
    ensure!(refused.to_string().contains("-32616"), "{refused}");
    let answer = bring(a, 165).await?;
    ensure!(
        answer["caseIds"].as_array().map(Vec::len) == Some(1),
        "{answer}"
    );
    watcher.stop().await
}

/// What is sold twice ahead of time is found when its epoch comes, by what was brought before: nobody has to bring it again.
#[tokio::test(flavor = "multi_thread")]
async fn two_signatures_for_one_epoch_to_come_are_found_once_it_is_near() -> Result<()> {
    let scene = Scene::open().await?;
    let watcher = scene.watcher(&[]).await?;
    let epoch = scene.stage.epoch().await?;
    let ahead = (epoch + 3, epoch + 4);
    let first = delegation(&scene, Role::OperatorB, scene.opening.b.id, ahead, 11)?;
    let second = delegation(&scene, Role::OperatorB, scene.opening.a.id, ahead, 11)?;
    for sale in [first, second] {
        let sale = signed(&scene, Role::OperatorB, &sale)?;
        let answer = submit_delegation(&watcher.rpc(), &sale).await?;
        ensure!(
            answer["caseIds"] == json!([]),
            "its epochs are far: {answer}"
        );
    }
    let ended = scene.until_ended(&watcher, "doubleDelegation").await?;
    ensure!(ended["stage"] == "paid", "{ended}");
    watcher.stop().await
}
