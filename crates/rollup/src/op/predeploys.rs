//! Runtime code of the OP Stack predeploys; origin and licence: `predeploys/README.md`.

use super::{
    BASE_FEE_VAULT, L1_BLOCK, L1_FEE_VAULT, L2_TO_L1_MESSAGE_PASSER, OPERATOR_FEE_VAULT,
    SEQUENCER_FEE_VAULT,
};
use alloy_primitives::{Address, Bytes, address, hex};

/// One predeploy.
pub(super) struct Predeploy {
    pub(super) address: Address,
    /// Slots set in genesis, `(slot, value)`.
    pub(super) storage: &'static [(u64, u64)],
    hex: &'static str,
}

impl Predeploy {
    /// Its runtime code. A file that is not hex gives no code, which the tests below refuse.
    pub(super) fn code(&self) -> Bytes {
        hex::decode(self.hex.trim()).unwrap_or_default().into()
    }
}

/// All of them.
pub(super) const ALL: &[Predeploy] = &[
    Predeploy {
        address: L1_BLOCK,
        storage: &[],
        hex: include_str!("predeploys/l1_block.hex"),
    },
    Predeploy {
        address: address!("420000000000000000000000000000000000000F"),
        // isEcotone, isFjord, isIsthmus.
        storage: &[(0, 0x01_0101)],
        hex: include_str!("predeploys/gas_price_oracle.hex"),
    },
    Predeploy {
        address: OPERATOR_FEE_VAULT,
        storage: &[],
        hex: include_str!("predeploys/operator_fee_vault.hex"),
    },
    Predeploy {
        address: L2_TO_L1_MESSAGE_PASSER,
        storage: &[],
        hex: include_str!("predeploys/l2_to_l1_message_passer.hex"),
    },
];

/// Ours, on chains that share their fees: the rewards manager and the vaults that pay to it.
pub(super) const REWARDS: &[Predeploy] = &[
    Predeploy {
        address: SEQUENCER_FEE_VAULT,
        storage: &[],
        hex: include_str!("predeploys/rewards_manager.hex"),
    },
    Predeploy {
        address: BASE_FEE_VAULT,
        storage: &[],
        hex: include_str!("predeploys/fee_vault.hex"),
    },
    Predeploy {
        address: L1_FEE_VAULT,
        storage: &[],
        hex: include_str!("predeploys/fee_vault.hex"),
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::keccak256;
    use std::{fs, path::Path};

    #[test]
    fn every_predeploy_has_code() {
        for predeploy in ALL.iter().chain(REWARDS) {
            assert!(
                predeploy.code().len() > 100,
                "{} has no code",
                predeploy.address
            );
        }
    }

    /// The Isthmus specification fixes this vault's code; the rewards manager relies on its paying to the base fee vault.
    #[test]
    fn the_operator_fee_vault_is_the_one_of_isthmus() {
        let vault = ALL
            .iter()
            .find(|p| p.address == OPERATOR_FEE_VAULT)
            .unwrap();
        assert_eq!(
            keccak256(vault.code()).to_string(),
            "0x57dc55c9c09ca456fa728f253fe7b895d3e6aae0706104935fe87c7721001971"
        );
    }

    /// Creation code is a short prologue, the runtime code, and nothing behind it: there is no metadata and no constructor.
    #[test]
    fn the_rewards_code_is_what_the_artifacts_deploy() {
        let artifacts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/artifacts");
        for (contract, predeploy) in ["RewardsManager", "FeeVault", "FeeVault"]
            .iter()
            .zip(REWARDS)
        {
            let text = fs::read_to_string(artifacts.join(format!("{contract}.json"))).unwrap();
            let artifact: serde_json::Value = serde_json::from_str(&text).unwrap();
            let creation: Bytes = artifact["bytecode"].as_str().unwrap().parse().unwrap();
            let code = predeploy.code();
            assert!(creation.ends_with(&code), "{contract} is another code");
            assert!(
                creation.len() - code.len() < 64,
                "{contract}: only a part of the code"
            );
        }
    }
}
