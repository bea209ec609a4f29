use serde::Deserialize;

/// One look at a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// It answered after so many milliseconds.
    Answered {
        /// Milliseconds.
        after_ms: u64,
    },
    /// It did not, or not what it should.
    Silent,
}

/// When a gateway counts as down and as up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HealthTerms {
    /// Looks without an answer, one after the other, until it is down; at least 1.
    pub down_after: u32,
    /// Answers, one after the other, until it is up again; at least 1. More than for down: whoever comes back may leave again.
    pub up_after: u32,
}

impl Default for HealthTerms {
    fn default() -> Self {
        Self {
            down_after: 3,
            up_after: 8,
        }
    }
}

/// What is known of a gateway's health.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// It answers; not known before it has answered once or been down.
    pub is_up: Option<bool>,
    /// Smoothed time to its answers, milliseconds.
    pub latency_ms: Option<u64>,
    /// Looks that contradict `is_up`, one after the other.
    against: u32,
}

impl Health {
    /// Takes a look into account.
    pub fn look(&mut self, look: Look, terms: &HealthTerms) {
        let answered = matches!(look, Look::Answered { .. });
        if let Look::Answered { after_ms } = look {
            // An eighth of the newest: one slow answer moves little.
            let smoothed = self
                .latency_ms
                .map(|before| before.saturating_mul(7).saturating_add(after_ms) / 8);
            self.latency_ms = Some(smoothed.unwrap_or(after_ms));
        }
        if self.is_up == Some(answered) {
            self.against = 0;
            return;
        }
        self.against = self.against.saturating_add(1);
        let needed = match (self.is_up, answered) {
            // Never seen: the first answer counts.
            (None, true) => 1,
            (Some(false), true) => terms.up_after,
            (_, false) => terms.down_after,
            (Some(true), true) => 0,
        };
        if self.against >= needed.max(1) {
            self.is_up = Some(answered);
            self.against = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAST: Look = Look::Answered { after_ms: 10 };

    #[test]
    fn a_gateway_is_down_after_several_looks_and_up_again_after_more() {
        let terms = HealthTerms::default();
        let mut health = Health::default();
        health.look(FAST, &terms);
        assert_eq!(health.is_up, Some(true));
        for _ in 0..2 {
            health.look(Look::Silent, &terms);
        }
        health.look(FAST, &terms);
        // The count begins anew with each answer.
        for _ in 0..2 {
            health.look(Look::Silent, &terms);
            assert_eq!(health.is_up, Some(true));
        }
        health.look(Look::Silent, &terms);
        assert_eq!(health.is_up, Some(false));
        for _ in 0..7 {
            health.look(FAST, &terms);
            assert_eq!(health.is_up, Some(false));
        }
        health.look(FAST, &terms);
        assert_eq!(health.is_up, Some(true));
    }

    #[test]
    fn one_slow_answer_moves_the_latency_little() {
        let mut health = Health::default();
        for _ in 0..20 {
            health.look(FAST, &HealthTerms::default());
        }
        health.look(Look::Answered { after_ms: 810 }, &HealthTerms::default());
        assert_eq!(health.latency_ms, Some(110));
    }
}
