//! Ports are looked at before anything starts, so that nothing starts by half.

use std::net::{Ipv4Addr, TcpListener};

use eyre::{Result, bail};
use serde_json::json;

use crate::{
    config::{DevnetConfig, Ports},
    rpc::Rpc,
};

/// All ports of a devnet with what is going to answer there and the option that chooses it.
fn ports(config: &DevnetConfig) -> Vec<(u16, String, &'static str)> {
    let ports = config.ports;
    let row = |first: u16, count: u32, role: &'static str, option: &'static str| {
        (0..count).map(move |n| (Ports::nth(first, n), format!("{role}-{}", n + 1), option))
    };
    let counts = [
        ("gateway", config.gateways),
        ("batcher", config.gateways),
        ("watcher", config.watchers()),
    ];
    let figures = (0..).zip(counts).flat_map(|(role, (name, count))| {
        (0..count).filter_map(move |n| {
            let port = ports.metrics_of(role, n)?;
            Some((
                port,
                format!("figures of {name}-{}", n + 1),
                "--metrics-port",
            ))
        })
    });
    let l1 = [
        (ports.l1_rpc, "the L1's RPC".to_owned(), "--l1-rpc-port"),
        (
            ports.l1_beacon,
            "the Beacon API".to_owned(),
            "--l1-beacon-port",
        ),
    ];
    l1.into_iter()
        .chain(row(
            ports.gateways,
            config.gateways,
            "gateway",
            "--gateway-port",
        ))
        .chain(row(
            ports.followers,
            config.followers,
            "follower",
            "--follower-port",
        ))
        .chain(row(
            ports.watchers,
            config.watchers(),
            "watcher",
            "--watcher-port",
        ))
        .chain(row(
            ports.gossip,
            config.gossiping(),
            "gossip of process",
            "--gossip-port",
        ))
        .chain(row(
            ports.batchers.unwrap_or(0),
            ports.batchers.map_or(0, |_| config.gateways),
            "batcher",
            "--batcher-port",
        ))
        .chain(figures)
        .collect()
}

/// Makes sure that every port is free.
///
/// # Errors
/// With the first one that isn't, and what answers there.
pub(crate) async fn require_free(config: &DevnetConfig) -> Result<()> {
    for (port, role, option) in ports(config) {
        // 0 = any free port.
        if port == 0 || TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            continue;
        }
        let who = who_answers(port).await;
        bail!(
            "port {port}, meant for {role}, is taken by {who}; end it, or choose another port with {option}"
        );
    }
    Ok(())
}

async fn who_answers(port: u16) -> String {
    let Ok(rpc) = Rpc::new(&format!("http://127.0.0.1:{port}")) else {
        return "another process".to_owned();
    };
    let version = rpc.ask::<String>("web3_clientVersion", json!([])).await;
    match version {
        Ok(version) if version.starts_with("forebond-embedded-l1") => {
            format!("{version}: another devnet is running")
        }
        Ok(version) => version,
        Err(_) => "another process".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Ports, tests::usual};

    #[tokio::test]
    async fn a_port_in_use_is_named_with_its_purpose_and_the_option_that_changes_it() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let ports = Ports {
            l1_rpc: 0,
            l1_beacon: 0,
            gateways: port,
            followers: 0,
            ..Ports::DEFAULT
        };
        let config = DevnetConfig {
            ports,
            gateways: 1,
            followers: 0,
            ..usual()
        };
        let words = require_free(&config).await.unwrap_err().to_string();
        for part in [&port.to_string(), "gateway-1", "--gateway-port"] {
            assert!(words.contains(part), "{words}");
        }
        drop(taken);
        require_free(&config).await.unwrap();
    }
}
