use super::*;
use forebond_protocol::OrderingRule;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

fn problems(change: impl FnOnce(&mut GatewayConfig)) -> Vec<String> {
    let mut config = GatewayConfig::default();
    change(&mut config);
    match config.validate() {
        Ok(()) => vec![],
        Err(ConfigError::Invalid { problems }) => problems,
        Err(error) => panic!("{error}"),
    }
}

fn example() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config.example.toml");
    std::fs::read_to_string(path).unwrap()
}

/// `section.key` of everything in a configuration text.
fn keys_of(text: &str) -> BTreeSet<String> {
    let table: toml::Table = text.parse().unwrap();
    let section = |(name, value): (String, toml::Value)| {
        let toml::Value::Table(keys) = value else {
            panic!("{name} is no section")
        };
        keys.into_iter()
            .map(move |(key, _)| format!("{name}.{key}"))
            .collect::<Vec<_>>()
    };
    table.into_iter().flat_map(section).collect()
}

#[test]
fn the_example_file_is_the_default_and_shows_every_key() {
    let config = GatewayConfig::from_toml(&example()).unwrap();
    assert_eq!(config, GatewayConfig::default());
    config.validate().unwrap();
    assert_eq!(keys_of(&example()), keys_of(&config.to_toml().unwrap()));
}

#[test]
fn every_key_the_rpc_reads_is_shown() {
    // The RPC's own message lists the keys it knows.
    let error = toml::from_str::<RpcConfig>("no_such_key = 0").unwrap_err();
    let known: BTreeSet<_> = error
        .message()
        .split('`')
        .skip(3)
        .step_by(2)
        .map(|key| format!("rpc.{key}"))
        .collect();
    let shown = keys_of(&GatewayConfig::default().to_toml().unwrap());
    let shown: BTreeSet<_> = shown
        .into_iter()
        .filter(|key| key.starts_with("rpc."))
        .collect();
    assert_eq!(known, shown);
}

#[test]
fn what_is_shown_reads_back_as_the_same_configuration() {
    let mut config = GatewayConfig::default();
    config.sequencer.ordering_rule = OrderingRule::PriorityFee;
    config.coverage.reserve_wei = u128::MAX;
    config.keys.committer = Some("env:COMMITTER".parse().unwrap());
    config.keys.password = Some("file:/run/password".parse().unwrap());
    config.metrics.addr = "127.0.0.1:9100".parse().unwrap();
    config.rpc.cors_allowed_origins = vec!["*".into()];
    config.guard.dir = "/var/lib/guard".into();
    assert_eq!(
        GatewayConfig::from_toml(&config.to_toml().unwrap()).unwrap(),
        config
    );
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_keys_there_are() {
    let error = GatewayConfig::from_toml("[pool]\nmax_byte = 1\n").unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("line 2: ") && text.contains("max_byte") && text.contains("max_bytes"),
        "{text}"
    );
    assert!(GatewayConfig::from_toml("[pools]\n").is_err());
}

#[test]
fn an_error_never_repeats_a_secret_that_was_put_into_the_file() {
    let key = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
    for line in [
        format!("committer = \"{key}\""),
        format!("committer = \"0x{key}\""),
        format!("committer = 0x{key}"),
        format!("committer = [\"{key}\"]"),
        format!("committer = {{ key = \"{key}\" }}"),
        format!("private_key = \"{key}\""),
        format!("password = \"{key}\""),
        format!("committer = \"{key}"),
    ] {
        let error = GatewayConfig::from_toml(&format!("[keys]\n{line}\n")).unwrap_err();
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(!text.contains("974bec"), "{line}: {text}");
            assert!(text.contains("line"), "{text}");
        }
    }
}

#[test]
fn every_problem_is_listed_with_its_key_what_was_expected_and_what_came() {
    let found = problems(|config| {
        config.chain.block_time_s = 0;
        config.sequencer.frag_max_gas = 1_000_000;
        config.fees.maximum_wei_per_gas = 1;
        config.log.segment_bytes = 5_000_000;
        config.rpc.max_connections = 0;
    });
    let expected = [
        "chain.block_time_s: the block time is a whole number of seconds from 1 to 3600, got 0 s",
        "sequencer.frag_max_gas: expected at least sequencer.max_transaction_gas (30000000), got 1000000",
        "fees: maximum_wei_per_gas (1) is below base_fee_wei_per_gas (100000)",
        "log.segment_bytes: expected a multiple of 4096",
        "rpc.max_connections: expected at least 1, got 0",
    ];
    for text in expected {
        assert!(
            found.iter().any(|problem| problem.contains(text)),
            "{text} not in {found:#?}"
        );
    }
}

#[test]
fn the_largest_transaction_the_pool_takes_fits_a_frag() {
    let found = problems(|config| config.pool.max_transaction_bytes = 2 << 20);
    assert!(
        found
            .iter()
            .any(|problem| problem.starts_with("pool.max_transaction_bytes")),
        "{found:?}"
    );
    let found = problems(|config| config.sequencer.frag_max_bytes = 4 << 20);
    assert!(
        found
            .iter()
            .any(|problem| problem.starts_with("sequencer.frag_max_bytes")),
        "{found:?}"
    );
}

#[test]
fn administrative_methods_never_share_the_port_of_the_wallets() {
    let found = problems(|config| config.admin.addr = "127.0.0.1:9545".parse().unwrap());
    assert!(
        matches!(&found[..], [one] if one.starts_with("http.addr and admin.addr")),
        "{found:?}"
    );
    let any_port = |config: &mut GatewayConfig| {
        config.http.addr.set_port(0);
        config.admin.addr = "0".parse().unwrap();
        config.metrics.addr = "0".parse().unwrap();
    };
    assert!(problems(any_port).is_empty());
}

#[test]
fn the_guard_stands_where_the_environment_keeps_state_unless_told_otherwise() {
    let resolve = |dir: &str, set: &[(&str, &str)]| {
        let section = GuardSection { dir: dir.into() };
        section.resolve_with(&|name| {
            set.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.into())
        })
    };
    let both = [("XDG_STATE_HOME", "/state"), ("HOME", "/home/a")];
    assert_eq!(
        resolve("", &both).unwrap(),
        PathBuf::from("/state/forebond/guard")
    );
    assert_eq!(
        resolve("", &[("XDG_STATE_HOME", "relative"), ("HOME", "/home/a")]).unwrap(),
        PathBuf::from("/home/a/.local/state/forebond/guard")
    );
    assert_eq!(
        resolve("/var/guard", &both).unwrap(),
        PathBuf::from("/var/guard")
    );
    assert!(matches!(resolve("", &[]), Err(ConfigError::NoGuardDir)));
}

#[test]
fn a_gateway_without_a_key_source_has_no_key_and_a_missing_variable_is_named() {
    assert!(KeysSection::default().load().unwrap().is_none());
    let keys = KeysSection {
        committer: Some("env:FOREBOND_TEST_NO_SUCH_VARIABLE".parse().unwrap()),
        password: None,
    };
    let error = keys.load().unwrap_err().to_string();
    assert!(error.contains("FOREBOND_TEST_NO_SUCH_VARIABLE"), "{error}");
}

#[test]
fn a_file_that_cannot_be_read_or_is_no_configuration_is_named() {
    let missing = GatewayConfig::load(Path::new("/nonexistent/gateway.toml")).unwrap_err();
    assert!(
        missing.to_string().contains("/nonexistent/gateway.toml"),
        "{missing}"
    );
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("gateway.toml");
    std::fs::write(&path, "[chain]\nchain_id = \"x\"\n").unwrap();
    let text = GatewayConfig::load(&path).unwrap_err().to_string();
    assert!(text.contains("gateway.toml: line 2: "), "{text}");
    std::fs::write(&path, vec![b'#'; 2 << 20]).unwrap();
    assert!(matches!(
        GatewayConfig::load(&path),
        Err(ConfigError::TooLarge { .. })
    ));
}
