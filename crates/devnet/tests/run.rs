//! A run from its start to its end: a real L1, real contracts, real child processes. The roles themselves are stood in for by a
//! program that says `READY` and waits for its end; the binary's own tests run the real ones.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a wrong answer should stop the test"
)]

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU16, Ordering},
};

use forebond_devnet::{DevnetConfig, Gossip, L1Kind, Ports, run};
use forebond_embedded_l1::node::PresetName;
use forebond_runtime::Shutdown;
use serde_json::Value;

/// Says that it is ready, writes its process id and its arguments down, and lives until its input ends.
const STAND_IN: &str =
    "#!/bin/sh\necho $$ \"$@\" >> \"$(dirname \"$0\")/started\"\necho READY http://x\nexec cat\n";

/// Below the ports that the system gives to connections, and never the same one twice: one of those could be taken again before the
/// run gets to it, or hold what the run has left.
fn free_port() -> u16 {
    const FIRST: u16 = 29_200;
    const COUNT: u16 = 3_400;
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    let begin = u16::try_from(std::process::id() % u32::from(COUNT)).unwrap();
    let ports = (0..COUNT).map(|_| {
        let given = GIVEN.fetch_add(1, Ordering::Relaxed);
        FIRST + (begin + given % COUNT) % COUNT
    });
    let mut free = ports.filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.next().expect("a free port")
}

fn config(folder: &Path) -> DevnetConfig {
    DevnetConfig {
        data_dir: folder.join("devnet"),
        slot_time_s: 1,
        preset: PresetName::Minimal,
        validators: 8,
        handover_slots: 2,
        gateways: 1,
        followers: 1,
        spam_tps: 0,
        l1: L1Kind::Embedded,
        gossip: Gossip::Off,
        seed: Some(1),
        faults: Vec::new(),
        random_faults: false,
        misdeeds: Vec::new(),
        watchers: None,
        exit_after_slots: Some(2),
        json: true,
        ports: Ports {
            l1_rpc: free_port(),
            l1_beacon: free_port(),
            gateways: free_port(),
            followers: free_port(),
            watchers: free_port(),
            gossip: free_port(),
            ..Ports::DEFAULT
        },
    }
}

fn program(folder: &Path, script: &str) -> PathBuf {
    let path = folder.join("program");
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Process ids and arguments of what was started.
fn started(folder: &Path) -> Vec<(u32, String)> {
    let text = fs::read_to_string(folder.join("started")).unwrap();
    text.lines()
        .map(|line| {
            let (id, arguments) = line.split_once(' ').unwrap();
            (id.parse().unwrap(), arguments.to_owned())
        })
        .collect()
}

fn runs(id: u32) -> bool {
    Path::new(&format!("/proc/{id}")).exists()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_writes_what_scripts_read_and_leaves_nothing_running() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path());
    let ports = config.ports;
    let program = program(dir.path(), STAND_IN);
    let report = run(config, program, Shutdown::new()).await.unwrap();
    assert_eq!(report.failures, Vec::<String>::new());
    assert_eq!((report.exit_code(), report.slots), (0, 2));

    let roles = started(dir.path());
    assert_eq!(
        roles.len(),
        4,
        "a gateway, its batcher, a follower, a watcher"
    );
    assert!(roles.iter().all(|(id, _)| !runs(*id)));
    for (_, arguments) in &roles {
        assert!(
            arguments.contains("--die-with-parent --rollup "),
            "{arguments}"
        );
    }
    for port in [ports.l1_rpc, ports.l1_beacon] {
        TcpListener::bind(("127.0.0.1", port)).expect("the L1 is gone");
    }

    let text = fs::read_to_string(dir.path().join("devnet/devnet.json")).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    let url = |port: u16| format!("http://127.0.0.1:{port}");
    assert_eq!(file["l1"]["rpc"], url(ports.l1_rpc));
    assert_eq!(file["l1"]["beacon"], url(ports.l1_beacon));
    assert_eq!(file["rollup"]["chainId"], 9545);
    assert_eq!(file["gateways"][0]["rpc"], url(ports.gateways));
    assert!(file["gateways"][0]["committer"].is_string());
    assert_eq!(file["followers"][0]["rpc"], url(ports.followers));
    assert_eq!(file["watchers"][0]["rpc"], url(ports.watchers));
    assert!(file["contracts"]["Inbox"].is_string());
    assert_eq!(file["accounts"].as_array().unwrap().len(), 10);
    let rollup = dir.path().join("devnet/rollup.json");
    forebond_settlement::RollupFile::load(&rollup).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_reach_children_by_the_environment_and_never_by_arguments_or_files() {
    let dir = tempfile::tempdir().unwrap();
    let script = STAND_IN.replace(
        "echo READY",
        "env | grep -q FOREBOND_ && echo \"$1 has keys\" >&2\necho READY",
    );
    let program = program(dir.path(), &script);
    let folder = dir.path().join("devnet");
    run(config(dir.path()), program, Shutdown::new())
        .await
        .unwrap();
    let log = |name: &str| fs::read_to_string(folder.join("logs").join(name)).unwrap();
    assert!(log("gateway-1.log").contains("gateway has keys"));
    assert!(log("batcher-1.log").contains("batcher has keys"));
    assert!(log("watcher-1.log").contains("watcher has keys"));
    assert!(!log("follower-1.log").contains("has keys"));
    for (_, arguments) in started(dir.path()) {
        let longest = arguments.split_whitespace().filter(|word| {
            word.len() >= 64
                && word
                    .trim_start_matches("0x")
                    .chars()
                    .all(|c| c.is_ascii_hexdigit())
        });
        assert_eq!(longest.count(), 0, "{arguments}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_cannot_start_ends_the_devnet_with_its_words() {
    let dir = tempfile::tempdir().unwrap();
    let script = "#!/bin/sh\necho no such option: \"$1\" >&2\nexit 2\n";
    let program = program(dir.path(), script);
    let error = run(config(dir.path()), program, Shutdown::new())
        .await
        .unwrap_err();
    let words = format!("{error:#}");
    assert!(
        words.contains("-1 ended") && words.contains("no such option: "),
        "{words}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_ends_by_itself_fails_the_run_and_one_that_was_killed_does_not() {
    for (fault, ok) in [("kill:gateway-1@1", true), ("l1-miss@1", false)] {
        let dir = tempfile::tempdir().unwrap();
        // The batcher gives up after a moment.
        let script = if ok {
            STAND_IN.to_owned()
        } else {
            STAND_IN.replace(
                "exec cat",
                "[ \"$1\" = batcher ] && sleep 1 && exit 7\nexec cat",
            )
        };
        let program = program(dir.path(), &script);
        let config = DevnetConfig {
            faults: vec![fault.parse().unwrap()],
            ..config(dir.path())
        };
        let report = run(config, program, Shutdown::new()).await.unwrap();
        assert_eq!(report.exit_code() == 0, ok, "{:?}", report.failures);
        let named = report.failures.iter().any(|one| one.contains("batcher-1"));
        assert_eq!(named, !ok);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_fault_happens_and_is_undone() {
    let dir = tempfile::tempdir().unwrap();
    let program = program(dir.path(), STAND_IN);
    let faults = [
        "l1-reorg:1@1",
        "pause:gateway-1:1@1",
        "l1-miss@2",
        "restart:follower-1@2",
        "hide-blobs:1@2",
        "stall-l1:1@3",
        "kill:batcher-1@4",
    ];
    let config = DevnetConfig {
        faults: faults.iter().map(|text| text.parse().unwrap()).collect(),
        exit_after_slots: Some(5),
        ..config(dir.path())
    };
    let report = run(config, program, Shutdown::new()).await.unwrap();
    assert_eq!(report.failures, Vec::<String>::new());
    let report = serde_json::to_value(&report).unwrap();
    assert_eq!(report["faults"], serde_json::json!(faults));
    let restarted = started(dir.path()).len();
    assert_eq!(restarted, 4, "the follower was started twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_devnet_hears_of_the_first_and_who_wants_its_end_gets_it() {
    let dir = tempfile::tempdir().unwrap();
    let program = program(dir.path(), STAND_IN);
    let config = DevnetConfig {
        exit_after_slots: None,
        ..config(dir.path())
    };
    let file = config.data_dir.join("devnet.json");
    let (second, stand_in) = (config.clone(), program.clone());
    let shutdown = Shutdown::new();
    let running = tokio::spawn(run(config, program, shutdown.clone()));
    while !file.exists() {
        assert!(!running.is_finished(), "it ended by itself");
        tokio::task::yield_now().await;
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let second = DevnetConfig {
        data_dir: elsewhere.path().join("devnet"),
        ..second
    };
    let refusal = run(second, stand_in, Shutdown::new()).await.unwrap_err();
    let words = refusal.to_string();
    assert!(
        words.contains("another devnet") && words.contains("--l1-rpc-port"),
        "{words}"
    );

    shutdown.request("Ctrl-C");
    let report = running.await.unwrap().unwrap();
    assert_eq!(report.exit_code(), 0);
    assert!(started(dir.path()).iter().all(|(id, _)| !runs(*id)));
}
