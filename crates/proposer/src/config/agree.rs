use forebond_beacon::signing::registration::SIGNING_ID;
use forebond_commit_boost::config::ChainSettings;
use forebond_l1::beacon::{Genesis, Spec};
use forebond_protocol::SlotClock;

/// What three sources say of one chain, beside Commit-Boost's configuration.
#[derive(Clone, Debug)]
pub struct L1Says {
    /// The beacon node.
    pub genesis: Genesis,
    /// Likewise.
    pub spec: Spec,
    /// The execution node.
    pub execution_chain_id: u64,
    /// The rollup file.
    pub rollup_chain_id: u64,
    /// The rollup's contracts.
    pub clock: SlotClock,
}

/// Two sources that are about different chains. Signatures would be worth nothing, or be worth something elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {first_source} says {first}, {second_source} says {second}; {mend}")]
pub struct Disagreement {
    what: &'static str,
    first_source: &'static str,
    first: String,
    second_source: &'static str,
    second: String,
    mend: &'static str,
}

const CONFIG: &str = "`chain` in Commit-Boost's TOML";
const BEACON: &str = "the beacon node";

/// All of them. Empty when everything is about one chain, and when the module's signing id is the one that the registry checks.
#[must_use]
pub fn disagreements(
    chain: &ChainSettings,
    signing_id: alloy_primitives::B256,
    says: &L1Says,
) -> Vec<Disagreement> {
    let mut found = Vec::new();
    let mut compare =
        |what, first: (&'static str, String), second: (&'static str, String), mend| {
            if first.1 != second.1 {
                found.push(Disagreement {
                    what,
                    first_source: first.0,
                    first: first.1,
                    second_source: second.0,
                    second: second.1,
                    mend,
                });
            }
        };
    let beacon = "point --l1-beacon at a node of the chain in CB_CONFIG, or correct `chain` there";
    compare(
        "genesis fork version",
        (CONFIG, chain.chain.genesis_fork_version.to_string()),
        (BEACON, says.genesis.genesis_fork_version.to_string()),
        beacon,
    );
    compare(
        "genesis time",
        (CONFIG, chain.genesis_time_s.to_string()),
        (BEACON, says.genesis.genesis_time.to_string()),
        beacon,
    );
    compare(
        "seconds of a slot",
        (CONFIG, chain.seconds_per_slot.to_string()),
        (BEACON, says.spec.seconds_per_slot.to_string()),
        beacon,
    );
    compare(
        "chain id",
        (CONFIG, chain.chain.chain_id.to_string()),
        (BEACON, says.spec.deposit_chain_id.to_string()),
        beacon,
    );
    compare(
        "chain id",
        (CONFIG, chain.chain.chain_id.to_string()),
        ("the execution node", says.execution_chain_id.to_string()),
        "point --l1-rpc at a node of the chain in CB_CONFIG",
    );
    compare(
        "chain id",
        (CONFIG, chain.chain.chain_id.to_string()),
        ("the rollup file", says.rollup_chain_id.to_string()),
        "use the rollup file of a rollup on this chain",
    );
    compare(
        "slots of an epoch",
        (BEACON, says.spec.slots_per_epoch.to_string()),
        (
            "the rollup's contracts",
            says.clock.slots_per_epoch.to_string(),
        ),
        "use the rollup file and the L1 endpoints of one deployment",
    );
    compare(
        "the module's signing_id",
        ("Commit-Boost's TOML", signing_id.to_string()),
        ("the ValidatorRegistry", SIGNING_ID.to_string()),
        "set signing_id of our [[modules]] table to the registry's, in the signer's configuration too: registrations signed for another one are refused on chain",
    );
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{B256, FixedBytes};
    use forebond_beacon::signing::commit_boost::Chain;

    fn says() -> L1Says {
        L1Says {
            genesis: Genesis {
                genesis_time: 5,
                genesis_validators_root: B256::ZERO,
                genesis_fork_version: FixedBytes([1, 2, 3, 4]),
            },
            spec: Spec {
                preset_base: "minimal".to_owned(),
                seconds_per_slot: 2,
                slots_per_epoch: 8,
                fulu_fork_epoch: 0,
                gloas_fork_epoch: u64::MAX,
                deposit_chain_id: 1337,
            },
            execution_chain_id: 1337,
            rollup_chain_id: 1337,
            clock: SlotClock {
                genesis_s: 5,
                seconds_per_slot: 2,
                slots_per_epoch: 8,
            },
        }
    }

    const CHAIN: ChainSettings = ChainSettings {
        chain: Chain::new([1, 2, 3, 4], 1337),
        genesis_time_s: 5,
        seconds_per_slot: 2,
    };

    /// Pitfall: a beacon node on another chain.
    #[test]
    fn each_source_that_is_about_another_chain_is_named_with_both_values() {
        assert_eq!(disagreements(&CHAIN, SIGNING_ID, &says()), []);
        type Change = (&'static str, fn(&mut L1Says));
        let changes: [Change; 7] = [
            ("fork version", |says| {
                says.genesis.genesis_fork_version = FixedBytes([9; 4]);
            }),
            ("genesis time", |says| says.genesis.genesis_time = 9),
            ("seconds", |says| says.spec.seconds_per_slot = 12),
            ("beacon node says 1", |says| says.spec.deposit_chain_id = 1),
            ("execution node says 1", |says| says.execution_chain_id = 1),
            ("rollup file says 1", |says| says.rollup_chain_id = 1),
            ("slots of an epoch", |says| says.clock.slots_per_epoch = 32),
        ];
        for (words, change) in changes {
            let mut says = says();
            change(&mut says);
            let found = disagreements(&CHAIN, SIGNING_ID, &says);
            let text = found.first().map(ToString::to_string).unwrap_or_default();
            assert!(found.len() == 1 && text.contains(words), "{words}: {text}");
        }
        let other = disagreements(&CHAIN, B256::repeat_byte(1), &says());
        assert_eq!(other.len(), 1);
    }
}
