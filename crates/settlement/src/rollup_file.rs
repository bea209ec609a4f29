//! `rollup.json`: everything a process needs to know of its rollup before it asks L1.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use alloy_eips::eip7840::BlobParams;
use alloy_primitives::{Address, B256, Bytes, U256};
use forebond_rollup::op::{
    ChainConfig, Genesis, GenesisAccount, L1Origin, dev_accounts, predeploys, rewards_predeploys,
};
use serde::{Deserialize, Serialize};

use crate::SettlementError;

/// Largest rollup file that is read, bytes.
const MOST_BYTES: u64 = 1 << 20;
/// What the Inbox can check (EIP-2935 keeps 8191 block hashes).
const DEEPEST_ORIGIN: u64 = 8_190;
/// Accounts that a file may fund.
const MOST_FUNDED: usize = 1_024;

/// A rollup's constants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RollupFile {
    /// The L1 it settles on.
    pub l1: L1Facts,
    /// Its contracts there.
    pub contracts: ContractAddresses,
    /// Every contract of the deployment by its name in `contracts/deployment`, judges included: what a watcher brings faults to. Empty in
    /// files that name only what followers need.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub deployment: BTreeMap<String, Address>,
    /// What its blocks depend on.
    pub chain: ChainConfig,
    /// L1 blocks an origin lies behind L1's head when a gateway first builds on it (R3), at least 1.
    pub origin_depth: u64,
    /// Block 0.
    pub genesis: RollupGenesis,
}

/// The L1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct L1Facts {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// A block not after the first deployment of any contract below, the gateway registry included.
    pub start: L1Start,
    /// How the blob base fee follows blob use, oldest first; before the first step, and without any, as of Osaka (EIP-7691).
    /// Every node needs the same steps: the fee stands in every rollup block.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blob_fee_steps: Vec<BlobFeeStep>,
}

/// From a time on, another update fraction of the blob base fee (EIP-7892).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BlobFeeStep {
    /// Unix seconds.
    pub from_s: u64,
    /// `baseFeeUpdateFraction` of the L1's configuration.
    pub update_fraction: u64,
}

impl L1Facts {
    /// The blob base fee in an L1 block of `timestamp_s`, wei per blob gas.
    pub fn blob_base_fee_wei(&self, timestamp_s: u64, excess_blob_gas: u64) -> u128 {
        let mut params = BlobParams::osaka();
        let steps = self.blob_fee_steps.iter();
        if let Some(step) = steps.rev().find(|step| step.from_s <= timestamp_s) {
            params.update_fraction = u128::from(step.update_fraction);
        }
        params.calc_blob_fee(excess_blob_gas)
    }
}

/// An L1 block after which following begins; it counts as known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct L1Start {
    /// Height.
    pub number: u64,
    /// Hash.
    pub hash: B256,
}

/// Where the contracts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContractAddresses {
    /// The rollup's Inbox: with the L1 chain id the identity of the rollup.
    pub inbox: Address,
    /// The rollup's Portal.
    pub portal: Address,
    /// Who owns which slot.
    pub lookahead: Address,
    /// Gateways and their keys.
    pub gateway_registry: Address,
    /// Their bonds.
    pub bond_vault: Address,
    /// Terms by epoch.
    pub parameters: Address,
    /// Validators and their operators.
    pub validator_registry: Address,
    /// Beacon proofs.
    pub beacon_verifiers: Address,
    /// Faults and payouts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slasher: Option<Address>,
    /// Who answers disputes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attester_resolver: Option<Address>,
    /// Tells the rollup who earned its fees. Where there is one, block 0 holds the rewards manager and its vaults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rewards_messenger: Option<Address>,
}

/// A deployment without one of the contracts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the deployment names no {0}; use the list of contracts that its deployment wrote (`deployment` in rollup.json)"
)]
pub struct MissingContract(pub &'static str);

impl ContractAddresses {
    /// Finds them in a deployment's list, name → address.
    ///
    /// # Errors
    /// [`MissingContract`].
    pub fn of(deployment: &BTreeMap<String, Address>) -> Result<Self, MissingContract> {
        let known = |name| deployment.get(name).copied();
        let find = |name: &'static str| known(name).ok_or(MissingContract(name));
        Ok(Self {
            inbox: find("Inbox")?,
            portal: find("Portal")?,
            lookahead: find("Lookahead")?,
            gateway_registry: find("GatewayRegistry")?,
            bond_vault: find("BondVault")?,
            parameters: find("Parameters")?,
            validator_registry: find("ValidatorRegistry")?,
            beacon_verifiers: find("BeaconVerifiers")?,
            slasher: known("Slasher"),
            attester_resolver: known("AttesterResolver"),
            rewards_messenger: known("RewardsMessenger"),
        })
    }
}

/// Block 0: its origin and its accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RollupGenesis {
    /// The L1 block that block 0 builds on.
    pub origin: L1Origin,
    /// Which accounts it holds.
    pub preset: GenesisPreset,
    /// Accounts that hold ether from the beginning, beside the preset's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub funded: Vec<FundedAccount>,
}

/// A plain account of block 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FundedAccount {
    /// Its address.
    pub address: Address,
    /// Its ether.
    pub balance_wei: U256,
}

impl FundedAccount {
    /// As block 0 holds it.
    pub fn account(&self) -> GenesisAccount {
        GenesisAccount {
            address: self.address,
            nonce: 0,
            balance: self.balance_wei,
            code: Bytes::new(),
            storage: Vec::new(),
        }
    }
}

/// Accounts of block 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GenesisPreset {
    /// System contracts and the funded development accounts.
    Dev,
}

impl RollupFile {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`SettlementError::File`], with the line and what was expected there.
    pub fn load(path: &Path) -> Result<Self, SettlementError> {
        let refuse = |reason: String| SettlementError::File {
            path: path.display().to_string(),
            reason,
        };
        let size = std::fs::metadata(path)
            .map_err(|error| refuse(error.to_string()))?
            .len();
        if size > MOST_BYTES {
            return Err(refuse(format!(
                "at most {MOST_BYTES} bytes expected, got {size}"
            )));
        }
        let text = std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
        Self::parse(&text).map_err(refuse)
    }

    /// Checks a file's text. The error is a sentence.
    fn parse(text: &str) -> Result<Self, String> {
        let file: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        file.check()?;
        Ok(file)
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// [`SettlementError::File`].
    pub fn save(&self, path: &Path) -> Result<(), SettlementError> {
        let refuse = |reason: String| SettlementError::File {
            path: path.display().to_string(),
            reason,
        };
        self.check().map_err(refuse)?;
        let mut text = serde_json::to_string_pretty(self).map_err(|e| refuse(e.to_string()))?;
        text.push('\n');
        let aside = path.with_extension("json.new");
        std::fs::write(&aside, text).map_err(|error| refuse(error.to_string()))?;
        std::fs::rename(&aside, path).map_err(|error| refuse(error.to_string()))
    }

    fn check(&self) -> Result<(), String> {
        self.chain.validate().map_err(|error| error.to_string())?;
        if self.l1.chain_id == 0 {
            return Err("l1.chainId: an EIP-155 chain id from 1 on expected, got 0".to_owned());
        }
        let steps = &self.l1.blob_fee_steps;
        if !steps.is_sorted_by(|a, b| a.from_s < b.from_s)
            || steps.iter().any(|step| step.update_fraction == 0)
        {
            return Err(format!(
                "l1.blobFeeSteps: steps in the order of their time with fractions above 0 expected, got {steps:?}"
            ));
        }
        if !(1..=DEEPEST_ORIGIN).contains(&self.origin_depth) {
            return Err(format!(
                "originDepth: 1 to {DEEPEST_ORIGIN} L1 blocks expected, got {}",
                self.origin_depth
            ));
        }
        if self.genesis.origin.timestamp_s > self.chain.genesis_s {
            return Err(format!(
                "genesis.origin: an L1 block not after block 0's timestamp {} expected, got one of {}",
                self.chain.genesis_s, self.genesis.origin.timestamp_s
            ));
        }
        let funded = &self.genesis.funded;
        if funded.len() > MOST_FUNDED {
            return Err(format!(
                "genesis.funded: at most {MOST_FUNDED} accounts expected, got {}",
                funded.len()
            ));
        }
        let mut seen: BTreeSet<Address> =
            self.preset_accounts().iter().map(|a| a.address).collect();
        if let Some(twice) = funded.iter().find(|one| !seen.insert(one.address)) {
            return Err(format!(
                "genesis.funded: accounts that block 0 does not hold yet expected, got {}",
                twice.address
            ));
        }
        Ok(())
    }

    fn preset_accounts(&self) -> Vec<GenesisAccount> {
        let mut accounts = match self.genesis.preset {
            GenesisPreset::Dev => [predeploys(), dev_accounts()].concat(),
        };
        if let Some(messenger) = self.contracts.rewards_messenger {
            accounts.extend(rewards_predeploys(messenger));
        }
        accounts
    }

    /// Block 0's constants and accounts.
    pub fn genesis(&self) -> Genesis {
        let mut accounts = self.preset_accounts();
        accounts.extend(self.genesis.funded.iter().map(FundedAccount::account));
        Genesis {
            config: self.chain.clone(),
            accounts,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn example() -> RollupFile {
        RollupFile {
            l1: L1Facts {
                chain_id: 1337,
                start: L1Start {
                    number: 3,
                    hash: B256::repeat_byte(3),
                },
                blob_fee_steps: Vec::new(),
            },
            contracts: ContractAddresses {
                inbox: Address::repeat_byte(1),
                portal: Address::repeat_byte(2),
                lookahead: Address::repeat_byte(3),
                gateway_registry: Address::repeat_byte(4),
                bond_vault: Address::repeat_byte(5),
                parameters: Address::repeat_byte(6),
                validator_registry: Address::repeat_byte(7),
                beacon_verifiers: Address::repeat_byte(8),
                slasher: None,
                attester_resolver: None,
                rewards_messenger: None,
            },
            deployment: BTreeMap::new(),
            chain: ChainConfig::dev(1_000, 1),
            origin_depth: 2,
            genesis: RollupGenesis {
                origin: L1Origin {
                    number: 3,
                    hash: B256::repeat_byte(3),
                    timestamp_s: 990,
                    base_fee_wei: 7,
                    blob_base_fee_wei: 1,
                    prev_randao: B256::ZERO,
                    parent_beacon_root: B256::ZERO,
                },
                preset: GenesisPreset::Dev,
                funded: Vec::new(),
            },
        }
    }

    #[test]
    fn what_was_saved_is_loaded_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rollup.json");
        example().save(&path).unwrap();
        assert_eq!(RollupFile::load(&path).unwrap(), example());
        assert_eq!(
            std::fs::read_dir(dir.path()).unwrap().count(),
            1,
            "nothing else is left behind"
        );
    }

    #[test]
    fn a_file_without_a_list_of_the_deployment_is_read_and_one_with_it_keeps_it() {
        let mut file = example();
        let text = serde_json::to_string(&file).unwrap();
        assert!(!text.contains("deployment"), "{text}");
        assert_eq!(RollupFile::parse(&text).unwrap(), file);
        file.deployment
            .insert("ForkJudge".to_owned(), Address::repeat_byte(9));
        let text = serde_json::to_string(&file).unwrap();
        assert_eq!(RollupFile::parse(&text).unwrap(), file);
    }

    #[test]
    fn a_refusal_names_the_file_the_field_and_what_was_expected() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rollup.json");
        let mut text = serde_json::to_value(example()).unwrap();
        text["originDepth"] = 0.into();
        std::fs::write(&path, text.to_string()).unwrap();
        let error = RollupFile::load(&path).unwrap_err().to_string();
        assert!(
            error.contains("rollup.json: originDepth: 1 to 8190"),
            "{error}"
        );

        text["originDepth"] = 2.into();
        text["originDpeth"] = 2.into();
        std::fs::write(&path, text.to_string()).unwrap();
        let error = RollupFile::load(&path).unwrap_err().to_string();
        assert!(error.contains("unknown field `originDpeth`"), "{error}");

        let absent = RollupFile::load(&dir.path().join("none.json")).unwrap_err();
        assert!(absent.to_string().contains("none.json"));
    }

    #[test]
    fn the_blob_base_fee_follows_the_fraction_of_its_time() {
        let mut l1 = example().l1;
        let excess = 200_000_000;
        let osaka = BlobParams::osaka().calc_blob_fee(excess);
        assert_eq!(l1.blob_base_fee_wei(99, excess), osaka);
        l1.blob_fee_steps = vec![BlobFeeStep {
            from_s: 100,
            update_fraction: 8_346_193,
        }];
        assert_eq!(l1.blob_base_fee_wei(99, excess), osaka);
        assert_eq!(
            l1.blob_base_fee_wei(100, excess),
            BlobParams::bpo1().calc_blob_fee(excess)
        );
    }

    #[test]
    fn block_0_cannot_build_on_an_l1_block_of_its_future() {
        let mut file = example();
        file.genesis.origin.timestamp_s = 1_001;
        assert!(file.check().is_err());
    }

    #[test]
    fn genesis_holds_the_preset_accounts_and_the_files_chain() {
        let mut file = example();
        file.chain.chain_id = 77;
        let genesis = file.genesis();
        assert_eq!(genesis.config.chain_id, 77);
        assert_eq!(
            genesis.accounts.len(),
            predeploys().len() + dev_accounts().len()
        );
    }

    #[test]
    fn a_messenger_brings_the_rewards_accounts_and_only_new_accounts_are_funded() {
        let mut file = example();
        let without = file.genesis().accounts.len();
        let messenger = Address::repeat_byte(9);
        file.contracts.rewards_messenger = Some(messenger);
        let own = FundedAccount {
            address: Address::repeat_byte(0x77),
            balance_wei: U256::from(5),
        };
        file.genesis.funded = vec![own];
        file.check().unwrap();
        let accounts = file.genesis().accounts;
        assert_eq!(accounts.len(), without + 3 + 1);
        assert!(accounts.ends_with(&[GenesisAccount {
            address: own.address,
            nonce: 0,
            balance: own.balance_wei,
            code: Bytes::new(),
            storage: Vec::new(),
        }]));
        assert_eq!(accounts[without..][..3], rewards_predeploys(messenger));

        for taken in [
            own.address,
            dev_accounts()[0].address,
            predeploys()[0].address,
        ] {
            let twice = FundedAccount {
                address: taken,
                ..own
            };
            file.genesis.funded = vec![own, twice];
            let error = file.check().unwrap_err();
            assert!(
                error.contains("genesis.funded") && error.contains(&taken.to_string()),
                "{error}"
            );
        }
    }
}
