//! The binary as scripts see it: what it prints, where, and its exit codes.
#![allow(clippy::unwrap_used, reason = "a wrong answer should stop the test")]

#[path = "../src/commands/verify/sample.rs"]
mod sample;

use sample::Sample;
use std::process::{Command, Output};

const KEY: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const ADDRESS: &str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config.example.toml");

fn forebond(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_forebond"))
        .args(args)
        .env("HOME", "/home/operator")
        .env_remove("XDG_STATE_HOME")
        .env("TEST_COMMITTER", KEY)
        .env("TEST_WRONG", format!("{KEY}00"))
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> &str {
    str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    str::from_utf8(&output.stderr).unwrap()
}

#[test]
fn config_check_prints_what_is_in_effect_and_says_ok() {
    let output = forebond(&[
        "config",
        "check",
        "--config",
        EXAMPLE,
        "--block-time",
        "2s",
        "--key",
        "env:TEST_COMMITTER",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    for part in [
        "block_time_s = 2\n",
        "committer = \"env:TEST_COMMITTER\"\n",
        "# guard directory: /home/operator/.local/state/forebond/guard\n",
        &format!("# committer: {ADDRESS}\n"),
    ] {
        assert!(text.contains(part), "{part} not in\n{text}");
    }
    assert!(text.ends_with("# OK\n"), "{text}");
}

#[test]
fn what_config_check_prints_is_a_configuration_itself() {
    let first = forebond(&["config", "check", "--ordering", "priority-fee"]);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("shown.toml");
    std::fs::write(&path, &first.stdout).unwrap();
    let second = forebond(&["config", "check", "--config", path.to_str().unwrap()]);
    assert_eq!(second.status.code(), Some(0), "{}", stderr(&second));
    assert_eq!(first.stdout, second.stdout);
}

#[test]
fn config_check_never_prints_a_secret_right_or_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("gateway.toml");
    std::fs::write(&path, format!("[keys]\ncommitter = \"0x{KEY}\"\n")).unwrap();
    let file = path.to_str().unwrap();
    let prefixed = format!("0x{KEY}");
    for (args, code) in [
        (vec!["--key", "env:TEST_COMMITTER"], 0),
        (vec!["--key", "env:TEST_WRONG"], 1),
        (vec!["--key", &prefixed], 1),
        (vec!["--config", file], 1),
    ] {
        let output = forebond(&[&["config", "check"], &args[..]].concat());
        let text = format!("{}{}", stdout(&output), stderr(&output));
        assert_eq!(output.status.code(), Some(code), "{args:?}: {text}");
        assert!(!text.contains("974bec39a17e"), "{args:?}: {text}");
    }
}

#[test]
fn config_check_lists_everything_that_is_wrong_and_fails() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("gateway.toml");
    std::fs::write(
        &path,
        "[sequencer]\nfrag_max_transactions = 0\n[rpc]\nmax_connections = 0\n",
    )
    .unwrap();
    let output = forebond(&["config", "check", "--config", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    assert!(
        text.contains("sequencer.frag_max_transactions: expected at least 1, got 0"),
        "{text}"
    );
    assert!(
        text.contains("rpc.max_connections: expected at least 1, got 0"),
        "{text}"
    );
    assert!(!stdout(&output).contains("OK"));
}

#[test]
fn verify_ends_with_0_and_the_promise_or_1_and_the_reason() {
    let sample = Sample::new();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("promise.json");
    let file = path.to_str().unwrap();
    let gateway = sample.gateway.to_string();
    std::fs::write(&path, sample.pretty_json()).unwrap();
    let output = forebond(&["verify", file, "--gateway", &gateway]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).starts_with("VALID") && stdout(&output).contains("block 12, index 3"));

    let output = forebond(&["verify", file, "--gateway", ADDRESS]);
    assert_eq!((output.status.code(), stdout(&output)), (Some(1), ""));
    assert!(
        stderr(&output).contains(ADDRESS) && stderr(&output).contains(&gateway),
        "{}",
        stderr(&output)
    );

    let changed = sample
        .json()
        .replace("\"blockNumber\":\"0xc\"", "\"blockNumber\":\"0xd\"");
    assert_ne!(changed, sample.json());
    std::fs::write(&path, changed).unwrap();
    let output = forebond(&["verify", file, "--gateway", &gateway]);
    assert_eq!((output.status.code(), stdout(&output)), (Some(1), ""));
    assert!(
        stderr(&output).starts_with("forebond: not a valid preconfirmation: "),
        "{}",
        stderr(&output)
    );
}

#[test]
fn verify_refuses_a_file_larger_than_any_preconfirmation() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("huge.json");
    std::fs::File::create(&path)
        .unwrap()
        .set_len((16 << 20) + 1)
        .unwrap();
    let output = forebond(&["verify", path.to_str().unwrap(), "--gateway", ADDRESS]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("larger than 16777216 bytes"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn the_version_is_the_one_of_the_package() {
    let output = forebond(&["--version"]);
    assert_eq!(
        stdout(&output),
        concat!("forebond ", env!("CARGO_PKG_VERSION"), "\n")
    );
}
