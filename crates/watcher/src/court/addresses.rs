use std::collections::BTreeMap;

use alloy_primitives::Address;
use forebond_evidence::Judge;

/// Where the contracts are that a watcher speaks with.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// The Slasher.
    pub slasher: Address,
    /// The rollup's Inbox.
    pub inbox: Address,
    /// Amounts and times.
    pub parameters: Address,
    judges: BTreeMap<Judge, Address>,
}

/// A deployment without one of the contracts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the deployment names no {0}; use the list of contracts that its deployment wrote")]
pub struct MissingJudge(pub &'static str);

impl Addresses {
    /// Finds them in a deployment's list, name → address.
    ///
    /// # Errors
    /// [`MissingJudge`].
    pub fn of(contracts: &BTreeMap<String, Address>) -> Result<Self, MissingJudge> {
        let find = |name: &'static str| contracts.get(name).copied().ok_or(MissingJudge(name));
        Ok(Self {
            slasher: find("Slasher")?,
            inbox: find("Inbox")?,
            parameters: find("Parameters")?,
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
}
