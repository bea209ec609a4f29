//! Whether the money moved as the rules say: pure, from what the Slasher announced.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256, U256};
use forebond_evidence::FaultKind;

use super::Misdeed;

/// A fault as L1 recorded it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// Its identity.
    pub(crate) id: B256,
    /// Number of the gateway.
    pub(crate) gateway: u32,
    /// What it did.
    pub(crate) kind: u8,
    /// Under which base.
    pub(crate) base: B256,
    /// Last slot of the window.
    pub(crate) window: u64,
    /// Taken for it.
    pub(crate) taken_wei: U256,
    /// Who proved it.
    pub(crate) watcher: Address,
}

/// A case's end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Closed {
    /// For users.
    pub(crate) refunds_wei: U256,
    /// For who covered.
    pub(crate) cover_wei: U256,
    /// For who proved it.
    pub(crate) bounty_wei: U256,
    /// Gone.
    pub(crate) burned_wei: U256,
}

impl Closed {
    fn sum(&self) -> U256 {
        self.refunds_wei + self.cover_wei + self.bounty_wei + self.burned_wei
    }
}

/// An operator's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Forfeit {
    /// Who.
    pub(crate) operator: Address,
    /// What it did.
    pub(crate) kind: u8,
    /// The slot.
    pub(crate) slot: u64,
}

/// Everything the Slasher announced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Announced {
    pub(crate) recorded: Vec<Recorded>,
    pub(crate) closed: BTreeMap<(u32, B256), Closed>,
    /// Payouts: fault, receiver, wei.
    pub(crate) paid: Vec<(B256, Address, U256)>,
    pub(crate) operators: Vec<Forfeit>,
    /// Operators that lost a period's rewards.
    pub(crate) forfeited: BTreeSet<Address>,
}

/// A misdeed that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deed {
    /// What.
    pub(crate) misdeed: Misdeed,
    /// Number of the gateway.
    pub(crate) gateway: u32,
    /// Whose validators lent it its slots.
    pub(crate) operator: Address,
    /// Last slot of the window.
    pub(crate) window: u64,
}

/// How it ended for everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settled {
    /// Gateways that lost bond.
    pub(crate) slashed: u64,
    /// Operators that lost rewards.
    pub(crate) forfeited: u64,
    /// Users that were paid.
    pub(crate) refunded: u64,
    /// All that was taken, wei.
    pub(crate) taken_wei: U256,
    /// Paid to users, wei.
    pub(crate) refunds_wei: U256,
    /// Burned, wei.
    pub(crate) burned_wei: U256,
    /// What is still to come; empty when everything has.
    pub(crate) open: Vec<String>,
    /// What must never be.
    pub(crate) wrong: Vec<String>,
}

const UNKEPT: u8 = FaultKind::Unkept as u8;

/// Compares what was announced with what was done. `excused` are operators that may have missed slots without guilt of this run's
/// making; `reserve_wei` is what each gateway had at stake.
pub(crate) fn settled(
    deeds: &[Deed],
    announced: &Announced,
    excused: &BTreeSet<Address>,
    reserve_wei: U256,
) -> Settled {
    let mut result = Settled::default();
    for deed in deeds {
        for kind in deed.misdeed.faults() {
            result.open.extend(missing(deed, *kind, announced));
        }
    }
    let guilty: BTreeSet<u32> = deeds
        .iter()
        .filter(|deed| deed.misdeed != Misdeed::MissSlot)
        .map(|deed| deed.gateway)
        .collect();
    let mut taken: BTreeMap<u32, U256> = BTreeMap::new();
    let mut cases: BTreeMap<(u32, B256), U256> = BTreeMap::new();
    for fault in &announced.recorded {
        *taken.entry(fault.gateway).or_default() += fault.taken_wei;
        *cases.entry((fault.gateway, fault.base)).or_default() += fault.taken_wei;
        if !guilty.contains(&fault.gateway) {
            result.wrong.push(format!(
                "gateway {} was convicted of fault kind {} in window {}, and has done nothing",
                fault.gateway, fault.kind, fault.window
            ));
        }
    }
    for (gateway, wei) in &taken {
        if *wei > reserve_wei {
            result.wrong.push(format!(
                "{wei} wei were taken from gateway {gateway}, which had {reserve_wei} at stake"
            ));
        }
    }
    for ((gateway, base), wei) in &cases {
        match announced.closed.get(&(*gateway, *base)) {
            None => result
                .open
                .push(format!("the case of gateway {gateway} is not closed")),
            Some(closed) if closed.sum() != *wei => result.wrong.push(format!(
                "{wei} wei were taken from gateway {gateway}, and {} given out: {closed:?}",
                closed.sum()
            )),
            Some(closed) => {
                result.burned_wei += closed.burned_wei;
                if (closed.refunds_wei + closed.cover_wei + closed.bounty_wei) * U256::from(2)
                    > *wei
                {
                    result.wrong.push(format!(
                        "more than half of gateway {gateway}'s case was paid out"
                    ));
                }
            }
        }
    }
    let mut users = BTreeSet::new();
    for fault in announced
        .recorded
        .iter()
        .filter(|fault| fault.kind == UNKEPT)
    {
        let paid: Vec<_> = announced
            .paid
            .iter()
            .filter(|(id, to, _)| *id == fault.id && *to != fault.watcher)
            .collect();
        if paid.is_empty() {
            result.open.push(format!(
                "the user behind fault {} is not refunded",
                fault.id
            ));
        }
        for (_, to, wei) in paid {
            users.insert(*to);
            result.refunds_wei += *wei;
        }
    }
    let lenders: BTreeSet<Address> = deeds
        .iter()
        .filter(|deed| deed.misdeed == Misdeed::MissSlot)
        .map(|deed| deed.operator)
        .collect();
    for fault in &announced.operators {
        if !lenders.contains(&fault.operator) && !excused.contains(&fault.operator) {
            result.wrong.push(format!(
                "operator {} was convicted of fault kind {} at slot {}, and has done nothing",
                fault.operator, fault.kind, fault.slot
            ));
        }
    }
    result.slashed = taken.values().filter(|wei| **wei > U256::ZERO).count() as u64;
    result.taken_wei = taken.values().copied().sum();
    result.refunded = users.len() as u64;
    result.forfeited = announced.forfeited.len() as u64;
    result
}

fn missing(deed: &Deed, kind: FaultKind, announced: &Announced) -> Option<String> {
    let (found, costs) = if kind == FaultKind::MissedSlot {
        let found = announced.operators.iter().any(|fault| {
            fault.operator == deed.operator && fault.slot == deed.window && fault.kind == kind as u8
        });
        (found, announced.forfeited.contains(&deed.operator))
    } else {
        let found = announced.recorded.iter().any(|fault| {
            fault.gateway == deed.gateway && fault.window == deed.window && fault.kind == kind as u8
        });
        let costs = announced
            .recorded
            .iter()
            .any(|fault| fault.gateway == deed.gateway && fault.taken_wei > U256::ZERO);
        (found, costs)
    };
    let name = deed.misdeed.name();
    if !found {
        Some(format!("{name}: {kind:?} is not recorded on L1"))
    } else if !costs {
        Some(format!("{name}: {kind:?} has cost nothing"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ETHER: u64 = 1_000_000_000_000_000_000;

    fn deed(misdeed: Misdeed) -> Deed {
        Deed {
            misdeed,
            gateway: 2,
            operator: Address::repeat_byte(2),
            window: 30,
        }
    }

    fn fault(gateway: u32, kind: FaultKind, wei: u64) -> Recorded {
        Recorded {
            id: B256::repeat_byte(kind as u8 + 1),
            gateway,
            kind: kind as u8,
            base: B256::repeat_byte(9),
            window: 30,
            taken_wei: U256::from(wei),
            watcher: Address::repeat_byte(0xaa),
        }
    }

    fn closed(refunds: u64, cover: u64, bounty: u64, burned: u64) -> Closed {
        Closed {
            refunds_wei: U256::from(refunds),
            cover_wei: U256::from(cover),
            bounty_wei: U256::from(bounty),
            burned_wei: U256::from(burned),
        }
    }

    fn withheld() -> Announced {
        let unkept = fault(2, FaultKind::Unkept, 200);
        Announced {
            paid: vec![
                (unkept.id, Address::repeat_byte(0xee), U256::from(100)),
                (unkept.id, unkept.watcher, U256::from(5)),
            ],
            recorded: vec![fault(2, FaultKind::Late, 800), unkept],
            closed: [((2, B256::repeat_byte(9)), closed(100, 20, 50, 830))].into(),
            ..Announced::default()
        }
    }

    fn judge(misdeed: Misdeed, announced: &Announced) -> Settled {
        settled(
            &[deed(misdeed)],
            announced,
            &BTreeSet::new(),
            U256::from(1_000) * U256::from(ETHER),
        )
    }

    #[test]
    fn everything_recorded_paid_and_burned_is_settled() {
        let settled = judge(Misdeed::Withhold, &withheld());
        assert_eq!(
            (settled.open.as_slice(), settled.wrong.as_slice()),
            (&[][..], &[][..])
        );
        assert_eq!((settled.slashed, settled.refunded), (1, 1));
        assert_eq!(settled.refunds_wei, U256::from(100));
        assert_eq!(settled.taken_wei, U256::from(1_000));
    }

    #[test]
    fn each_thing_that_is_missing_is_told() {
        let mut none = withheld();
        none.recorded.remove(0);
        let mut unpaid = withheld();
        unpaid.paid.remove(0);
        let mut open = withheld();
        open.closed.clear();
        let mut free = withheld();
        for fault in &mut free.recorded {
            fault.taken_wei = U256::ZERO;
        }
        for (announced, words) in [
            (none, "Late is not recorded"),
            (unpaid, "not refunded"),
            (open, "not closed"),
            (free, "has cost nothing"),
        ] {
            let settled = judge(Misdeed::Withhold, &announced);
            assert!(
                settled.open.iter().any(|one| one.contains(words)),
                "{words}: {:?}",
                settled.open
            );
        }
    }

    #[test]
    fn an_accusation_of_the_innocent_and_money_out_of_nowhere_are_wrong() {
        let mut framed = withheld();
        framed.recorded.push(fault(1, FaultKind::Late, 0));
        let mut minted = withheld();
        minted.closed = [((2, B256::repeat_byte(9)), closed(100, 20, 51, 830))].into();
        let mut generous = withheld();
        generous.closed = [((2, B256::repeat_byte(9)), closed(100, 20, 480, 400))].into();
        let mut missed = withheld();
        missed.operators.push(Forfeit {
            operator: Address::repeat_byte(7),
            kind: FaultKind::MissedSlot as u8,
            slot: 4,
        });
        for (announced, words) in [
            (framed, "has done nothing"),
            (minted, "given out"),
            (generous, "more than half"),
            (missed, "has done nothing"),
        ] {
            let settled = judge(Misdeed::Withhold, &announced);
            assert!(
                settled.wrong.iter().any(|one| one.contains(words)),
                "{words}: {:?}",
                settled.wrong
            );
        }
    }

    #[test]
    fn a_missed_slot_costs_its_operator_a_period_and_no_gateway_anything() {
        let operator = Address::repeat_byte(2);
        let mut announced = Announced {
            operators: vec![Forfeit {
                operator,
                kind: FaultKind::MissedSlot as u8,
                slot: 30,
            }],
            ..Announced::default()
        };
        let open = judge(Misdeed::MissSlot, &announced).open;
        assert!(open[0].contains("cost nothing"), "{open:?}");
        announced.forfeited.insert(operator);
        let settled = judge(Misdeed::MissSlot, &announced);
        assert_eq!(
            (settled.open.len(), settled.wrong.len(), settled.forfeited),
            (0, 0, 1)
        );
    }
}
