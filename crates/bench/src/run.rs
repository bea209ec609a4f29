//! One run from the first question to the report.

use crate::{
    chain_setup::ChainSetup,
    config::{BenchConfig, Mode},
    end_check::{self, EndCheck},
    inclusion::Watcher,
    load::Load,
    machine::Machine,
    observe::{Usage, observe},
    outgoing::Outgoing,
    pacer::{self, Sent},
    presign::{Planned, Signing, presign},
    progress::Progress,
    reader::{self, Reader, Receiving},
    reply::Judge,
    report::{Report, ServerUsage},
    rpc::Rpc,
    socket::Endpoint,
    tally::{Tally, drained_after},
    target::Target,
    transaction::Terms,
    workload,
};
use forebond_protocol::Verifier;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// A server that was started a moment ago may not listen yet.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between the last preparation and the first transaction.
const HEADWAY: Duration = Duration::from_millis(300);
/// Error texts in a report.
const TOP_ERRORS: usize = 8;

/// Prepares accounts, signs the load, sends it at its times, verifies every answer, and compares
/// the promises with the sealed chain.
///
/// Fails when the server cannot be reached, does not know the mode, or the funding account is too
/// poor. Everything the server does wrong under load is a number in the report instead.
pub async fn run(config: BenchConfig, progress: &dyn Progress) -> eyre::Result<Report> {
    config.validate()?;
    let endpoint = Endpoint::parse(&config.url)?;
    progress.begin("asking the server what it is", 0);
    let mut rpc = Rpc::connect(&endpoint, PATIENCE).await?;
    let target = Target::probe(&mut rpc, &config).await?;
    let terms = Terms {
        chain_id: target.chain_id,
        prices: target.prices,
    };
    let mut setup = ChainSetup {
        rpc: &mut rpc,
        terms,
        progress,
    };
    let prepared = workload::prepare(&mut setup, &config).await?;
    // Signing takes a while and answers no pings, so nothing is left open behind it.
    drop(rpc);
    let signing = Signing {
        terms,
        mode: target.mode,
        connections: config.connections,
        total: u32::try_from(config.schedule().total())?,
    };
    let planned = presign(&prepared, signing, progress)?;
    let outcome = send(&config, &endpoint, &target, planned, progress).await?;
    progress.begin("comparing the promises with the chain", 0);
    let end_check = compare(&endpoint, &target, &outcome, progress).await;
    progress.end();
    Ok(report(&config, target, outcome, end_check))
}

/// Looks the promises up in the chain, over a connection of its own.
async fn compare(
    endpoint: &Endpoint,
    target: &Target,
    outcome: &Outcome,
    progress: &dyn Progress,
) -> eyre::Result<EndCheck> {
    let mut rpc = Rpc::connect(endpoint, PATIENCE).await?;
    let receipts = target.mode == Mode::Plain;
    let Outcome { load, tally, .. } = outcome;
    let advance = |done| progress.advance(done);
    end_check::check(&mut rpc, load, &tally.places, receipts, advance).await
}

/// What sending the load brought.
struct Outcome {
    load: Arc<Load>,
    tally: Tally,
    sent: Sent,
    usage: Usage,
}

async fn send(
    config: &BenchConfig,
    endpoint: &Endpoint,
    target: &Target,
    planned: Vec<Planned>,
    progress: &dyn Progress,
) -> eyre::Result<Outcome> {
    let (sending, receiving) = connect(config, endpoint).await?;
    let sending = Arc::new(sending);
    let watching = match target.mode {
        Mode::Plain => Some(Rpc::connect(endpoint, PATIENCE).await?),
        _ => None,
    };
    let load = Arc::new(Load::new(
        planned,
        config.schedule(),
        Instant::now() + HEADWAY,
    ));
    let (stop, stopped) = watch::channel(false);
    let watcher = match watching {
        Some(rpc) => {
            let watcher = Watcher::subscribe(rpc, load.clone()).await?;
            Some(tokio::spawn(watcher.watch(stopped.clone())))
        }
        None => None,
    };
    let readers = start_readers(config, target, receiving, &sending, &load, &stopped)?;
    let enough = Arc::new(AtomicBool::new(false));
    let pacer = {
        let (load, sending, enough) = (load.clone(), sending.clone(), enough.clone());
        let body = move || pacer::pace(&load, &sending, &enough);
        thread::Builder::new()
            .name("bench-pacer".into())
            .spawn(body)?
    };
    let usage = observe(config, &load, progress).await;
    enough.store(true, Ordering::Relaxed);
    let _ = stop.send(true);
    let sent = pacer
        .join()
        .map_err(|_| eyre::eyre!("the sending thread panicked"))??;
    let mut tally = Tally::new()?;
    for reader in readers {
        tally.merge(
            reader
                .join()
                .map_err(|_| eyre::eyre!("a reading thread panicked"))??,
        )?;
    }
    if let Some(watcher) = watcher {
        tally.merge(watcher.await?)?;
    }
    Ok(Outcome {
        load,
        tally,
        sent,
        usage: usage?,
    })
}

/// Opens the measured connections and takes them out of the async runtime.
async fn connect(
    config: &BenchConfig,
    endpoint: &Endpoint,
) -> eyre::Result<(Vec<Mutex<Outgoing>>, Vec<Receiving>)> {
    let (mut sending, mut receiving) = (Vec::new(), Vec::new());
    for number in 0..usize::from(config.connections) {
        // A tokio socket is in non-blocking mode and stays so.
        let stream = endpoint.open(PATIENCE).await?.into_inner().into_std()?;
        sending.push(Mutex::new(Outgoing::new(stream.try_clone()?)));
        receiving.push(Receiving { stream, number });
    }
    Ok((sending, receiving))
}

fn start_readers(
    config: &BenchConfig,
    target: &Target,
    receiving: Vec<Receiving>,
    sending: &Arc<Vec<Mutex<Outgoing>>>,
    load: &Arc<Load>,
    stopped: &watch::Receiver<bool>,
) -> eyre::Result<Vec<Reader>> {
    let mut shares: Vec<Vec<Receiving>> = (0..config.readers).map(|_| Vec::new()).collect();
    let count = shares.len();
    for connection in receiving {
        if let Some(share) = shares.get_mut(connection.number % count) {
            share.push(connection);
        }
    }
    let verifier = target.gateway.filter(|_| config.verify).map(|gateway| {
        // One gateway is under load: the turn before, if there was one, was its own.
        let verifier = Verifier::new(gateway.committer).after(gateway.committer);
        match gateway.domain {
            Some(domain) => verifier.in_domain(domain),
            None => verifier,
        }
    });
    let start = |share| {
        let judge = Judge::new(load.clone(), target.mode, verifier.clone(), Tally::new()?);
        reader::start(share, sending.clone(), judge, stopped.clone())
    };
    shares
        .into_iter()
        .filter(|share| !share.is_empty())
        .map(start)
        .collect()
}

#[allow(clippy::cast_precision_loss)]
fn report(
    config: &BenchConfig,
    target: Target,
    outcome: Outcome,
    end_check: eyre::Result<EndCheck>,
) -> Report {
    let Outcome {
        load,
        tally,
        sent,
        usage,
    } = outcome;
    let verified = tally.verified.count();
    let planned_seconds = f64::from(config.seconds);
    let mib = |kib: u64| (kib as f64 / 1_024.0).round();
    let [before, after, most] = usage.resident_kib;
    let server = usage.server.map(|cpu| ServerUsage {
        cores: cpu.as_secs_f64() / planned_seconds,
        cpu_us_per_tx: cpu.as_secs_f64() * 1e6 / (verified.max(1) as f64),
        resident_before_mib: mib(before),
        resident_after_mib: mib(after),
        resident_max_mib: mib(most),
    });
    let name = |value: &dyn std::fmt::Debug| format!("{value:?}").to_lowercase();
    let label = match config.label.as_str() {
        "" => {
            format!(
                "{} {} {}/s",
                name(&target.mode),
                name(&config.workload),
                config.rate_per_s
            )
        }
        label => label.to_owned(),
    };
    // A measurement is not thrown away because the server died afterwards; it just proves less.
    let (end_check, notes) = match end_check {
        Ok(end_check) => (end_check, Vec::new()),
        Err(error) => (
            EndCheck::default(),
            vec![format!("the end check was not completed: {error:#}")],
        ),
    };
    let mut report = Report {
        label,
        url: config.url.clone(),
        server_version: target.client,
        mode: target.mode,
        workload: config.workload,
        offered_per_s: config.rate_per_s,
        achieved_per_s: tally.verified_under_load as f64 / planned_seconds,
        drained_after_s: drained_after(&load, &tally).as_secs_f64(),
        seconds: config.seconds,
        warmup_seconds: config.warmup_seconds,
        senders: config.senders,
        connections: config.connections,
        sent: sent.lag.count().min(load.measured_count()),
        verified,
        unanswered: load.unanswered(),
        error_count: tally.errors.total(),
        invalid: tally.invalid,
        errors: tally.errors.most_frequent(TOP_ERRORS),
        latency_ms: tally.verified.percentiles(),
        accepted_ms: (target.mode == Mode::Plain).then(|| tally.accepted.percentiles()),
        send_lag_ms: sent.lag.percentiles(),
        client_cores: usage.client.as_secs_f64() / planned_seconds,
        server,
        end_check,
        machine: Machine::here(),
        notes,
    };
    report.remark();
    report
}
