//! `forebond config check`: what is in effect, or what is wrong.

use crate::gateway_flags::GatewayFlags;
use eyre::WrapErr;
use forebond_gateway::GatewayConfig;
use std::{fmt::Write as _, io::Write as _};

#[derive(clap::Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(clap::Subcommand)]
enum ConfigCommand {
    /// Print the configuration in effect as TOML and say OK, or what is wrong; secrets are shown as their sources only
    Check(GatewayFlags),
}

pub(crate) fn run(args: ConfigArgs) -> eyre::Result<()> {
    let ConfigCommand::Check(flags) = args.command;
    let config = flags.config()?;
    let mut out = std::io::stdout().lock();
    out.write_all(config.to_toml()?.as_bytes())?;
    // Comments, so that all of the output is TOML.
    out.write_all(check(&config)?.as_bytes())?;
    Ok(())
}

/// Everything that can be known without starting, in words; the committer key is loaded once and
/// forgotten, so that a wrong password is found here and not at the start.
fn check(config: &GatewayConfig) -> eyre::Result<String> {
    config.validate()?;
    let mut words = String::new();
    let guard = config.guard.resolve()?;
    writeln!(words, "\n# guard directory: {}", guard.display())?;
    match config.keys.load().wrap_err("keys.committer")? {
        Some(key) => writeln!(words, "# committer: {}", key.address())?,
        None => writeln!(words, "# committer: none, so only --dev can run")?,
    }
    writeln!(words, "# OK")?;
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_configuration_is_ok_and_says_that_only_a_development_gateway_can_run() {
        let mut config = GatewayConfig::default();
        config.guard.dir = "/var/guard".into();
        let words = check(&config).unwrap();
        assert!(words.contains("# guard directory: /var/guard\n"), "{words}");
        assert!(
            words.contains("only --dev") && words.ends_with("# OK\n"),
            "{words}"
        );
    }

    #[test]
    fn a_key_that_cannot_be_had_is_a_problem_of_the_configuration() {
        let mut config = GatewayConfig::default();
        config.guard.dir = "/var/guard".into();
        config.keys.committer = Some("/nonexistent/key.json".parse().unwrap());
        let error = format!("{:#}", check(&config).unwrap_err());
        assert!(
            error.starts_with("keys.committer: ") && error.contains("file:PATH"),
            "{error}"
        );
    }
}
