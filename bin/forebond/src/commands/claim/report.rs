use crate::commands::verify::utc;
use forebond_refund::{Facts, HandedIn, Held, Standing, WalletCall};
use serde_json::json;

/// What is said at the end.
pub(super) struct Report {
    pub(super) standing: Standing,
    pub(super) facts: Facts,
    pub(super) held: Held,
    pub(super) call: Option<WalletCall>,
    pub(super) handed_in: Option<HandedIn>,
    pub(super) notes: Vec<String>,
}

impl Report {
    /// The call for a wallet, a line of JSON; none while the fault is not recorded.
    pub(super) fn wallet_call(&self) -> eyre::Result<Option<String>> {
        let call = self.call.as_ref().map(serde_json::to_string).transpose()?;
        Ok(call.map(|call| format!("{call}\n")))
    }

    /// One call pays now.
    pub(super) const fn is_due(&self) -> bool {
        matches!(self.standing, Standing::Claimable { .. })
    }

    pub(super) fn json(&self) -> eyre::Result<String> {
        let amount_wei = self.amount_wei();
        let handed_in = self.handed_in.as_ref().map(|answer| {
            json!({ "accepted": answer.accepted, "known": answer.known, "caseIds": answer.case_ids })
        });
        let value = json!({
            "standing": self.standing.word(),
            "words": self.standing.to_string(),
            "faultId": self.facts.fault_id,
            "gateway": self.facts.gateway,
            "liable": self.facts.liable.map(|liable| json!({ "gateway": liable.gateway, "base": liable.base })),
            "payee": self.held.sender,
            "coverageWei": self.held.coverage_wei.to_string(),
            "amountWei": amount_wei.map(|wei| wei.to_string()),
            "closesAt": self.closes_at_s(),
            "heardUntil": self.facts.heard_until_s,
            "call": self.call,
            "watcher": handed_in,
            "notes": self.notes,
        });
        Ok(format!("{}\n", serde_json::to_string_pretty(&value)?))
    }

    pub(super) fn words(&self) -> String {
        let mut lines = vec![
            format!("{}", self.standing),
            format!("  fault     {}", self.facts.fault_id),
            format!(
                "  promised  by gateway {}, block {}, index {}",
                self.facts.gateway, self.held.block, self.held.index
            ),
            format!("  pays      {} alone, whoever claims", self.held.sender),
        ];
        if let Some(liable) = self
            .facts
            .liable
            .filter(|liable| liable.gateway != self.facts.gateway)
        {
            lines.push(format!(
                "  liable    gateway {}, which the promiser built on and which was convicted",
                liable.gateway
            ));
        }
        if let Some(closes_at_s) = self.closes_at_s() {
            lines.push(format!(
                "  due       {}",
                utc(closes_at_s.saturating_mul(1_000))
            ));
        }
        if matches!(self.standing, Standing::NotBrought { .. }) {
            lines.push(format!(
                "  heard     until {}",
                utc(self.facts.heard_until_s.saturating_mul(1_000))
            ));
        }
        if let Some(answer) = &self.handed_in {
            lines.push(format!("  watcher   {}", told(answer)));
        }
        lines.extend(self.notes.iter().map(|note| format!("  note      {note}")));
        let call = self.call.as_ref().filter(|_| self.is_due());
        if let Some(call) = call {
            lines.push(format!("  call      to {} with {}", call.to, call.data));
        }
        lines.join("\n") + "\n"
    }

    const fn amount_wei(&self) -> Option<u128> {
        match self.standing {
            Standing::Claimable { amount_wei } => Some(amount_wei),
            Standing::Recorded { expected_wei, .. } => Some(expected_wei),
            _ => None,
        }
    }

    const fn closes_at_s(&self) -> Option<u64> {
        match self.standing {
            Standing::Recorded { closes_at_s, .. } => Some(closes_at_s),
            _ => None,
        }
    }
}

fn told(answer: &HandedIn) -> String {
    let keeps = match (answer.accepted, answer.known) {
        (true, true) => "has the promise already",
        (true, false) => "has taken the promise",
        (false, _) => "does not take the promise",
    };
    match answer.case_ids.len() {
        0 => format!("{keeps}; no case yet"),
        cases => format!("{keeps}; {cases} cases"),
    }
}
