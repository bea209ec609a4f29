//! A rollup with a genesis that nodes can make, and a watcher on it.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_provider::Provider;
use alloy_sol_types::SolStruct;
use eyre::{Result, bail, eyre};
use forebond_contracts::bindings::{
    AttesterResolver, GatewayRegistry, Inbox, Lookahead, Slasher, ValidatorRegistry,
};
use forebond_embedded_l1::node::{EmbeddedL1, NodeConfig, ServiceConfig};
use forebond_evidence::fault_ids;
use forebond_harness::{
    scenario::{
        Stage,
        accounts::Role,
        bonds::{Gateway, reserve_of},
        deployment::{ETHER, RollupTerms},
        faults, late,
        opening::{Opening, open_on},
        posting::{self, Rollup},
        validators,
    },
    world::{Kind, OPERATORS, Pace, SLOT_TIME_S, VALIDATORS, World},
};
use forebond_l1::execution::{ExecutionClient, ExecutionConfig};
use forebond_ledger::genesis_block;
use forebond_rollup::op::{Genesis, L1Origin};
use forebond_runtime::{LoggingConfig, Shutdown, init_logging};
use forebond_settlement::{
    ContractAddresses, GenesisPreset, L1Facts, L1Start, RollupFile, RollupGenesis, origin_of,
};
use forebond_types::{Base, BaseWire, Domain, Frag, FragWire, Seal, SealWire};
use forebond_watcher::WatcherConfig;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// No test waits longer for one thing, in wall time.
pub const PATIENCE: Duration = Duration::from_secs(90);
/// Long enough for a dispute on a busy machine; a slot is a second.
const CLAIM_WINDOW_S: u64 = 20;
/// Wall time of a slot: processes have to keep up with it.
const SLOT_WALL: Duration = Duration::from_millis(150);

pub struct Scene {
    pub stage: Stage,
    pub opening: Opening,
    pub file: RollupFile,
    rollup: Rollup,
    l1: EmbeddedL1,
    dir: TempDir,
}

impl Scene {
    pub async fn open() -> Result<Self> {
        Self::open_on(|_| {}).await
    }

    /// As [`Self::open`], with other terms.
    pub async fn open_on(change: impl FnOnce(&mut RollupTerms)) -> Result<Self> {
        let _ = init_logging(&LoggingConfig {
            filter: "off".to_owned(),
            ..LoggingConfig::default()
        });
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
        world.advance(1).await?;
        let client = world.execution().clone();
        let facts = L1Facts {
            chain_id: client.chain_id().await?,
            start: start_of(&client).await?,
            blob_fee_steps: Vec::new(),
        };
        let origin = origin(&client, &facts).await?;
        let genesis = Genesis::dev(origin.timestamp_s, 1);
        let hash = genesis_block(&genesis, origin).hash;
        let (stage, opening) = open_on(world, |terms| {
            terms.genesis_time_s = origin.timestamp_s;
            terms.genesis_hash = hash;
            terms.claim_window_s = CLAIM_WINDOW_S;
            change(terms);
        })
        .await?;
        let file = RollupFile {
            l1: facts,
            contracts: ContractAddresses::of(&stage.contracts)?,
            deployment: stage.contracts.clone(),
            chain: genesis.config.clone(),
            origin_depth: 2,
            genesis: RollupGenesis {
                origin,
                preset: GenesisPreset::Dev,
                funded: Vec::new(),
            },
        };
        Ok(Self {
            stage,
            opening,
            file,
            rollup: Rollup {
                genesis: hash,
                ..Rollup::default()
            },
            l1,
            dir: TempDir::new()?,
        })
    }

    /// A watcher with an account that nobody else uses; these attesters vote by it.
    pub async fn watcher(&self, attesters: &[Role]) -> Result<Watching> {
        self.watcher_in(&self.dir.path().join("watcher"), attesters)
            .await
    }

    async fn watcher_in(&self, data_dir: &Path, attesters: &[Role]) -> Result<Watching> {
        let rollup = self.dir.path().join("rollup.json");
        self.file.save(&rollup)?;
        let http = free_address()?;
        let mut config = WatcherConfig::new(
            (rollup, data_dir.to_owned()),
            (vec![self.l1.rpc_url()], vec![self.l1.beacon_url()]),
            http,
            Role::Watcher.signer()?,
        );
        config.poll_ms = 20;
        config.attesters = attesters
            .iter()
            .map(|role| role.signer())
            .collect::<Result<_>>()?;
        let shutdown = Shutdown::new();
        let task = tokio::spawn(forebond_watcher::run(config, shutdown.clone()));
        let mut watching = Watching {
            http,
            data_dir: data_dir.to_owned(),
            shutdown,
            task: Some(task),
        };
        let started = Instant::now();
        loop {
            if watching.cases().await.is_ok() {
                return Ok(watching);
            }
            if let Some(task) = watching.task.take_if(|task| task.is_finished()) {
                task.await??;
                bail!("the watcher ended");
            }
            if started.elapsed() > PATIENCE {
                bail!("the watcher does not answer");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Two frags that gateway A signed for one position, with their base.
    pub async fn two_frags(&self) -> Result<Value> {
        let domain = Domain {
            l1_chain_id: self.file.l1.chain_id,
            inbox: self.file.contracts.inbox,
        };
        let base = Base {
            window: self.stage.world.status().await?.slot + self.stage.constants.slots_per_epoch,
            attempt: 0,
            parentBlock: 7,
            parentBlockHash: keccak256("block 7"),
            parentFrag: B256::ZERO,
            parentSeal: B256::ZERO,
        };
        let key = &self.opening.a.committer;
        let frag = |promises_root| Frag {
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
        let signed = |frag: Frag| {
            json!({
                "kind": "frag",
                "message": FragWire::from(&frag),
                "signature": key.sign(domain.digest(&frag)),
            })
        };
        Ok(json!({
            "heardAtMs": 1,
            "domain": domain,
            "bases": [{
                "kind": "base",
                "message": BaseWire::from(&base),
                "signature": key.sign(domain.digest(&base)),
            }],
            "first": signed(frag(keccak256("one truth"))),
            "second": signed(frag(keccak256("another truth"))),
        }))
    }

    /// Two attesters whose votes count.
    pub async fn bond_attesters(&mut self) -> Result<()> {
        for attester in [Role::AttesterA, Role::AttesterB] {
            let bond = AttesterResolver::bondCall {};
            self.stage
                .send(attester, "AttesterResolver", &bond, U256::from(ETHER))
                .await?;
        }
        Ok(())
    }

    /// What lies in the Inbox for the watcher, wei.
    pub async fn credit_of_the_watcher(&self) -> Result<U256> {
        let account = Role::Watcher.address()?;
        let credit = Inbox::creditOfCall { account };
        self.stage.read("Inbox", &credit).await
    }

    /// The next slot's owner posts a batch whose blob holds no blocks. Its gateway, and the batch's number.
    pub async fn post_nonsense(&mut self) -> Result<(u32, u32)> {
        for _ in 0..64 {
            validators::prove_two_epochs(&mut self.stage).await?;
            let Ok((slot, owner, window)) = posting::next_owner(&self.stage).await else {
                self.stage.world.advance(1).await?;
                continue;
            };
            let gateway = self
                .opening
                .gateways()
                .into_iter()
                .find(|gateway| gateway.id == owner)
                .cloned()
                .ok_or_else(|| eyre!("gateway {owner} is not one of ours"))?;
            let posted =
                posting::post(&mut self.stage, &mut self.rollup, &gateway, slot, window).await;
            if let Ok((receipt, ..)) = posted
                && receipt.status()
            {
                let count = self.stage.read("Inbox", &Inbox::batchCountCall {}).await?;
                return Ok((owner, count));
            }
        }
        bail!("nobody can post")
    }

    /// Gateway B forks and is convicted. Gateway A breaks two promises: one under a base on B's end-of-window seal, one under an open
    /// base of its own. Both are recorded against A, by somebody else, before any watcher runs.
    pub async fn break_promises_on_a_forked_seal(&mut self) -> Result<Broken> {
        let (_, batch_id) = self.post_nonsense().await?;
        self.stage.world.advance(CLAIM_WINDOW_S + 1).await?;
        let status = Inbox::statusOfCall { batchId: batch_id };
        if self.stage.read("Inbox", &status).await? != 3 {
            bail!("batch {batch_id} is not confirmed");
        }
        let confirmed = self.rollup.batches.last().cloned();
        let confirmed = confirmed.ok_or_else(|| eyre!("no batch"))?;
        let window = self.stage.world.status().await?.slot;
        let (promiser, convicted) = (self.opening.a.clone(), self.opening.b.clone());
        let reserved = reserve_of(&self.stage, promiser.id).await?;
        faults::fork_is_slashed(&mut self.stage, &convicted, window).await?;

        let forked = faults::forked_base(window);
        let open = faults::base_before(&self.rollup, window, &confirmed)?;
        let seal = Seal {
            base: forked.eip712_hash_struct(),
            blockNumber: open.parentBlock,
            blockHash: open.parentBlockHash,
            lastSequence: 3,
            lastFrag: keccak256("the last frag"),
            endOfWindow: true,
        };
        let sealed = Base {
            parentFrag: seal.lastFrag,
            parentSeal: seal.eip712_hash_struct(),
            ..open.clone()
        };
        let mut recorded = Vec::new();
        for (base, user) in [(&sealed, 0xa1), (&open, 0xa2)] {
            let broken = faults::broken_promise(
                &self.stage,
                &self.rollup,
                (&promiser, base),
                (batch_id, &confirmed),
                Address::repeat_byte(user),
                Bytes::new(),
            )
            .await?;
            let id = faults::slash(&mut self.stage, "UnkeptJudge", broken.evidence).await?;
            recorded.push((id, U256::from(2 * broken.coverage_wei)));
        }
        let heard = self.built_on((&convicted, &forked, &seal), (&promiser, &sealed));
        let domain = self.domain();
        let case = |gateway: &Gateway, base: &Base| {
            fault_ids::case_key(gateway.id, domain.inbox, base.eip712_hash_struct())
        };
        let [excused, own] = recorded[..] else {
            bail!("two promises were broken");
        };
        Ok(Broken {
            heard,
            reserved,
            excused,
            own,
            liable_case: case(&convicted, &forked),
            own_case: case(&promiser, &open),
        })
    }

    fn domain(&self) -> Domain {
        Domain {
            l1_chain_id: self.file.l1.chain_id,
            inbox: self.file.contracts.inbox,
        }
    }

    /// A gateway's seal under its base, and the base that another one signed on it, for a watcher to hear.
    fn built_on(
        &self,
        (before, under, seal): (&Gateway, &Base, &Seal),
        (after, base): (&Gateway, &Base),
    ) -> Value {
        let domain = self.domain();
        let signed_base = |base: &Base, gateway: &Gateway| {
            json!({
                "kind": "base",
                "message": BaseWire::from(base),
                "signature": gateway.committer.sign(domain.digest(base)),
            })
        };
        json!({
            "bases": [signed_base(under, before)],
            "first": {
                "kind": "seal",
                "message": SealWire::from(seal),
                "signature": before.committer.sign(domain.digest(seal)),
            },
            "second": signed_base(base, after),
        })
    }

    /// Gateway B forks and is convicted. Gateway A builds on the end of B's turn in its next window.
    pub async fn build_on_a_forked_seal(&mut self) -> Result<Built> {
        let (innocent, convicted) = (self.opening.a.clone(), self.opening.b.clone());
        let window = self.stage.world.status().await?.slot;
        faults::fork_is_slashed(&mut self.stage, &convicted, window).await?;
        let forked = faults::forked_base(window);
        let seal = Seal {
            base: forked.eip712_hash_struct(),
            blockNumber: 0,
            blockHash: self.rollup.genesis,
            lastSequence: 3,
            lastFrag: keccak256("the last frag"),
            endOfWindow: true,
        };
        let base = Base {
            window: late::next_window_of(&mut self.stage, &innocent).await?,
            attempt: 0,
            parentBlock: seal.blockNumber,
            parentBlockHash: seal.blockHash,
            parentFrag: seal.lastFrag,
            parentSeal: seal.eip712_hash_struct(),
        };
        let inbox = self.file.contracts.inbox;
        Ok(Built {
            heard: self.built_on((&convicted, &forked, &seal), (&innocent, &base)),
            base,
            liable_case: fault_ids::case_key(convicted.id, inbox, forked.eip712_hash_struct()),
        })
    }

    /// Gateway A posts nothing of what it promised under this base, and somebody else records that it was late. The fault.
    pub async fn record_that_a_was_late(&mut self, base: &Base) -> Result<B256> {
        let innocent = self.opening.a.clone();
        late::uncovered_is_slashed(&mut self.stage, &innocent, base).await
    }

    /// The case that a fault's money lies in.
    pub async fn case_of(&self, fault: B256) -> Result<B256> {
        let claim = Slasher::claimOfCall { faultId: fault };
        Ok(self.stage.read("Slasher", &claim).await?.caseKey)
    }

    /// Slots pass, at the pace that processes can keep up with.
    pub async fn pass(&self, slots: u64) -> Result<()> {
        for _ in 0..slots {
            self.stage.world.advance(1).await?;
            tokio::time::sleep(SLOT_WALL).await;
        }
        Ok(())
    }

    /// Lets so many slots in a row pass without a block, the first of them one whose registered proposer is lent. Returns those
    /// that were lent.
    pub async fn miss_slots(&mut self, in_a_row: u64) -> Result<Vec<u64>> {
        for _ in 0..64 {
            validators::prove_two_epochs(&mut self.stage).await?;
            let next = self.stage.world.status().await?.slot + 1;
            if !self.is_lent(next).await? {
                self.stage.world.advance(1).await?;
                continue;
            }
            let mut lent = Vec::new();
            for slot in next..next + in_a_row {
                if self.is_lent(slot).await? {
                    lent.push(slot);
                }
                self.stage.world.miss_a_slot().await?;
            }
            return Ok(lent);
        }
        bail!("no slot is lent")
    }

    async fn is_lent(&self, slot: u64) -> Result<bool> {
        let call = Lookahead::proposerAtCall { slot };
        let Ok(proposer) = self.stage.read("Lookahead", &call).await else {
            return Ok(false);
        };
        let epoch = slot / self.stage.constants.slots_per_epoch;
        let call = ValidatorRegistry::operatorAtCall {
            validatorIndex: proposer,
            epoch,
        };
        let operator = self.stage.read("ValidatorRegistry", &call).await?;
        let call = GatewayRegistry::delegateAtCall {
            operator,
            rollup: self.file.contracts.inbox,
            epoch,
        };
        Ok(!operator.is_zero() && self.stage.read("GatewayRegistry", &call).await? != 0)
    }

    /// Slots pass until a case of this kind has ended.
    pub async fn until_ended(&self, watcher: &Watching, kind: &str) -> Result<Value> {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            let cases = watcher.cases().await?;
            let ended = cases
                .iter()
                .find(|case| case["kind"] == kind && !case["endedAtMs"].is_null());
            if let Some(case) = ended {
                return Ok(case.clone());
            }
            self.stage.world.advance(1).await?;
            tokio::time::sleep(SLOT_WALL).await;
        }
        bail!(
            "no case of {kind} has ended: {}",
            json!(watcher.cases().await?)
        )
    }
}

/// What [`Scene::break_promises_on_a_forked_seal`] leaves behind.
pub struct Broken {
    /// The seal and the bases, for a watcher to hear.
    pub heard: Value,
    /// The promiser's reserve before, wei.
    pub reserved: U256,
    /// The fault that somebody else is liable for, and what it cost, wei.
    pub excused: (B256, U256),
    /// The promiser's own.
    pub own: (B256, U256),
    /// The convicted one's case.
    pub liable_case: B256,
    /// The case under the promiser's open base.
    pub own_case: B256,
}

/// What [`Scene::build_on_a_forked_seal`] leaves behind.
pub struct Built {
    /// The seal and the bases, for a watcher to hear.
    pub heard: Value,
    /// What the honest gateway signed.
    pub base: Base,
    /// The convicted one's case.
    pub liable_case: B256,
}

/// A watcher's process.
pub struct Watching {
    http: SocketAddr,
    data_dir: PathBuf,
    shutdown: Shutdown,
    task: Option<JoinHandle<Result<()>>>,
}

impl Watching {
    pub fn rpc(&self) -> ExecutionClient {
        ExecutionClient::new(&ExecutionConfig::new(format!("http://{}", self.http))).unwrap()
    }

    pub async fn submit(&self, evidence: &Value) -> Result<Value> {
        submit(&self.rpc(), evidence).await
    }

    pub async fn cases(&self) -> Result<Vec<Value>> {
        let rpc = self.rpc();
        let answer = rpc
            .provider()
            .raw_request::<_, Vec<Value>>("forebond_getCases".into(), ());
        Ok(answer.await?)
    }

    pub async fn stop(mut self) -> Result<()> {
        self.shutdown.request("the test is over");
        match self.task.take() {
            Some(task) => tokio::time::timeout(PATIENCE, task).await??,
            None => Ok(()),
        }
    }

    /// What the disk holds now is all that the next process gets; this one ends without a say.
    pub async fn killed_and_started_again(self, scene: &Scene) -> Result<Self> {
        let copy = scene.dir.path().join("survived");
        std::fs::create_dir_all(&copy)?;
        for file in [
            "cases.redb",
            "heard.redb",
            "sales.redb",
            "opinions.redb",
            "evidence.jsonl",
        ] {
            let from = self.data_dir.join(file);
            if from.exists() {
                std::fs::copy(from, copy.join(file))?;
            }
        }
        self.stop().await?;
        scene.watcher_in(&copy, &[]).await
    }
}

pub async fn submit(rpc: &ExecutionClient, evidence: &Value) -> Result<Value> {
    hand_in(rpc, "forebond_submitEvidence", evidence).await
}

pub async fn submit_delegation(rpc: &ExecutionClient, sale: &Value) -> Result<Value> {
    hand_in(rpc, "forebond_submitDelegation", sale).await
}

async fn hand_in(rpc: &ExecutionClient, method: &'static str, what: &Value) -> Result<Value> {
    let answer = rpc
        .provider()
        .raw_request::<_, Value>(method.into(), (what.clone(),));
    Ok(answer.await?)
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

async fn start_of(client: &ExecutionClient) -> Result<L1Start> {
    let first = client.block(BlockId::number(0)).await?;
    let first = first.ok_or_else(|| eyre!("no first block"))?;
    Ok(L1Start {
        number: first.number,
        hash: first.hash,
    })
}

/// L1's block 1, on which the rollup begins.
async fn origin(client: &ExecutionClient, facts: &L1Facts) -> Result<L1Origin> {
    let found = client.header(BlockId::number(1)).await?;
    let (hash, header) = found.ok_or_else(|| eyre!("no block 1"))?;
    Ok(origin_of(facts, hash, &header))
}
