//! A producer that derives blocks from real signed transactions, and signs envelopes for them as a gateway would; ledgers to follow
//! it.

#![allow(
    dead_code,
    unused_imports,
    reason = "not every test and benchmark uses all of it"
)]

mod producer;
mod turn;
mod wallet;

pub(crate) use producer::{Producer, deriving, origin};
pub(crate) use turn::TurnWriter;
pub(crate) use wallet::Wallet;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolStruct;
use forebond_exec::{Account, BaseState, StoreOptions};
use forebond_ledger::{FollowError, Ledger, LedgerSettings, promise::SignedBase, rpc::ChainReader};
use forebond_rollup::op::{Genesis, rewards_predeploys};
use forebond_types::{BaseEnvelope, Domain, Envelope, Grade};
use std::{path::Path, sync::Arc};

/// When block 0 was, Unix seconds.
pub(crate) const GENESIS_S: u64 = 1_700_000_000;

/// On L1, who tells the rollup whose fees they are.
const MESSENGER: Address = Address::repeat_byte(0x33);

/// Where the messages count.
pub(crate) const DOMAIN: Domain = Domain {
    l1_chain_id: 1,
    inbox: Address::repeat_byte(0xee),
};

/// Opens the ledger in `dir`, or creates it there.
pub(crate) fn ledger_in(dir: &Path) -> Ledger {
    ledger_with(dir, StoreOptions::default())
}

/// As [`ledger_in`], with these settings of the database.
pub(crate) fn ledger_with(dir: &Path, store: StoreOptions) -> Ledger {
    let mut genesis = Genesis::dev(GENESIS_S, 1);
    genesis.accounts.extend(rewards_predeploys(MESSENGER));
    let settings = LedgerSettings {
        state_dir: dir.to_path_buf(),
        genesis,
        genesis_origin: origin(0),
        domain: DOMAIN,
        store,
        cache_entries: 10_000,
        checkpoint_blocks: 4,
    };
    Ledger::open(settings, &mut |_, _, _| {}).unwrap()
}

/// A follower with a directory of its own.
pub(crate) struct Follower {
    pub(crate) dir: tempfile::TempDir,
    ledger: Option<Ledger>,
}

impl Follower {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Some(ledger_in(dir.path()));
        Self { dir, ledger }
    }

    /// A follower that is this ledger.
    pub(crate) fn over(dir: tempfile::TempDir, ledger: Ledger) -> Self {
        Self {
            dir,
            ledger: Some(ledger),
        }
    }

    /// Closes the database and opens it again.
    pub(crate) fn restart(&mut self) {
        drop(self.ledger.take());
        self.ledger = Some(ledger_in(self.dir.path()));
    }

    /// Takes an envelope as it came over the wire.
    pub(crate) fn hear(&mut self, envelope: &Envelope) -> Result<(), FollowError> {
        let bytes = envelope.encode();
        match Envelope::decode(&bytes).unwrap() {
            Envelope::Base(base) => self.follow_base(Arc::new(signed(base))),
            Envelope::Frag(frag) => self.follow_frag(&frag).map(drop),
            Envelope::Seal(seal) => self.follow_seal(&seal.seal, seal.signature),
        }
    }

    pub(crate) fn hear_all<'e>(&mut self, envelopes: impl IntoIterator<Item = &'e Envelope>) {
        for envelope in envelopes {
            self.hear(envelope).unwrap();
        }
    }

    pub(crate) fn reader(&self) -> ChainReader {
        ChainReader::new(
            self.config().clone(),
            DOMAIN,
            self.genesis().clone(),
            self.board().clone(),
        )
    }
}

impl std::ops::Deref for Follower {
    type Target = Ledger;
    fn deref(&self) -> &Ledger {
        self.ledger.as_ref().unwrap()
    }
}

impl std::ops::DerefMut for Follower {
    fn deref_mut(&mut self) -> &mut Ledger {
        self.ledger.as_mut().unwrap()
    }
}

/// A base as a ledger takes it.
pub(crate) fn signed(envelope: BaseEnvelope) -> SignedBase {
    let parent_seal = envelope
        .parent_seal
        .map(|parent| forebond_types::SignedSeal {
            seal: (&parent.seal).into(),
            signature: parent.signature,
        });
    SignedBase {
        domain: DOMAIN,
        hash: envelope.base.eip712_hash_struct(),
        base: envelope.base,
        signature: envelope.signature,
        grade: if parent_seal.is_some() {
            Grade::Sealed
        } else {
            Grade::Open
        },
        parent_seal,
    }
}

/// What the accounts that the tests use hold: development accounts, strangers, counters.
pub(crate) fn state_of(
    state: &dyn BaseState,
    watched: &[Address],
) -> Vec<(Option<Account>, U256, U256)> {
    watched
        .iter()
        .map(|address| {
            (
                state.account(*address).unwrap(),
                state.storage(*address, U256::ZERO).unwrap(),
                state.storage(*address, U256::ONE).unwrap(),
            )
        })
        .collect()
}

/// Hashes of all sealed blocks, from 0 on.
pub(crate) fn hashes(ledger: &Ledger) -> Vec<B256> {
    (0..=ledger.latest().number())
        .map(|number| ledger.hash_of(number).unwrap().unwrap())
        .collect()
}
