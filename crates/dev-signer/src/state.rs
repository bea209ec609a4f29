use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use forebond_beacon::signing::commit_boost::Chain;
use forebond_commit_boost::Secret;
use parking_lot::Mutex;

use crate::{FaultPlan, Flavour, Module, keys::Keys, lockout::Lockout};

/// What all handlers share. Locks are held for computations only, never across a wait.
pub(crate) struct State {
    pub chain: Chain,
    pub foreign_proxies: bool,
    pub keys: Mutex<Keys>,
    pub access: Mutex<Access>,
    pub lockout: Mutex<Lockout>,
    pub faults: Mutex<FaultPlan>,
    pub flavour: Mutex<Flavour>,
    pub asked: AtomicU64,
    pub signed: AtomicU64,
}

/// Who may ask.
pub(crate) struct Access {
    pub modules: BTreeMap<String, Module>,
    pub admin_secret: Secret,
}

impl State {
    pub(crate) fn flavour(&self) -> Flavour {
        *self.flavour.lock()
    }

    pub(crate) fn count_signature(&self) {
        self.signed.fetch_add(1, Ordering::SeqCst);
    }
}
