use std::sync::Arc;

use alloy_primitives::U256;
use forebond_beacon::bls::PublicKeyBytes;
use forebond_l1::{
    beacon::{BeaconClient, BeaconConfig},
    execution::{BlockRef, ExecutionClient, ExecutionConfig},
};
use forebond_runtime::Shutdown;
use forebond_runtime::{Clock, SystemClock};
use forebond_settlement::{RollupFile, Settlement};

use super::{DEADLINE, Report, in_time, lending, neighbours::neighbours};
use crate::{
    config::{L1Says, ProposerConfig, disagreements},
    seen::Chain,
};

/// Enough for a few transactions, gwei.
const LITTLE_GWEI: u64 = 50_000_000;
/// Slots the newest block may be old.
const OLD_SLOTS: u64 = 4;

/// Nodes, contracts, the operator, its validators and loans.
pub(super) async fn examine(config: &ProposerConfig, keys: &[PublicKeyBytes], report: &mut Report) {
    let Some((execution, file)) = execution(config, report).await else {
        return;
    };
    let head = in_time(execution.head()).await;
    let head = match head {
        Ok(head) => head,
        Err(error) => {
            report.fail("execution node", error, "name another one with --l1-rpc");
            return;
        }
    };
    let Some(settlement) = contracts(config, file, report).await else {
        return;
    };
    let Some(chain) = beacon(config, execution, &settlement, report).await else {
        return;
    };
    clock(&chain, head, report);
    let slots = &chain.facts.turns.slots;
    neighbours(&config.module.own, slots, report).await;
    operator(&chain, report).await;
    lending::validators(&chain, head, keys, report).await;
    lending::loans(config, &chain, head, &settlement, report).await;
}

async fn execution(
    config: &ProposerConfig,
    report: &mut Report,
) -> Option<(ExecutionClient, RollupFile)> {
    let file = match RollupFile::load(&config.places.rollup) {
        Ok(file) => file,
        Err(error) => {
            let mend = "take the file from whoever runs the rollup (--rollup)";
            report.fail("rollup file", error.to_string(), mend);
            return None;
        }
    };
    let Some(endpoint) = config.places.l1_rpc.first() else {
        report.fail("execution node", "none is named", "--l1-rpc URL");
        return None;
    };
    let client = match ExecutionClient::new(&ExecutionConfig::new(endpoint)) {
        Ok(client) => client,
        Err(error) => {
            report.fail("execution node", error.to_string(), "correct --l1-rpc");
            return None;
        }
    };
    Some((client, file))
}

/// The rollup's view: it checks what the file says against what is deployed.
async fn contracts(
    config: &ProposerConfig,
    file: RollupFile,
    report: &mut Report,
) -> Option<Settlement> {
    let has_slasher = file.contracts.slasher.is_some();
    let started = in_time(Settlement::at_head(
        config.places.l1_rpc.clone(),
        Vec::new(),
        file,
        50,
        config.module.own.named(),
        Shutdown::new(),
    ));
    let settlement = match started.await {
        Ok(started) => started,
        Err(error) => {
            let mend = "rollup file and --l1-rpc have to be of one deployment";
            report.fail("contracts", error, mend);
            return None;
        }
    };
    // Until windows and gateways are read.
    let read = async {
        while settlement.windows().at.is_none() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    if tokio::time::timeout(DEADLINE, read).await.is_err() {
        let mend =
            "look at the execution node: eth_getLogs and eth_call of recent blocks have to work";
        report.fail("contracts", "windows and gateways can't be read", mend);
        return None;
    }
    let gateways = settlement.windows().gateways.len();
    report.ok(
        "contracts",
        format!("the rollup is there, with {gateways} gateways"),
    );
    if !has_slasher {
        let mend = "take a newer file from whoever runs the rollup: loans have to name the slasher";
        report.fail("rollup file", "it names no slasher", mend);
    }
    Some(settlement)
}

async fn beacon(
    config: &ProposerConfig,
    execution: ExecutionClient,
    settlement: &Settlement,
    report: &mut Report,
) -> Option<Chain> {
    const WHAT: &str = "beacon node";
    let Some(endpoint) = config.places.l1_beacon.first() else {
        report.fail(WHAT, "none is named", "--l1-beacon URL");
        return None;
    };
    let asked = async {
        let beacon = BeaconClient::new(&BeaconConfig::new(endpoint))?;
        let says = L1Says {
            genesis: beacon.genesis().await?,
            spec: beacon.spec().await?,
            execution_chain_id: execution.chain_id().await?,
            rollup_chain_id: settlement.facts().l1.chain_id,
            clock: settlement.facts().turns.slots,
        };
        Ok::<_, forebond_l1::L1Error>((beacon, says))
    };
    let (beacon, says) = match in_time(asked).await {
        Ok(answers) => answers,
        Err(error) => {
            report.fail(WHAT, error, "name another one with --l1-beacon");
            return None;
        }
    };
    let module = &config.module;
    let found = disagreements(&module.chain, module.signing_id, &says);
    for one in &found {
        report.fail(
            "chain",
            one.to_string(),
            "`forebond proposer` does not start like this",
        );
    }
    if found.is_empty() {
        let found = format!(
            "chain id {}, genesis fork version {}: configuration, nodes and rollup agree",
            says.spec.deposit_chain_id, says.genesis.genesis_fork_version
        );
        report.ok("chain", found);
    }
    let now = settlement
        .facts()
        .turns
        .slots
        .slot_at_ms(SystemClock.now_ms());
    match in_time(beacon.require_synced(now)).await {
        Ok(status) => report.ok(WHAT, format!("in step, at slot {}", status.head_slot)),
        Err(error) => report.fail(WHAT, error, "wait until it is, or name another one"),
    }
    Some(Chain {
        execution,
        beacon,
        spec: says.spec,
        facts: Arc::clone(settlement.facts()),
        operator: config.operator.address(),
    })
}

fn clock(chain: &Chain, head: BlockRef, report: &mut Report) {
    let slots = &chain.facts.turns.slots;
    let now_ms = SystemClock.now_ms();
    let (now, newest) = (slots.slot_at_ms(now_ms), slots.slot_at_s(head.timestamp_s));
    if newest > now {
        let found = format!("L1's newest block is of slot {newest}, this clock shows {now}");
        report.fail(
            "clock",
            found,
            "this machine's clock is behind: run a time service",
        );
    } else if newest.saturating_add(OLD_SLOTS) < now {
        let found = format!("L1's newest block is of slot {newest}, this clock shows {now}");
        let mend = "the execution node is behind, L1 stands, or this clock is ahead";
        report.warn("clock", found, mend);
    } else {
        report.ok(
            "clock",
            format!("slot {now}, L1's newest block is of {newest}"),
        );
    }
}

async fn operator(chain: &Chain, report: &mut Report) {
    const WHAT: &str = "operator";
    let address = chain.operator;
    match in_time(chain.execution.balance(address)).await {
        Ok(wei) if wei.is_zero() => {
            let mend = format!("send some ether to {address}: it pays for registrations and loans");
            report.fail(WHAT, format!("{address} has nothing"), mend);
        }
        Ok(wei) => {
            let gwei = wei / U256::from(1_000_000_000);
            let found = format!("{address} has {gwei} gwei");
            if gwei < U256::from(LITTLE_GWEI) {
                report.warn(WHAT, found, format!("send some more ether to {address}"));
            } else {
                report.ok(WHAT, found);
            }
        }
        Err(error) => report.fail(WHAT, error, "look at the execution node"),
    }
}
