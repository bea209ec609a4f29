//! What a run is asked to do.

use alloy_primitives::Address;
use std::time::Duration;

/// The mnemonic every development chain funds; its first account pays for a run by default.
pub const DEV_MNEMONIC: &str = "test test test test test test test test test test test junk";

/// What every transaction of the load does.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Workload {
    /// One wei to a recipient.
    Transfer,
    /// A unit of an ERC-20 token to a recipient.
    Erc20,
    /// A swap in one constant-product pool that all senders share; directions alternate.
    Swap,
}

/// How a transaction is sent, and what counts as its answer.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The best of the three below that the server knows.
    Auto,
    /// `eth_requestPreconf`: the answer is a preconfirmation, and it is verified.
    Preconf,
    /// `eth_sendRawTransactionSync` (EIP-7966): the answer is a receipt.
    Sync,
    /// `eth_sendRawTransaction`: the answer is the sight of the transaction in a block.
    Plain,
}

/// Who receives transfers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipients {
    /// A random one of this many fresh addresses each time.
    Among(u32),
    /// Another fresh address for every transaction.
    Distinct,
}

/// Whose money the senders get.
#[derive(Clone)]
pub enum Funding {
    /// The first account of a mnemonic (BIP-44 path of Ethereum).
    Mnemonic(String),
    /// A private key, 32 bytes of hex.
    PrivateKey(String),
}

/// Everything about one run of the load generator.
#[derive(Clone)]
pub struct BenchConfig {
    /// `ws://` or `http://` address of the server; WebSocket is spoken in both cases.
    pub url: String,
    /// Name of this run in reports; empty means one is made from mode, workload and rate.
    pub label: String,
    /// Transactions per second offered, whatever the server does.
    pub rate_per_s: u32,
    /// How long is measured, in seconds.
    pub seconds: u32,
    /// Load of the same rate before that, which no number of the report contains.
    pub warmup_seconds: u32,
    /// How long to wait for answers after the last transaction, in seconds.
    pub drain_seconds: u32,
    /// Accounts that send, in turn.
    pub senders: u32,
    /// WebSocket connections; a sender always uses the same one.
    pub connections: u16,
    /// Threads that read and verify answers.
    pub readers: u16,
    /// What the transactions do.
    pub workload: Workload,
    /// How they are sent.
    pub mode: Mode,
    /// Who receives transfers; `None` means one of as many addresses as there are senders.
    pub recipients: Option<Recipients>,
    /// The same seed makes the same senders, recipients and transactions.
    pub seed: u64,
    /// Who pays.
    pub funding: Funding,
    /// Whether preconfirmations are verified, and not just counted.
    pub verify: bool,
    /// The gateway expected to sign; `None` takes the server's word for it.
    pub gateway: Option<Address>,
    /// Process of the server on this machine, for CPU and memory.
    pub server_pid: Option<u32>,
}

impl Default for BenchConfig {
    fn default() -> Self {
        Self {
            url: "ws://127.0.0.1:9545".into(),
            label: String::new(),
            rate_per_s: 1_000,
            seconds: 20,
            warmup_seconds: 2,
            drain_seconds: 30,
            senders: 1_000,
            connections: 16,
            readers: 2,
            workload: Workload::Transfer,
            mode: Mode::Auto,
            recipients: None,
            seed: 1,
            funding: Funding::Mnemonic(DEV_MNEMONIC.into()),
            verify: true,
            gateway: None,
            server_pid: None,
        }
    }
}

impl BenchConfig {
    /// Refuses values a run cannot work with; the message says which.
    pub fn validate(&self) -> eyre::Result<()> {
        let at_least_one = [
            ("rate", self.rate_per_s),
            ("seconds", self.seconds),
            ("senders", self.senders),
            ("connections", u32::from(self.connections)),
            ("readers", u32::from(self.readers)),
        ];
        for (name, value) in at_least_one {
            eyre::ensure!(value > 0, "{name}: expected at least 1, got 0");
        }
        eyre::ensure!(
            self.recipients != Some(Recipients::Among(0)),
            "recipients: expected at least 1, got 0"
        );
        let total = self.schedule().total();
        eyre::ensure!(
            total <= 20_000_000,
            "rate x seconds makes {total} transactions; all are signed beforehand and held in \
             memory, so at most 20,000,000 are possible: lower the rate or the time"
        );
        Ok(())
    }

    /// When transactions are sent.
    pub(crate) fn schedule(&self) -> crate::schedule::Schedule {
        crate::schedule::Schedule::new(
            self.rate_per_s,
            Duration::from_secs(self.warmup_seconds.into()),
            Duration::from_secs(self.seconds.into()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid_and_zeros_are_refused_by_name() {
        BenchConfig::default().validate().unwrap();
        let zero = BenchConfig {
            connections: 0,
            ..BenchConfig::default()
        };
        assert!(
            zero.validate()
                .unwrap_err()
                .to_string()
                .contains("connections")
        );
        let nobody = BenchConfig {
            recipients: Some(Recipients::Among(0)),
            ..BenchConfig::default()
        };
        assert!(
            nobody
                .validate()
                .unwrap_err()
                .to_string()
                .contains("recipients")
        );
    }

    #[test]
    fn a_run_that_would_not_fit_in_memory_is_refused() {
        let huge = BenchConfig {
            rate_per_s: 100_000,
            seconds: 3_600,
            ..BenchConfig::default()
        };
        assert!(
            huge.validate()
                .unwrap_err()
                .to_string()
                .contains("signed beforehand")
        );
    }
}
