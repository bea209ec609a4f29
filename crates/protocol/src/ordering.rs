use alloy_primitives::Address;
use serde::{Deserialize, Serialize};

/// The declared order of user transactions; `Frag.orderingRule` carries its number (R19).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrderingRule {
    /// Rule 0: as they arrived. Not judged: arrival is not visible in two leaves.
    #[default]
    Arrival,
    /// Rule 1: descending effective tip within a frag, at most one transaction per sender a frag.
    PriorityFee,
}

/// A pair of transactions of one frag that breaks its rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderViolation {
    /// A higher tip stands behind a lower one.
    #[error("transaction {place} of the frag pays a higher tip than the one before it")]
    TipAscends {
        /// Place of the dearer transaction in the frag.
        place: usize,
    },
    /// Two transactions of one sender, whose nonces would force an order of their own.
    #[error("transaction {place} of the frag is its sender's second one")]
    SenderTwice {
        /// Place of the second transaction in the frag.
        place: usize,
    },
}

impl OrderingRule {
    /// The number signed in a frag.
    pub const fn id(self) -> u8 {
        match self {
            Self::Arrival => 0,
            Self::PriorityFee => 1,
        }
    }

    /// The rule with this number, if there is one.
    pub const fn from_id(id: u8) -> Option<Self> {
        match id {
            0 => Some(Self::Arrival),
            1 => Some(Self::PriorityFee),
            _ => None,
        }
    }
}

/// Checks a frag's transactions `(sender, effective tip in wei per gas)` against `rule`; a deposit
/// has no tip and is exempt.
pub fn check_order(
    rule: OrderingRule,
    transactions: &[(Address, Option<u128>)],
) -> Result<(), OrderViolation> {
    if rule == OrderingRule::Arrival {
        return Ok(());
    }
    let mut last = u128::MAX;
    let mut senders = std::collections::HashSet::new();
    for (place, (sender, tip)) in transactions.iter().enumerate() {
        let Some(tip) = *tip else { continue };
        if tip > last {
            return Err(OrderViolation::TipAscends { place });
        }
        if !senders.insert(*sender) {
            return Err(OrderViolation::SenderTwice { place });
        }
        last = tip;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(byte: u8) -> Address {
        Address::repeat_byte(byte)
    }

    #[test]
    fn priority_order_allows_equal_tips_and_exempts_deposits() {
        let frag = [
            (at(9), None),
            (at(1), Some(5)),
            (at(2), Some(5)),
            (at(9), None),
            (at(3), Some(0)),
        ];
        assert_eq!(check_order(OrderingRule::PriorityFee, &frag), Ok(()));
    }

    #[test]
    fn an_ascending_tip_or_a_second_transaction_of_one_sender_is_named() {
        let ascends = [(at(1), Some(1)), (at(2), Some(2))];
        assert_eq!(
            check_order(OrderingRule::PriorityFee, &ascends),
            Err(OrderViolation::TipAscends { place: 1 })
        );
        let twice = [(at(1), Some(2)), (at(1), Some(1))];
        assert_eq!(
            check_order(OrderingRule::PriorityFee, &twice),
            Err(OrderViolation::SenderTwice { place: 1 })
        );
        assert_eq!(check_order(OrderingRule::Arrival, &ascends), Ok(()));
    }

    #[test]
    fn rule_numbers_come_back() {
        for rule in [OrderingRule::Arrival, OrderingRule::PriorityFee] {
            assert_eq!(OrderingRule::from_id(rule.id()), Some(rule));
        }
        assert_eq!(OrderingRule::from_id(2), None);
    }
}
