use std::path::{Path, PathBuf};

use alloy_primitives::B256;
use serde::de::DeserializeOwned;
use url::Url;

use super::{
    ChainSettings, ConfigError, Environment, Variables, Warning,
    file::{File, OWN_KEYS, Signer, signing_id, text},
};
use crate::Secret;

/// Larger files are no configurations.
const MAX_CERTIFICATE_BYTES: u64 = 1 << 20;

/// All that a module knows of itself. `T` is what it wrote into its own table besides Commit-Boost's keys.
#[derive(Clone, Debug)]
pub struct ModuleConfig<T> {
    /// Our id.
    pub module_id: String,
    /// Our 32 bytes: every signature of ours is bound to them.
    pub signing_id: B256,
    /// The secret shared with the signer.
    pub secret: Secret,
    /// The signer; its path, if it has one, goes in front of every route.
    pub signer_url: Url,
    /// The certificates to trust for the signer, PEM.
    pub certificate_pem: Option<Vec<u8>>,
    /// The chain.
    pub chain: ChainSettings,
    /// Where to serve metrics.
    pub metrics_port: Option<u16>,
    /// Where Commit-Boost would have logs written. Nothing is: this process's log goes to standard error, and a warning says so.
    pub logs_dir: Option<PathBuf>,
    /// Our own keys.
    pub own: T,
    /// What to tell the operator.
    pub warnings: Vec<Warning>,
}

impl<T: DeserializeOwned> ModuleConfig<T> {
    /// Reads the process's environment and the file it names.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load() -> Result<Self, ConfigError> {
        Self::load_with(&|name| std::env::var_os(name))
    }

    /// As [`Self::load`], with the environment given.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load_with(variable: Variables<'_>) -> Result<Self, ConfigError> {
        let environment = Environment::read(variable)?;
        let path = environment.config.clone();
        let text = std::fs::read_to_string(&path).map_err(|reason| ConfigError::Read {
            path: path.clone(),
            reason,
        })?;
        Self::join(environment, &text)
    }

    fn join(environment: Environment, toml: &str) -> Result<Self, ConfigError> {
        let path = &environment.config;
        let file: File = toml::from_str(toml).map_err(|error| ConfigError::Toml {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        insisted(&file, path)?;
        let id = &environment.module_id;
        let table = find(&file, path, id)?;
        let signing_id = check(table, &file, id)?;
        let chain = file
            .chain
            .as_ref()
            .ok_or_else(|| missing(path, "chain", "chain = \"Mainnet\""))?;
        let chain = chain
            .settings(environment.chain_spec.as_deref())
            .map_err(ConfigError::Chain)?;
        let own = own(table, id)?;
        let signer = file.signer.unwrap_or_default();
        tls(&signer, &environment.signer_url)?;
        let certificate_pem = environment
            .certificates
            .as_deref()
            .map(certificate)
            .transpose()?;
        let mut warnings = warnings(&signer, &environment.signer_url, certificate_pem.is_some());
        let logs_dir = environment.logs_dir;
        let unwritten = logs_dir
            .clone()
            .map(|path| Warning::LogsToStandardError { path });
        warnings.extend(unwritten);
        Ok(Self {
            signing_id,
            certificate_pem,
            chain,
            own,
            warnings,
            module_id: environment.module_id,
            secret: environment.secret,
            signer_url: environment.signer_url,
            metrics_port: environment.metrics_port,
            logs_dir,
        })
    }
}

fn missing(path: &Path, what: &'static str, add: &'static str) -> ConfigError {
    ConfigError::Missing {
        path: path.to_owned(),
        what,
        add,
    }
}

/// What Commit-Boost's own processes refuse to start without: the signer would be down, and we would not know why.
fn insisted(file: &File, path: &Path) -> Result<(), ConfigError> {
    if file.relays.is_none() {
        return Err(missing(path, "relays", "relays = []"));
    }
    if file.pbs.is_none() {
        return Err(missing(path, "[pbs] table", "[pbs]"));
    }
    if file.signer.is_none() {
        return Err(missing(path, "[signer] table", "[signer]"));
    }
    if file.modules.is_none() {
        return Err(missing(path, "[[modules]]", "[[modules]]"));
    }
    Ok(())
}

fn find<'a>(file: &'a File, path: &Path, id: &str) -> Result<&'a toml::Table, ConfigError> {
    let modules = file.modules.as_deref().unwrap_or_default();
    if modules.is_empty() {
        return Err(ConfigError::NoModules {
            path: path.to_owned(),
            id: id.to_owned(),
        });
    }
    let mut ours = modules.iter().filter(|table| text(table, "id") == Some(id));
    match (ours.next(), ours.next()) {
        (Some(table), None) => Ok(table),
        (Some(_), Some(_)) => Err(ConfigError::TwiceId {
            path: path.to_owned(),
            id: id.to_owned(),
        }),
        (None, _) => Err(ConfigError::UnknownModule {
            path: path.to_owned(),
            id: id.to_owned(),
            known: modules
                .iter()
                .filter_map(|table| text(table, "id"))
                .collect::<Vec<_>>()
                .join(", "),
        }),
    }
}

/// Our table as Commit-Boost wants it; gives the signing id.
fn check(table: &toml::Table, file: &File, id: &str) -> Result<B256, ConfigError> {
    let refuse = |field, problem: String| ConfigError::Module {
        id: id.to_owned(),
        field,
        problem,
    };
    match text(table, "type") {
        Some("commit") => {}
        other => {
            return Err(refuse(
                "type",
                format!("expected \"commit\", got {other:?}"),
            ));
        }
    }
    if text(table, "docker_image").is_none() {
        let problem =
            "missing: Commit-Boost wants one even where no container is started; any name will do";
        return Err(refuse("docker_image", problem.to_owned()));
    }
    let ours = signing_id(table).map_err(|problem| refuse("signing_id", problem))?;
    let others = file.modules.as_deref().unwrap_or_default().iter();
    for other in others.filter(|other| text(other, "id") != Some(id)) {
        if signing_id(other).ok() == Some(ours) {
            return Err(ConfigError::SharedSigningId {
                id: id.to_owned(),
                other: text(other, "id").unwrap_or("?").to_owned(),
            });
        }
    }
    Ok(ours)
}

fn own<T: DeserializeOwned>(table: &toml::Table, id: &str) -> Result<T, ConfigError> {
    let mut rest = table.clone();
    rest.retain(|key, _| !OWN_KEYS.contains(&key));
    rest.try_into()
        .map_err(|error: toml::de::Error| ConfigError::Module {
            id: id.to_owned(),
            field: "its own keys",
            problem: error.to_string(),
        })
}

fn tls(signer: &Signer, url: &Url) -> Result<(), ConfigError> {
    let Some(mode) = &signer.tls_mode else {
        return Ok(());
    };
    let expected = match mode.kind.as_str() {
        "certificate" => "https",
        "insecure" => "http",
        other => {
            return Err(ConfigError::Tls {
                mode: other.to_owned(),
                scheme: url.scheme().to_owned(),
            });
        }
    };
    // A proxy in front may add TLS to an insecure signer, never take it off a secure one unseen.
    if expected == "https" && url.scheme() == "http" {
        return Err(ConfigError::Tls {
            mode: mode.kind.clone(),
            scheme: url.scheme().to_owned(),
        });
    }
    Ok(())
}

fn certificate(directory: &Path) -> Result<Vec<u8>, ConfigError> {
    use std::io::Read;
    let path = directory.join("cert.pem");
    let refuse = |reason: String| ConfigError::Certificate {
        path: path.clone(),
        reason,
    };
    let mut pem = Vec::new();
    std::fs::File::open(&path)
        .and_then(|file| file.take(MAX_CERTIFICATE_BYTES).read_to_end(&mut pem))
        .map_err(|error| refuse(error.to_string()))?;
    let begins = b"-----BEGIN CERTIFICATE-----";
    if !pem.windows(begins.len()).any(|part| part == begins) {
        return Err(refuse("holds no certificate in PEM".to_owned()));
    }
    Ok(pem)
}

fn warnings(signer: &Signer, url: &Url, has_certificate: bool) -> Vec<Warning> {
    let mut found = Vec::new();
    let url_host = url.host_str().unwrap_or_default().to_owned();
    let here = |host: &str| matches!(host, "127.0.0.1" | "localhost" | "::1" | "[::1]");
    let host = signer.host.as_deref().unwrap_or("127.0.0.1");
    if here(host) && !here(&url_host) {
        found.push(Warning::SignerListensToItself {
            host: host.to_owned(),
            url_host: url_host.clone(),
        });
    }
    if url.scheme() == "http" && !here(&url_host) {
        found.push(Warning::PlainHttp { url_host });
    }
    if url.scheme() == "https" && !has_certificate {
        found.push(Warning::NoCertificate);
    }
    if signer.remote.is_some() {
        found.push(Warning::RemoteSigner);
    }
    if signer
        .local
        .as_ref()
        .is_some_and(|local| local.store.is_none())
    {
        found.push(Warning::ProxiesNotKept);
    }
    if url.path() != "/" {
        found.push(Warning::BasePath {
            path: url.path().to_owned(),
        });
    }
    found
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
