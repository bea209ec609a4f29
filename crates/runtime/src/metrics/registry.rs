use prometheus::{
    Encoder, IntGauge, Opts, Registry, TextEncoder, process_collector::ProcessCollector,
};

/// All figures of a process: those that roles register, and the usual ones about the process itself
/// (memory, CPU time, open files, threads). Clones share it.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
}

impl Metrics {
    /// The process's own figures and `forebond_build_info`, whose label is `version`.
    ///
    /// # Errors
    /// None that a caller could cause: names and values are fixed.
    pub fn new(version: &str) -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        registry.register(Box::new(ProcessCollector::for_self()))?;
        let build = Opts::new("forebond_build_info", "Version of the program; always 1")
            .const_label("version", version);
        let build = IntGauge::with_opts(build)?;
        build.set(1);
        registry.register(Box::new(build))?;
        Ok(Self { registry })
    }

    /// Where roles register their figures.
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// All figures in the Prometheus text format.
    ///
    /// # Errors
    /// A collector gives figures that contradict each other.
    pub fn render(&self) -> Result<String, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_reports_its_version_and_its_memory() {
        let metrics = Metrics::new("1.2.3").unwrap();
        let text = metrics.render().unwrap();
        assert!(
            text.contains("forebond_build_info{version=\"1.2.3\"} 1\n"),
            "{text}"
        );
        let memory = text
            .lines()
            .find_map(|line| line.strip_prefix("process_resident_memory_bytes "));
        assert!(memory.unwrap().parse::<f64>().unwrap() > 0.0);
    }

    #[test]
    fn what_a_role_registers_appears() {
        let metrics = Metrics::new("0").unwrap();
        let promised = prometheus::IntCounter::new("promised_total", "Promises").unwrap();
        metrics
            .registry()
            .register(Box::new(promised.clone()))
            .unwrap();
        promised.inc_by(3);
        assert!(metrics.render().unwrap().contains("promised_total 3\n"));
    }
}
