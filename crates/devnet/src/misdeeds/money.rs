//! Whether the money moved as the rules say: pure, from what the Slasher announced and what accounts have of it.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256, U256};
use forebond_evidence::FaultKind;

use super::{
    Misdeed,
    arrived::{Forfeiture, Growth},
};

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

/// A payment as L1 announced it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Payout {
    /// For which fault.
    pub(crate) fault: B256,
    /// To whom.
    pub(crate) to: Address,
    /// How much.
    pub(crate) wei: U256,
    /// In which block.
    pub(crate) block: B256,
}

/// Everything the Slasher announced, and what is there of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Announced {
    pub(crate) recorded: Vec<Recorded>,
    pub(crate) closed: BTreeMap<(u32, B256), Closed>,
    pub(crate) paid: Vec<Payout>,
    /// What refunded users' balances say; what nobody told yet is absent.
    pub(crate) grown: Growth,
    pub(crate) operators: Vec<Forfeit>,
    /// Operators that lost a period's rewards.
    pub(crate) forfeited: BTreeSet<Forfeiture>,
    /// Those of them that the rollup has carried out.
    pub(crate) carried_out: BTreeSet<Forfeiture>,
}

impl Announced {
    /// What users were paid for a fault.
    pub(crate) fn refunds_of(&self, fault: &Recorded) -> Vec<&Payout> {
        let is_refund = |payout: &&Payout| {
            fault.kind == UNKEPT && payout.fault == fault.id && payout.to != fault.watcher
        };
        self.paid.iter().filter(is_refund).collect()
    }

    /// All that an account was paid in a block, for whatever.
    pub(crate) fn paid_in(&self, to: Address, block: B256) -> U256 {
        let there = |payout: &&Payout| payout.to == to && payout.block == block;
        self.paid.iter().filter(there).map(|one| one.wei).sum()
    }
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
    judge_refunds(announced, &mut result);
    for (operator, period) in announced.forfeited.difference(&announced.carried_out) {
        result.open.push(format!(
            "the rollup has not burned what operator {operator} lost for period {period}"
        ));
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
    let losers: BTreeSet<Address> = announced.forfeited.iter().map(|(who, _)| *who).collect();
    result.forfeited = losers.len() as u64;
    result
}

/// A refund is one when the user has it: what was announced says nothing about balances.
fn judge_refunds(announced: &Announced, result: &mut Settled) {
    let mut users = BTreeSet::new();
    for fault in announced
        .recorded
        .iter()
        .filter(|fault| fault.kind == UNKEPT)
    {
        let refunds = announced.refunds_of(fault);
        if refunds.is_empty() {
            result.open.push(format!(
                "the user behind fault {} is not refunded",
                fault.id
            ));
        }
        for Payout { to, wei, block, .. } in refunds {
            let due_wei = announced.paid_in(*to, *block);
            match announced.grown.get(&(*to, *block)) {
                None => result.open.push(format!(
                    "the balance of user {to} around L1 block {block} is not known"
                )),
                Some(grown) if *grown < due_wei => result.wrong.push(format!(
                    "user {to} was to get {due_wei} wei in L1 block {block}, and its balance grew by {grown}"
                )),
                Some(_) => {
                    users.insert(*to);
                    result.refunds_wei += *wei;
                }
            }
        }
    }
    result.refunded = users.len() as u64;
}

fn missing(deed: &Deed, kind: FaultKind, announced: &Announced) -> Option<String> {
    let (found, costs) = if kind == FaultKind::MissedSlot {
        let found = announced.operators.iter().any(|fault| {
            fault.operator == deed.operator && fault.slot == deed.window && fault.kind == kind as u8
        });
        let costs = announced
            .forfeited
            .iter()
            .any(|(operator, _)| *operator == deed.operator);
        (found, costs)
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

    const USER: Address = Address::repeat_byte(0xee);
    const BLOCK: B256 = B256::repeat_byte(0xb1);

    fn payout(fault: &Recorded, to: Address, wei: u64) -> Payout {
        Payout {
            fault: fault.id,
            to,
            wei: U256::from(wei),
            block: BLOCK,
        }
    }

    fn withheld() -> Announced {
        let unkept = fault(2, FaultKind::Unkept, 200);
        Announced {
            paid: vec![
                payout(&unkept, USER, 100),
                payout(&unkept, unkept.watcher, 5),
            ],
            grown: [((USER, BLOCK), U256::from(100))].into(),
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
        let mut untold = withheld();
        untold.grown.clear();
        let mut free = withheld();
        for fault in &mut free.recorded {
            fault.taken_wei = U256::ZERO;
        }
        for (announced, words) in [
            (none, "Late is not recorded"),
            (unpaid, "not refunded"),
            (open, "not closed"),
            (untold, "is not known"),
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
    fn a_refund_that_was_announced_and_did_not_arrive_is_wrong_and_no_refund() {
        let mut short = withheld();
        short.grown = [((USER, BLOCK), U256::from(99))].into();
        let settled = judge(Misdeed::Withhold, &short);
        assert!(
            settled.wrong[0].contains("grew by 99"),
            "{:?}",
            settled.wrong
        );
        assert_eq!((settled.refunded, settled.refunds_wei), (0, U256::ZERO));
    }

    #[test]
    fn two_refunds_of_one_block_have_to_arrive_both() {
        let mut twice = withheld();
        let other = Recorded {
            id: B256::repeat_byte(0x77),
            ..fault(2, FaultKind::Unkept, 0)
        };
        twice.paid.push(payout(&other, USER, 40));
        twice.recorded.push(other);
        assert_eq!(judge(Misdeed::Withhold, &twice).wrong.len(), 2);
        twice.grown = [((USER, BLOCK), U256::from(140))].into();
        let settled = judge(Misdeed::Withhold, &twice);
        assert_eq!((settled.wrong.len(), settled.refunded), (0, 1));
        assert_eq!(settled.refunds_wei, U256::from(140));
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
        announced.forfeited.insert((operator, 3));
        let open = judge(Misdeed::MissSlot, &announced).open;
        assert!(open[0].contains("not burned"), "{open:?}");
        announced.carried_out.insert((operator, 3));
        let settled = judge(Misdeed::MissSlot, &announced);
        assert_eq!(
            (settled.open.len(), settled.wrong.len(), settled.forfeited),
            (0, 0, 1)
        );
    }
}
