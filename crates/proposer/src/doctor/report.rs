use std::fmt;

use serde::Serialize;

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It works, or will, and should be looked at.
    Warn,
    /// It does not work.
    Fail,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// How it went.
    pub verdict: Verdict,
    /// What was looked at.
    pub what: &'static str,
    /// What was found.
    pub found: String,
    /// How to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

/// All checks, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The checks.
    pub lines: Vec<Line>,
}

impl Report {
    pub(super) fn ok(&mut self, what: &'static str, found: impl Into<String>) {
        self.push(Verdict::Ok, what, found.into(), None);
    }

    pub(super) fn warn(
        &mut self,
        what: &'static str,
        found: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.push(Verdict::Warn, what, found.into(), Some(mend.into()));
    }

    pub(super) fn fail(
        &mut self,
        what: &'static str,
        found: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.push(Verdict::Fail, what, found.into(), Some(mend.into()));
    }

    fn push(&mut self, verdict: Verdict, what: &'static str, found: String, mend: Option<String>) {
        self.lines.push(Line {
            verdict,
            what,
            found,
            mend,
        });
    }

    /// The worst of them.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let verdicts = self.lines.iter().map(|line| line.verdict);
        verdicts.max().unwrap_or(Verdict::Ok)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            let verdict = match line.verdict {
                Verdict::Ok => "ok  ",
                Verdict::Warn => "WARN",
                Verdict::Fail => "FAIL",
            };
            writeln!(f, "{verdict}  {:<18} {}", line.what, line.found)?;
            if let Some(mend) = &line.mend {
                writeln!(f, "      {:<18} → {mend}", "")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_line_is_the_verdict_and_each_that_is_not_well_says_how_to_mend_it() {
        let mut report = Report::default();
        assert_eq!(report.verdict(), Verdict::Ok);
        report.ok("signer", "split");
        report.warn("lookahead", "not proven", "wait");
        assert_eq!(report.verdict(), Verdict::Warn);
        report.fail("beacon node", "of another chain", "name another");
        assert_eq!(report.verdict(), Verdict::Fail);
        let text = report.to_string();
        assert!(text.contains("ok    signer") && text.contains("→ name another"));
        let lines = report.lines.iter();
        assert!(lines.clone().count() == 3);
        assert!(lines.filter(|line| line.mend.is_none()).count() == 1);
    }
}
