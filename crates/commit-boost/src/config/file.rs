use alloy_primitives::B256;
use serde::Deserialize;

use super::chain::ChainForm;

/// The parts of the shared TOML that concern a module; the rest is for others.
#[derive(Debug, Deserialize)]
pub(super) struct File {
    pub chain: Option<ChainForm>,
    pub relays: Option<toml::Value>,
    pub pbs: Option<toml::Value>,
    pub signer: Option<Signer>,
    pub modules: Option<Vec<toml::Table>>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Signer {
    pub host: Option<String>,
    pub tls_mode: Option<TlsMode>,
    pub remote: Option<toml::Value>,
    pub local: Option<Local>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Local {
    pub store: Option<toml::Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TlsMode {
    #[serde(rename = "type")]
    pub kind: String,
}

/// Keys of a module's table that are Commit-Boost's; what is left is the module's own.
pub(super) const OWN_KEYS: &[&str] = &[
    "id",
    "type",
    "docker_image",
    "env",
    "env_file",
    "signing_id",
];

pub(super) fn text<'a>(table: &'a toml::Table, key: &str) -> Option<&'a str> {
    table.get(key).and_then(toml::Value::as_str)
}

/// The module's 32 bytes.
pub(super) fn signing_id(table: &toml::Table) -> Result<B256, String> {
    let remedy = "make 32 random bytes, for example with `openssl rand -hex 32`";
    let text = text(table, "signing_id")
        .ok_or_else(|| format!("missing: the signer refuses the module; {remedy}"))?;
    let id: B256 = text
        .parse()
        .map_err(|_| format!("expected 32 bytes in hex, got {text:.80?}; {remedy}"))?;
    if id.is_zero() {
        return Err(format!("zero is refused by the signer; {remedy}"));
    }
    Ok(id)
}
