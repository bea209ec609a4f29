// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ITokenPrice} from "../../../src/interfaces/IEigenLayerRestaking.sol";
import {IStrategy} from "../../../src/interfaces/eigenlayer/IStrategy.sol";

contract FakeToken is ERC20 {
    constructor() ERC20("Staked Ether", "stETH") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// A vault whose shares can be worth more than one token each.
contract FakeStrategy is IStrategy {
    FakeToken private immutable token = new FakeToken();
    uint256 private tokensPerShare = 1e18;

    function grow(uint256 tokensPerShare_) external {
        tokensPerShare = tokensPerShare_;
    }

    function pay(address to, uint256 shares) external returns (uint256 tokens) {
        tokens = sharesToUnderlyingView(shares);
        token.mint(to, tokens);
    }

    function underlyingToken() external view returns (address) {
        return address(token);
    }

    function sharesToUnderlyingView(uint256 shares) public view returns (uint256) {
        return shares * tokensPerShare / 1e18;
    }
}

contract FakePrice is ITokenPrice {
    uint256 private wei_;
    bool private broken;

    constructor(uint256 weiPerToken_) {
        wei_ = weiPerToken_;
    }

    function turn(uint256 weiPerToken_, bool broken_) external {
        (wei_, broken) = (weiPerToken_, broken_);
    }

    function weiPerToken(address) external view returns (uint256) {
        require(!broken, "stale");
        return wei_;
    }
}
