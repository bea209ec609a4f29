// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IGatewayRegistry} from "../interfaces/IGatewayRegistry.sol";
import {IHorizons} from "../interfaces/IHorizons.sol";
import {IBondVault} from "../interfaces/IBondVault.sol";
import {IInbox} from "../interfaces/IInbox.sol";
import {SlotClock} from "../libraries/SlotClock.sol";
import {TermsBounds} from "../parameters/TermsBounds.sol";
import {RollupConfig} from "../types/Windows.sol";

/// When a bond may leave: after the last moment at which a window it secures can be judged and claimed (R16).
abstract contract ReleaseHorizon is SlotClock {
    /// How long EIP-4788 and EIP-2935 answer what judges ask: 8191 slots on mainnet (R16), a few on a development chain.
    uint64 public immutable oracleSlots;
    uint256 internal constant ROLLUP_GAS = 200_000;
    /// ABI length of `RollupConfig`.
    uint256 private constant CONFIG_BYTES = 12 * 32;

    IGatewayRegistry public immutable registry;
    IHorizons public immutable horizons;

    constructor(IGatewayRegistry registry_, IHorizons horizons_, uint64 oracleSlots_) {
        registry = registry_;
        horizons = horizons_;
        // `Parameters` forgets horizons older than two such spans.
        if (uint256(oracleSlots_) * secondsPerSlot > TermsBounds.MOST_SECONDS) {
            revert IBondVault.OracleSpanTooLong(uint256(oracleSlots_) * secondsPerSlot, TermsBounds.MOST_SECONDS);
        }
        oracleSlots = oracleSlots_;
    }

    /// Unix seconds at which a release asked for now would open.
    ///
    /// Windows of epoch + 2 and later do not count on the amount: the gateway has quit by then, or keeps the minimum without it.
    /// Two epochs more for a window that crosses a border. Then evidence is heard, then claims are collected, under the longest
    /// terms any window before ran under. A quit is never later than the request, so the request alone sets the date.
    function _opensAt(uint256 rollupSeconds) internal view returns (uint64) {
        uint64 lastEpoch = currentEpoch() + 4;
        (uint64 evidence, uint64 claim) = horizons.longestHorizonsAt(lastEpoch);
        uint256 judged = evidence;
        if (rollupSeconds > judged) judged = rollupSeconds;
        uint256 oracleSeconds = uint256(oracleSlots) * secondsPerSlot;
        if (oracleSeconds > judged) judged = oracleSeconds;
        return uint64(startOf(lastEpoch * slotsPerEpoch) + judged + claim);
    }

    /// Claim window and resolver time of a rollup, in seconds. Read when money is reserved, never when it leaves: a rollup that
    /// stops answering traps nobody, and one that answers less later frees nobody.
    function _rollupSeconds(address rollup) internal view returns (uint64) {
        (bool ok, bytes memory answer) = rollup.staticcall{gas: ROLLUP_GAS}(abi.encodeCall(IInbox.config, ()));
        if (!ok || answer.length != CONFIG_BYTES) revert IBondVault.BadRollup(rollup);
        RollupConfig memory config = abi.decode(answer, (RollupConfig));
        uint256 total = uint256(config.claimWindowSeconds) + config.resolverSeconds;
        if (total > TermsBounds.MOST_SECONDS) {
            revert IBondVault.RollupHorizonTooLong(rollup, total, TermsBounds.MOST_SECONDS);
        }
        return uint64(total);
    }
}
