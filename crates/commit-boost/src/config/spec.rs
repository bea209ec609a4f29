//! The few constants of a chain's spec file that a module needs, from its two common forms: `KEY: value` lines (YAML), and
//! the Beacon API's `/eth/v1/config/spec` (JSON).

use std::collections::BTreeMap;

/// Larger files are no chain specs.
pub(super) const MAX_BYTES: u64 = 1 << 20;

/// The top-level constants of a spec.
#[derive(Debug)]
pub(super) struct Spec(BTreeMap<String, String>);

impl Spec {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let values = if text.trim_start().starts_with('{') {
            json(text)?
        } else {
            yaml(text)
        };
        Ok(Self(values))
    }

    fn value(&self, key: &str) -> Result<&str, String> {
        self.0
            .get(key)
            .map(String::as_str)
            .ok_or_else(|| format!("the spec file has no {key}"))
    }

    pub(super) fn number(&self, key: &str) -> Result<u64, String> {
        let text = self.value(key)?;
        text.parse()
            .map_err(|_| format!("the spec file's {key} should be a number, got {text:.40?}"))
    }

    pub(super) fn version(&self, key: &str) -> Result<[u8; 4], String> {
        let text = self.value(key)?;
        super::chain::version(text).map_err(|error| format!("the spec file's {key}: {error}"))
    }
}

fn json(text: &str) -> Result<BTreeMap<String, String>, String> {
    let file: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("the spec file: {error}"))?;
    let table = file.get("data").unwrap_or(&file);
    let table = table.as_object().ok_or("the spec file is no JSON object")?;
    Ok(table
        .iter()
        .filter_map(|(key, value)| match value {
            serde_json::Value::String(text) => Some((key.clone(), text.clone())),
            serde_json::Value::Number(number) => Some((key.clone(), number.to_string())),
            _ => None,
        })
        .collect())
}

/// Lines of the outermost level only; lists and tables below them are nothing to us.
fn yaml(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter(|line| !line.starts_with([' ', '\t', '#', '-']))
        .filter_map(|line| line.split_once(':'))
        .map(|(key, value)| {
            let value = value.split(" #").next().unwrap_or(value);
            let value = value.trim().trim_matches(['"', '\'']);
            (key.trim().to_owned(), value.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_say_the_same() {
        let yaml = "# a devnet\nPRESET_BASE: 'minimal'\nGENESIS_FORK_VERSION: 0x10000038 # kurtosis\nDEPOSIT_CHAIN_ID: \"3151908\"\nBLOB_SCHEDULE:\n  - EPOCH: 5\nSECONDS_PER_SLOT: 6\n";
        let json = r#"{"data":{"GENESIS_FORK_VERSION":"0x10000038","DEPOSIT_CHAIN_ID":"3151908","SECONDS_PER_SLOT":"6","BLOB_SCHEDULE":[{"EPOCH":"5"}]}}"#;
        let flat = r#"{"GENESIS_FORK_VERSION":"0x10000038","DEPOSIT_CHAIN_ID":3151908,"SECONDS_PER_SLOT":6}"#;
        for text in [yaml, json, flat] {
            let spec = Spec::parse(text).unwrap();
            assert_eq!(spec.version("GENESIS_FORK_VERSION"), Ok([0x10, 0, 0, 0x38]));
            assert_eq!(spec.number("DEPOSIT_CHAIN_ID"), Ok(3_151_908));
            assert_eq!(spec.number("SECONDS_PER_SLOT"), Ok(6));
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let spec = Spec::parse("SECONDS_PER_SLOT: soon\nGENESIS_FORK_VERSION: 0x1").unwrap();
        for error in [
            spec.number("SECONDS_PER_SLOT").unwrap_err(),
            spec.number("DEPOSIT_CHAIN_ID").unwrap_err(),
            spec.version("GENESIS_FORK_VERSION").unwrap_err(),
        ] {
            assert!(error.contains("spec file"), "{error}");
        }
        assert!(Spec::parse("{").is_err());
    }
}
