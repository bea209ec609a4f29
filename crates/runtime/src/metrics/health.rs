use serde::Serialize;
use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

/// Reason of a component that has not spoken yet.
const STARTING: &str = "starting";

/// By component: why it is not ready, or `None` when it is.
type Reasons = BTreeMap<&'static str, Option<Cow<'static, str>>>;

/// Which components of a process can do their work. Clones share it.
#[derive(Clone, Debug)]
pub struct Health {
    components: Arc<RwLock<Reasons>>,
}

/// The answer of `/readyz`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HealthReport {
    /// Whether every component is ready.
    pub ready: bool,
    /// Why not, by component.
    pub reasons: BTreeMap<&'static str, Cow<'static, str>>,
}

impl Health {
    /// The components that have to be ready before the process is; until then each is `starting`.
    pub fn new(components: &[&'static str]) -> Self {
        let starting = components
            .iter()
            .map(|name| (*name, Some(STARTING.into())))
            .collect();
        Self {
            components: Arc::new(RwLock::new(starting)),
        }
    }

    /// `component` can do its work.
    pub fn set_ready(&self, component: &'static str) {
        self.set(component, None);
    }

    /// `component` cannot do its work, and why, in words an operator can act on.
    pub fn set_not_ready(&self, component: &'static str, reason: impl Into<Cow<'static, str>>) {
        self.set(component, Some(reason.into()));
    }

    fn set(&self, component: &'static str, reason: Option<Cow<'static, str>>) {
        let mut components = self
            .components
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let before = components.insert(component, reason.clone());
        drop(components);
        if before.as_ref() != Some(&reason) {
            match reason {
                Some(reason) => tracing::warn!(component, %reason, "not ready"),
                None => tracing::info!(component, "ready"),
            }
        }
    }

    /// The state of all components.
    pub fn report(&self) -> HealthReport {
        let components = self
            .components
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let reasons: BTreeMap<_, _> = components
            .iter()
            .filter_map(|(name, reason)| Some((*name, reason.clone()?)))
            .collect();
        HealthReport {
            ready: reasons.is_empty(),
            reasons,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_components_have_to_be_ready_and_each_says_why_it_is_not() {
        let health = Health::new(&["sequencer", "store"]);
        assert_eq!(health.report().reasons["store"], "starting");
        health.set_ready("sequencer");
        health.set_not_ready("store", "disk full");
        let report = health.report();
        assert!(!report.ready);
        assert_eq!(
            report.reasons.into_iter().collect::<Vec<_>>(),
            [("store", "disk full".into())]
        );
        health.set_ready("store");
        assert!(health.report().ready);
        health.set_not_ready("sequencer", "stopped");
        assert!(!health.report().ready);
    }
}
