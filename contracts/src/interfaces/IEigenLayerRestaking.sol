// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRestaking} from "./IRestaking.sol";

/// Price of a restaked token, for instance a liquid staking token's own exchange rate.
interface ITokenPrice {
    /// Wei per 1e18 units of the strategy's token.
    function weiPerToken(address strategy) external view returns (uint256);
}

/// How far a slash has come.
enum CaseState {
    None,
    /// Recorded, but EigenLayer would not let it be taken yet (paused, or too little gas): anyone may `take` it.
    Owed,
    /// Taken; EigenLayer holds the shares until the slash is resolved.
    Taken,
    /// Its tokens are here and for sale.
    ForSale,
    /// Nothing could be taken.
    Empty
}

/// EigenLayer operator sets as bonds: one redistributing set per rollup, tokens sold for ETH, ETH collected by the Slasher.
interface IEigenLayerRestaking is IRestaking {
    event RollupOpened(address indexed rollup, uint32 indexed operatorSetId);
    event OperatorProposed(uint32 indexed gateway, address indexed operator);
    event OperatorBound(uint32 indexed gateway, address indexed operator);
    event OperatorLeft(address indexed operator, uint32[] operatorSetIds);
    event SlashDeferred(bytes32 indexed faultId);
    event SlashTaken(bytes32 indexed faultId, uint256 slashId, uint256[] shares, uint256 valueWei);
    event TokensArrived(bytes32 indexed faultId, address indexed token, uint256 amount);
    event TokensSold(
        bytes32 indexed faultId, address indexed token, address indexed buyer, uint256 amount, uint256 paidWei
    );

    error StrategyCount(uint256 got, uint256 most);
    error StrategiesNotAscending(uint256 place);
    /// Native ETH cannot be redistributed: it stays in the pod, and nobody would be paid.
    error NativeEther(address strategy);
    error AlreadySetUp();
    error RollupKnown(address rollup);
    error NotTheOwner(uint32 gateway, address caller, address owner);
    error NotTheAllocationManager(address caller);
    error ForeignAvs(address avs);
    error NotProposed(uint32 gateway, address operator, address proposed);
    /// One gateway, one operator, for ever: a slash years later must hit the same stake.
    error BoundElsewhere(uint32 gateway, address operator);
    error WrongState(bytes32 faultId, CaseState state);
    error UnexpectedAnswer();
    error NothingForSale(bytes32 faultId, uint256 place);
    error TooManyTokens(uint256 asked, uint256 left);
    error TooLittlePaid(uint256 paidWei, uint256 costWei);

    /// Announces this AVS and its registrar to EigenLayer. Anyone, once; everything it says was fixed at deployment.
    function setUp() external;

    /// Creates the rollup's operator set. Anyone, once per rollup.
    function openRollup(address rollup) external returns (uint32 operatorSetId);

    /// Names the EigenLayer operator that may back the gateway. Called by the gateway's owner; the operator agrees by registering
    /// for a set with `abi.encode(gateway)` as data, which binds both for ever.
    function proposeOperator(uint32 gateway, address operator) external;

    /// Takes a slash that is still owed. Anyone.
    function take(bytes32 faultId) external returns (uint256 valueWei);

    /// Fetches the tokens of a resolved slash and puts them up for sale. Anyone.
    function settle(bytes32 faultId) external;

    /// Buys tokens of a slash at the price of the moment; what was paid too much comes back.
    /// @param place of the strategy among this adapter's strategies.
    function buy(bytes32 faultId, uint256 place, uint256 amount, address to) external payable returns (uint256 costWei);

    /// Wei for `amount` tokens now: the token's price, minus a tenth per day since arrival, down to a tenth.
    function costOf(bytes32 faultId, uint256 place, uint256 amount) external view returns (uint256 costWei);
}
