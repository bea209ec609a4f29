use std::{ffi::OsString, path::PathBuf};

use url::Url;

use super::ConfigError;
use crate::{Secret, secret::wiped};

/// Where variables come from: the process, or a test.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// What the variables say.
#[derive(Clone, Debug)]
pub struct Environment {
    /// `CB_MODULE_ID`.
    pub module_id: String,
    /// `CB_SIGNER_JWT`, or the content of `CB_SIGNER_JWT_FILE`.
    pub secret: Secret,
    /// `CB_SIGNER_URL`.
    pub signer_url: Url,
    /// `CB_CONFIG`.
    pub config: PathBuf,
    /// `CB_CHAIN_SPEC`.
    pub chain_spec: Option<PathBuf>,
    /// `CB_SIGNER_TLS_CERTIFICATES`: a directory.
    pub certificates: Option<PathBuf>,
    /// `CB_METRICS_PORT`.
    pub metrics_port: Option<u16>,
    /// `CB_LOGS_DIR`: told of in a warning only.
    pub logs_dir: Option<PathBuf>,
}

impl Environment {
    /// Reads and checks all of them.
    ///
    /// # Errors
    /// [`ConfigError`] names the first one that is missing or wrong.
    pub fn read(variable: Variables<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            module_id: required(variable, "CB_MODULE_ID", "the id of our [[modules]] table")?,
            secret: secret(variable)?,
            signer_url: signer_url(&required(variable, "CB_SIGNER_URL", "the signer's URL")?)?,
            config: required(variable, "CB_CONFIG", "the path of Commit-Boost's TOML")?.into(),
            chain_spec: path(variable, "CB_CHAIN_SPEC"),
            certificates: path(variable, "CB_SIGNER_TLS_CERTIFICATES"),
            metrics_port: metrics_port(variable)?,
            logs_dir: path(variable, "CB_LOGS_DIR"),
        })
    }
}

/// An empty variable is one that compose files leave behind: as good as none.
fn text(variable: Variables<'_>, name: &'static str) -> Option<OsString> {
    variable(name).filter(|value| !value.is_empty())
}

fn path(variable: Variables<'_>, name: &'static str) -> Option<PathBuf> {
    text(variable, name).map(PathBuf::from)
}

fn required(
    variable: Variables<'_>,
    name: &'static str,
    what: &'static str,
) -> Result<String, ConfigError> {
    let value = text(variable, name).ok_or(ConfigError::NotSet { name, what })?;
    value.into_string().map_err(|_| ConfigError::Variable {
        name,
        expected: what,
        got: "got bytes that are no UTF-8".to_owned(),
    })
}

fn secret(variable: Variables<'_>) -> Result<Secret, ConfigError> {
    const NAME: &str = "CB_SIGNER_JWT";
    let direct = text(variable, NAME);
    let file = path(variable, "CB_SIGNER_JWT_FILE");
    match (direct, file) {
        (Some(_), Some(_)) => Err(ConfigError::TwoSecrets),
        (None, Some(path)) => Ok(Secret::from_file(&path)?),
        (Some(value), None) => wiped(value).ok_or_else(|| ConfigError::Variable {
            name: NAME,
            expected: "the secret shared with the signer",
            got: "got bytes that are no UTF-8".to_owned(),
        }),
        (None, None) => Err(ConfigError::NotSet {
            name: NAME,
            what: "the secret shared with the signer, or set CB_SIGNER_JWT_FILE to a file with it",
        }),
    }
}

fn signer_url(text: &str) -> Result<Url, ConfigError> {
    let refuse = |got: String| ConfigError::Variable {
        name: "CB_SIGNER_URL",
        expected: "http://host:port or https://host:port, without query and password",
        got,
    };
    let url = Url::parse(text).map_err(|error| refuse(format!("got {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse(format!("got the scheme {:?}", url.scheme())));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(refuse("got no host".to_owned()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("got a query or fragment".to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        // Not repeated: it may be a secret.
        return Err(refuse("got a user name or password in it".to_owned()));
    }
    Ok(url)
}

fn metrics_port(variable: Variables<'_>) -> Result<Option<u16>, ConfigError> {
    text(variable, "CB_METRICS_PORT")
        .map(|value| {
            let value = value.to_string_lossy();
            value.trim().parse().map_err(|_| ConfigError::Variable {
                name: "CB_METRICS_PORT",
                expected: "a port from 0 to 65535",
                got: format!("got {:.20?}", value),
            })
        })
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &[(&str, &str)] = &[
        ("CB_MODULE_ID", "PRECONF"),
        ("CB_SIGNER_JWT", "hunter2"),
        ("CB_SIGNER_URL", "http://127.0.0.1:20000"),
        ("CB_CONFIG", "/cb-config.toml"),
        ("CB_METRICS_PORT", "10000"),
    ];

    fn read(changed: &[(&str, &str)]) -> Result<Environment, ConfigError> {
        Environment::read(&|name| {
            let value = changed
                .iter()
                .chain(ALL)
                .find(|(known, _)| *known == name)?;
            Some(value.1.into())
        })
    }

    #[test]
    fn all_variables_are_read_and_the_secret_is_not_printed() {
        let read = read(&[]).unwrap();
        assert_eq!(
            (read.module_id.as_str(), read.metrics_port),
            ("PRECONF", Some(10_000))
        );
        assert_eq!(read.secret.expose(), b"hunter2");
        assert!(!format!("{read:?}").contains("hunter2"));
    }

    #[test]
    fn each_missing_variable_is_named_with_what_it_should_hold() {
        for name in [
            "CB_MODULE_ID",
            "CB_SIGNER_JWT",
            "CB_SIGNER_URL",
            "CB_CONFIG",
        ] {
            let error = read(&[(name, "")]).unwrap_err();
            assert!(
                matches!(error, ConfigError::NotSet { name: got, .. } if got == name),
                "{error}"
            );
        }
    }

    #[test]
    fn urls_that_are_none_or_carry_a_password_are_refused_without_repeating_it() {
        for url in [
            "20000",
            "ftp://h",
            "unix:/run/x",
            "http://h/?a=1",
            "http://u:hunter3@h",
        ] {
            let error = read(&[("CB_SIGNER_URL", url)]).unwrap_err().to_string();
            assert!(
                error.contains("CB_SIGNER_URL") && !error.contains("hunter3"),
                "{error}"
            );
        }
        assert!(read(&[("CB_METRICS_PORT", "70000")]).is_err());
    }

    #[test]
    fn the_secret_comes_from_one_source_only() {
        let both = read(&[("CB_SIGNER_JWT_FILE", "/run/secrets/jwt")]);
        assert!(matches!(both, Err(ConfigError::TwoSecrets)));
        let file = read(&[
            ("CB_SIGNER_JWT", ""),
            ("CB_SIGNER_JWT_FILE", "/nonexistent"),
        ]);
        assert!(matches!(file, Err(ConfigError::SecretFile(_))));
    }
}
