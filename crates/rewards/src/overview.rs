//! A rollup's fees at one block, for people and for scripts.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use alloy_primitives::{Address, U256};
use serde::{Serialize, Serializer};

use crate::{
    book::{Party, Statement},
    rollup::{Manager, Measure, RewardsError, Scan},
};

/// Everything that is known of a rollup's fees. Amounts are decimal texts: they may not fit a JSON number.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// As of this block.
    pub block: u64,
    /// What ever came in, wei.
    #[serde(serialize_with = "decimal")]
    pub came_in_wei: U256,
    /// What lies in the manager and the vaults, wei.
    #[serde(serialize_with = "decimal")]
    pub held_wei: U256,
    /// What was paid out, wei.
    #[serde(serialize_with = "decimal")]
    pub paid_wei: U256,
    /// What burned, wei.
    #[serde(serialize_with = "decimal")]
    pub burned_wei: U256,
    /// What has been split so far, wei; the rest of what came in waits for its batches to be Confirmed.
    #[serde(serialize_with = "decimal")]
    pub earned_wei: U256,
    /// By party and account.
    pub parties: Vec<PartyLine>,
}

/// What one account earned as one kind of party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartyLine {
    /// As what.
    pub party: Party,
    /// Who, on the rollup.
    pub account: Address,
    /// Earned so far, whatever became of it, wei.
    #[serde(serialize_with = "decimal")]
    pub earned_wei: U256,
    /// Credited of it: claimable once, or paid by now, wei.
    #[serde(serialize_with = "decimal")]
    pub credited_wei: U256,
    /// In pots that are not released, wei.
    #[serde(serialize_with = "decimal")]
    pub waiting_wei: U256,
    /// When the next pot opens, Unix seconds; none when nothing waits.
    pub claimable_from_s: Option<u64>,
    /// Lost, burned or about to burn, wei.
    #[serde(serialize_with = "decimal")]
    pub forfeited_wei: U256,
    /// Paid to the account, as whatever party, wei.
    #[serde(serialize_with = "decimal")]
    pub paid_wei: U256,
    /// What the account can claim now, as whatever party, wei.
    #[serde(serialize_with = "decimal")]
    pub claimable_wei: U256,
}

fn decimal<S: Serializer>(wei: &U256, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(wei)
}

impl Overview {
    /// Reads the rollup's events up to its newest safe block, and the fee accounts as of that block. Takes as long as the chain is:
    /// `most_chunks` of 5,000 blocks at most.
    ///
    /// # Errors
    /// [`RewardsError`].
    pub async fn read(manager: &Manager, most_chunks: usize) -> Result<Self, RewardsError> {
        let mut scan = Scan::default();
        scan.go_on(manager, most_chunks).await?;
        let measure = manager.measure(scan.block()).await?;
        let statements = scan.book().statements();
        let accounts: BTreeSet<Address> = statements.keys().map(|(_, account)| *account).collect();
        let mut credits = BTreeMap::new();
        for account in accounts {
            let wei = manager.credit_wei(account, scan.block().into()).await?;
            credits.insert(account, wei);
        }
        Ok(Self::of(&scan, measure, &credits))
    }

    fn of(scan: &Scan, measure: Measure, credits: &BTreeMap<Address, U256>) -> Self {
        let book = scan.book();
        let totals = book.totals();
        let line = |((party, account), statement): ((Party, Address), Statement)| {
            let lost = statement.pots.iter().filter(|pot| pot.forfeited);
            let lost_wei = lost.fold(U256::ZERO, |sum, pot| sum.saturating_add(pot.amount_wei));
            let opens = statement.pots.iter().filter(|pot| !pot.forfeited);
            PartyLine {
                party,
                account,
                earned_wei: statement.earned_wei,
                credited_wei: statement.credited_wei(),
                waiting_wei: statement.waiting_wei().saturating_sub(lost_wei),
                claimable_from_s: opens.map(|pot| pot.opens_at_s).min(),
                forfeited_wei: statement.forfeited_wei.saturating_add(lost_wei),
                paid_wei: book.paid_wei(account),
                claimable_wei: credits.get(&account).copied().unwrap_or_default(),
            }
        };
        Self {
            block: measure.block,
            came_in_wei: measure.came_in_wei(),
            held_wei: measure.held_wei,
            paid_wei: totals.paid_wei,
            burned_wei: totals.burned_wei,
            earned_wei: totals.earned_wei,
            parties: book.statements().into_iter().map(line).collect(),
        }
    }

    /// Whether what came in is what was paid, what burned and what is held: said by the manager's events and by the accounts.
    pub fn is_conserved(&self) -> bool {
        let gone = self.paid_wei.saturating_add(self.burned_wei);
        self.came_in_wei == gone.saturating_add(self.held_wei)
            && self.earned_wei <= self.came_in_wei
    }

    /// A table, amounts in wei.
    pub fn words(&self) -> String {
        let mut words = format!(
            "fees up to block {}: {} wei came in, {} paid, {} burned, {} held; {} split so far\n",
            self.block,
            self.came_in_wei,
            self.paid_wei,
            self.burned_wei,
            self.held_wei,
            self.earned_wei
        );
        if self.parties.is_empty() {
            words.push_str(
                "nobody has earned anything yet: a batch counts when it is Confirmed and settled",
            );
            return words;
        }
        let _ = write!(
            words,
            "{:<9} {:<42} {:>24} {:>24} {:>24} {:>12} {:>24} {:>24}",
            "party", "account", "earned", "claimable", "waiting", "from", "paid", "forfeited"
        );
        for line in &self.parties {
            let from = line
                .claimable_from_s
                .map_or_else(|| "-".to_owned(), |at| at.to_string());
            let _ = write!(
                words,
                "\n{:<9} {:<42} {:>24} {:>24} {:>24} {:>12} {:>24} {:>24}",
                line.party.name(),
                line.account.to_string(),
                line.earned_wei.to_string(),
                line.claimable_wei.to_string(),
                line.waiting_wei.to_string(),
                from,
                line.paid_wei.to_string(),
                line.forfeited_wei.to_string(),
            );
        }
        words
    }
}
