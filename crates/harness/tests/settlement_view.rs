//! The settlement view on the L1 in this process: windows as the Lookahead says, reorgs, deposits, batches with their blobs.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

use std::{collections::BTreeSet, time::Duration};

use alloy_eips::BlockId;
use alloy_primitives::{Address, Bytes, U256};
use alloy_provider::Provider;
use alloy_sol_types::SolStruct;
use eyre::{Result, WrapErr, bail, ensure, eyre};
use forebond_contracts::bindings::{Lookahead, Portal};
use forebond_embedded_l1::node::{EmbeddedL1, NodeConfig, ServiceConfig};
use forebond_harness::{
    scenario::{
        Stage,
        accounts::{Committer, Role},
        bonds,
        opening::{Opening, open},
        posting::{self, Rollup},
        rollup_file::rollup_file,
        validators,
    },
    world::{Kind, OPERATORS, Pace, SLOT_TIME_S, VALIDATORS, World},
};
use forebond_l1::blobs::versioned_hash;
use forebond_rollup::op::derive::Origins;
use forebond_settlement::{
    L1Block, L1Event, L1Start, OriginBook, RollupFile, Settlement, SettlementConfig,
    SettlementError,
};
use tokio::sync::mpsc;

/// No test waits longer for one event.
const PATIENCE: Duration = Duration::from_secs(20);

/// The L1, a rollup in operation, and its view.
struct Scene {
    stage: Stage,
    opening: Opening,
    view: Settlement,
    events: mpsc::Receiver<L1Event>,
    /// What the events made of L1.
    book: OriginBook,
    undone: usize,
    finality: (u64, u64),
    rpc: String,
    beacon: String,
    _l1: EmbeddedL1,
}

async fn scene() -> Result<Scene> {
    let config = ServiceConfig {
        node: NodeConfig {
            validators: VALIDATORS,
            withdrawal_accounts: usize::try_from(OPERATORS)?,
            slot_duration_ms: SLOT_TIME_S * 1_000,
            ..NodeConfig::default()
        },
        ..ServiceConfig::default()
    };
    let l1 = EmbeddedL1::start(config).await?;
    let (rpc, beacon) = (l1.rpc_url(), l1.beacon_url());
    let world = World::over(Kind::Embedded, Pace::OnRequest, &rpc, Some(&beacon))?;
    let (stage, opening) = open(world).await?;
    let rollup = rollup_file(&stage).await?;
    let from = rollup.l1.start;
    let (view, events) = Settlement::start(SettlementConfig {
        // The first one does not listen: it is left for the second.
        l1_rpc: vec!["http://127.0.0.1:1".to_owned(), rpc.clone()],
        l1_beacon: vec![beacon.clone()],
        rollup,
        poll_ms: 20,
        from,
        gateways: Default::default(),
    })
    .await?;
    let book = view.empty_origins();
    let mut scene = Scene {
        stage,
        opening,
        view,
        events,
        book,
        undone: 0,
        finality: (0, 0),
        rpc,
        beacon,
        _l1: l1,
    };
    scene.catch_up().await?;
    Ok(scene)
}

impl Scene {
    /// Reads events until the view stands where L1 does. Returns the blocks applied.
    async fn catch_up(&mut self) -> Result<Vec<std::sync::Arc<L1Block>>> {
        let mut applied = Vec::new();
        let head = self.stage.world.execution().head().await?;
        while self
            .book
            .newest()
            .is_none_or(|newest| newest.at.hash != head.hash)
        {
            let event = tokio::time::timeout(PATIENCE, self.events.recv()).await;
            let event = event.wrap_err_with(|| format!("{:?}", self.view.health()))?;
            match event.ok_or_else(|| eyre!("the events ended"))? {
                L1Event::Applied(block) => {
                    self.book.apply(block.clone())?;
                    applied.push(block);
                }
                L1Event::Undone(block) => {
                    self.book.undo(&block)?;
                    self.undone += 1;
                }
                L1Event::Finality { safe, finalized } => self.finality = (safe, finalized),
            }
        }
        Ok(applied)
    }

    /// Each slot of the present and the next epoch is known exactly if the Lookahead knows it, and then as it says.
    /// Returns the gateways seen.
    async fn windows_are_the_lookaheads(&self) -> Result<BTreeSet<u32>> {
        let slots_per_epoch = self.stage.constants.slots_per_epoch;
        let first = self.stage.epoch().await? * slots_per_epoch;
        let book = self.view.windows();
        let rollup = self.stage.contract("Inbox")?;
        let mut seen = BTreeSet::new();
        for slot in first..first + 2 * slots_per_epoch {
            let call = Lookahead::windowAtCall { rollup, slot };
            let known = book.schedule.at(slot);
            let Ok(told) = self.stage.read("Lookahead", &call).await else {
                ensure!(known.is_none(), "slot {slot} is not proven, got {known:?}");
                continue;
            };
            let known = known.ok_or_else(|| eyre!("slot {slot} is proven, but not known"))?;
            ensure!(
                (known.gateway, known.first_slot, known.last_slot)
                    == (told.gateway, told.firstSlot, told.lastSlot),
                "slot {slot}: {known:?}, the Lookahead says {} to {} of {}",
                told.firstSlot,
                told.lastSlot,
                told.gateway
            );
            let gateway = self.opening.gateways();
            let gateway = gateway.iter().find(|one| one.id == known.gateway);
            let expected = gateway.ok_or_else(|| eyre!("no such gateway"))?;
            let signers = book
                .committers(&known)
                .ok_or_else(|| eyre!("no committers of {known:?}"))?;
            ensure!((signers.threshold, signers.members.clone()) == expected.set());
            seen.insert(known.gateway);
        }
        Ok(seen)
    }

    async fn l1(&self, method: &'static str, params: serde_json::Value) -> Result<()> {
        let provider = self.stage.world.execution().provider();
        let _: serde_json::Value = provider.raw_request(method.into(), params).await?;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_alternate_as_the_lookahead_says_and_unproven_ones_are_unknown() -> Result<()> {
    let mut scene = scene().await?;
    ensure!(scene.windows_are_the_lookaheads().await?.is_empty());
    let mut seen = BTreeSet::new();
    for _ in 0..4 {
        validators::prove_two_epochs(&mut scene.stage).await?;
        scene.catch_up().await?;
        seen.extend(scene.windows_are_the_lookaheads().await?);
        let next = scene.stage.epoch().await? + 1;
        scene.stage.until_epoch(next).await?;
        scene.catch_up().await?;
        // What was proven in the epoch before still stands; what follows it is unknown again.
        scene.windows_are_the_lookaheads().await?;
    }
    ensure!(seen.len() >= 2, "only {seen:?} ever had a window");
    let book = scene.view.windows();
    let a = book.gateways.get(&scene.opening.a.id);
    let a = a.ok_or_else(|| eyre!("gateway A is not in the book"))?;
    ensure!(a.endpoint == "https://gatewaya.example", "{}", a.endpoint);
    ensure!(a.reserve_wei == 100 * 10u128.pow(18), "{}", a.reserve_wei);
    ensure!(a.epochs.values().all(|epoch| epoch.eligible));
    ensure!(scene.finality.1 > 0 && scene.finality.0 >= scene.finality.1);
    Ok(())
}

/// Pitfall: Lookahead read at the epoch border, caches not invalidated on reorg.
#[tokio::test(flavor = "multi_thread")]
async fn a_reorg_across_the_border_undoes_blocks_and_takes_back_what_was_proven_in_them()
-> Result<()> {
    let mut scene = scene().await?;
    for depth in [1, 3, 6] {
        let next = scene.stage.epoch().await? + 1;
        scene.stage.until_epoch(next).await?;
        validators::prove_two_epochs(&mut scene.stage).await?;
        scene.catch_up().await?;
        ensure!(!scene.windows_are_the_lookaheads().await?.is_empty());
        scene.undone = 0;
        scene.stage.world.reorg(depth, depth == 3).await?;
        scene.stage.world.advance(1).await?;
        scene.catch_up().await?;
        ensure!(scene.undone > 0, "nothing was undone");
        scene.windows_are_the_lookaheads().await?;
        ensure!(
            scene.view.origins().newest().map(|newest| newest.at)
                == scene.book.newest().map(|newest| newest.at),
            "the shared book is not the events' book"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_appears_with_its_origin() -> Result<()> {
    let mut scene = scene().await?;
    let to = Address::repeat_byte(0x42);
    let call = Portal::depositTransactionCall {
        to,
        valueWei: U256::from(5),
        gasLimit: 100_000,
        isCreation: false,
        data: Bytes::from_static(b"hello"),
    };
    let receipt = scene
        .stage
        .send_with_gas(
            Role::Watcher,
            "Portal",
            &call,
            U256::from(7),
            Some(1_000_000),
        )
        .await?;
    let applied = scene.catch_up().await?;
    let found: Vec<_> = applied
        .iter()
        .filter(|block| !block.deposits.is_empty())
        .collect();
    let [block] = found.as_slice() else {
        bail!("one block with deposits expected, got {}", found.len());
    };
    ensure!(Some(block.at.hash) == receipt.block_hash);
    let [deposit] = block.deposits.as_slice() else {
        bail!("one deposit expected, got {}", block.deposits.len());
    };
    ensure!(deposit.from == Role::Watcher.address()? && deposit.to == to.into());
    ensure!((deposit.mint, deposit.value) == (7, U256::from(5)));
    ensure!(deposit.input.as_ref() == b"hello");
    let header = scene
        .stage
        .world
        .execution()
        .header(BlockId::hash(block.at.hash))
        .await?;
    let (_, header) = header.ok_or_else(|| eyre!("no header"))?;
    let origin = scene
        .book
        .origin(block.at.number)
        .ok_or_else(|| eyre!("no origin"))?;
    ensure!(origin.hash == block.at.hash && origin.prev_randao == header.mix_hash);
    ensure!(Some(origin.parent_beacon_root) == header.parent_beacon_block_root);
    ensure!(Some(origin.base_fee_wei) == header.base_fee_per_gas && origin.blob_base_fee_wei >= 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_posted_batch_comes_with_its_base_and_its_blobs_and_hidden_blobs_are_for_later()
-> Result<()> {
    let mut scene = scene().await?;
    let mut rollup = Rollup::default();
    let next = scene.stage.epoch().await? + 1;
    scene.stage.until_epoch(next).await?;
    validators::prove_two_epochs(&mut scene.stage).await?;
    let (slot, owner, window) = posting::next_owner(&scene.stage).await?;
    let gateway = scene.opening.gateways();
    let gateway = gateway.iter().find(|one| one.id == owner);
    let gateway = gateway.ok_or_else(|| eyre!("no such gateway"))?;
    let (receipt, base, batch) =
        posting::post(&mut scene.stage, &mut rollup, gateway, slot, window).await?;
    ensure!(receipt.status(), "the batch was refused");
    let applied = scene.catch_up().await?;
    let posted: Vec<_> = applied.iter().flat_map(|block| &block.batches).collect();
    let [posted] = posted.as_slice() else {
        bail!("one batch expected, got {}", posted.len());
    };
    ensure!((posted.id, posted.gateway, posted.parent_id) == (1, owner, 0));
    ensure!(posted.batch == batch && posted.slot == slot && posted.tx == receipt.transaction_hash);
    let bases: Vec<_> = applied.iter().flat_map(|block| &block.bases).collect();
    ensure!(bases.len() == 1 && bases[0].base == base);
    ensure!(bases[0].hash == base.eip712_hash_struct());

    let blobs = scene.view.blobs().of_batch(posted).await?;
    ensure!(blobs.len() == 1 && versioned_hash(&blobs[0])? == batch.blobHashes[0]);
    scene.l1("l1_hideBlobs", serde_json::json!([slot])).await?;
    let gone = scene.view.blobs().of_batch(posted).await;
    let Err(gone) = gone else {
        bail!("hidden blobs were served");
    };
    ensure!(gone.gone && gone.slot == slot, "{gone}");
    scene.l1("l1_showBlobs", serde_json::json!([slot])).await?;
    scene.view.blobs().of_batch(posted).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollup_file_of_another_deployment_is_refused_and_a_restart_in_the_middle_is_not()
-> Result<()> {
    let scene = scene().await?;
    let mut rollup = rollup_file(&scene.stage).await?;
    let head = scene.stage.world.execution().head().await?;
    let config = |rollup: &RollupFile, from: L1Start| SettlementConfig {
        l1_rpc: vec![scene.rpc.clone()],
        l1_beacon: vec![scene.beacon.clone()],
        rollup: rollup.clone(),
        poll_ms: 20,
        from,
        gateways: Default::default(),
    };
    let from = L1Start {
        number: head.number - 3,
        hash: scene
            .book
            .origin(head.number - 3)
            .ok_or_else(|| eyre!("unknown"))?
            .hash,
    };
    let (view, mut events) = Settlement::start(config(&rollup, from)).await?;
    for number in head.number - 2..=head.number {
        match tokio::time::timeout(PATIENCE, events.recv()).await? {
            Some(L1Event::Applied(block)) => ensure!(block.at.number == number),
            other => bail!("block {number} expected, got {other:?}"),
        }
    }
    // Keys of gateways that registered long before are found.
    let book = view.windows();
    for gateway in scene.opening.gateways() {
        let info = book
            .gateways
            .get(&gateway.id)
            .ok_or_else(|| eyre!("not in the book"))?;
        for epoch in info.epochs.values() {
            let set = epoch.committers.as_ref().ok_or_else(|| eyre!("no set"))?;
            ensure!((set.threshold, set.members.clone()) == gateway.set());
        }
    }

    rollup.chain.genesis_s += 1;
    let refused = Settlement::start(config(&rollup, from)).await;
    ensure!(matches!(refused, Err(SettlementError::Mismatch { .. })));
    rollup.chain.genesis_s -= 1;
    rollup.contracts.inbox = Address::repeat_byte(0x99);
    let refused = Settlement::start(config(&rollup, from)).await;
    ensure!(matches!(refused, Err(SettlementError::Contract { .. })));
    Ok(())
}

/// The registry's first sixteen are read, whoever owns a window, and who is asked for: an operator may lend to anyone it knows.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_named_is_read_whatever_its_number() -> Result<()> {
    const REGISTERED: u32 = 19;
    let Scene {
        mut stage,
        view,
        rpc,
        beacon,
        _l1,
        ..
    } = scene().await?;
    let registry = stage.contract("GatewayRegistry")?;
    let chain_id = stage.world.execution().chain_id().await?;
    let (owner, mut committers) = (Role::GatewayA, Vec::new());
    for gateway in 4..=REGISTERED {
        let committer = Committer::named(&format!("committer {gateway}"))?;
        let endpoint = format!("https://{gateway}.example");
        let call = bonds::registration(chain_id, registry, owner.address()?, &committer, endpoint);
        stage
            .send(owner, "GatewayRegistry", &call, U256::ZERO)
            .await?;
        committers.push(committer.address);
    }
    drop(view);
    // Keys hold from the next epoch on.
    stage.until_epoch(stage.epoch().await? + 2).await?;
    let head = stage.world.execution().head().await?;
    let (view, mut events) = Settlement::start(SettlementConfig {
        l1_rpc: vec![rpc],
        l1_beacon: vec![beacon],
        rollup: rollup_file(&stage).await?,
        poll_ms: 20,
        from: L1Start {
            number: head.number - 1,
            hash: head.parent_hash,
        },
        gateways: [18, 77].into(),
    })
    .await?;
    let applied = tokio::time::timeout(PATIENCE, events.recv()).await?;
    ensure!(matches!(applied, Some(L1Event::Applied(_))), "{applied:?}");
    let book = view.windows();
    let expected: BTreeSet<u32> = (1..=16).chain([18]).collect();
    let read: BTreeSet<u32> = book.gateways.keys().copied().collect();
    ensure!(read == expected, "{read:?}");
    let named = book.gateways.get(&18).ok_or_else(|| eyre!("not read"))?;
    ensure!(named.endpoint == "https://18.example");
    let committer = committers.get(14).ok_or_else(|| eyre!("no key"))?;
    ensure!(named.epochs.values().any(|epoch| {
        let set = epoch.committers.as_ref();
        set.is_some_and(|set| set.members == [*committer])
    }));
    Ok(())
}
