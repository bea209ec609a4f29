//! Limits and choices of the RPC, as they stand in the operator's TOML: units in the names, defaults that fit one machine.

use serde::Deserialize;

/// Configuration of the RPC server and its methods. Unknown keys are refused; every key may be left out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RpcConfig {
    /// TCP connections open at once, HTTP and WebSocket together; one more is answered 503 and closed.
    pub max_connections: u32,
    /// Largest request body or WebSocket message, bytes. Larger: HTTP 413, or error -32007 on a WebSocket.
    pub max_request_bytes: u32,
    /// Largest answer, bytes. Larger: error -32008.
    pub max_response_bytes: u32,
    /// Requests in one batch. More: error -32010.
    pub max_batch_requests: u32,
    /// Subscriptions of one WebSocket connection. More: error -32006.
    pub max_subscriptions_per_connection: u32,
    /// Requests of one connection being answered at once. More: error -32005.
    pub max_in_flight_per_connection: u32,
    /// Bytes of requests being answered, over all connections. More: error -32005.
    pub max_in_flight_request_bytes: u64,
    /// Answers of one connection waiting to be sent, bytes. More: the connection is closed.
    pub max_unsent_bytes_per_connection: u64,
    /// Answers waiting to be sent, over all connections, bytes. More: new requests get error -32005.
    pub max_unsent_bytes: u64,
    /// Messages queued for one WebSocket connection before its subscriptions have to wait.
    pub max_unsent_messages_per_connection: u32,
    /// Requests per second a connection may make on average, with a burst of one second's worth or one whole batch,
    /// whichever is more; 0 = no limit. More: error -32005 with the time to wait.
    pub requests_per_second_per_connection: u32,
    /// A connection without a request, or on a WebSocket without any frame (pings are sent and answered), is closed after this, ms.
    pub idle_timeout_ms: u64,
    /// Bytes ready to be sent must have left within this, ms, or the connection is closed: the client does not read.
    pub send_timeout_ms: u64,
    /// On shutdown, time for requests being answered, ms.
    pub shutdown_grace_ms: u64,
    /// Origins that browsers may call from, such as `https://app.example`; `*` = all, empty = none.
    pub cors_allowed_origins: Vec<String>,
    /// State reads, calls and log subscriptions at `latest` include promised transactions, as `pending` does.
    pub latest_shows_preconfirmed: bool,
    /// `eth_getTransactionReceipt` and `eth_getTransactionByHash` show promised transactions as included, with `blockHash`
    /// null, before their block is sealed. viem and alloy accept that, ethers refuses a receipt without a block hash.
    pub receipts_before_seal: bool,
    /// Blocks one `eth_getLogs` may span.
    pub max_logs_block_range: u64,
    /// Logs one `eth_getLogs` may return.
    pub max_logs_per_response: u32,
    /// Filters (`eth_newFilter` and its kin) that exist at once.
    pub max_filters: u32,
    /// A filter not polled for this long is removed, ms.
    pub filter_ttl_ms: u64,
    /// Gas of one `eth_call` or of one run of `eth_estimateGas`, at most.
    pub call_gas_limit: u64,
    /// Calls and block walks that run at once, each on a blocking thread.
    pub max_heavy_requests: u32,
    /// More of them that may wait for their turn. More: error -32005.
    pub max_waiting_heavy_requests: u32,
    /// Wait of `eth_sendRawTransactionSync` when the client names none, ms.
    pub sync_wait_ms: u64,
    /// Longest wait a client of `eth_sendRawTransactionSync` may ask for, ms.
    pub max_sync_wait_ms: u64,
}

impl Default for RpcConfig {
    fn default() -> Self {
        Self {
            max_connections: 2_000,
            max_request_bytes: 2 << 20,
            max_response_bytes: 16 << 20,
            max_batch_requests: 100,
            max_subscriptions_per_connection: 64,
            max_in_flight_per_connection: 4_096,
            max_in_flight_request_bytes: 128 << 20,
            max_unsent_bytes_per_connection: 32 << 20,
            max_unsent_bytes: 256 << 20,
            max_unsent_messages_per_connection: 1_024,
            requests_per_second_per_connection: 0,
            idle_timeout_ms: 120_000,
            send_timeout_ms: 30_000,
            shutdown_grace_ms: 5_000,
            cors_allowed_origins: Vec::new(),
            latest_shows_preconfirmed: false,
            receipts_before_seal: false,
            max_logs_block_range: 10_000,
            max_logs_per_response: 10_000,
            max_filters: 1_000,
            filter_ttl_ms: 300_000,
            call_gas_limit: 50_000_000,
            max_heavy_requests: 2,
            max_waiting_heavy_requests: 256,
            sync_wait_ms: 2_000,
            max_sync_wait_ms: 60_000,
        }
    }
}

/// Why a configuration can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A limit that would refuse everything.
    #[error(
        "rpc.{key}: expected at least {min}, got {got}; raise it or leave the key out for the default"
    )]
    TooSmall {
        /// The key.
        key: &'static str,
        /// Smallest value that works.
        min: u64,
        /// Value given.
        got: u64,
    },
    /// An origin that no browser sends.
    #[error(
        "rpc.cors_allowed_origins: expected scheme://host[:port] without a path, or \"*\" alone, got {got:?}; correct or remove it"
    )]
    Origin {
        /// Value given.
        got: String,
    },
}

impl RpcConfig {
    /// Checks what types can't: called by [`serve`](crate::serve), and by whoever checks a configuration without starting.
    ///
    /// # Errors
    /// The first key that can't work, with the least value that does.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let at_least = |key: &'static str, got: u64, min: u64| {
            if got < min {
                Err(ConfigError::TooSmall { key, min, got })
            } else {
                Ok(())
            }
        };
        at_least("max_connections", self.max_connections.into(), 1)?;
        at_least("max_request_bytes", self.max_request_bytes.into(), 1_024)?;
        at_least("max_response_bytes", self.max_response_bytes.into(), 1_024)?;
        at_least("max_batch_requests", self.max_batch_requests.into(), 1)?;
        at_least(
            "max_in_flight_per_connection",
            self.max_in_flight_per_connection.into(),
            1,
        )?;
        at_least(
            "max_in_flight_request_bytes",
            self.max_in_flight_request_bytes,
            self.max_request_bytes.into(),
        )?;
        at_least(
            "max_unsent_bytes_per_connection",
            self.max_unsent_bytes_per_connection,
            self.max_response_bytes.into(),
        )?;
        at_least(
            "max_unsent_bytes",
            self.max_unsent_bytes,
            self.max_unsent_bytes_per_connection,
        )?;
        at_least(
            "max_unsent_messages_per_connection",
            self.max_unsent_messages_per_connection.into(),
            1,
        )?;
        at_least("idle_timeout_ms", self.idle_timeout_ms, 10)?;
        at_least("send_timeout_ms", self.send_timeout_ms, 10)?;
        at_least("max_logs_block_range", self.max_logs_block_range, 1)?;
        at_least(
            "max_logs_per_response",
            self.max_logs_per_response.into(),
            1,
        )?;
        at_least("filter_ttl_ms", self.filter_ttl_ms, 1)?;
        at_least("call_gas_limit", self.call_gas_limit, 21_000)?;
        at_least("max_heavy_requests", self.max_heavy_requests.into(), 1)?;
        at_least("sync_wait_ms", self.sync_wait_ms, 1)?;
        at_least("max_sync_wait_ms", self.max_sync_wait_ms, self.sync_wait_ms)?;
        for origin in &self.cors_allowed_origins {
            let alone = self.cors_allowed_origins.len() == 1;
            let plain = origin.split_once("://").is_some_and(|(scheme, host)| {
                !scheme.is_empty()
                    && !host.is_empty()
                    && !host.contains('/')
                    && host.is_ascii()
                    && !host.contains(char::is_whitespace)
            });
            if !(plain || (origin == "*" && alone)) {
                return Err(ConfigError::Origin {
                    got: origin.clone(),
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_valid_and_an_empty_table_is_the_default() {
        RpcConfig::default().validate().unwrap();
        assert_eq!(
            toml::from_str::<RpcConfig>("").unwrap(),
            RpcConfig::default()
        );
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let error = toml::from_str::<RpcConfig>("max_conections = 5")
            .unwrap_err()
            .to_string();
        assert!(error.contains("max_conections"), "{error}");
    }

    #[test]
    fn a_limit_that_refuses_everything_is_named_with_the_least_that_works() {
        let config = RpcConfig {
            max_connections: 0,
            ..RpcConfig::default()
        };
        assert_eq!(
            config.validate(),
            Err(ConfigError::TooSmall {
                key: "max_connections",
                min: 1,
                got: 0
            })
        );
        let config = RpcConfig {
            max_unsent_bytes_per_connection: 1 << 20,
            ..RpcConfig::default()
        };
        assert!(matches!(
            config.validate(),
            Err(ConfigError::TooSmall {
                key: "max_unsent_bytes_per_connection",
                ..
            })
        ));
    }

    #[test]
    fn an_origin_is_a_scheme_and_a_host_or_a_star_alone() {
        let with = |origins: &[&str]| RpcConfig {
            cors_allowed_origins: origins.iter().map(|&origin| origin.to_owned()).collect(),
            ..RpcConfig::default()
        };
        with(&["*"]).validate().unwrap();
        with(&["https://app.example", "http://localhost:5173"])
            .validate()
            .unwrap();
        for bad in [
            &["*", "https://app.example"][..],
            &["app.example"],
            &["https://app.example/"],
            &[""],
        ] {
            assert!(
                matches!(with(bad).validate(), Err(ConfigError::Origin { .. })),
                "{bad:?}"
            );
        }
    }
}
