use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, U256};
use forebond_contracts::bindings::RewardsManager::{Attribution, Settled};

use super::{Entry, Party, Pot, Statement, Totals};

/// Everybody's rewards, as the events up to some block say. Entries come in the order of the chain, each once.
///
/// Invariant: what was earned = what was paid + what burned + what can be claimed + what waits in pots.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// Attributions that are not settled yet, by place.
    attributions: BTreeMap<u64, Attribution>,
    earned: BTreeMap<(Party, Address), U256>,
    burned: BTreeMap<Address, U256>,
    paid: BTreeMap<Address, U256>,
    pots: BTreeMap<(Address, u64), (Address, Pot)>,
    /// Forfeited, whether there is a pot or not.
    forfeited: BTreeSet<(Address, u64)>,
    settled: u64,
}

impl Book {
    /// Takes the next event in.
    pub fn add(&mut self, entry: Entry) {
        match entry {
            Entry::Attributed { place, attribution } => {
                if place > self.settled {
                    self.attributions.insert(place, *attribution);
                }
            }
            Entry::Settled(event) => self.settle(&event),
            Entry::Unmeasured { place } => {
                self.settled = self.settled.max(place);
                self.attributions.remove(&place);
            }
            Entry::Forfeited { operator, period } => {
                self.forfeited.insert((operator, period));
                if let Some((_, pot)) = self.pots.get_mut(&(operator, period)) {
                    pot.forfeited = true;
                }
            }
            Entry::Released {
                operator, period, ..
            } => {
                self.pots.remove(&(operator, period));
            }
            Entry::Burned {
                operator,
                period,
                amount_wei,
            } => {
                if let Some((account, _)) = self.pots.remove(&(operator, period)) {
                    add(self.burned.entry(account).or_default(), amount_wei);
                }
            }
            Entry::Claimed {
                account,
                amount_wei,
            } => add(self.paid.entry(account).or_default(), amount_wei),
        }
    }

    fn settle(&mut self, event: &Settled) {
        self.settled = self.settled.max(event.place);
        let Some(whose) = self.attributions.remove(&event.place) else {
            return;
        };
        let split = &event.settlement;
        let rollup_wei = split.rollupWei.saturating_add(split.unmeasuredWei);
        for (party, account, wei) in [
            (Party::Rollup, whose.rollupOperator, rollup_wei),
            (Party::Validator, whose.operatorAccount, split.operatorWei),
            (Party::Gateway, whose.gateway, split.gatewayWei),
        ] {
            if !wei.is_zero() {
                add(self.earned.entry((party, account)).or_default(), wei);
            }
        }
        if split.operatorWei.is_zero() {
            return;
        }
        let key = (whose.operator, whose.period);
        let forfeited = self.forfeited.contains(&key);
        let (account, pot) = self.pots.entry(key).or_insert_with(|| {
            let pot = Pot {
                operator: whose.operator,
                period: whose.period,
                forfeited,
                ..Pot::default()
            };
            (whose.operatorAccount, pot)
        });
        // As the contract does: the newest account, the longest wait.
        *account = whose.operatorAccount;
        pot.opens_at_s = pot.opens_at_s.max(whose.opensAt);
        add(&mut pot.amount_wei, split.operatorWei);
    }

    /// Last place that is settled or passed over.
    pub const fn settled_place(&self) -> u64 {
        self.settled
    }

    /// The attributions to settle next, without a gap, at most `most`.
    pub fn next_to_settle(&self, most: usize) -> Vec<(u64, Attribution)> {
        (self.settled.saturating_add(1)..)
            .map_while(|place| Some((place, self.attributions.get(&place)?.clone())))
            .take(most)
            .collect()
    }

    /// Whether the attribution of a place is known, or settled already.
    pub fn is_attributed(&self, place: u64) -> bool {
        place <= self.settled || self.attributions.contains_key(&place)
    }

    /// Whether the rollup knows that the operator lost the period.
    pub fn is_forfeited(&self, operator: Address, period: u64) -> bool {
        self.forfeited.contains(&(operator, period))
    }

    /// Pots with something in them.
    pub fn pots(&self) -> impl Iterator<Item = &Pot> {
        self.pots.values().map(|(_, pot)| pot)
    }

    /// What everybody earned, by kind of party and account.
    pub fn statements(&self) -> BTreeMap<(Party, Address), Statement> {
        let mut all: BTreeMap<(Party, Address), Statement> = BTreeMap::new();
        for (key, wei) in &self.earned {
            all.entry(*key).or_default().earned_wei = *wei;
        }
        for (account, wei) in &self.burned {
            let key = (Party::Validator, *account);
            all.entry(key).or_default().forfeited_wei = *wei;
        }
        for (account, pot) in self.pots.values() {
            let key = (Party::Validator, *account);
            all.entry(key).or_default().pots.push(pot.clone());
        }
        all
    }

    /// Paid to an account so far, wei. One account may be several parties; it is paid once for all.
    pub fn paid_wei(&self, account: Address) -> U256 {
        self.paid.get(&account).copied().unwrap_or_default()
    }

    /// Everybody together.
    pub fn totals(&self) -> Totals {
        let sum = |wei: &mut dyn Iterator<Item = &U256>| {
            wei.fold(U256::ZERO, |sum, wei| sum.saturating_add(*wei))
        };
        Totals {
            earned_wei: sum(&mut self.earned.values()),
            paid_wei: sum(&mut self.paid.values()),
            burned_wei: sum(&mut self.burned.values()),
        }
    }
}

fn add(to: &mut U256, wei: U256) {
    *to = to.saturating_add(wei);
}
