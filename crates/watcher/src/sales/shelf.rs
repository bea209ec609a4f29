use std::{collections::BTreeMap, path::Path};

use alloy_primitives::{Address, B256, Bytes};
use forebond_evidence::Attested;
use forebond_types::{Delegation, DelegationWire};
use serde::{Deserialize, Serialize};

use crate::store::{Rows, RowsError};

/// Name of the file in its directory: struct hash → signed delegation.
const FILE_NAME: &str = "sales.redb";
/// Delegations of one operator that are kept.
const MOST_OF_ONE_OPERATOR: usize = 64;
/// Delegations that are kept in all.
const MOST: usize = 4_096;

/// A signed delegation in JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaleWire {
    /// What was signed.
    pub delegation: DelegationWire,
    /// By the operator.
    pub signature: Bytes,
}

impl From<&SaleWire> for Attested<Delegation> {
    fn from(wire: &SaleWire) -> Self {
        Self {
            message: (&wire.delegation).into(),
            signature: wire.signature.clone(),
        }
    }
}

/// What became of a delegation that was brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shelved {
    /// It is on disk.
    New,
    /// It was before.
    Known,
    /// There is no room for more of this operator, or at all.
    Full,
}

/// Signed delegations on disk. What came first stays: nobody pushes out what an operator sold before.
#[derive(Debug)]
pub(super) struct Shelf {
    rows: Rows,
    sales: BTreeMap<B256, Attested<Delegation>>,
}

impl Shelf {
    /// Opens or makes it in a directory.
    ///
    /// # Errors
    /// [`RowsError`].
    pub fn open(dir: &Path) -> Result<Self, RowsError> {
        let (rows, all) = Rows::open(dir, FILE_NAME)?;
        let mut sales = BTreeMap::new();
        for value in all.values() {
            let wire: SaleWire =
                serde_json::from_slice(value).map_err(|error| rows.refused(error))?;
            let sale = Attested::from(&wire);
            sales.insert(sale.struct_hash(), sale);
        }
        Ok(Self { rows, sales })
    }

    /// Puts one on it; durable when this returns.
    ///
    /// # Errors
    /// [`RowsError`].
    pub fn put(&mut self, sale: Attested<Delegation>) -> Result<Shelved, RowsError> {
        let hash = sale.struct_hash();
        if self.sales.contains_key(&hash) {
            return Ok(Shelved::Known);
        }
        let of_operator = self.of(sale.message.operator).count();
        if of_operator >= MOST_OF_ONE_OPERATOR || self.sales.len() >= MOST {
            return Ok(Shelved::Full);
        }
        let wire = SaleWire {
            delegation: (&sale.message).into(),
            signature: sale.signature.clone(),
        };
        let row = serde_json::to_vec(&wire).map_err(|error| self.rows.refused(error))?;
        self.rows.write([(hash.to_vec(), row)], [])?;
        self.sales.insert(hash, sale);
        Ok(Shelved::New)
    }

    /// Forgets those that sold nothing from this epoch on.
    ///
    /// # Errors
    /// [`RowsError`].
    pub fn forget_before(&mut self, epoch: u64) -> Result<(), RowsError> {
        let is_over = |sale: &Attested<Delegation>| sale.message.lastEpoch < epoch;
        let over: Vec<B256> = self
            .sales
            .iter()
            .filter(|(_, sale)| is_over(sale))
            .map(|(hash, _)| *hash)
            .collect();
        if over.is_empty() {
            return Ok(());
        }
        self.rows.write([], over.iter().map(|hash| hash.to_vec()))?;
        self.sales.retain(|_, sale| !is_over(sale));
        Ok(())
    }

    /// All, by their hashes.
    pub fn all(&self) -> impl Iterator<Item = (&B256, &Attested<Delegation>)> {
        self.sales.iter()
    }

    /// One of them.
    pub fn get(&self, hash: &B256) -> Option<&Attested<Delegation>> {
        self.sales.get(hash)
    }

    /// An operator's.
    pub fn of(&self, operator: Address) -> impl Iterator<Item = &Attested<Delegation>> {
        let sales = self.sales.values();
        sales.filter(move |sale| sale.message.operator == operator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sale(operator: u8, nonce: u64, last_epoch: u64) -> Attested<Delegation> {
        Attested {
            message: Delegation {
                operator: Address::repeat_byte(operator),
                gateway: 1,
                firstEpoch: 1,
                lastEpoch: last_epoch,
                nonce,
                rollups: vec![Address::repeat_byte(0x1b)],
                slashers: vec![],
            },
            signature: vec![7; 65].into(),
        }
    }

    fn has(shelf: &Shelf, sale: &Attested<Delegation>) -> bool {
        shelf.get(&sale.struct_hash()).is_some()
    }

    #[test]
    fn what_was_kept_is_there_after_a_restart_until_its_epochs_are_over() {
        let dir = tempfile::tempdir().unwrap();
        let (short, long) = (sale(1, 1, 5), sale(1, 2, 9));
        {
            let mut shelf = Shelf::open(dir.path()).unwrap();
            assert_eq!(shelf.put(short.clone()).unwrap(), Shelved::New);
            assert_eq!(shelf.put(long.clone()).unwrap(), Shelved::New);
            assert_eq!(shelf.put(long.clone()).unwrap(), Shelved::Known);
        }
        {
            let mut shelf = Shelf::open(dir.path()).unwrap();
            assert!(has(&shelf, &short) && has(&shelf, &long));
            shelf.forget_before(6).unwrap();
        }
        let shelf = Shelf::open(dir.path()).unwrap();
        assert_eq!(
            shelf.of(Address::repeat_byte(1)).collect::<Vec<_>>(),
            [&long]
        );
    }

    #[test]
    fn an_operator_fills_its_own_share_only() {
        let dir = tempfile::tempdir().unwrap();
        let mut shelf = Shelf::open(dir.path()).unwrap();
        for nonce in 0..MOST_OF_ONE_OPERATOR as u64 {
            assert_eq!(shelf.put(sale(1, nonce, 5)).unwrap(), Shelved::New);
        }
        assert_eq!(shelf.put(sale(1, 999, 5)).unwrap(), Shelved::Full);
        assert_eq!(shelf.put(sale(2, 0, 5)).unwrap(), Shelved::New);
        assert!(has(&shelf, &sale(1, 0, 5)), "what came first stays");
    }
}
