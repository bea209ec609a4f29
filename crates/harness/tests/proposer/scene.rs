//! An L1 with a rollup in operation, four validators that nobody has registered, and all that a proposer needs.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    future::Future,
    path::Path,
    time::{Duration, Instant},
};

use alloy_primitives::{Address, U256};
use eyre::{Result, bail, eyre};
use forebond_beacon::{
    bls::{PublicKeyBytes, interop_key},
    signing::{commit_boost::Chain, registration::SIGNING_ID},
};
use forebond_commit_boost::Secret;
use forebond_contracts::bindings::{GatewayRegistry, ValidatorRegistry};
use forebond_dev_signer::{DevSigner, Module, SignerConfig};
use forebond_embedded_l1::node::{EmbeddedL1, NodeConfig, ServiceConfig};
use forebond_harness::{
    scenario::{
        Stage,
        accounts::Role,
        opening::{Opening, open},
        rollup_file::rollup_file,
    },
    world::{Kind, OPERATORS, Pace, SLOT_TIME_S, VALIDATORS, World},
};
use forebond_proposer::{
    config::{Places, ProposerConfig},
    figures::Figures,
    role::{Running, StartError, start},
};
use forebond_runtime::{Clock, SystemClock};
use forebond_runtime::{Health, LoggingConfig, Metrics, Shutdown, init_logging};
use tempfile::TempDir;

use crate::neighbours::{FakeGateway, FakeRelay};

/// No test waits longer for one thing.
const PATIENCE: Duration = Duration::from_secs(150);
/// Validators whose keys the signer holds: the opening registers those before.
pub const OURS: [u64; 4] = [8, 9, 10, 11];
/// The operator's account, which nobody else here uses.
pub const OPERATOR: Role = Role::Watcher;
const MODULE: &str = "FOREBOND";
const SECRET: &str = "a secret between two";

/// Slots pass in real time here: scenes beside each other would miss theirs on a small machine.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

pub struct Scene {
    pub stage: Stage,
    pub opening: Opening,
    pub signer: DevSigner,
    pub relay: FakeRelay,
    pub gateways: BTreeMap<u32, FakeGateway>,
    pub chain: Chain,
    pub l1: EmbeddedL1,
    pub files: TempDir,
    _turn: tokio::sync::MutexGuard<'static, ()>,
}

/// What a proposer of this scene is told; the rest is the same for all.
pub struct Habits<'a> {
    pub name: &'a str,
    pub operator: Role,
    /// Seeds of the gateways' BLS keys.
    pub delegates: u64,
    pub genesis_time_offset_s: u64,
    pub bring_back: Vec<u64>,
    pub take_turns: u32,
    pub loan_epochs: u64,
}

impl Default for Habits<'_> {
    fn default() -> Self {
        Self {
            name: "proposer",
            operator: OPERATOR,
            delegates: 100,
            genesis_time_offset_s: 0,
            bring_back: Vec::new(),
            take_turns: 1,
            loan_epochs: 6,
        }
    }
}

/// A gateway's BLS key in the configuration of a proposer with these seeds.
pub fn delegate(seed: u64, gateway: u32) -> PublicKeyBytes {
    interop_key(seed + u64::from(gateway))
        .public_key()
        .to_bytes()
}

impl Scene {
    pub async fn open() -> Result<Self> {
        let turn = ONE_AT_A_TIME.lock().await;
        // Silent unless RUST_LOG asks for more; another test of this process may have been first.
        let _ = init_logging(&LoggingConfig {
            filter: "off".to_owned(),
            ..LoggingConfig::default()
        });
        let now_s = SystemClock.now_ms() / 1_000;
        let config = ServiceConfig {
            node: NodeConfig {
                validators: VALIDATORS,
                withdrawal_accounts: usize::try_from(OPERATORS)?,
                slot_duration_ms: SLOT_TIME_S * 1_000,
                // The opening takes slots on request; then the clock takes over.
                genesis_time_s: Some(now_s - 600),
                ..NodeConfig::default()
            },
            ..ServiceConfig::default()
        };
        let mut l1 = EmbeddedL1::start(config).await?;
        let (rpc, beacon) = (l1.rpc_url(), l1.beacon_url());
        let world = World::over(Kind::Embedded, Pace::OnRequest, &rpc, Some(&beacon))?;
        let (mut stage, opening) = open(world).await?;
        let mut gateways = BTreeMap::new();
        for gateway in opening.gateways() {
            let fake = FakeGateway::start(gateway.committer.address).await;
            let call = GatewayRegistry::announceCall {
                gateway: gateway.id,
                endpoint: fake.url.clone(),
            };
            stage
                .send(gateway.owner, "GatewayRegistry", &call, U256::ZERO)
                .await?;
            gateways.insert(gateway.id, fake);
        }
        let files = TempDir::new()?;
        rollup_file(&stage)
            .await?
            .save(&files.path().join("rollup.json"))?;
        let chain = Chain::new(
            stage.constants.genesis_fork_version.0,
            stage.world.execution().chain_id().await?,
        );
        let module = Module {
            secret: Secret::new(SECRET.to_owned()),
            signing_id: SIGNING_ID,
        };
        let admin = Secret::new("admin".to_owned());
        let signer = SignerConfig::new(chain, OURS.to_vec(), MODULE, module, admin);
        let signer = DevSigner::start(signer).await?;
        let relay = FakeRelay::start(chain).await;
        let slots = forebond_protocol::SlotClock {
            genesis_s: stage.constants.genesis_time_s,
            seconds_per_slot: stage.constants.seconds_per_slot,
            slots_per_epoch: stage.constants.slots_per_epoch,
        };
        let now = slots.slot_at_ms(SystemClock.now_ms());
        stage.world.advance_to(now).await?;
        l1.go_live()?;
        stage.world = World::over(Kind::Embedded, Pace::RealTime, &rpc, Some(&beacon))?;
        Ok(Self {
            _turn: turn,
            stage,
            opening,
            signer,
            relay,
            gateways,
            chain,
            l1,
            files,
        })
    }

    /// The configuration as an operator writes it.
    pub fn config(&self, habits: &Habits<'_>) -> Result<ProposerConfig> {
        let path = self.files.path().join(format!("{}.toml", habits.name));
        std::fs::write(&path, self.toml(habits)?)?;
        let key = habits.operator.signer()?.to_bytes().to_string();
        let url = self.signer.url();
        let variables = [
            ("CB_MODULE_ID", MODULE),
            ("CB_SIGNER_JWT", SECRET),
            ("CB_SIGNER_URL", url.as_str()),
            ("CB_CONFIG", path.to_str().ok_or_else(|| eyre!("a path"))?),
            ("FOREBOND_OPERATOR_KEY", key.as_str()),
        ];
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.into())
        };
        let places = Places {
            rollup: self.files.path().join("rollup.json"),
            l1_rpc: vec![self.l1.rpc_url()],
            l1_beacon: vec![self.l1.beacon_url()],
            data_dir: self.data_dir(habits.name),
            http: Some("127.0.0.1:0".parse()?),
            builder_api: None,
            metrics: None,
            bring_back: habits.bring_back.clone(),
            poll_ms: 50,
        };
        Ok(ProposerConfig::load_with(&variable, places)?)
    }

    pub fn data_dir(&self, name: &str) -> std::path::PathBuf {
        Path::new(self.files.path()).join(name)
    }

    fn toml(&self, habits: &Habits<'_>) -> Result<String> {
        let constants = self.stage.constants;
        let genesis_s = constants.genesis_time_s + habits.genesis_time_offset_s;
        let mut text = format!(
            r#"chain = {{ genesis_time_secs = {genesis_s}, slot_time_secs = {}, genesis_fork_version = "{}", fulu_fork_slot = 0, chain_id = {} }}
relays = []
[pbs]
[signer]
[[modules]]
id = "{MODULE}"
type = "commit"
docker_image = "none"
signing_id = "{SIGNING_ID}"
relays = ["{}"]
[modules.signer]
attempt_deadline_ms = 1000
call_deadline_ms = 2000
longest_pause_ms = 2000
[modules.policy]
max_latency_ms = 30000
take_turns = {}
[modules.policy.health]
down_after = 10
[modules.loans]
length_epochs = {}
renew_before_epochs = 3
"#,
            constants.seconds_per_slot,
            constants.genesis_fork_version,
            self.chain.chain_id,
            self.relay.url,
            habits.take_turns,
            habits.loan_epochs,
        );
        // Gateway A is the best one, B the next. Their health is judged patiently: a machine that stalls takes nobody's slots.
        for (gateway, fee_share_bps) in [(1, 0), (2, 4_000), (3, 2_000)] {
            let key = delegate(habits.delegates, gateway);
            write!(
                text,
                "[[modules.gateways]]\nid = {gateway}\ndelegate = \"{key}\"\nfee_share_bps = {fee_share_bps}\n"
            )?;
        }
        Ok(text)
    }

    pub async fn start(&self, habits: &Habits<'_>) -> Result<Running> {
        Ok(self.try_start(habits).await??)
    }

    /// Starts, or says why not.
    pub async fn try_start(&self, habits: &Habits<'_>) -> Result<Result<Running, StartError>> {
        let figures = Figures::new(Metrics::new("test")?.registry())?;
        let readiness = Health::new(&["lending", "signer", "slots"]);
        let config = self.config(habits)?;
        Ok(start(config, (figures, readiness), Shutdown::new()).await)
    }

    /// The gateway that an epoch of the operator's is lent to; 0 for none.
    pub async fn lent_in(&self, epoch: u64) -> Result<u32> {
        let call = GatewayRegistry::delegateAtCall {
            operator: OPERATOR.address()?,
            rollup: self.stage.contract("Inbox")?,
            epoch,
        };
        self.stage.read("GatewayRegistry", &call).await
    }

    /// Operator and next nonce of a validator.
    pub async fn newest(&self, validator: u64) -> Result<(Address, u64)> {
        let call = ValidatorRegistry::newestCall {
            validatorIndex: validator,
        };
        let newest = self.stage.read("ValidatorRegistry", &call).await?;
        Ok((newest.operator, newest.nextNonce))
    }

    /// Waits until all four are the operator's.
    pub async fn registered(&self) -> Result<()> {
        until("the registrations", || async {
            let mut count = 0;
            for validator in OURS {
                count += usize::from(self.newest(validator).await?.0 == OPERATOR.address()?);
            }
            Ok((count == OURS.len()).then_some(()))
        })
        .await
    }

    /// Waits until an epoch from the next one on is lent; says which, and to whom.
    pub async fn lent(&self) -> Result<(u64, u32)> {
        until("a loan", || async {
            let now = self.stage.epoch().await?;
            for epoch in now + 1..now + 4 {
                let gateway = self.lent_in(epoch).await?;
                if gateway != 0 {
                    return Ok(Some((epoch, gateway)));
                }
            }
            Ok(None)
        })
        .await
    }
}

/// Looks again and again until there is something.
pub async fn until<T, F>(what: &str, look: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = Result<Option<T>>>,
{
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("waited {PATIENCE:?} for {what}")
}
