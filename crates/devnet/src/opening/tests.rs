//! The opening on a real L1.

use super::{open, times::slots_per_epoch};
use crate::{
    config::{DevnetConfig, Ports, tests::usual},
    files::rollup_file,
    l1::{L1, status},
    rpc::quantity,
    watch::owner_of,
};
use alloy_sol_types::SolCall;
use forebond_contracts::bindings::Inbox;
use forebond_embedded_l1::node::PresetName;
use forebond_harness::scenario::deployment::ETHER;
use forebond_settlement::{Settlement, SettlementConfig};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

fn anywhere() -> DevnetConfig {
    let ports = Ports {
        l1_rpc: 0,
        l1_beacon: 0,
        ..Ports::DEFAULT
    };
    DevnetConfig {
        ports,
        // A busy machine opens within a slot.
        slot_time_s: 6,
        ..usual()
    }
}

fn ports(config: &DevnetConfig) -> Vec<u16> {
    (config.ports.gateways..)
        .take(config.gateways as usize)
        .collect()
}

fn now_s() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

async fn call<C: SolCall>(l1: &L1, to: alloy_primitives::Address, call: &C) -> C::Return {
    let input = alloy_primitives::hex::encode_prefixed(call.abi_encode());
    let params = json!([{ "to": to, "input": input }, "latest"]);
    let answer: alloy_primitives::Bytes = l1.rpc().ask("eth_call", params).await.unwrap();
    C::abi_decode_returns(&answer).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_an_empty_l1_to_windows_of_every_gateway_that_run_now() {
    let config = anywhere();
    let mut l1 = L1::start(&config, now_s(), 1).await.unwrap();
    let opened = open(&config, &mut l1, 1, &ports(&config)).await.unwrap();

    let clock = opened.clock;
    let running = clock.slot_at_s(now_s());
    let at = status(l1.rpc()).await.unwrap().slot;
    assert!(
        running - at <= 1,
        "slot {at} of {running}: the clock is the time of day"
    );
    let (lookahead, inbox) = (
        opened.contract("Lookahead").unwrap(),
        opened.contract("Inbox").unwrap(),
    );
    let first = clock.slot_at_s(opened.genesis.config.genesis_s);
    assert!(first.abs_diff(running) <= 4, "the rollup begins about now");
    let head = l1.rpc().block("latest").await.unwrap().unwrap();
    assert!(
        head.number - opened.origin.number <= 16,
        "the rollup's origin is not far behind"
    );
    // Everything up to the end of the epoch has an owner, the rollup's first blocks included.
    let mut owners = BTreeSet::new();
    for slot in first..(clock.epoch_of(at) + 1) * slots_per_epoch(PresetName::Minimal) {
        let owner = owner_of(l1.rpc(), lookahead, inbox, slot).await.unwrap();
        assert!(owner.window >= slot);
        owners.insert(owner.gateway);
    }
    assert!(
        owners.is_subset(&opened.gateway_ids.iter().copied().collect()),
        "{owners:?}"
    );

    let facts = call(&l1, inbox, &Inbox::configCall {}).await;
    assert_eq!(facts.l2GenesisTime, opened.genesis.config.genesis_s);
    assert_eq!(facts.l2GenesisHash, opened.genesis_hash);
    assert_eq!(facts.fallbackGateway, opened.gateway_ids[0]);
    let file = rollup_file(&opened).unwrap();
    let folder = tempfile::tempdir().unwrap();
    file.save(&folder.path().join("rollup.json")).unwrap();

    let origin: Value = l1
        .rpc()
        .ask(
            "eth_getBlockByNumber",
            json!([format!("{:#x}", opened.origin.number), false]),
        )
        .await
        .unwrap();
    assert_eq!(origin["hash"], json!(opened.origin.hash));
    assert_eq!(
        quantity(&origin["timestamp"]),
        Some(opened.origin.timestamp_s)
    );
    l1.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_with_the_rollup_file_alone_finds_the_window_that_runs_and_whose_key_signs() {
    let config = anywhere();
    let mut l1 = L1::start(&config, now_s(), 2).await.unwrap();
    let opened = open(&config, &mut l1, 2, &ports(&config)).await.unwrap();
    let rollup = rollup_file(&opened).unwrap();
    let (view, mut events) = Settlement::start(SettlementConfig {
        l1_rpc: vec![l1.rpc().url().to_owned()],
        l1_beacon: vec![l1.beacon_url().to_owned()],
        from: rollup.l1.start,
        rollup,
        poll_ms: 50,
        gateways: Default::default(),
    })
    .await
    .unwrap();
    view.facts().check_genesis(opened.genesis_hash).unwrap();
    let slot = view.facts().turns.posting_slot_of(1);
    let found = async {
        loop {
            assert!(events.recv().await.is_some(), "{:?}", view.health());
            if let Some((window, committers)) = view.windows().owner(slot) {
                return (window, committers.clone());
            }
        }
    };
    let (window, committers) = tokio::time::timeout(Duration::from_secs(20), found)
        .await
        .expect("the first block's window is known");
    let place = opened
        .gateway_ids
        .iter()
        .position(|id| *id == window.gateway)
        .unwrap();
    let cast = &opened.cast.gateways[place];
    assert_eq!(committers.members, [cast.committer.address]);
    let known = view.windows().gateways[&window.gateway].clone();
    assert_eq!(known.endpoint, cast.endpoint);
    assert_eq!(known.reserve_wei, 1_000 * ETHER);
    drop((view, events));
    l1.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_l1_with_mainnet_sizes_and_more_gateways_opens_the_same_way() {
    let config = DevnetConfig {
        preset: PresetName::Mainnet,
        gateways: 3,
        validators: 12,
        ..anywhere()
    };
    let mut l1 = L1::start(&config, now_s(), 1).await.unwrap();
    let opened = open(&config, &mut l1, 1, &ports(&config)).await.unwrap();
    let slot = status(l1.rpc()).await.unwrap().slot;
    let mut owners = BTreeSet::new();
    let last = (opened.clock.epoch_of(slot) + 1) * slots_per_epoch(PresetName::Mainnet);
    for slot in slot.min(last - 2)..last {
        let owner = owner_of(
            l1.rpc(),
            opened.contract("Lookahead").unwrap(),
            opened.contract("Inbox").unwrap(),
            slot,
        );
        owners.insert(owner.await.unwrap().gateway);
    }
    assert!(
        owners
            .iter()
            .all(|owner| opened.gateway_ids.contains(owner))
    );
    l1.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the published clients (`make tools`) and a minute: their epochs pass in real time"]
async fn on_published_clients_the_rollup_begins_when_what_is_lent_counts() {
    let dir = tempfile::tempdir().unwrap();
    let config = DevnetConfig {
        data_dir: dir.path().to_owned(),
        l1: crate::config::L1Kind::Npm,
        slot_time_s: 1,
        ..anywhere()
    };
    let mut l1 = L1::start(&config, now_s(), 1).await.unwrap();
    let opened = open(&config, &mut l1, 1, &ports(&config)).await.unwrap();
    let slot = status(l1.rpc()).await.unwrap().slot;
    let begins = opened.clock.slot_at_s(opened.genesis.config.genesis_s);
    assert!(
        begins.abs_diff(slot) <= 8,
        "begins in slot {begins}, ready in {slot}"
    );
    let owner = owner_of(
        l1.rpc(),
        opened.contract("Lookahead").unwrap(),
        opened.contract("Inbox").unwrap(),
        begins.max(slot),
    );
    assert!(opened.gateway_ids.contains(&owner.await.unwrap().gateway));
    l1.stop().await;
}
