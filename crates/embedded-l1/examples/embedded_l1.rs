//! Runs an embedded L1 in real time until it is told to end:
//! `cargo run --release -p forebond-embedded-l1 --example embedded_l1 -- [SLOT_MS] [VALIDATORS] [RPC_PORT] [BEACON_PORT]`.
#![allow(
    clippy::print_stdout,
    reason = "the line READY is for whoever starts it"
)]

use std::{error::Error, net::SocketAddr, str::FromStr};

use forebond_embedded_l1::node::{Clock, EmbeddedL1, NodeConfig, ServiceConfig};

fn argument<T: FromStr<Err: Error + 'static>>(
    place: usize,
    default: T,
) -> Result<T, Box<dyn Error>> {
    match std::env::args().nth(place) {
        Some(text) => Ok(text.parse()?),
        None => Ok(default),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let at = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
    let l1 = EmbeddedL1::start(ServiceConfig {
        node: NodeConfig {
            clock: Clock::Real,
            slot_duration_ms: argument(1, 1_000)?,
            validators: argument(2, 64)?,
            ..NodeConfig::default()
        },
        rpc_addr: at(argument(3, 0)?),
        beacon_port: argument(4, 0)?,
        ..ServiceConfig::default()
    })
    .await?;
    println!("READY {} {}", l1.rpc_url(), l1.beacon_url());
    tokio::signal::ctrl_c().await?;
    l1.stop().await;
    Ok(())
}
