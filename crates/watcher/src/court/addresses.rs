use std::collections::BTreeMap;

use alloy_primitives::Address;
use forebond_evidence::Judge;
use forebond_settlement::MissingContract;

/// Where the contracts are that a watcher speaks with.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// The Slasher.
    pub slasher: Address,
    /// The rollup's Inbox.
    pub inbox: Address,
    /// Amounts and times.
    pub parameters: Address,
    /// Gateways, and to whom slots are lent.
    pub gateway_registry: Address,
    /// Whose slots are whose.
    pub lookahead: Address,
    /// Operators of validators.
    pub validator_registry: Address,
    /// Decides disputes.
    pub attester_resolver: Address,
    judges: BTreeMap<Judge, Address>,
}

impl Addresses {
    /// Finds them in a deployment's list, name → address.
    ///
    /// # Errors
    /// [`MissingContract`].
    pub fn of(contracts: &BTreeMap<String, Address>) -> Result<Self, MissingContract> {
        let find = |name: &'static str| contracts.get(name).copied().ok_or(MissingContract(name));
        Ok(Self {
            slasher: find("Slasher")?,
            inbox: find("Inbox")?,
            parameters: find("Parameters")?,
            gateway_registry: find("GatewayRegistry")?,
            lookahead: find("Lookahead")?,
            validator_registry: find("ValidatorRegistry")?,
            attester_resolver: find("AttesterResolver")?,
            judges: Judge::ALL
                .into_iter()
                .map(|judge| Ok((judge, find(judge.contract())?)))
                .collect::<Result<_, _>>()?,
        })
    }

    /// The judge's contract.
    pub fn judge(&self, judge: Judge) -> Address {
        self.judges.get(&judge).copied().unwrap_or_default()
    }

    /// Which judge a contract is.
    pub fn judge_at(&self, contract: Address) -> Option<Judge> {
        let mut all = self.judges.iter();
        all.find_map(|(judge, at)| (*at == contract).then_some(*judge))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_without_a_judge_is_refused_and_the_judge_is_named() {
        let mut names: Vec<_> = Judge::ALL.iter().map(|judge| judge.contract()).collect();
        names.extend([
            "Slasher",
            "Inbox",
            "Parameters",
            "GatewayRegistry",
            "Lookahead",
            "ValidatorRegistry",
            "AttesterResolver",
        ]);
        let all: BTreeMap<String, Address> = names
            .iter()
            .map(|name| ((*name).to_owned(), Address::repeat_byte(1)))
            .collect();
        assert!(Addresses::of(&all).is_ok());
        for name in names {
            let mut less = all.clone();
            less.remove(name);
            assert_eq!(Addresses::of(&less).unwrap_err(), MissingContract(name));
        }
    }
}
