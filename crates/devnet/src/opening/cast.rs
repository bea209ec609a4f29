//! Who plays, with which keys.

use alloy_primitives::{Address, B256, keccak256};
use alloy_signer_local::{MnemonicBuilder, PrivateKeySigner};
use eyre::Result;
use forebond_harness::scenario::accounts::Committer;

use crate::config::DevnetConfig;

/// The usual development mnemonic: ten funded accounts on L1 and on the rollup.
pub(crate) const MNEMONIC: &str = "test test test test test test test test test test test junk";
/// Which of them deploys and pays everybody else; the first ones are the operators.
const DEPLOYER: u32 = 9;

/// A secret key of this devnet.
#[derive(Clone)]
pub(crate) struct Key {
    /// Its 32 bytes.
    pub(crate) secret: B256,
    /// Its address.
    pub(crate) address: Address,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Key").field(&self.address).finish()
    }
}

impl Key {
    /// The key with these bytes.
    pub(crate) fn of(secret: B256) -> Result<Self> {
        let address = PrivateKeySigner::from_bytes(&secret)?.address();
        Ok(Self { secret, address })
    }

    /// A key that follows from who it is for.
    pub(crate) fn derived(seed: u64, genesis_s: u64, role: &str) -> Result<Self> {
        let mut input = format!("forebond devnet {role}").into_bytes();
        input.extend_from_slice(&seed.to_be_bytes());
        input.extend_from_slice(&genesis_s.to_be_bytes());
        Self::of(keccak256(input))
    }

    /// An account of the development mnemonic.
    pub(crate) fn development(index: u32) -> Result<Self> {
        let signer = MnemonicBuilder::english()
            .phrase(MNEMONIC)
            .index(index)?
            .build()?;
        Self::of(signer.to_bytes())
    }

    /// Signs for it.
    pub(crate) fn signer(&self) -> Result<PrivateKeySigner> {
        Ok(PrivateKeySigner::from_bytes(&self.secret)?)
    }
}

/// The ten accounts that hold ether on both chains.
pub(crate) fn dev_accounts() -> Result<Vec<Key>> {
    (0..10).map(Key::development).collect()
}

/// One gateway's keys.
#[derive(Clone, Debug)]
pub(crate) struct GatewayCast {
    /// `gateway-1`, ….
    pub(crate) name: String,
    /// Where it answers, as the registry tells everybody: followers forward transactions there.
    pub(crate) endpoint: String,
    /// Owns the registration and the bond.
    pub(crate) owner: Key,
    /// Signs promises and batches.
    pub(crate) committer: Key,
    /// Pays for the batches.
    pub(crate) payer: Key,
    /// Lends its validators' slots to this gateway.
    pub(crate) operator: Key,
}

impl GatewayCast {
    /// The committer as the scenarios' registrations want it.
    pub(crate) fn committer(&self) -> Result<Committer> {
        Committer::of_bytes(self.committer.secret)
    }
}

/// Everybody.
#[derive(Clone, Debug)]
pub(crate) struct Cast {
    /// Deploys, funds, proves.
    pub(crate) deployer: Key,
    /// In the order of their names.
    pub(crate) gateways: Vec<GatewayCast>,
    /// Pay for evidence, one each.
    pub(crate) watchers: Vec<Key>,
    /// Answers disputes: the first watcher signs with it.
    pub(crate) attester: Key,
    /// Pays for what gateways post against the rules.
    pub(crate) purse: Key,
}

impl Cast {
    /// The cast of a devnet. Its L1's genesis time is part of the keys: every run begins a chain of its own at the same
    /// addresses, and two runs of one key would be two signatures for one position.
    ///
    /// `ports` are where gateways' peers reach them, in order.
    pub(crate) fn new(
        config: &DevnetConfig,
        seed: u64,
        genesis_s: u64,
        ports: &[u16],
    ) -> Result<Self> {
        let alone = |role: &str| Key::derived(seed, genesis_s, role);
        let gateway = |(n, port): (u32, &u16)| {
            let key = |role: &str| Key::derived(seed, genesis_s, &format!("{role} of gateway-{n}"));
            Ok(GatewayCast {
                name: format!("gateway-{n}"),
                endpoint: format!("http://127.0.0.1:{port}"),
                owner: key("owner")?,
                committer: key("committer")?,
                payer: key("payer")?,
                operator: Key::development(n.saturating_sub(1))?,
            })
        };
        Ok(Self {
            deployer: Key::development(DEPLOYER)?,
            gateways: (1..=config.gateways)
                .zip(ports)
                .map(gateway)
                .collect::<Result<_>>()?,
            watchers: (1..=config.watchers())
                .map(|n| alone(&format!("watcher-{n}")))
                .collect::<Result<_>>()?,
            attester: alone("attester")?,
            purse: alone("purse")?,
        })
    }

    /// The operator that validator `index` withdraws to.
    pub(crate) fn operator_of(&self, index: u64) -> Option<&Key> {
        let count = self.gateways.len() as u64;
        let place = usize::try_from(index.checked_rem(count)?).ok()?;
        Some(&self.gateways.get(place)?.operator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::usual;

    #[test]
    fn two_runs_never_sign_with_one_key() {
        let cast = |genesis_s| Cast::new(&usual(), 1, genesis_s, &[9545, 9546]).unwrap();
        let of = |cast: &Cast| cast.gateways[0].committer.address;
        assert_eq!(of(&cast(5)), of(&cast(5)));
        assert_ne!(of(&cast(5)), of(&cast(6)));
    }

    #[test]
    fn no_key_is_printed() {
        let key = Key::development(0).unwrap();
        assert!(!format!("{key:?}").contains("ac0974"));
    }
}
