use std::{io::Read, path::Path};

use alloy_primitives::hex;
use forebond_beacon::signing::commit_boost::Chain;
use serde::Deserialize;

use super::spec::{MAX_BYTES, Spec};

/// The chain that signatures are bound to, and its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainSettings {
    /// What enters signing roots.
    pub chain: Chain,
    /// Unix seconds of slot 0.
    pub genesis_time_s: u64,
    /// Seconds between slots.
    pub seconds_per_slot: u64,
}

/// The three ways to write `chain` in the TOML.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum ChainForm {
    Name(String),
    File(FileForm),
    Inline(InlineForm),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileForm {
    genesis_time_secs: u64,
    path: std::path::PathBuf,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InlineForm {
    genesis_time_secs: u64,
    slot_time_secs: u64,
    genesis_fork_version: String,
    #[allow(
        dead_code,
        reason = "part of the form; signing roots do not change at forks"
    )]
    fulu_fork_slot: u64,
    chain_id: u64,
}

/// Four bytes in hex.
pub(super) fn version(text: &str) -> Result<[u8; 4], String> {
    hex::decode_to_array(text)
        .map_err(|_| format!("expected a fork version of 4 bytes in hex, got {text:.40?}"))
}

impl ChainForm {
    /// The chain; `spec` takes the place of the path in the file.
    pub(super) fn settings(&self, spec: Option<&Path>) -> Result<ChainSettings, String> {
        match self {
            Self::Name(name) => named(name),
            Self::File(form) => from_file(spec.unwrap_or(&form.path), form.genesis_time_secs),
            Self::Inline(form) => Ok(ChainSettings {
                chain: Chain::new(version(&form.genesis_fork_version)?, form.chain_id),
                genesis_time_s: form.genesis_time_secs,
                seconds_per_slot: positive(form.slot_time_secs)?,
            }),
        }
    }
}

fn positive(seconds_per_slot: u64) -> Result<u64, String> {
    (seconds_per_slot > 0)
        .then_some(seconds_per_slot)
        .ok_or_else(|| "a slot takes at least one second, got 0".to_owned())
}

fn named(name: &str) -> Result<ChainSettings, String> {
    let (chain, genesis_time_s) = match name.to_ascii_lowercase().as_str() {
        "mainnet" => (Chain::MAINNET, 1_606_824_023),
        "holesky" => (Chain::HOLESKY, 1_695_902_400),
        "sepolia" => (Chain::SEPOLIA, 1_655_733_600),
        "hoodi" => (Chain::HOODI, 1_742_213_400),
        _ => {
            return Err(format!(
                "expected Mainnet, Holesky, Sepolia, Hoodi, or a table with genesis_time_secs and path, got {name:.40?}"
            ));
        }
    };
    Ok(ChainSettings {
        chain,
        genesis_time_s,
        seconds_per_slot: 12,
    })
}

fn from_file(path: &Path, genesis_time_s: u64) -> Result<ChainSettings, String> {
    let failed = |error: std::io::Error| {
        format!(
            "{}: {error}; CB_CHAIN_SPEC says where the spec file is in this container",
            path.display()
        )
    };
    let mut text = String::new();
    std::fs::File::open(path)
        .map_err(failed)?
        .take(MAX_BYTES)
        .read_to_string(&mut text)
        .map_err(failed)?;
    let spec = Spec::parse(&text)?;
    Ok(ChainSettings {
        chain: Chain::new(
            spec.version("GENESIS_FORK_VERSION")?,
            spec.number("DEPOSIT_CHAIN_ID")?,
        ),
        genesis_time_s,
        seconds_per_slot: positive(spec.number("SECONDS_PER_SLOT")?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct File {
        chain: ChainForm,
    }

    fn settings(toml: &str, spec: Option<&Path>) -> Result<ChainSettings, String> {
        let file: File = toml::from_str(toml).map_err(|error| error.to_string())?;
        file.chain.settings(spec)
    }

    #[test]
    fn a_chain_is_a_name_a_spec_file_or_a_table() {
        assert_eq!(
            settings("chain = \"Hoodi\"", None).unwrap().chain,
            Chain::HOODI
        );
        let inline = "chain = { genesis_time_secs = 5, slot_time_secs = 2, genesis_fork_version = \"0x10000038\", fulu_fork_slot = 0, chain_id = 3151908 }";
        let expected = ChainSettings {
            chain: Chain::new([0x10, 0, 0, 0x38], 3_151_908),
            genesis_time_s: 5,
            seconds_per_slot: 2,
        };
        assert_eq!(settings(inline, None), Ok(expected));
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.yaml");
        std::fs::write(
            &path,
            "GENESIS_FORK_VERSION: 0x10000038\nDEPOSIT_CHAIN_ID: 3151908\nSECONDS_PER_SLOT: 2\n",
        )
        .unwrap();
        let file = format!("chain = {{ genesis_time_secs = 5, path = {path:?} }}");
        assert_eq!(settings(&file, None), Ok(expected));
        // CB_CHAIN_SPEC: the path in the file is that of another container.
        let elsewhere = "chain = { genesis_time_secs = 5, path = \"/nonexistent\" }";
        assert_eq!(settings(elsewhere, Some(&path)), Ok(expected));
        assert!(
            settings(elsewhere, None)
                .unwrap_err()
                .contains("CB_CHAIN_SPEC")
        );
    }

    #[test]
    fn chains_nobody_knows_and_slots_without_length_are_refused() {
        for toml in [
            "chain = \"Goerli\"",
            "chain = 1",
            "chain = { genesis_time_secs = 5 }",
            "chain = { genesis_time_secs = 5, slot_time_secs = 0, genesis_fork_version = \"0x10000038\", fulu_fork_slot = 0, chain_id = 1 }",
            "chain = { genesis_time_secs = 5, slot_time_secs = 2, genesis_fork_version = \"0x100038\", fulu_fork_slot = 0, chain_id = 1 }",
        ] {
            assert!(settings(toml, None).is_err(), "{toml}");
        }
    }
}
