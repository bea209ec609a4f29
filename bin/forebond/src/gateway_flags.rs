//! Flags that change a gateway's configuration, for the commands that have one.

use crate::duration;
use eyre::WrapErr;
use forebond_gateway::GatewayConfig;
use forebond_protocol::OrderingRule;
use forebond_runtime::{Listen, LogFormat};
use std::{net::SocketAddr, path::PathBuf, str::FromStr};

/// A flag left out leaves what the file, or the default, says.
#[derive(clap::Args, Default)]
pub(crate) struct GatewayFlags {
    /// TOML file with the configuration; config.example.toml explains every key
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// HTTP and WebSocket, on one port; port 0 lets the system choose [http.addr]
    #[arg(long, value_name = "IP:PORT")]
    http: Option<SocketAddr>,
    /// /metrics, /healthz and /readyz: IP:PORT, a port alone (loopback), or off [metrics.addr]
    #[arg(long, value_name = "ADDR")]
    metrics: Option<Listen>,
    /// Administrative methods: IP:PORT, a port alone (loopback), or off [admin.addr]
    #[arg(long, value_name = "ADDR")]
    admin: Option<Listen>,
    /// Time from one block to the next, whole seconds [chain.block_time_s]
    #[arg(long, value_name = "TIME", value_parser = duration::parse_whole_seconds)]
    block_time: Option<u64>,
    /// Cut frags on a timer; 0ms cuts as soon as the log is ready [sequencer.frag_interval_ms]
    #[arg(long, value_name = "TIME", value_parser = duration::parse_ms)]
    frag_interval: Option<u64>,
    /// Declared order of user transactions [sequencer.ordering_rule]
    #[arg(long, value_name = "RULE")]
    ordering: Option<Ordering>,
    /// `latest` shows promised transactions, as `pending` does [rpc.latest_shows_preconfirmed]
    #[arg(long)]
    latest_preconfirmed: bool,
    /// Give receipts of promised transactions before their block is sealed [rpc.receipts_before_seal]
    #[arg(long)]
    receipts_before_seal: bool,
    /// Origin of browser pages that may call, or *; may be repeated [rpc.cors_allowed_origins]
    #[arg(long, value_name = "ORIGIN")]
    cors: Vec<String>,
    // Texts, because clap repeats a value it cannot parse, and this one may be a secret by mistake.
    /// Committer key: env:NAME or a keystore file [keys.committer]
    #[arg(long, value_name = "SOURCE")]
    key: Option<String>,
    /// The keystore's password: env:NAME or file:PATH [keys.password]
    #[arg(long, value_name = "SOURCE")]
    key_password: Option<String>,
    /// Directory of the signing guard's own record [guard.dir]
    #[arg(long, value_name = "DIR")]
    guard_dir: Option<PathBuf>,
    /// Level or directives, such as info,forebond_gateway=debug; RUST_LOG overrides [logging.filter]
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
    /// Log one JSON object a line [logging.format]
    #[arg(long)]
    log_json: bool,
}

#[derive(clap::ValueEnum, Clone, Copy)]
enum Ordering {
    /// As they arrive
    Arrival,
    /// Descending tip within a frag
    PriorityFee,
}

impl GatewayFlags {
    /// The configuration of the file, or the default, with these flags on top. Not validated yet.
    pub(crate) fn config(self) -> eyre::Result<GatewayConfig> {
        let mut config = match &self.config {
            Some(path) => GatewayConfig::load(path)?,
            None => GatewayConfig::default(),
        };
        set(&mut config.http.addr, self.http);
        set(&mut config.metrics.addr, self.metrics);
        set(&mut config.admin.addr, self.admin);
        set(&mut config.chain.block_time_s, self.block_time);
        set(&mut config.sequencer.frag_interval_ms, self.frag_interval);
        set(&mut config.sequencer.ordering_rule, self.ordering.map(rule));
        config.rpc.latest_shows_preconfirmed |= self.latest_preconfirmed;
        config.rpc.receipts_before_seal |= self.receipts_before_seal;
        if !self.cors.is_empty() {
            config.rpc.cors_allowed_origins = self.cors;
        }
        set(
            &mut config.keys.committer,
            source("--key", self.key)?.map(Some),
        );
        set(
            &mut config.keys.password,
            source("--key-password", self.key_password)?.map(Some),
        );
        set(&mut config.guard.dir, self.guard_dir);
        set(&mut config.logging.filter, self.log);
        if self.log_json {
            config.logging.format = LogFormat::Json;
        }
        Ok(config)
    }
}

fn set<T>(field: &mut T, given: Option<T>) {
    if let Some(value) = given {
        *field = value;
    }
}

const fn rule(ordering: Ordering) -> OrderingRule {
    match ordering {
        Ordering::Arrival => OrderingRule::Arrival,
        Ordering::PriorityFee => OrderingRule::PriorityFee,
    }
}

/// A source of a secret; the error names the flag and never the text.
fn source<T>(flag: &'static str, text: Option<String>) -> eyre::Result<Option<T>>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    text.map(|text| text.parse().wrap_err(flag)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        flags: GatewayFlags,
    }

    fn config(flags: &[&str]) -> eyre::Result<GatewayConfig> {
        Command::try_parse_from(["x"].iter().chain(flags))?
            .flags
            .config()
    }

    #[test]
    fn without_flags_the_configuration_is_the_default() {
        assert_eq!(config(&[]).unwrap(), GatewayConfig::default());
    }

    #[test]
    fn flags_override_the_file_and_leave_the_rest_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("gateway.toml");
        std::fs::write(
            &path,
            "[chain]\nblock_time_s = 4\nchain_id = 7\n[admin]\naddr = \"1234\"\n",
        )
        .unwrap();
        let path = path.to_str().unwrap();
        let config = config(&[
            "--config",
            path,
            "--block-time",
            "2s",
            "--frag-interval",
            "200ms",
            "--ordering",
            "priority-fee",
            "--http",
            "127.0.0.1:0",
            "--metrics",
            "9100",
            "--admin",
            "off",
            "--latest-preconfirmed",
            "--cors",
            "https://a.example",
            "--cors",
            "https://b.example",
            "--key",
            "env:KEY",
            "--log-json",
        ])
        .unwrap();
        assert_eq!((config.chain.chain_id, config.chain.block_time_s), (7, 2));
        assert_eq!(config.sequencer.frag_interval_ms, 200);
        assert_eq!(config.sequencer.ordering_rule, OrderingRule::PriorityFee);
        assert_eq!(config.http.addr.port(), 0);
        assert_eq!(config.metrics.addr.to_string(), "127.0.0.1:9100");
        assert_eq!(config.admin.addr, Listen::Off);
        assert!(config.rpc.latest_shows_preconfirmed && !config.rpc.receipts_before_seal);
        assert_eq!(
            config.rpc.cors_allowed_origins,
            ["https://a.example", "https://b.example"]
        );
        assert_eq!(config.keys.committer.unwrap().to_string(), "env:KEY");
        assert_eq!(config.logging.format, LogFormat::Json);
    }

    #[test]
    fn a_secret_given_as_a_flag_is_refused_and_not_repeated() {
        let key = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
        for flags in [["--key", key], ["--key-password", "hunter2"]] {
            let error = config(&flags).unwrap_err();
            let text = format!("{error:#} {error:?}");
            assert!(text.contains(flags[0]), "{text}");
            assert!(
                !text.contains("ac0974") && !text.contains("hunter2"),
                "{text}"
            );
        }
    }
}
