// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBondVault} from "../../src/interfaces/IBondVault.sol";
import {IExcuses, Shift} from "../../src/interfaces/IExcuses.sol";
import {IGatewayRegistry} from "../../src/interfaces/IGatewayRegistry.sol";
import {IJudge} from "../../src/interfaces/IJudge.sol";
import {IParameters} from "../../src/interfaces/IParameters.sol";
import {IRestaking} from "../../src/interfaces/IRestaking.sol";
import {FaultIds} from "../../src/libraries/FaultIds.sol";
import {Slasher} from "../../src/slashing/Slasher.sol";
import {Wiring} from "../../src/slashing/Trials.sol";
import {Fault, FaultKind} from "../../src/types/Faults.sol";
import {SlashingScript} from "./SlashingFakes.sol";
import {SlashingWorld} from "./SlashingWorld.sol";

/// A Slasher whose judge finds what it is told, for tests of the money.
abstract contract SlashingLedger is SlashingWorld {
    SlashingScript internal script;
    IJudge internal judge;
    bytes32 internal constant BASE_A = keccak256("base of A");
    bytes32 internal constant BASE_B = keccak256("base of B");
    address internal constant BURNED = 0x000000000000000000000000000000000000dEaD;

    function setUp() public virtual override {
        super.setUp();
        script = new SlashingScript();
        judge = IJudge(address(script));
        slasher = ledger(address(restaking));
        vm.deal(BURNED, 0);
    }

    function ledger(address restaked) internal returns (Slasher) {
        IJudge[] memory judges = new IJudge[](1);
        judges[0] = judge;
        Wiring memory wiring =
            Wiring(GENESIS, 12, 32, IGatewayRegistry(address(registry)), IParameters(address(parameters)));
        return new Slasher(wiring, IBondVault(address(vault)), IRestaking(restaked), IExcuses(address(script)), judges);
    }

    function safety(uint32 gateway, bytes32 base, FaultKind kind) internal view returns (Fault memory f) {
        f.kind = kind;
        f.id = FaultIds.underBase(kind, gateway, rollup, base);
        f.gateway = gateway;
        f.rollup = rollup;
        f.base = base;
        f.window = WINDOW;
        f.amountWei = 1000 ether;
    }

    function unkept(uint32 gateway, bytes32 base, uint256 index, address payee, uint256 coverage)
        internal
        view
        returns (Fault memory f)
    {
        f = safety(gateway, base, FaultKind.Unkept);
        f.id = FaultIds.ofPromise(gateway, rollup, base, keccak256("frag"), index);
        f.amountWei = 2 * coverage;
        f.payee = payee;
        f.payeeWei = coverage;
    }

    function late(uint32 gateway, bytes32 base, address coverer, uint256 costWei)
        internal
        view
        returns (Fault memory f)
    {
        f = safety(gateway, base, FaultKind.Late);
        f.id = FaultIds.ofWindow(gateway, rollup, WINDOW);
        f.amountWei = 1 ether;
        f.payee = coverer;
        f.payeeWei = costWei;
    }

    function record(Fault memory f) internal returns (bytes32) {
        return slash(judge, abi.encode(f));
    }

    function moved(bytes32 base, bytes32 liableBase) internal view returns (bytes memory) {
        return abi.encode(Shift(rollup, B, base, A, liableBase, WINDOW));
    }

    function closeAfterAll(uint32 gateway, bytes32 base) internal {
        vm.warp(slasher.caseOf(gateway, rollup, base).closesAt);
        slasher.close(gateway, rollup, base);
    }
}
