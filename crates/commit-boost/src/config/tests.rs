use super::*;
use serde::Deserialize;
use std::ffi::OsString;

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Own {
    gateway: String,
    fee_wei: u64,
}

const GOOD: &str = r#"
chain = "Hoodi"
relays = []
[pbs]
[signer]
host = "127.0.0.1"
[signer.local.loader]
key_path = "keys.json"
[signer.local.store]
proxy_dir = "proxies"
[[modules]]
id = "OTHER"
type = "commit"
docker_image = "x"
signing_id = "0x0101010101010101010101010101010101010101010101010101010101010101"
[[modules]]
id = "PRECONF"
type = "commit"
docker_image = "y"
signing_id = "0x0202020202020202020202020202020202020202020202020202020202020202"
gateway = "https://gateway"
fee_wei = 7
"#;

fn load_at(toml: &str, url: &str) -> Result<ModuleConfig<Own>, ConfigError> {
    load_logging(toml, url, None)
}

fn load_logging(
    toml: &str,
    url: &str,
    logs_dir: Option<&str>,
) -> Result<ModuleConfig<Own>, ConfigError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cb.toml");
    std::fs::write(&path, toml).unwrap();
    ModuleConfig::load_with(&|name| -> Option<OsString> {
        match name {
            "CB_MODULE_ID" => Some("PRECONF".into()),
            "CB_SIGNER_JWT" => Some("hunter2".into()),
            "CB_SIGNER_URL" => Some(url.into()),
            "CB_CONFIG" => Some(path.clone().into()),
            "CB_LOGS_DIR" => logs_dir.map(Into::into),
            _ => None,
        }
    })
}

fn load(toml: &str) -> Result<ModuleConfig<Own>, ConfigError> {
    load_at(toml, "http://127.0.0.1:20000")
}

/// `GOOD` without one of its texts, or with another in its place.
fn but(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    GOOD.replacen(from, to, 1)
}

#[test]
fn a_module_finds_its_table_and_its_own_keys() {
    let config = load(GOOD).unwrap();
    assert_eq!(config.signing_id, B256::repeat_byte(2));
    let own = Own {
        gateway: "https://gateway".into(),
        fee_wei: 7,
    };
    assert_eq!(config.own, own);
    assert_eq!(config.chain.chain.chain_id, 560_048);
    assert_eq!(config.warnings, []);
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn each_trap_of_the_file_is_an_error_that_names_its_remedy() {
    let id = "signing_id = \"0x0202020202020202020202020202020202020202020202020202020202020202\"";
    let cases = [
        (but("relays = []", ""), "relays = []"),
        (but("[pbs]", ""), "[pbs]"),
        (but("chain = \"Hoodi\"", ""), "chain = \"Mainnet\""),
        (
            but("chain = \"Hoodi\"", "chain = \"Kiln\""),
            "Mainnet, Holesky",
        ),
        (
            but("id = \"PRECONF\"", "id = \"preconf\""),
            "OTHER, preconf",
        ),
        (
            but("id = \"OTHER\"", "id = \"PRECONF\""),
            "an id of its own",
        ),
        (
            but(
                "type = \"commit\"\ndocker_image = \"y\"",
                "type = \"events\"\ndocker_image = \"y\"",
            ),
            "expected \"commit\"",
        ),
        (but("docker_image = \"y\"", ""), "any name will do"),
        (but(id, ""), "openssl rand"),
        (but(id, "signing_id = \"0x02\""), "32 bytes"),
        (but(id, &id.replace("02", "00")), "zero"),
        (but(id, &id.replace("02", "01")), "give each its own"),
        (but("fee_wei = 7", ""), "fee_wei"),
        (
            but(
                "[signer]",
                "[signer]\ntls_mode = { type = \"certificate\", path = \"certs\" }",
            ),
            "make both say the same",
        ),
        (but("relays = []", "relays = ["), "CB_CONFIG"),
    ];
    for (toml, remedy) in cases {
        let error = load(&toml).unwrap_err().to_string();
        assert!(error.contains(remedy), "expected {remedy:?} in {error:?}");
    }
}

#[test]
fn a_file_without_modules_is_not_taken_for_one_with_other_modules() {
    let cut = GOOD.find("[[modules]]").unwrap();
    let none = &GOOD[..cut];
    assert!(matches!(
        load(none),
        Err(ConfigError::Missing {
            what: "[[modules]]",
            ..
        })
    ));
    let empty = format!("modules = []\n{none}");
    assert!(matches!(load(&empty), Err(ConfigError::NoModules { .. })));
}

#[test]
fn what_cannot_be_known_from_here_is_a_warning() {
    let far = load_at(GOOD, "http://cb_signer:20000/sub")
        .unwrap()
        .warnings;
    assert!(
        matches!(far[0], Warning::SignerListensToItself { .. }),
        "{far:?}"
    );
    assert!(matches!(far[1], Warning::PlainHttp { .. }));
    assert!(matches!(far[2], Warning::BasePath { .. }));
    let secure = load_at(GOOD, "https://127.0.0.1:20000").unwrap().warnings;
    assert_eq!(secure, [Warning::NoCertificate]);
    let kept = but(
        "[signer.local.store]\nproxy_dir = \"proxies\"",
        "[signer.remote]\nurl = \"http://x\"",
    );
    assert_eq!(
        load(&kept).unwrap().warnings,
        [Warning::RemoteSigner, Warning::ProxiesNotKept]
    );
}

#[test]
fn the_certificate_must_be_there_and_be_one() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(
        certificate(dir.path()),
        Err(ConfigError::Certificate { .. })
    ));
    std::fs::write(dir.path().join("cert.pem"), "hello").unwrap();
    assert!(
        certificate(dir.path())
            .unwrap_err()
            .to_string()
            .contains("PEM")
    );
    std::fs::write(
        dir.path().join("cert.pem"),
        "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n",
    )
    .unwrap();
    assert!(certificate(dir.path()).is_ok());
}

#[test]
fn a_directory_for_logs_is_not_passed_over_in_silence() {
    let config = load_logging(GOOD, "http://127.0.0.1:20000", Some("/var/logs")).unwrap();
    let path = "/var/logs".into();
    assert_eq!(config.warnings, [Warning::LogsToStandardError { path }]);
    assert!(config.warnings[0].to_string().contains("/var/logs"));
}
