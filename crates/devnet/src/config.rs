//! What a devnet is made of, checked before anything starts.

use std::path::PathBuf;

use forebond_embedded_l1::node::PresetName;

use crate::{
    faults::{Fault, Planned},
    misdeeds::{Misdeed, PlannedMisdeed},
};

/// Which L1.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum L1Kind {
    /// In this process.
    Embedded,
    /// Foundry's; refused, since it has no beacon chain.
    Anvil,
    /// EthereumJS and Lodestar's state transition.
    Npm,
}

/// How processes hear of each other's messages.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gossip {
    /// By streams.
    Off,
    /// By streams and by gossip.
    Beside,
    /// By gossip and nothing else.
    Only,
}

/// Where things answer, all on 127.0.0.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// The L1's JSON-RPC.
    pub l1_rpc: u16,
    /// The L1's Beacon API.
    pub l1_beacon: u16,
    /// RPC of the first gateway; the others follow.
    pub gateways: u16,
    /// RPC of the first follower; the others follow.
    pub followers: u16,
    /// RPC of the first watcher; the others follow.
    pub watchers: u16,
    /// Gossip of the first gateway; the other gateways and then the followers follow. Unused without gossip.
    pub gossip: u16,
    /// Where the first batcher tells proposers which blobs it waits for; the others follow. `None`: it does not.
    pub batchers: Option<u16>,
    /// Figures of the first gateway; the others follow. Batchers' are 100 above, watchers' 200. `None`: nobody serves them.
    pub metrics: Option<u16>,
}

impl Ports {
    /// From gateways' figures to batchers', and on to watchers'.
    const METRICS_APART: u32 = 100;

    /// The `n`th port of a row.
    pub(crate) fn nth(first: u16, n: u32) -> u16 {
        u16::try_from(u32::from(first).saturating_add(n)).unwrap_or(u16::MAX)
    }

    /// Figures of the `n`th process of a role: 0 for gateways, 1 for batchers, 2 for watchers.
    pub(crate) fn metrics_of(&self, role: u32, n: u32) -> Option<u16> {
        let row = role.saturating_mul(Self::METRICS_APART);
        Some(Self::nth(self.metrics?, row.saturating_add(n)))
    }

    /// Those scripts rely on.
    pub const DEFAULT: Self = Self {
        l1_rpc: 8545,
        l1_beacon: 5052,
        gateways: 9545,
        followers: 9645,
        watchers: 9745,
        gossip: 9845,
        batchers: None,
        metrics: None,
    };
}

/// A devnet to be.
#[derive(Clone, Debug)]
pub struct DevnetConfig {
    /// Where everything it writes lies.
    pub data_dir: PathBuf,
    /// Seconds of an L1 slot, 1 to 60.
    pub slot_time_s: u64,
    /// Sizes of the beacon chain.
    pub preset: PresetName,
    /// Validators of the L1; the first half of them is registered.
    pub validators: u64,
    /// H of R1, slots: from a turn's last block to the end of its window, 1 to 4. An L1 block is made when its slot begins, so what
    /// is to be in a window's last block has `H - 1` slots to get there.
    pub handover_slots: u64,
    /// Gateways, 1 to 6.
    pub gateways: u32,
    /// Followers, 0 to 8.
    pub followers: u32,
    /// Transactions per second, 0 to 5,000.
    pub spam_tps: u32,
    /// Which L1.
    pub l1: L1Kind,
    /// How messages travel.
    pub gossip: Gossip,
    /// Repeats a run; `None` = drawn.
    pub seed: Option<u64>,
    /// What shall go wrong, in slots after the start.
    pub faults: Vec<Planned>,
    /// Faults drawn from the seed, too.
    pub random_faults: bool,
    /// Rules to be broken, in slots after the start.
    pub misdeeds: Vec<PlannedMisdeed>,
    /// Watchers, 0 to 4; none given: [`DevnetConfig::watchers`] says.
    pub watchers: Option<u32>,
    /// Ends after so many slots.
    pub exit_after_slots: Option<u64>,
    /// One JSON object at the end.
    pub json: bool,
    /// Where things answer.
    pub ports: Ports,
}

/// A devnet that cannot be.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    /// A number out of range.
    #[error("--{option}: expected {min} to {max}, got {got}")]
    Range {
        /// The option.
        option: &'static str,
        /// Smallest.
        min: u64,
        /// Largest.
        max: u64,
        /// Given.
        got: u64,
    },
    /// Anvil has no beacon chain.
    #[error(
        "--l1 anvil: windows are proven from beacon states (EIP-4788, EIP-7917), and anvil has neither a beacon chain nor \
         beacon roots; use --l1 embedded (starts at once) or --l1 npm (published clients)"
    )]
    Anvil,
    /// A fault that meets nobody.
    #[error("{fault}: there is no {name}; expected one of {known}")]
    NoSuchProcess {
        /// The fault.
        fault: String,
        /// Whom it names.
        name: String,
        /// Who there is.
        known: String,
    },
    /// More misdeeds than gateways that may be guilty.
    #[error(
        "--misbehave: {wanted} gateways would have to break rules, and {able} can (the first one stays honest, each other one breaks \
         one); use --gateways {needed}, at most 6, or several runs"
    )]
    TooManyMisdeeds {
        /// Misdeeds of gateways.
        wanted: usize,
        /// Gateways beside the first.
        able: usize,
        /// Gateways that would do.
        needed: usize,
    },
    /// A misdeed without anybody to find it, or with a way around it.
    #[error("--misbehave {misdeed}: {reason}")]
    Misdeed {
        /// Which one.
        misdeed: &'static str,
        /// Why it can't be shown.
        reason: &'static str,
    },
    /// Two processes on one port.
    #[error("the ports of {first} and {second} overlap; choose others")]
    Ports {
        /// One.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
}

impl DevnetConfig {
    /// Checks what types can't.
    ///
    /// # Errors
    /// [`ConfigError`] with the first thing that can't be.
    pub fn check(&self) -> Result<(), ConfigError> {
        let least_validators = match (self.l1, self.preset) {
            // The published clients want a proposer for each slot of an epoch.
            (L1Kind::Npm, PresetName::Mainnet) => 32,
            (L1Kind::Npm, PresetName::Minimal) => 8,
            _ => 2,
        };
        range("slot-time", self.slot_time_s, 1, 60)?;
        range("validators", self.validators, least_validators, 4_096)?;
        range("handover-slots", self.handover_slots, 1, 4)?;
        range("gateways", self.gateways.into(), 1, 6)?;
        range("followers", self.followers.into(), 0, 8)?;
        range("spam", self.spam_tps.into(), 0, 5_000)?;
        if let Some(slots) = self.exit_after_slots {
            range("exit-after", slots, 1, 1_000_000)?;
        }
        if self.l1 == L1Kind::Anvil {
            return Err(ConfigError::Anvil);
        }
        self.check_ports()?;
        range("watchers", self.watchers().into(), 0, 4)?;
        for planned in &self.faults {
            self.check_fault(&planned.fault)?;
        }
        self.check_misdeeds()
    }

    /// Watchers that run: as many as were asked for; else one, unless processes are made to fail. Gateways that are killed are late, and
    /// a watcher would make them pay.
    pub fn watchers(&self) -> u32 {
        self.watchers.unwrap_or(u32::from(!self.has_faults()))
    }

    /// Whether processes, or the L1, are made to fail.
    pub(crate) const fn has_faults(&self) -> bool {
        self.random_faults || !self.faults.is_empty()
    }

    /// Whether something is to be done wrong in this way.
    pub(crate) fn has_misdeed(&self, misdeed: Misdeed) -> bool {
        self.misdeeds.iter().any(|one| one.misdeed == misdeed)
    }

    fn check_misdeeds(&self) -> Result<(), ConfigError> {
        let Some(first) = self.misdeeds.first() else {
            return Ok(());
        };
        let refused = |misdeed: Misdeed, reason| {
            Err(ConfigError::Misdeed {
                misdeed: misdeed.name(),
                reason,
            })
        };
        if self.has_faults() {
            return refused(
                first.misdeed,
                "a process that is made to fail is late without guilt, and the verdict could not tell the two apart; leave out --kill, \
                 --fault and --random-faults, or do them in a run of their own",
            );
        }
        let wanted = self.misdeeds.iter();
        let wanted = wanted
            .filter(|one| one.misdeed != Misdeed::MissSlot)
            .count();
        let able = usize::try_from(self.gateways)
            .unwrap_or(usize::MAX)
            .saturating_sub(1);
        if wanted > able {
            return Err(ConfigError::TooManyMisdeeds {
                wanted,
                able,
                needed: wanted.saturating_add(1),
            });
        }
        if self.watchers() == 0 {
            return refused(first.misdeed, "nobody would find it; use --watchers 1");
        }
        if self.spam_tps == 0 {
            return refused(first.misdeed, "promises are broken to users; use --spam 10");
        }
        if self.has_misdeed(Misdeed::Withhold) && self.gossip != Gossip::Off {
            return refused(
                Misdeed::Withhold,
                "gossip would carry what is to be withheld; use --gossip off",
            );
        }
        Ok(())
    }

    /// Names of the processes, in the order they start.
    pub fn process_names(&self) -> Vec<String> {
        let of = |role: &'static str, count: u32| (1..=count).map(move |n| format!("{role}-{n}"));
        of("gateway", self.gateways)
            .chain(of("batcher", self.gateways))
            .chain(of("follower", self.followers))
            .chain(of("watcher", self.watchers()))
            .collect()
    }

    /// Processes that take part in gossip.
    pub(crate) fn gossiping(&self) -> u32 {
        match self.gossip {
            Gossip::Off => 0,
            Gossip::Beside | Gossip::Only => self
                .gateways
                .saturating_add(self.followers)
                .saturating_add(self.watchers()),
        }
    }

    fn check_fault(&self, fault: &Fault) -> Result<(), ConfigError> {
        let known = self.process_names();
        match fault.process() {
            Some(name) if !known.iter().any(|one| one == name) => Err(ConfigError::NoSuchProcess {
                fault: fault.to_string(),
                name: name.to_owned(),
                known: known.join(", "),
            }),
            _ => Ok(()),
        }
    }

    fn check_ports(&self) -> Result<(), ConfigError> {
        let ports = self.ports;
        let metrics = (2 * Ports::METRICS_APART).saturating_add(self.watchers());
        // The L1 may choose for itself (0); everybody else is told beforehand where the others are.
        for (option, from, least, count) in [
            ("l1-rpc-port", ports.l1_rpc, 0, 1),
            ("l1-beacon-port", ports.l1_beacon, 0, 1),
            ("gateway-port", ports.gateways, 1, self.gateways),
            ("follower-port", ports.followers, 1, self.followers),
            ("watcher-port", ports.watchers, 1, self.watchers()),
            ("gossip-port", ports.gossip, 1, self.gossiping()),
            (
                "batcher-port",
                ports.batchers.unwrap_or(1),
                1,
                self.gateways,
            ),
            ("metrics-port", ports.metrics.unwrap_or(1), 1, metrics),
        ] {
            let most = 65_536u64.saturating_sub(u64::from(count.max(1)));
            range(option, from.into(), least, most)?;
        }
        let taken = [
            ("the L1's RPC", u32::from(ports.l1_rpc), 1),
            ("the Beacon API", u32::from(ports.l1_beacon), 1),
            ("gateways", u32::from(ports.gateways), self.gateways),
            ("followers", u32::from(ports.followers), self.followers),
            ("watchers", u32::from(ports.watchers), self.watchers()),
            ("gossip", u32::from(ports.gossip), self.gossiping()),
            (
                "batchers",
                u32::from(ports.batchers.unwrap_or(0)),
                self.gateways,
            ),
            ("metrics", u32::from(ports.metrics.unwrap_or(0)), metrics),
        ];
        let taken: Vec<_> = taken
            .iter()
            .filter(|(_, from, count)| *from != 0 && *count != 0)
            .collect();
        for (place, (first, from, count)) in taken.iter().enumerate() {
            for (second, other, others) in taken.iter().skip(place + 1) {
                if *from < other + others && *other < from + count {
                    return Err(ConfigError::Ports { first, second });
                }
            }
        }
        Ok(())
    }
}

fn range(option: &'static str, got: u64, min: u64, max: u64) -> Result<(), ConfigError> {
    if (min..=max).contains(&got) {
        return Ok(());
    }
    Err(ConfigError::Range {
        option,
        min,
        max,
        got,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What `forebond devnet` runs without options.
    pub(crate) fn usual() -> DevnetConfig {
        DevnetConfig {
            data_dir: PathBuf::from("d"),
            slot_time_s: 2,
            preset: PresetName::Minimal,
            validators: 8,
            handover_slots: 2,
            gateways: 2,
            followers: 1,
            spam_tps: 10,
            l1: L1Kind::Embedded,
            gossip: Gossip::Off,
            seed: Some(1),
            faults: Vec::new(),
            random_faults: false,
            misdeeds: Vec::new(),
            watchers: None,
            exit_after_slots: None,
            json: false,
            ports: Ports::DEFAULT,
        }
    }

    #[test]
    fn anvil_is_refused_with_the_reason_and_what_to_use_instead() {
        let config = DevnetConfig {
            l1: L1Kind::Anvil,
            ..usual()
        };
        let words = config.check().unwrap_err().to_string();
        assert!(
            words.contains("beacon chain") && words.contains("--l1 embedded"),
            "{words}"
        );
    }

    #[test]
    fn a_fault_that_meets_nobody_is_refused_with_who_there_is() {
        let config = DevnetConfig {
            faults: vec!["restart:gateway-3@4".parse().unwrap()],
            ..usual()
        };
        let words = config.check().unwrap_err().to_string();
        assert!(words.contains("gateway-1, gateway-2, batcher-1"), "{words}");
    }

    #[test]
    fn misdeeds_need_somebody_guilty_somebody_who_looks_and_somebody_who_is_wronged() {
        let with = |misdeeds: &[&str]| DevnetConfig {
            misdeeds: misdeeds.iter().map(|one| one.parse().unwrap()).collect(),
            ..usual()
        };
        with(&["omit@4", "miss-slot@4"]).check().unwrap();
        for (config, words) in [
            (with(&["omit@4", "late@9"]), "--gateways 3"),
            (
                DevnetConfig {
                    watchers: Some(0),
                    ..with(&["omit@4"])
                },
                "--watchers 1",
            ),
            (
                DevnetConfig {
                    spam_tps: 0,
                    ..with(&["omit@4"])
                },
                "--spam 10",
            ),
            (
                DevnetConfig {
                    gossip: Gossip::Beside,
                    ..with(&["withhold@4"])
                },
                "--gossip off",
            ),
        ] {
            let error = config.check().unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn misdeeds_and_faults_in_one_run_are_refused_because_no_verdict_could_tell_them_apart() {
        let guilty = DevnetConfig {
            misdeeds: vec!["omit@4".parse().unwrap()],
            watchers: Some(1),
            ..usual()
        };
        guilty.check().unwrap();
        for config in [
            DevnetConfig {
                random_faults: true,
                ..guilty.clone()
            },
            DevnetConfig {
                faults: vec!["restart:gateway-1@4".parse().unwrap()],
                ..guilty.clone()
            },
        ] {
            let words = config.check().unwrap_err().to_string();
            assert!(
                words.contains("--misbehave omit") && words.contains("a run of their own"),
                "{words}"
            );
        }
    }

    #[test]
    fn the_l1_may_choose_its_ports_and_nobody_else() {
        let ports = Ports {
            l1_rpc: 0,
            l1_beacon: 0,
            ..Ports::DEFAULT
        };
        DevnetConfig { ports, ..usual() }.check().unwrap();
        for ports in [
            Ports {
                gateways: 0,
                ..ports
            },
            Ports {
                followers: 0,
                ..ports
            },
            Ports {
                gateways: 65_535,
                ..ports
            },
        ] {
            let error = DevnetConfig { ports, ..usual() }.check();
            assert!(matches!(error, Err(ConfigError::Range { .. })), "{ports:?}");
        }
    }

    #[test]
    fn ports_that_overlap_are_refused() {
        let ports = Ports {
            gateways: 8544,
            ..Ports::DEFAULT
        };
        let config = DevnetConfig { ports, ..usual() };
        assert_eq!(
            config.check(),
            Err(ConfigError::Ports {
                first: "the L1's RPC",
                second: "gateways"
            })
        );
    }
}
