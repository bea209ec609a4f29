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

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Address, B256, Bytes};
    use forebond_refund::{Liable, Settled};
    use forebond_types::Domain;
    use serde_json::Value;

    const ETHER: u128 = 1_000_000_000_000_000_000;

    fn report(standing: Standing, call: bool) -> Report {
        Report {
            standing,
            facts: Facts {
                gateway: 2,
                fault_id: B256::repeat_byte(0xf1),
                now_s: 1_000,
                heard_until_s: 1_763_700_000,
                settled: Settled::Nowhere,
                claim: None,
                liable: call.then_some(Liable {
                    gateway: 3,
                    base: B256::repeat_byte(0xb3),
                }),
            },
            held: Held {
                domain: Domain {
                    l1_chain_id: 1,
                    inbox: Address::ZERO,
                },
                base: B256::ZERO,
                window: 40,
                frag: B256::ZERO,
                signer: Address::ZERO,
                block: 7,
                index: 1,
                tx_hash: B256::ZERO,
                receipt_hash: B256::ZERO,
                sender: Address::repeat_byte(0xaa),
                coverage_wei: 3 * ETHER,
            },
            call: call.then(|| WalletCall {
                to: Address::repeat_byte(0x51),
                data: Bytes::from_static(&[1, 2, 3]),
            }),
            handed_in: None,
            notes: Vec::new(),
        }
    }

    #[test]
    fn a_claim_that_is_due_says_how_much_to_whom_and_what_a_wallet_would_send() {
        let due = report(
            Standing::Claimable {
                amount_wei: 3 * ETHER / 2,
            },
            true,
        );
        let words = due.words();
        for part in [
            "1.5 ETH can be claimed now",
            "0xaAaA",
            "gateway 3, which the promiser built on",
            "with 0x010203",
        ] {
            assert!(words.contains(part), "{part} not in\n{words}");
        }
        let call: Value = serde_json::from_str(&due.wallet_call().unwrap().unwrap()).unwrap();
        assert_eq!(call["data"], "0x010203");
        assert_eq!(call.as_object().unwrap().len(), 2);
        let json: Value = serde_json::from_str(&due.json().unwrap()).unwrap();
        assert_eq!(json["standing"], "claimable");
        assert_eq!(json["amountWei"], "1500000000000000000");
        assert_eq!(json["liable"]["gateway"], 3);
    }

    #[test]
    fn what_is_not_recorded_has_no_call_and_says_until_when_it_is_heard() {
        let broken = report(
            Standing::NotBrought {
                batch_id: 4,
                heard_until_s: 1_763_700_000,
            },
            false,
        );
        assert!(broken.wallet_call().unwrap().is_none());
        assert!(broken.words().contains("2025-11-21"), "{}", broken.words());
        assert!(!broken.words().contains("liable"));
    }

    #[test]
    fn an_open_case_says_the_day_it_pays() {
        let open = report(
            Standing::Recorded {
                closes_at_s: 1_763_700_000,
                expected_wei: ETHER,
            },
            true,
        );
        assert!(open.words().contains("due       2025-11-21"));
        assert!(!open.is_due());
        let json: Value = serde_json::from_str(&open.json().unwrap()).unwrap();
        assert_eq!(json["closesAt"], 1_763_700_000u64);
    }
}
