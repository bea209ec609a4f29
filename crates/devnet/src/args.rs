//! `forebond devnet` as it is asked for.

use std::path::PathBuf;

use forebond_embedded_l1::node::PresetName;

use crate::{
    config::{DevnetConfig, Gossip, L1Kind, Ports},
    faults::{Fault, Planned},
    misdeeds::PlannedMisdeed,
};

/// Runs an L1, gateways, batchers, followers and users on this machine until Ctrl-C or `--exit-after`. `READY <devnet.json>` on
/// standard output says that everything answers; the table goes to standard error. Slots count from that moment.
#[derive(clap::Args, Clone, Debug)]
pub struct DevnetArgs {
    /// devnet.json, rollup.json, logs and the children's data; emptied at each start
    #[arg(long, value_name = "DIR", default_value = ".forebond/devnet")]
    data_dir: PathBuf,
    /// Length of an L1 slot, whole seconds
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = whole_seconds)]
    slot_time: u64,
    /// Sizes of the beacon chain: epochs of 8 slots, or of 32 as on mainnet
    #[arg(long, value_name = "PRESET", default_value = "minimal")]
    preset: PresetArg,
    /// Validators; half of them are registered with the gateways' operators
    #[arg(long, value_name = "N", default_value_t = 8)]
    validators: u64,
    /// Slots from a turn's last block to the end of its window, 1 to 4
    #[arg(long, value_name = "SLOTS", default_value_t = 2)]
    handover_slots: u64,
    /// Gateways, 1 to 6, each with its batcher; the first one is the fallback, too
    #[arg(long, value_name = "N", default_value_t = 2)]
    gateways: u32,
    /// Followers, 0 to 8
    #[arg(long, value_name = "N", default_value_t = 1)]
    followers: u32,
    /// Transactions per second that users send; 0 = none
    #[arg(long, value_name = "TPS", default_value_t = 10)]
    spam: u32,
    /// The L1: in this process, or of published clients from npm (started slowly: registrations take real epochs)
    #[arg(long, value_name = "L1", default_value = "embedded")]
    l1: L1Kind,
    /// Repeats users, faults and keys of an earlier run
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Kills a process for good, a gateway with its batcher: gateway-1@20
    #[arg(long, value_name = "NAME@SLOT", value_parser = planned_kill)]
    kill: Vec<Planned>,
    /// restart:NAME, pause:NAME:SECONDS, l1-reorg:DEPTH, l1-miss, stall-l1:SECONDS or hide-blobs:SLOTS, and @SLOT
    #[arg(long, value_name = "KIND@SLOT")]
    fault: Vec<Planned>,
    /// A gateway or validator breaks a rule in the first window from a slot on that fits: equivocate, withhold, reorder, omit, late,
    /// false-end, false-claim, broken-base or miss-slot, and @SLOT. The exit code is 0 only if it was found and paid for. The first
    /// gateway stays honest, and each other one does one thing at most. Not beside --kill, --fault or --random-faults
    #[arg(long, value_name = "KIND@SLOT")]
    misbehave: Vec<PlannedMisdeed>,
    /// Watchers, 0 to 4; 1 unless processes are made to fail, since what that makes late would cost bonds
    #[arg(long, value_name = "N")]
    watchers: Option<u32>,
    /// Faults of all kinds, drawn from the seed; one gateway is always left alone
    #[arg(long)]
    random_faults: bool,
    /// Ends after so many slots; the exit code says whether every promise was kept, or broken by a fault and reported
    #[arg(long, value_name = "SLOTS")]
    exit_after: Option<u64>,
    /// Print one JSON object at the end
    #[arg(long)]
    json: bool,
    /// The L1's JSON-RPC
    #[arg(long, value_name = "PORT", default_value_t = Ports::DEFAULT.l1_rpc)]
    l1_rpc_port: u16,
    /// The L1's Beacon API
    #[arg(long, value_name = "PORT", default_value_t = Ports::DEFAULT.l1_beacon)]
    l1_beacon_port: u16,
    /// First gateway's RPC; the others follow
    #[arg(long, value_name = "PORT", default_value_t = Ports::DEFAULT.gateways)]
    gateway_port: u16,
    /// First follower's RPC; the others follow
    #[arg(long, value_name = "PORT", default_value_t = Ports::DEFAULT.followers)]
    follower_port: u16,
    /// Where the first batcher tells proposers which blobs a slot's block should hold; the others follow
    #[arg(long, value_name = "PORT")]
    batcher_port: Option<u16>,
    /// First gateway's figures; the others follow, batchers 100 above, watchers 200 (9100 suits deploy/monitoring/prometheus.yml)
    #[arg(long, value_name = "PORT")]
    metrics_port: Option<u16>,
    /// First watcher's RPC; the others follow
    #[arg(long, value_name = "PORT", default_value_t = Ports::DEFAULT.watchers)]
    watcher_port: u16,
    /// Every gateway and follower takes part in gossip, beside the streams or instead of them
    #[arg(long, value_name = "HOW", default_value = "off", default_missing_value = "beside", num_args = 0..=1)]
    gossip: Gossip,
    /// First gateway's gossip; the other gateways and the followers follow
    #[arg(long, value_name = "PORT", default_value_t = Ports::DEFAULT.gossip)]
    gossip_port: u16,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum PresetArg {
    /// Epochs of 8 slots
    Minimal,
    /// Epochs of 32 slots
    Mainnet,
}

fn whole_seconds(text: &str) -> Result<u64, String> {
    let seconds = text
        .strip_suffix('s')
        .and_then(|number| number.parse().ok());
    seconds.ok_or_else(|| format!("expected whole seconds, such as 2s, got {text:?}"))
}

fn planned_kill(text: &str) -> Result<Planned, String> {
    let planned: Planned = format!("kill:{text}")
        .parse()
        .map_err(|_| format!("expected NAME@SLOT, such as gateway-1@20, got {text:?}"))?;
    match planned.fault {
        Fault::Kill { .. } => Ok(planned),
        other => Err(format!("expected NAME@SLOT, got {other}")),
    }
}

impl DevnetArgs {
    /// What is asked for, not checked yet.
    pub fn config(self) -> DevnetConfig {
        DevnetConfig {
            data_dir: self.data_dir,
            slot_time_s: self.slot_time,
            preset: match self.preset {
                PresetArg::Minimal => PresetName::Minimal,
                PresetArg::Mainnet => PresetName::Mainnet,
            },
            validators: self.validators,
            handover_slots: self.handover_slots,
            gateways: self.gateways,
            followers: self.followers,
            spam_tps: self.spam,
            l1: self.l1,
            gossip: self.gossip,
            seed: self.seed,
            faults: self.kill.into_iter().chain(self.fault).collect(),
            random_faults: self.random_faults,
            misdeeds: self.misbehave,
            watchers: self.watchers,
            exit_after_slots: self.exit_after,
            json: self.json,
            ports: Ports {
                l1_rpc: self.l1_rpc_port,
                l1_beacon: self.l1_beacon_port,
                gateways: self.gateway_port,
                followers: self.follower_port,
                watchers: self.watcher_port,
                batchers: self.batcher_port,
                metrics: self.metrics_port,
                gossip: self.gossip_port,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        devnet: DevnetArgs,
    }

    fn config(line: &str) -> Result<DevnetConfig, String> {
        Command::try_parse_from(format!("x {line}").split_whitespace())
            .map(|command| command.devnet.config())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn every_documented_option_is_understood() {
        let config = config(
            "--data-dir d --slot-time 3s --preset mainnet --validators 32 --gateways 3 --followers 2 --spam 50 --l1 npm --seed 7 \
             --kill gateway-1@20 --fault l1-reorg:2@9 --fault l1-miss@10 --random-faults --exit-after 40 --json --gossip only \
             --watchers 2",
        )
        .unwrap();
        assert_eq!(config.slot_time_s, 3);
        assert_eq!(config.preset, PresetName::Mainnet);
        assert_eq!((config.gateways, config.followers), (3, 2));
        assert_eq!(config.l1, L1Kind::Npm);
        assert_eq!(config.gossip, Gossip::Only);
        assert_eq!(config.faults.len(), 3);
        assert_eq!(config.exit_after_slots, Some(40));
        assert_eq!(config.watchers(), 2);
        config.check().unwrap();
    }

    #[test]
    fn misdeeds_are_understood_in_the_order_they_are_asked_for() {
        let config = config("--gateways 3 --misbehave omit@5 --misbehave late@6").unwrap();
        let asked: Vec<_> = config.misdeeds.iter().map(ToString::to_string).collect();
        assert_eq!(asked, ["omit@5", "late@6"]);
        config.check().unwrap();
    }

    #[test]
    fn without_options_it_is_the_devnet_of_the_readme() {
        let config = config("").unwrap();
        assert_eq!((config.slot_time_s, config.validators), (2, 8));
        assert_eq!((config.gateways, config.followers), (2, 1));
        assert_eq!(config.ports, Ports::DEFAULT);
        assert_eq!(config.gossip, Gossip::Off);
        assert_eq!(config.watchers(), 1);
        config.check().unwrap();
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_what_was_expected() {
        for (line, words) in [
            ("--slot-time 500ms", "whole seconds"),
            ("--kill gateway-1", "gateway-1@20"),
            ("--kill restart:gateway-1@3", "gateway-1@20"),
            ("--fault dance@3", "restart:NAME"),
            ("--l1 geth", "embedded"),
            ("--misbehave dance@3", "false-end"),
        ] {
            let error = config(line).unwrap_err();
            assert!(error.contains(words), "{line}: {error}");
        }
    }
    #[test]
    fn gossip_without_a_word_goes_beside_the_streams_and_takes_a_port_of_each_process() {
        let config = config("--gossip --followers 2").unwrap();
        assert_eq!(config.gossip, Gossip::Beside);
        assert_eq!(
            config.gossiping(),
            5,
            "two gateways, two followers, a watcher"
        );
        config.check().unwrap();
        let ports = Ports {
            gossip: config.ports.followers - 3,
            ..config.ports
        };
        assert!(DevnetConfig { ports, ..config }.check().is_err());
    }
}
