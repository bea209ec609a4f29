//! How long a chain takes to start, and how many slots a second pass in virtual time:
//! `cargo run --release -p forebond-embedded-l1 --example slots_per_second -- [SLOTS] [VALIDATORS]`.
#![allow(clippy::print_stdout, reason = "the figures are what it is for")]

use std::{error::Error, time::Instant};

use forebond_beacon::preset::{Mainnet, Minimal, Preset};
use forebond_embedded_l1::node::{Node, NodeConfig};

fn measure<P: Preset>(slots: u64, validators: u64) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let node = Node::<P>::new(
        NodeConfig {
            validators,
            ..NodeConfig::default()
        },
        0,
    )?;
    let start_ms = started.elapsed().as_millis();
    let control = node.control();
    let started = Instant::now();
    control.advance_slots(slots)?;
    let elapsed = started.elapsed();
    let per_slot = elapsed / u32::try_from(slots.max(1))?;
    println!(
        "{}: {validators} validators, start {start_ms} ms, {slots} slots in {elapsed:.2?}, {per_slot:.2?} each, finalized epoch {}",
        P::NAME,
        control.status().finalized_epoch
    );
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let argument = |place, default| match std::env::args().nth(place) {
        Some(text) => text.parse::<u64>(),
        None => Ok(default),
    };
    let (slots, validators) = (argument(1, 2_000)?, argument(2, 64)?);
    measure::<Minimal>(slots, validators)?;
    measure::<Mainnet>(slots.min(200), validators)
}
