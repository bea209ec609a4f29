// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// Who an L1 account is on the rollup, as the OP Stack has it: accounts with a key keep their address, contracts are shifted, so that
/// on the rollup they are nobody who lives at the same address there.
/// https://specs.optimism.io/protocol/deposits.html#address-aliasing
library Aliases {
    uint160 private constant OFFSET = uint160(0x1111000000000000000000000000000000001111);

    /// The account of an L1 contract.
    function shifted(address l1Contract) internal pure returns (address) {
        unchecked {
            // Wraps, as the OP Stack's does.
            return address(uint160(l1Contract) + OFFSET);
        }
    }

    /// The account of any L1 address, by what stands there now. A contract that is not deployed yet counts as an account with a key.
    function accountOf(address l1Account) internal view returns (address) {
        return l1Account.code.length == 0 || isDelegated(l1Account) ? l1Account : shifted(l1Account);
    }

    /// Code is 0xef0100 ‖ address: nothing but an EIP-7702 delegation may begin with 0xef (EIP-3541).
    function isDelegated(address account) internal view returns (bool delegated) {
        if (account.code.length != 23) return false;
        assembly ("memory-safe") {
            mstore(0, 0)
            extcodecopy(account, 0, 0, 3)
            delegated := eq(shr(232, mload(0)), 0xef0100)
        }
    }
}
