use super::{ConfigError, GatewayConfig, serving};

impl GatewayConfig {
    /// Checks what types cannot: ranges, and values that contradict each other.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] with every problem found, each with its key, what was expected and
    /// what came.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let mut found = Vec::new();
        self.chain.problems(&mut found);
        self.sequencer
            .problems(self.chain.gas_limit, self.chain.block_time_s, &mut found);
        self.pool
            .problems(self.sequencer.frag_max_bytes, &mut found);
        self.fees.problems(&mut found);
        self.log.problems(&mut found);
        self.store.problems(&mut found);
        serving::problems(&self.http, &self.admin, &self.metrics, &mut found);
        found.extend(self.rpc.validate().err().map(|error| error.to_string()));
        found.extend(self.logging.validate().err().map(|error| error.to_string()));
        if found.is_empty() {
            Ok(())
        } else {
            Err(ConfigError::Invalid { problems: found })
        }
    }
}

/// Notes a problem unless `got` is at least `min`.
pub(super) fn at_least(key: &str, got: u64, min: u64, found: &mut Vec<String>) {
    if got < min {
        found.push(format!("{key}: expected at least {min}, got {got}"));
    }
}
