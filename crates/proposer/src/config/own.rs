use std::collections::BTreeSet;

use forebond_beacon::bls::{PublicKey, PublicKeyBytes};
use serde::Deserialize;
use url::Url;

use crate::{
    choice::{Offer, Policy, PolicyError},
    duties::loans::LoanTerms,
};

/// Relays that are told of signed slots.
const MOST_RELAYS: usize = 16;
/// Gateways that are named, in `gateways` and `policy.allow`: each is read from L1 once an epoch.
const MOST_GATEWAYS: usize = 64;

/// Our own keys in our `[[modules]]` table. All have defaults; a table without any of them is complete.
#[derive(Clone, Debug, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OwnConfig {
    /// Which gateways get our slots.
    pub policy: Policy,
    /// How loans are made.
    pub loans: LoanSection,
    /// What gateways say that no contract does.
    pub gateways: Vec<GatewayEntry>,
    /// Relays that signed slots are posted to, and asked for what others have signed with our keys.
    pub relays: Vec<Url>,
    /// How long the signer may take.
    pub signer: SignerSection,
    /// The blob guard.
    pub guard: GuardSection,
    /// Leave proving the lookahead to others.
    pub no_lookahead: bool,
    /// Register no validators; those that are registered are still lent.
    pub no_registration: bool,
}

/// How loans are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LoanSection {
    /// Epochs of one loan, at least 1.
    pub length_epochs: u64,
    /// So many epochs before its end the next one is booked, at least 3.
    pub renew_before_epochs: u64,
}

impl Default for LoanSection {
    fn default() -> Self {
        Self {
            // A day of mainnet.
            length_epochs: 225,
            renew_before_epochs: 8,
        }
    }
}

impl From<LoanSection> for LoanTerms {
    fn from(section: LoanSection) -> Self {
        Self {
            length_epochs: section.length_epochs,
            renew_before_epochs: section.renew_before_epochs,
        }
    }
}

/// A gateway, by its word to us.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayEntry {
    /// Its number.
    pub id: u32,
    /// Its BLS key: without it its slots are lent, but no message says so to relays.
    #[serde(default)]
    pub delegate: Option<PublicKeyBytes>,
    /// Our part of its fees, basis points.
    #[serde(default)]
    pub fee_share_bps: u32,
    /// Where it runs.
    #[serde(default)]
    pub region: String,
    /// Its batcher's source of expected batches, for the guard.
    #[serde(default)]
    pub batches: Option<Url>,
}

impl GatewayEntry {
    /// What it offers.
    #[must_use]
    pub fn offer(&self) -> Offer {
        Offer {
            fee_share_bps: self.fee_share_bps,
            region: self.region.clone(),
        }
    }
}

/// How long the signer may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignerSection {
    /// One request, milliseconds. A distributed validator's signer may take 60,000.
    pub attempt_deadline_ms: u64,
    /// One signature with all its repetitions, milliseconds.
    pub call_deadline_ms: u64,
    /// Longest pause after failures, milliseconds.
    pub longest_pause_ms: u64,
}

impl Default for SignerSection {
    fn default() -> Self {
        Self {
            attempt_deadline_ms: 12_000,
            call_deadline_ms: 30_000,
            longest_pause_ms: 120_000,
        }
    }
}

/// The blob guard.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GuardSection {
    /// Where bids come from: MEV-Boost, Commit-Boost PBS or a relay. Without it there is no guard.
    pub upstream: Option<Url>,
    /// For one header with all that is behind it, milliseconds. Beacon nodes wait a second.
    pub header_deadline_ms: u64,
    /// For the question which batch is expected, milliseconds; part of the former.
    pub batch_deadline_ms: u64,
    /// For a submitted block, milliseconds.
    pub submit_deadline_ms: u64,
    /// For registrations of validators, milliseconds.
    pub register_deadline_ms: u64,
}

impl Default for GuardSection {
    fn default() -> Self {
        Self {
            upstream: None,
            header_deadline_ms: 950,
            batch_deadline_ms: 200,
            submit_deadline_ms: 4_000,
            register_deadline_ms: 3_000,
        }
    }
}

/// Why our keys cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OwnConfigError {
    /// A field.
    #[error("{field}: expected {expected}, got {got}")]
    Field {
        /// Its name.
        field: String,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        got: String,
    },
    /// The policy.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

impl OwnConfig {
    /// Whether they can be used.
    ///
    /// # Errors
    /// [`OwnConfigError`] names the first that cannot.
    pub fn check(&self) -> Result<(), OwnConfigError> {
        self.policy.check()?;
        let refuse = |field: &str, expected, got: String| {
            Err(OwnConfigError::Field {
                field: field.to_owned(),
                expected,
                got,
            })
        };
        if self.loans.length_epochs == 0 || self.loans.length_epochs > 1 << 24 {
            let got = self.loans.length_epochs.to_string();
            return refuse("loans.length_epochs", "1 to 16777216 epochs", got);
        }
        if self.loans.renew_before_epochs < 3 {
            let got = self.loans.renew_before_epochs.to_string();
            let expected = "at least 3: a loan begins two epochs after it is booked";
            return refuse("loans.renew_before_epochs", expected, got);
        }
        let named = self.named().len().max(self.gateways.len());
        if named > MOST_GATEWAYS {
            let expected = "at most 64 gateways in `gateways` and `policy.allow` together";
            return refuse("gateways", expected, named.to_string());
        }
        let mut known = BTreeSet::new();
        for gateway in &self.gateways {
            let field = format!("gateways, id {}", gateway.id);
            if gateway.id == 0 || !known.insert(gateway.id) {
                return refuse(&field, "each number from 1 on once", gateway.id.to_string());
            }
            if gateway.fee_share_bps > 10_000 {
                let got = gateway.fee_share_bps.to_string();
                return refuse(&field, "fee_share_bps of at most 10000", got);
            }
            if let Some(key) = &gateway.delegate
                && let Err(error) = PublicKey::try_from(key)
            {
                let expected = "delegate, a compressed BLS12-381 public key of 48 bytes";
                return refuse(&field, expected, error.to_string());
            }
        }
        let urls = self
            .relays
            .iter()
            .map(|url| ("relays", url))
            .chain(
                self.guard
                    .upstream
                    .iter()
                    .map(|url| ("guard.upstream", url)),
            )
            .chain(
                self.gateways
                    .iter()
                    .filter_map(|one| Some(("gateways.batches", one.batches.as_ref()?))),
            );
        for (field, url) in urls {
            if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
                return refuse(field, "http or https URLs", url.to_string());
            }
        }
        if self.relays.len() > MOST_RELAYS {
            return refuse("relays", "at most 16", self.relays.len().to_string());
        }
        let signer = &self.signer;
        if signer.attempt_deadline_ms == 0 || signer.call_deadline_ms < signer.attempt_deadline_ms {
            let expected = "at least attempt_deadline_ms, which is at least 1";
            let got = signer.call_deadline_ms.to_string();
            return refuse("signer.call_deadline_ms", expected, got);
        }
        let guard = &self.guard;
        if guard.batch_deadline_ms == 0 || guard.batch_deadline_ms >= guard.header_deadline_ms {
            let expected = "1 ms or more, and less than header_deadline_ms";
            let got = guard.batch_deadline_ms.to_string();
            return refuse("guard.batch_deadline_ms", expected, got);
        }
        Ok(())
    }

    /// Gateways that are named, with an entry or as allowed: they are read from L1 whether they own a window or not.
    #[must_use]
    pub fn named(&self) -> BTreeSet<u32> {
        let entries = self.gateways.iter().map(|gateway| gateway.id);
        entries.chain(self.policy.allow.iter().copied()).collect()
    }

    /// What is said of a gateway.
    #[must_use]
    pub fn gateway(&self, id: u32) -> Option<&GatewayEntry> {
        self.gateways.iter().find(|one| one.id == id)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<OwnConfig, String> {
        let own: OwnConfig = toml::from_str(text).map_err(|error| error.to_string())?;
        own.check().map_err(|error| error.to_string())?;
        Ok(own)
    }

    #[test]
    fn an_empty_table_is_complete() {
        assert_eq!(parse(""), Ok(OwnConfig::default()));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_by_its_name() {
        for (text, name) in [
            ("relay = []", "relay"),
            ("[policy]\nmin_bond = 5", "min_bond"),
            ("[policy]\nallow = [1]\ndeny = [1]", "policy.deny"),
            ("[policy]\nmax_latency_ms = 0", "policy.max_latency_ms"),
            ("[policy]\ntake_turns = 0", "policy.take_turns"),
            ("[policy]\ntake_turns = 17", "policy.take_turns"),
            (
                "[policy.weights]\nbond = 0\nlatency = 0\nfee_share = 0\nregion = 0",
                "policy.weights",
            ),
            (
                "[loans]\nrenew_before_epochs = 2",
                "loans.renew_before_epochs",
            ),
            ("[loans]\nlength_epochs = 0", "loans.length_epochs"),
            ("[[gateways]]\nid = 0", "gateways"),
            (
                "[[gateways]]\nid = 1\n[[gateways]]\nid = 1",
                "gateways, id 1",
            ),
            (
                "[[gateways]]\nid = 1\nfee_share_bps = 10001",
                "fee_share_bps",
            ),
            ("relays = [\"ftp://a\"]", "relays"),
            (
                "[guard]\nbatch_deadline_ms = 950",
                "guard.batch_deadline_ms",
            ),
            ("[signer]\ncall_deadline_ms = 1", "signer.call_deadline_ms"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(name), "{text}: {error}");
        }
        let key = format!("[[gateways]]\nid = 1\ndelegate = \"0x{}\"", "11".repeat(48));
        assert!(parse(&key).unwrap_err().contains("delegate"));
    }

    #[test]
    fn gateways_named_in_either_place_are_read_and_bounded_together() {
        let text = "[policy]\nallow = [3, 40]\n[[gateways]]\nid = 3\n[[gateways]]\nid = 17";
        assert_eq!(parse(text).unwrap().named(), [3, 17, 40].into());
        let allow: Vec<u32> = (1..=64).collect();
        let full = format!("[policy]\nallow = {allow:?}");
        assert_eq!(parse(&full).unwrap().named().len(), 64);
        let error = parse(&format!("{full}\n[[gateways]]\nid = 65")).unwrap_err();
        assert!(
            error.contains("at most 64") && error.contains("65"),
            "{error}"
        );
    }
}
