// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// Money behind a gateway's promises, whatever it is made of.
interface IRestaking {
    /// `amountWei` was asked for, `paidWei` left at once, `pendingWei` is expected later.
    event Slashed(
        bytes32 indexed faultId,
        uint32 indexed gateway,
        address indexed rollup,
        uint256 amountWei,
        uint256 paidWei,
        uint256 pendingWei
    );

    error NotTheSlasher(address caller, address slasher);

    /// Wei that can be taken from `gateway` for `rollup` at any time until `untilTimestamp` (Unix seconds).
    function slashable(uint32 gateway, address rollup, uint64 untilTimestamp) external view returns (uint256 amountWei);

    /// Takes up to `amountWei` for fault `faultId`. ETH that is at hand goes to the caller at once (`paidWei`); what arrives later
    /// (EigenLayer redistributes after its own delay) is in `pendingWei` and is collected with `collect`. Only the Slasher.
    function slash(uint32 gateway, address rollup, uint256 amountWei, bytes32 faultId)
        external
        returns (uint256 paidWei, uint256 pendingWei);

    /// Hands over what has become available for `faultId`. Only the Slasher; returns 0 when nothing has.
    function collect(bytes32 faultId) external returns (uint256 paidWei);
}
