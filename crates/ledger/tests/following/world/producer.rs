use super::{DOMAIN, TurnWriter, Wallet, ledger_in};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, Bytes, TxKind, U256, keccak256};
use forebond_ledger::{DeriveError, Ledger, chain::SealedBlock};
use forebond_rollup::op::{L1Origin, attributes_deposit, user_deposit_source};
use op_alloy_consensus::{OpTxEnvelope, TxDeposit};
use std::sync::Arc;

/// The L1 block that rollup block `number` builds on: a new one every third block.
pub(crate) fn origin(number: u64) -> L1Origin {
    let l1 = number / 3;
    L1Origin {
        number: 1_000 + l1,
        hash: keccak256(l1.to_be_bytes()),
        timestamp_s: super::GENESIS_S + l1 * 3,
        base_fee_wei: 7_000_000_000 + l1,
        blob_base_fee_wei: 3_000_000 + u128::from(l1),
        prev_randao: keccak256([&l1.to_be_bytes()[..], &[1]].concat()),
        parent_beacon_root: keccak256([&l1.to_be_bytes()[..], &[2]].concat()),
    }
}

/// A block as derivation would hand it to a ledger.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) origin: L1Origin,
    pub(crate) origin_sequence: u64,
    pub(crate) transactions: Vec<Bytes>,
}

impl Plan {
    pub(crate) fn derive(&self, ledger: &mut Ledger) -> Result<(), DeriveError> {
        ledger
            .derive_block(self.origin, self.origin_sequence, self.transactions.clone())
            .map(drop)
    }
}

/// A fresh ledger that derived these blocks.
pub(crate) fn deriving(plans: &[Plan]) -> (tempfile::TempDir, Ledger) {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = ledger_in(dir.path());
    for plan in plans {
        plan.derive(&mut ledger).unwrap();
    }
    (dir, ledger)
}

/// Derives a chain of its own and keeps what it was made of.
pub(crate) struct Producer {
    _dir: tempfile::TempDir,
    pub(crate) ledger: Ledger,
    pub(crate) wallets: Vec<Wallet>,
    /// The blocks from 1 on.
    pub(crate) plans: Vec<Plan>,
    /// Nonces before each of them.
    nonces: Vec<Vec<u64>>,
    /// Contracts and strangers that were sent something.
    pub(crate) watched: Vec<Address>,
    counters: Vec<Address>,
}

impl Producer {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ledger = ledger_in(dir.path());
        let wallets: Vec<_> = (0..4).map(Wallet::dev).collect();
        Self {
            _dir: dir,
            ledger,
            watched: wallets.iter().map(Wallet::address).collect(),
            wallets,
            plans: Vec::new(),
            nonces: Vec::new(),
            counters: Vec::new(),
        }
    }

    /// What a block after the newest one starts with: attributes, and a deposit with each new origin.
    pub(crate) fn opening(&self) -> Plan {
        let number = self.plans.len() as u64 + 1;
        let (origin, origin_sequence) = (origin(number), number % 3);
        let config = self.ledger.config();
        let mut deposits = vec![attributes_deposit(config, &origin, origin_sequence)];
        if origin_sequence == 0 {
            deposits.push(TxDeposit {
                source_hash: user_deposit_source(origin.hash, 0),
                from: Address::repeat_byte(0xd0),
                to: TxKind::Call(Address::repeat_byte(0xd1)),
                mint: 5_000,
                value: U256::from(5_000),
                gas_limit: 60_000,
                is_system_transaction: false,
                input: Bytes::new(),
            });
        }
        let raw = |deposit| OpTxEnvelope::from(deposit).encoded_2718().into();
        Plan {
            origin,
            origin_sequence,
            transactions: deposits.into_iter().map(raw).collect(),
        }
    }

    /// The next block, with `users` transactions of all kinds.
    pub(crate) fn block(&mut self, users: usize) -> Arc<SealedBlock> {
        let mut plan = self.opening();
        self.nonces
            .push(self.wallets.iter().map(|w| w.nonce).collect());
        let number = self.plans.len() as u64 + 1;
        for place in 0..users {
            let wallet = &mut self.wallets[(place + number as usize) % 4];
            let raw = match (place + number as usize) % 5 {
                0 => {
                    let counter = wallet.next_contract();
                    self.counters.push(counter);
                    self.watched.push(counter);
                    wallet.deploy_counter()
                }
                1 | 2 if !self.counters.is_empty() => {
                    wallet.call(self.counters[place % self.counters.len()])
                }
                _ => {
                    let to =
                        Address::left_padding_from(&(number * 1_000 + place as u64).to_be_bytes());
                    self.watched.push(to);
                    wallet.transfer(to)
                }
            };
            plan.transactions.push(raw);
        }
        self.take(plan)
    }

    /// The next block, with `users` transfers.
    pub(crate) fn transfers(&mut self, users: usize) -> Arc<SealedBlock> {
        let mut plan = self.opening();
        self.nonces
            .push(self.wallets.iter().map(|w| w.nonce).collect());
        for place in 0..users {
            let to = Address::left_padding_from(&(place as u64 + 1_000_000).to_be_bytes());
            plan.transactions.push(self.wallets[place % 4].transfer(to));
        }
        self.take(plan)
    }

    /// The next block, with transactions of so many bytes in all.
    pub(crate) fn ballast(&mut self, bytes: usize) -> Arc<SealedBlock> {
        let mut plan = self.opening();
        self.nonces
            .push(self.wallets.iter().map(|w| w.nonce).collect());
        plan.transactions
            .push(self.wallets[0].data(Address::repeat_byte(0xda), bytes));
        self.take(plan)
    }

    fn take(&mut self, plan: Plan) -> Arc<SealedBlock> {
        plan.derive(&mut self.ledger).unwrap();
        self.plans.push(plan);
        self.ledger.latest().clone()
    }

    /// Block `to` is the newest again.
    pub(crate) fn rewind(&mut self, to: u64) {
        self.ledger.rewind(to).unwrap();
        self.plans.truncate(to as usize);
        if let Some(nonces) = self.nonces.get(to as usize) {
            for (wallet, nonce) in self.wallets.iter_mut().zip(nonces) {
                wallet.nonce = *nonce;
            }
        }
        self.nonces.truncate(to as usize);
    }

    /// The newest block ends after its deposits and its first `users` transactions instead, as a base may have it.
    pub(crate) fn shorten(&mut self, users: usize) -> Arc<SealedBlock> {
        let mut plan = self.plans.last().unwrap().clone();
        let number = self.plans.len() as u64;
        let deposits = plan
            .transactions
            .iter()
            .filter(|raw| raw[0] == 0x7e)
            .count();
        plan.transactions.truncate(deposits + users);
        self.rewind(number - 1);
        self.nonces
            .push(self.wallets.iter().map(|w| w.nonce).collect());
        for place in 0..users {
            self.wallets[(place + number as usize) % 4].nonce += 1;
        }
        self.take(plan)
    }

    /// A turn on top of the newest block.
    pub(crate) fn turn(&self, window: u64) -> TurnWriter {
        TurnWriter::open(window, self.ledger.latest(), DOMAIN)
    }
}
