//! Structured logs on standard error; standard output belongs to what a command answers.

use serde::{Deserialize, Serialize};
use std::io::IsTerminal;
use tracing::Subscriber;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

/// The variable that overrides the configured filter, as in most Rust programs.
const FILTER_VARIABLE: &str = "RUST_LOG";

/// How a log line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people: one line, coloured on a terminal.
    #[default]
    Plain,
    /// For collectors: one JSON object a line.
    Json,
}

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LoggingConfig {
    /// A level (`error`, `warn`, `info`, `debug`, `trace`), or directives such as
    /// `info,forebond_gateway=debug`. The variable `RUST_LOG` takes its place when set.
    pub filter: String,
    /// Form of the lines.
    pub format: LogFormat,
}

impl Default for LoggingConfig {
    fn default() -> Self {
        Self {
            filter: "info".into(),
            format: LogFormat::Plain,
        }
    }
}

/// Why logging cannot start.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// A filter that is none.
    #[error(
        "expected a level or directives such as info,forebond_gateway=debug in {place}, got {got:?}: {reason}"
    )]
    Filter {
        /// Where it was given.
        place: &'static str,
        /// The text.
        got: String,
        /// What is wrong with it.
        reason: tracing_subscriber::filter::ParseError,
    },
    /// Something else in this process took the logs first.
    #[error("logging was already set up in this process; set it up once, at the start")]
    AlreadySet,
}

impl LoggingConfig {
    /// Checks the filter.
    ///
    /// # Errors
    /// [`LoggingError::Filter`].
    pub fn validate(&self) -> Result<(), LoggingError> {
        parse(&self.filter, "logging.filter").map(drop)
    }
}

fn parse(text: &str, place: &'static str) -> Result<EnvFilter, LoggingError> {
    EnvFilter::builder()
        .parse(text)
        .map_err(|reason| LoggingError::Filter {
            place,
            got: text.to_owned(),
            reason,
        })
}

/// Sends this process's logs to standard error, as `config` says. Once per process.
///
/// A line is written by the thread that logs it, so the thread that owns the open block logs
/// nothing per transaction.
///
/// # Errors
/// A filter that does not parse (in the configuration or in `RUST_LOG`), or logs already set up.
pub fn init_logging(config: &LoggingConfig) -> Result<(), LoggingError> {
    let filter = match std::env::var(FILTER_VARIABLE) {
        Ok(text) if !text.is_empty() => parse(&text, FILTER_VARIABLE)?,
        _ => parse(&config.filter, "logging.filter")?,
    };
    let colours = std::io::stderr().is_terminal();
    let subscriber = subscriber(config.format, filter, std::io::stderr, colours);
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LoggingError::AlreadySet)
}

fn subscriber<W>(
    format: LogFormat,
    filter: EnvFilter,
    writer: W,
    colours: bool,
) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer);
    match format {
        LogFormat::Plain => Box::new(builder.with_ansi(colours).finish()),
        LogFormat::Json => Box::new(builder.json().flatten_event(true).finish()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, filter: &str, log: impl FnOnce()) -> String {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber = subscriber(
            format,
            parse(filter, "test").unwrap(),
            move || writer.clone(),
            false,
        );
        tracing::subscriber::with_default(subscriber, log);
        String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn json_logs_are_one_object_a_line_with_the_fields_on_top() {
        let text = logged(LogFormat::Json, "info", || {
            tracing::info!(block = 7, "sealed")
        });
        let value: serde_json::Value = serde_json::from_str(text.trim_end()).unwrap();
        assert_eq!(value["block"], 7);
        assert_eq!(value["message"], "sealed");
        assert_eq!(value["level"], "INFO");
    }

    #[test]
    fn plain_logs_carry_no_colour_codes_away_from_a_terminal() {
        let text = logged(LogFormat::Plain, "info", || tracing::warn!("disk is slow"));
        assert!(
            text.contains("WARN") && text.ends_with("disk is slow\n"),
            "{text:?}"
        );
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }

    #[test]
    fn what_the_filter_leaves_out_is_not_written() {
        assert_eq!(
            logged(LogFormat::Plain, "warn", || tracing::info!("quiet")),
            ""
        );
    }

    #[test]
    fn a_filter_that_does_not_parse_is_refused_with_its_text() {
        let config = LoggingConfig {
            filter: "info,=loud=".into(),
            ..LoggingConfig::default()
        };
        assert!(
            config
                .validate()
                .unwrap_err()
                .to_string()
                .contains("info,=loud=")
        );
        LoggingConfig::default().validate().unwrap();
    }
}
