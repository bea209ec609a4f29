//! Runtime code of the OP Stack predeploys; origin and licence: `predeploys/README.md`.

use super::{L1_BLOCK, L2_TO_L1_MESSAGE_PASSER, OPERATOR_FEE_VAULT};
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_predeploy_has_code() {
        for predeploy in ALL {
            assert!(
                predeploy.code().len() > 100,
                "{} has no code",
                predeploy.address
            );
        }
    }
}
