"""Just enough of an assembler to write test contracts down readably."""

OPCODES = {
    name: code
    for first, names in {
        0x00: "STOP ADD MUL SUB DIV SDIV MOD SMOD ADDMOD MULMOD EXP SIGNEXTEND",
        0x10: "LT GT SLT SGT EQ ISZERO AND OR XOR NOT BYTE SHL SHR SAR",
        0x20: "KECCAK256",
        0x30: "ADDRESS BALANCE ORIGIN CALLER CALLVALUE CALLDATALOAD CALLDATASIZE CALLDATACOPY CODESIZE CODECOPY GASPRICE"
        " EXTCODESIZE EXTCODECOPY RETURNDATASIZE RETURNDATACOPY EXTCODEHASH",
        0x40: "BLOCKHASH COINBASE TIMESTAMP NUMBER PREVRANDAO GASLIMIT CHAINID SELFBALANCE BASEFEE BLOBHASH BLOBBASEFEE",
        0x50: "POP MLOAD MSTORE MSTORE8 SLOAD SSTORE JUMP JUMPI PC MSIZE GAS JUMPDEST TLOAD TSTORE MCOPY PUSH0",
        0x80: " ".join(f"DUP{n}" for n in range(1, 17)),
        0x90: " ".join(f"SWAP{n}" for n in range(1, 17)),
        0xA0: "LOG0 LOG1 LOG2 LOG3 LOG4",
        0xF0: "CREATE CALL CALLCODE RETURN DELEGATECALL CREATE2",
        0xFA: "STATICCALL",
        0xFD: "REVERT INVALID SELFDESTRUCT",
    }.items()
    for code, name in enumerate(names.split(), first)
}


def push(value: int) -> bytes:
    """The shortest PUSH of a number."""
    body = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes([0x5F + len(body)]) + body


def asm(*items: str | int | bytes) -> bytes:
    """Code from instruction names (several in one string), numbers (pushed) and bytes (as they are)."""
    code = b""
    for item in items:
        if isinstance(item, bytes):
            code += item
        elif isinstance(item, int):
            code += push(item)
        else:
            code += bytes(OPCODES[name] for name in item.split())
    return code


def deployer(runtime: bytes) -> bytes:
    """Creation code that leaves `runtime` behind."""
    size = len(runtime)
    head_bytes = 0
    while True:  # The head holds its own length: two rounds at most.
        head = asm(size, "DUP1", head_bytes, "PUSH0 CODECOPY PUSH0 RETURN")
        if len(head) == head_bytes:
            return head + runtime
        head_bytes = len(head)


def word(value: int) -> bytes:
    """32 bytes, big-endian."""
    return value.to_bytes(32, "big")
