use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use alloy_primitives::B256;
use forebond_follower::Standing;
use forebond_settlement::PostedBatch;

use crate::store::{Rows, RowsError};

/// Name of the file in its directory: batch id and L1 block → what was found.
const FILE_NAME: &str = "opinions.redb";
/// Batches that are remembered; the oldest number is forgotten first.
const MOST: usize = 16_384;

const DERIVES: u8 = 0;
const VOID: u8 = 1;
/// Both were found: a defect of this program, and no opinion.
const BOTH: u8 = 2;

/// A batch, by its number and the L1 block that posted it.
type Key = (u32, B256);

/// What the own derivation says of batches, each named by its number and the L1 block that posted it: after a reorg a number can be
/// another batch's, and a true claim that is disputed costs the bond.
///
/// It is on disk: derivation begins behind final L1 blocks after a restart, and a dispute may be open for longer.
///
/// Only derivation says that a batch derives. That its claim agrees with the chain says nothing of its data: another batch can have
/// brought the same blocks.
#[derive(Debug)]
pub struct Opinions {
    rows: Rows,
    found: BTreeMap<Key, u8>,
}

impl Opinions {
    /// Opens or makes them in a directory.
    ///
    /// # Errors
    /// [`RowsError`].
    pub fn open(dir: &Path) -> Result<Self, RowsError> {
        let (rows, all) = Rows::open(dir, FILE_NAME)?;
        let mut found = BTreeMap::new();
        for (key, finding) in all {
            let row = (<[u8; 36]>::try_from(key), <[u8; 1]>::try_from(finding));
            let (Ok(key), Ok([finding])) = row else {
                return Err(rows.refused("a row is no opinion"));
            };
            found.insert(key_of(key), finding);
        }
        Ok(Self { rows, found })
    }

    /// Takes in what derivation has found; durable when this returns.
    ///
    /// # Errors
    /// [`RowsError`]; then nothing of it is known.
    pub fn learn(&mut self, standing: &Standing) -> Result<(), RowsError> {
        let oldest = (self.found.len() >= MOST)
            .then(|| self.found.keys().next().copied())
            .flatten();
        let void = standing.void_in.iter().map(|key| (*key, VOID));
        let counted = standing.counted_in.iter().map(|key| (*key, DERIVES));
        let mut new = BTreeMap::new();
        for (key, finding) in void.chain(counted) {
            let before = new.get(&key).or_else(|| self.found.get(&key)).copied();
            let after = match before {
                None => finding,
                Some(before) if before == finding => before,
                Some(_) => BOTH,
            };
            // What was forgotten stays forgotten.
            if before != Some(after) && oldest.is_none_or(|oldest| key >= oldest) {
                new.insert(key, after);
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        for ((id, _), _) in new.iter().filter(|(_, finding)| **finding == BOTH) {
            tracing::error!(
                batch = id,
                "derivation found a batch void and true: no vote is given on it"
            );
        }
        let mut found = self.found.clone();
        found.extend(&new);
        let mut forgotten = Vec::new();
        while found.len() > MOST {
            forgotten.extend(found.pop_first().map(|(key, _)| key));
        }
        let put = new
            .iter()
            .map(|(key, finding)| (row_of(key), vec![*finding]));
        self.rows.write(put, forgotten.iter().map(row_of))?;
        self.found = found;
        Ok(())
    }

    /// Whether a batch is void; `None` while something is missing: missing is never void.
    pub fn of(&self, posted: &PostedBatch) -> Option<bool> {
        match self.found.get(&(posted.id, posted.at.hash)) {
            Some(&VOID) => Some(true),
            Some(&DERIVES) => Some(false),
            _ => None,
        }
    }

    /// Batches whose data is here and does not derive to their claim.
    pub fn void(&self) -> BTreeSet<Key> {
        let void = self.found.iter().filter(|(_, finding)| **finding == VOID);
        void.map(|(key, _)| *key).collect()
    }
}

fn row_of((id, l1_block): &Key) -> Vec<u8> {
    [id.to_be_bytes().as_slice(), l1_block.as_slice()].concat()
}

fn key_of(row: [u8; 36]) -> Key {
    let [a, b, c, d, l1_block @ ..] = row;
    (u32::from_be_bytes([a, b, c, d]), B256::from(l1_block))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn l1_block(byte: u8) -> B256 {
        B256::repeat_byte(byte)
    }

    fn standing(void: &[(u32, B256)], counted: &[(u32, B256)]) -> Standing {
        Standing {
            void_in: Arc::new(void.iter().copied().collect()),
            counted_in: Arc::new(counted.iter().copied().collect()),
            ..Standing::default()
        }
    }

    impl Opinions {
        fn on(&self, id: u32, byte: u8) -> Option<u8> {
            self.found.get(&(id, l1_block(byte))).copied()
        }
    }

    /// After a restart derivation begins behind final blocks and knows nothing of what lies before them.
    #[test]
    fn an_opinion_outlives_the_process_that_had_it() {
        let dir = tempfile::tempdir().unwrap();
        {
            let mut opinions = Opinions::open(dir.path()).unwrap();
            let found = standing(&[(5, l1_block(1))], &[(6, l1_block(2))]);
            opinions.learn(&found).unwrap();
        }
        let mut opinions = Opinions::open(dir.path()).unwrap();
        opinions.learn(&standing(&[], &[])).unwrap();
        assert_eq!(
            (opinions.on(5, 1), opinions.on(6, 2)),
            (Some(VOID), Some(DERIVES))
        );
        assert_eq!(opinions.on(5, 2), None, "another L1 block's batch");
        assert_eq!(opinions.void(), [(5, l1_block(1))].into());
    }

    #[test]
    fn who_contradicts_itself_has_no_opinion() {
        let dir = tempfile::tempdir().unwrap();
        let mut opinions = Opinions::open(dir.path()).unwrap();
        let one = (5, l1_block(1));
        opinions.learn(&standing(&[one], &[])).unwrap();
        opinions.learn(&standing(&[], &[one])).unwrap();
        opinions.learn(&standing(&[one], &[])).unwrap();
        assert_eq!(opinions.on(5, 1), Some(BOTH));
        assert!(opinions.void().is_empty());
    }

    #[test]
    fn only_so_many_are_remembered_and_the_oldest_are_forgotten_for_good() {
        let dir = tempfile::tempdir().unwrap();
        let mut opinions = Opinions::open(dir.path()).unwrap();
        let most = u32::try_from(MOST).unwrap();
        let first = (1, l1_block(1));
        opinions.learn(&standing(&[first], &[])).unwrap();
        let more: Vec<_> = (2..=most + 1).map(|id| (id, l1_block(1))).collect();
        opinions.learn(&standing(&[first], &more)).unwrap();
        assert_eq!(opinions.found.len(), MOST);
        opinions.learn(&standing(&[first], &more)).unwrap();
        assert_eq!(opinions.on(1, 1), None);
        drop(opinions);
        let opinions = Opinions::open(dir.path()).unwrap();
        assert_eq!(
            (opinions.found.len(), opinions.on(2, 1)),
            (MOST, Some(DERIVES))
        );
    }
}
