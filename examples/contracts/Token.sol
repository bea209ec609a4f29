// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Token
/// @notice A plain ERC-20 (https://eips.ethereum.org/EIPS/eip-20) whose whole supply belongs to its deployer at first.
/// @dev Example and test load: no owner, no hooks, no minting afterwards.
contract Token {
    string public name;
    string public symbol;
    uint8 public constant decimals = 18;

    /// @notice All units in existence, in 10^-18 of a token.
    uint256 public totalSupply;
    mapping(address account => uint256 amount) public balanceOf;
    mapping(address holder => mapping(address spender => uint256 amount)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    error InsufficientBalance(address account, uint256 available, uint256 needed);
    error InsufficientAllowance(address holder, address spender, uint256 available, uint256 needed);
    error ZeroRecipient();

    constructor(string memory tokenName, string memory tokenSymbol, uint256 supply) {
        name = tokenName;
        symbol = tokenSymbol;
        totalSupply = supply;
        balanceOf[msg.sender] = supply;
        emit Transfer(address(0), msg.sender, supply);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        _move(msg.sender, to, value);
        return true;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    /// @dev An allowance of 2^256 - 1 is unlimited and is not written down, which saves a storage write.
    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        uint256 available = allowance[from][msg.sender];
        if (available != type(uint256).max) {
            if (available < value) revert InsufficientAllowance(from, msg.sender, available, value);
            unchecked {
                allowance[from][msg.sender] = available - value;
            }
        }
        _move(from, to, value);
        return true;
    }

    function _move(address from, address to, uint256 value) private {
        if (to == address(0)) revert ZeroRecipient();
        uint256 available = balanceOf[from];
        if (available < value) revert InsufficientBalance(from, available, value);
        unchecked {
            // The first cannot underflow (checked above); the second cannot pass totalSupply.
            balanceOf[from] = available - value;
            balanceOf[to] += value;
        }
        emit Transfer(from, to, value);
    }
}
