// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {IBondVault} from "../interfaces/IBondVault.sol";
import {IGatewayRegistry} from "../interfaces/IGatewayRegistry.sol";
import {IRestaking} from "../interfaces/IRestaking.sol";
import {ISlasher} from "../interfaces/ISlasher.sol";

/// Where slashed money comes from, and where the burned part goes. The vault and the registry are ours and are trusted to answer;
/// restaking stands on foreign code, so its adapter gets a fixed amount of gas and may revert without stopping a slash.
abstract contract Sources is ISlasher {
    address internal constant BURN = 0x000000000000000000000000000000000000dEaD;
    uint256 internal constant RESTAKING_GAS = 2_000_000;
    uint256 internal constant SUSPEND_GAS = 200_000;

    IGatewayRegistry public immutable registry;
    IBondVault public immutable vault;
    /// Zero when the rollup counts on ETH bonds alone.
    IRestaking public immutable restaking;

    constructor(IGatewayRegistry registry_, IBondVault vault_, IRestaking restaking_) {
        registry = registry_;
        vault = vault_;
        restaking = restaking_;
    }

    receive() external payable {
        if (msg.sender != address(vault) && msg.sender != address(restaking)) revert NotASource(msg.sender);
    }

    /// Takes up to `amountWei` from the ETH slice, then from restaked money. Counts what has arrived, not what was announced.
    function _take(uint32 gateway, address rollup, uint256 amountWei, bytes32 slashId)
        internal
        returns (uint256 takenWei, uint256 pendingWei)
    {
        if (amountWei == 0) return (0, 0);
        uint256 before = address(this).balance;
        vault.slash(gateway, rollup, amountWei, slashId);
        takenWei = address(this).balance - before;
        if (takenWei >= amountWei || address(restaking) == address(0)) return (takenWei, 0);
        _enoughFor(RESTAKING_GAS);
        try restaking.slash{gas: RESTAKING_GAS}(gateway, rollup, amountWei - takenWei, slashId) returns (
            uint256, uint256 pending
        ) {
            pendingWei = pending;
        } catch {
            // An adapter that reverts or burns its gas leaves the ETH slash standing. That it answers in the declared shape is
            // trusted: which adapter it is was fixed at deployment.
        }
        takenWei = address(this).balance - before;
    }

    function _fetch(bytes32 slashId) internal returns (uint256 paidWei) {
        if (address(restaking) == address(0)) return 0;
        uint256 before = address(this).balance;
        restaking.collect(slashId);
        return address(this).balance - before;
    }

    /// A registry that refuses must not make a fault unpunishable; a caller that gives too little gas must not avoid it either.
    function _suspend(uint32 gateway, address rollup) internal {
        _enoughFor(SUSPEND_GAS);
        try registry.suspend{gas: SUSPEND_GAS}(gateway, rollup) {}
        catch {
            emit NotSuspended(gateway, rollup);
        }
    }

    function _slashable(uint32 gateway, address rollup) internal view returns (uint256 amountWei) {
        amountWei = vault.reserveOf(gateway, rollup);
        if (address(restaking) != address(0)) {
            try restaking.slashable{gas: RESTAKING_GAS}(gateway, rollup, uint64(block.timestamp)) returns (
                uint256 restakedWei
            ) {
                amountWei += restakedWei > type(uint128).max ? 0 : restakedWei;
            } catch {}
        }
    }

    function _burn(uint256 amountWei) internal {
        if (amountWei != 0) SafeTransferLib.safeTransferETH(BURN, amountWei);
    }

    /// A call gets at most 63/64 of what is left.
    function _enoughFor(uint256 gas) private view {
        uint256 needed = gas + gas / 63 + 5_000;
        if (gasleft() < needed) revert TooLittleGas(gasleft(), needed);
    }
}
