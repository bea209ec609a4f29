//! Watchers bring a fork to the Slasher on the L1 in this process: from the accusation to the bounty, against a competitor, through
//! a crash and a reorg, and never with money for what a judge refuses.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

use std::{path::Path, sync::Arc, time::Duration};

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::SolStruct;
use eyre::{Result, bail, ensure, eyre};
use forebond_contracts::bindings::Slasher;
use forebond_evidence::{
    Accusation, Accused,
    case::{Pace, Stage as CaseStage, Step},
    faults::fork::{self, Testimony},
};
use forebond_harness::{
    scenario::{
        Stage,
        accounts::Role,
        bonds::{Gateway, reserve_of},
        opening::{Opening, open},
    },
    world::World,
};
use forebond_l1::sender::{Lane, LaneConfig};
use forebond_protocol::{Signed, SlotClock};
use forebond_runtime::Shutdown;
use forebond_types::{Base, CommitterSet, Domain, Frag};
use forebond_watcher::{
    court::{Addresses, Court},
    payer::{PayError, Payer},
    prosecution::{Docks, ProsecutionError, Prosecutor, Standings, WantedAnew, run},
    store::CaseStore,
};
use tokio::{
    sync::{Mutex, watch},
    task::JoinHandle,
};

const PATIENCE: Duration = Duration::from_secs(60);
const PACE: Pace = Pace {
    commit_depth: 1,
    settled_depth: 3,
};

/// The part of a watcher that brings cases.
struct Watcher {
    cases: Arc<CaseStore>,
    standings: watch::Receiver<Standings>,
    shutdown: Shutdown,
    task: JoinHandle<Result<(), forebond_watcher::store::StoreError>>,
}

impl Watcher {
    async fn start(stage: &Stage, account: PrivateKeySigner, dir: &Path) -> Result<Self> {
        let (standings, seen) = watch::channel(Standings::new());
        let shutdown = Shutdown::new();
        let cases = Arc::new(CaseStore::open(dir, 100)?);
        let docks = Docks {
            store: cases.clone(),
            prosecutor: prosecutor(stage, account).await?,
            anew: WantedAnew::default(),
            standings,
            poll_ms: 10,
        };
        Ok(Self {
            cases,
            standings: seen,
            task: tokio::spawn(run(docks, shutdown.clone())),
            shutdown,
        })
    }

    /// Waits until the case stands as wanted; slots have to pass meanwhile.
    async fn until(&mut self, id: B256, wanted: impl Fn(CaseStage) -> bool) -> Result<CaseStage> {
        let found = self
            .standings
            .wait_for(|all| all.get(&id).copied().is_some_and(&wanted));
        let found = tokio::time::timeout(PATIENCE, found).await;
        let found = found.map_err(|_| eyre!("no such stage within {PATIENCE:?}"))??;
        found.get(&id).copied().ok_or_else(|| eyre!("no case"))
    }

    /// As a crash ends it: in the middle of whatever it does.
    async fn crash(self) {
        self.task.abort();
        let _ = self.task.await;
    }

    async fn stop(self) -> Result<()> {
        self.shutdown.request("the test is over");
        Ok(self.task.await??)
    }
}

async fn prosecutor(stage: &Stage, account: PrivateKeySigner) -> Result<Prosecutor> {
    let client = stage.world.execution().clone();
    let constants = &stage.constants;
    let clock = SlotClock {
        genesis_s: constants.genesis_time_s,
        seconds_per_slot: constants.seconds_per_slot,
        slots_per_epoch: constants.slots_per_epoch,
    };
    let addresses = Addresses::of(&stage.contracts)?;
    let court = Court::new(client.clone(), addresses, clock, account.address());
    let config = LaneConfig {
        poll_ms: 10,
        ..LaneConfig::default()
    };
    let lane = Lane::new(client.clone(), account, config).await?;
    let payer = Payer::new(client, lane, 10_000);
    Ok(Prosecutor::new(court, Arc::new(Mutex::new(payer)), PACE))
}

/// `signer` signed two frags for one position; `accused` is said to have done it.
async fn two_frags(stage: &Stage, signer: &Gateway, accused: &Gateway) -> Result<Accusation> {
    let domain = Domain {
        l1_chain_id: stage.world.execution().chain_id().await?,
        inbox: stage.contract("Inbox")?,
    };
    let base = Base {
        window: stage.world.status().await?.slot + stage.constants.slots_per_epoch,
        attempt: 0,
        parentBlock: 7,
        parentBlockHash: keccak256("block 7"),
        parentFrag: B256::ZERO,
        parentSeal: B256::ZERO,
    };
    let testimony = |promises_root| {
        let frag = Frag {
            base: base.eip712_hash_struct(),
            blockNumber: 8,
            sequence: 0,
            previousFrag: base.eip712_hash_struct(),
            timestamp: 0,
            l1OriginNumber: 1,
            l1OriginHash: keccak256("origin"),
            issuedAtMs: 1,
            firstTransaction: 0,
            transactionCount: 1,
            promisesRoot: promises_root,
            gasUsed: 21_000,
            windowCoverage: 0,
            orderingRule: 0,
            blockEnv: B256::ZERO,
        };
        let signature = signer.committer.sign(domain.digest(&frag));
        Testimony {
            message: Signed::Frag(frag),
            signature: signature.as_bytes().to_vec().into(),
        }
    };
    let (threshold, members) = accused.set();
    let set = CommitterSet { threshold, members };
    let accused = Accused::new(domain.inbox, accused.id, set, base.clone());
    let (one, other) = (keccak256("one truth"), keccak256("another truth"));
    fork::accuse(&accused, &testimony(one), &testimony(other)).ok_or_else(|| eyre!("no fork"))
}

async fn is_recorded(stage: &Stage, id: B256) -> Result<bool> {
    let call = Slasher::isRecordedCall { faultId: id };
    stage.read("Slasher", &call).await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_watchers_one_is_paid_and_the_other_gives_up_even_if_one_crashes() -> Result<()> {
    let (stage, Opening { a, .. }) = open(World::embedded().await?).await?;
    let accusation = two_frags(&stage, &a, &a).await?;
    let id = accusation.id;
    let (dir_one, dir_two) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let mut one = Watcher::start(&stage, Role::Watcher.signer()?, dir_one.path()).await?;
    let mut two = Watcher::start(&stage, Role::Governor.signer()?, dir_two.path()).await?;
    for watcher in [&one, &two] {
        watcher.cases.add(&accusation, 1)?;
        // Found twice is one case.
        watcher.cases.add(&accusation, 1)?;
    }
    // The first one crashes as soon as it has looked at the case, and comes back with nothing but its disk.
    stage
        .world
        .while_time_passes(one.until(id, |_| true))
        .await?;
    one.crash().await;
    one = Watcher::start(&stage, Role::Watcher.signer()?, dir_one.path()).await?;

    let over = |stage| matches!(stage, CaseStage::Paid | CaseStage::Lost);
    let ends = stage
        .world
        .while_time_passes(async { Ok([one.until(id, over).await?, two.until(id, over).await?]) })
        .await?;
    let paid = ends.iter().filter(|end| **end == CaseStage::Paid).count();
    ensure!(paid <= 1, "both say that they are paid");
    // The loser may know before the winner is paid.
    let winner = if ends[0] == CaseStage::Lost {
        &mut two
    } else {
        &mut one
    };
    let paid = winner.until(id, |stage| stage == CaseStage::Paid);
    stage.world.while_time_passes(paid).await?;

    ensure!(
        reserve_of(&stage, a.id).await? == U256::ZERO,
        "the bond is untouched"
    );
    one.stop().await?;
    two.stop().await?;
    for dir in [dir_one, dir_two] {
        ensure!(
            CaseStore::open(dir.path(), 100)?.all()?.is_empty(),
            "a case is left over"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reorg_of_the_record_delays_the_bounty_and_does_not_lose_it() -> Result<()> {
    let (stage, Opening { a, .. }) = open(World::embedded().await?).await?;
    let accusation = two_frags(&stage, &a, &a).await?;
    let id = accusation.id;
    let dir = tempfile::tempdir()?;
    let mut watcher = Watcher::start(&stage, Role::Watcher.signer()?, dir.path()).await?;
    watcher.cases.add(&accusation, 1)?;
    let revealed = watcher.until(id, |stage| stage == CaseStage::Revealed);
    stage.world.while_time_passes(revealed).await?;
    ensure!(is_recorded(&stage, id).await?);
    stage.world.reorg(2, true).await?;
    let paid = watcher.until(id, |stage| stage == CaseStage::Paid);
    stage.world.while_time_passes(paid).await?;
    ensure!(is_recorded(&stage, id).await?);
    watcher.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_judges_no_and_an_empty_account_cost_nothing_and_are_told_in_words() -> Result<()> {
    let (stage, Opening { a, b, .. }) = open(World::embedded().await?).await?;
    let account = Role::Watcher.address()?;
    let nonce = stage.world.execution().nonce(account).await?;
    let funded = prosecutor(&stage, Role::Watcher.signer()?).await?;
    // A signed, B is accused.
    let framed = two_frags(&stage, &a, &b).await?;
    let case = funded.court().case(framed).await?;
    let outcome = funded.advance(&case).await?;
    ensure!(outcome == (CaseStage::Refused, Step::End), "{outcome:?}");
    ensure!(
        stage.world.execution().nonce(account).await? == nonce,
        "something was sent"
    );

    let poor = PrivateKeySigner::from_slice(keccak256("nobody's pocket").as_slice())?;
    let address: Address = poor.address();
    let poor = prosecutor(&stage, poor).await?;
    let case = poor.court().case(two_frags(&stage, &a, &a).await?).await?;
    match poor.advance(&case).await {
        Err(ProsecutionError::Pay(PayError::Unfunded { account, what, .. })) => {
            ensure!((account, what) == (address, "commit"));
        }
        other => bail!("{other:?}"),
    }
    Ok(())
}
