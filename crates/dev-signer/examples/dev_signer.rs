//! A development signer on port 20000 with four interop keys on Hoodi, for two modules, until Ctrl-C. The conformance suite
//! runs against it, or against any other signer, with the variables it prints.
#![allow(clippy::print_stdout, reason = "it tells how to reach it")]

use alloy_primitives::B256;
use forebond_beacon::signing::commit_boost::Chain;
use forebond_commit_boost::Secret;
use forebond_dev_signer::{DevSigner, Module, SignerConfig, StartError};

fn module(secret: &str, signing_id: u8) -> Module {
    Module {
        secret: Secret::new(secret.to_owned()),
        signing_id: B256::repeat_byte(signing_id),
    }
}

#[tokio::main]
async fn main() -> Result<(), StartError> {
    let admin = Secret::new("admin".to_owned());
    let mut config = SignerConfig::new(Chain::HOODI, (0..4).collect(), "A", module("a", 1), admin);
    config.modules.insert("B".to_owned(), module("b", 2));
    config.port = 20_000;
    // The suite's refused tokens would lock it out.
    config.auth_fail_limit = 1_000;
    let signer = DevSigner::start(config).await?;
    for (name, value) in [
        ("URL", signer.url()),
        ("MODULE", "A".to_owned()),
        ("JWT", "a".to_owned()),
        ("SIGNING_ID", B256::repeat_byte(1).to_string()),
        ("OTHER_MODULE", "B".to_owned()),
        ("OTHER_JWT", "b".to_owned()),
        ("OTHER_SIGNING_ID", B256::repeat_byte(2).to_string()),
        ("CHAIN_ID", Chain::HOODI.chain_id.to_string()),
        (
            "FORK_VERSION",
            Chain::HOODI.genesis_fork_version.to_string(),
        ),
        ("ADMIN_JWT", "admin".to_owned()),
    ] {
        println!("export FOREBOND_SIGNER_{name}={value}");
    }
    // Without a signal handler it stays until it is stopped from outside.
    let _ = tokio::signal::ctrl_c().await;
    signer.stop().await;
    Ok(())
}
