"""What the fixtures contain. Each function returns a finished chain; `SCENARIOS` is their list."""

import hashlib
import random

from assembler import asm, deployer, word
from chain import COINBASE, ETHER, GWEI, Chain, artifact, call, contract_address
from ethereum.crypto.hash import keccak256
from precompile_inputs import PRECOMPILE_CALLS

TOKEN = bytes.fromhex(artifact("Token")["bytecode"][2:])
POOL = bytes.fromhex(artifact("ConstantProductPool")["bytecode"][2:])
UNLIMITED = 2**256 - 1


def expect(receipts: list[dict], statuses: str) -> None:
    """A scenario says which of its transactions succeed (one digit each), so that it cannot rot into testing nothing."""
    got = "".join(receipt["status"][2:] for receipt in receipts)
    if got != statuses:
        raise AssertionError(f"expected statuses {statuses}, got {got}")


def place(label: str) -> bytes:
    """An address nobody has the key of."""
    return keccak256(label.encode())[12:]


def token_creation(supply: int) -> bytes:
    """Creation code of the example token with its constructor's arguments (two short strings and a number)."""
    text = lambda content: word(len(content)) + content.ljust(32, b"\0")
    return TOKEN + word(0x60) + word(0xA0) + word(supply) + text(b"Example") + text(b"EXM")


def transfers() -> Chain:
    chain = Chain("transfers", "Plain transfers: new and old recipients, self, coinbase, dust, emptied accounts, empty accounts touched.")
    alice, bob, poor = chain.account("alice"), chain.account("bob"), chain.account("poor", 21_000 * 50 * GWEI + 1)
    empty = place("touched but empty")
    chain.send(alice, place("new"), value=ETHER)
    chain.send(alice, bob.address, kind=0, value=1)
    chain.send(bob, bob.address, kind=1, value=5)
    chain.send(bob, COINBASE, kind=0, value=7, protected=False, fee=8 * GWEI)
    chain.send(alice, empty)  # value 0 to an account that does not exist: it must not appear in the trie
    chain.send(poor, place("heir"), kind=0, value=1, gas=21_000)  # leaves exactly nothing but a nonce
    chain.send(alice, place("with calldata"), value=2, data=b"\0\x01" * 40, gas=60_000)
    chain.send(alice, place("zero tip"), value=3, tip=0)
    expect(chain.mine(), "11111111")
    if f"0x{empty.hex()}" in chain.state:
        raise AssertionError("an empty account was left in the state")
    return chain


def token() -> Chain:
    chain = Chain("token", "A token is created and used: logs, mappings, allowance, refusals, a slot that becomes zero again.")
    owner, spender, holder = chain.account("owner"), chain.account("spender"), chain.account("holder")
    token = chain.send(owner, None, data=token_creation(1000 * ETHER), gas=3_000_000)
    chain.send(owner, token, data=call("transfer(address,uint256)", holder.address, 10 * ETHER))
    expect(chain.mine(), "11")
    chain.send(holder, token, data=call("transfer(address,uint256)", spender.address, 10 * ETHER))  # the holder's slot becomes zero
    chain.send(holder, token, data=call("transfer(address,uint256)", spender.address, 1))  # refused with data
    chain.send(owner, token, data=call("approve(address,uint256)", spender.address, 5 * ETHER))
    chain.send(spender, token, data=call("transferFrom(address,address,uint256)", owner.address, holder.address, 5 * ETHER))  # allowance to zero
    chain.send(spender, token, data=call("transferFrom(address,address,uint256)", owner.address, holder.address, 1))
    chain.send(owner, token, data=call("approve(address,uint256)", spender.address, UNLIMITED))
    chain.send(spender, token, data=call("transferFrom(address,address,uint256)", owner.address, holder.address, 1))
    chain.send(owner, token, value=1)  # not payable
    expect(chain.mine(), "10110110")
    return chain


def typed() -> Chain:
    chain = Chain("typed", "Transaction types 0 to 4: access lists, priority fees, and EIP-7702 delegations set, refused, chained and cleared.")
    alice, bob, carol, dave = (chain.account(name) for name in ("alice", "bob", "carol", "dave"))
    # Stores the caller under slot 1 and its own balance under 2: in a delegated account both land in the delegator.
    recorder = chain.put(place("recorder"), nonce=1, code=asm("CALLER", 1, "SSTORE SELFBALANCE", 2, "SSTORE STOP"), storage={9: 9})
    reader = chain.put(place("reader"), nonce=1, code=asm(5, "SLOAD", 6, "SSTORE", int.from_bytes(bob.address, "big"), "EXTCODESIZE", 7, "SSTORE STOP"), storage={5: 55})
    chain.send(alice, recorder, kind=1, access=[(recorder, [1, 2, 77]), (place("unused"), [])])
    chain.send(alice, recorder, kind=2, access=[(recorder, [1])], tip=3 * GWEI)
    chain.send(alice, reader, kind=0)
    # Bob delegates to the recorder; a nonce too high and a foreign chain are skipped; chain 0 is any chain.
    chain.send(alice, bob.address, kind=4, value=9, authorizations=[
        bob.authorize(recorder), carol.authorize(recorder, nonce=7), dave.authorize(recorder, nonce=0, chain_id=1), dave.authorize(recorder, chain_id=0)])
    chain.send(alice, bob.address, value=1)
    chain.send(alice, reader)
    expect(chain.mine(), "111111")
    # The sender delegates itself: its authorization names the nonce after the transaction's own.
    own = carol.authorize(reader, nonce=carol.nonce + 1)
    chain.send(carol, carol.address, kind=4, authorizations=[own])
    carol.nonce += 1
    # Cleared, and delegated to a delegated account: the chain of delegations is not followed.
    chain.send(alice, dave.address, kind=4, authorizations=[bob.authorize(bytes(20)), dave.authorize(carol.address)])
    chain.send(alice, bob.address, value=1)
    chain.send(dave, recorder)  # an account with a delegation may still send
    expect(chain.mine(), "1011")
    return chain


def selfdestruct() -> Chain:
    chain = Chain("selfdestruct", "SELFDESTRUCT after EIP-6780: only what was created in the same transaction goes away; to oneself it burns.")
    alice = chain.account("alice")
    heir = place("heir")
    to_heir = asm(int.from_bytes(heir, "big"), "SELFDESTRUCT")
    to_self = asm("ADDRESS SELFDESTRUCT")
    old = chain.put(place("old contract"), balance=5, nonce=1, code=to_heir, storage={1: 1})
    old_self = chain.put(place("old, to itself"), balance=6, nonce=1, code=to_self, storage={2: 2})

    def factory(label: str, child: bytes, salted: bool) -> bytes:
        """Creates a child with half of the value, calls it with the rest, and stores the child's address under slot 0."""
        creation = deployer(child)
        salt = (7,) if salted else ()
        tail = ("CREATE2",) if salted else ("CREATE",)
        head_bytes = 0
        while True:
            head = asm(len(creation), head_bytes, "PUSH0 CODECOPY", *salt, len(creation), "PUSH0", 2, "CALLVALUE DIV", *tail,
                       "DUP1 PUSH0 SSTORE PUSH0 PUSH0 PUSH0 PUSH0 SELFBALANCE DUP6 GAS CALL STOP")
            if len(head) == head_bytes:
                return chain.put(place(label), nonce=1, code=head + creation)
            head_bytes = len(head)

    stores_then_dies = asm(1, 1, "SSTORE", int.from_bytes(heir, "big"), "SELFDESTRUCT")
    plain, burning, salted = factory("plain", stores_then_dies, False), factory("burning", to_self, False), factory("salted", stores_then_dies, True)
    chain.send(alice, old)
    chain.send(alice, old_self, value=3)
    chain.send(alice, plain, value=100)
    chain.send(alice, burning, value=100)  # 100 wei leave the world
    chain.send(alice, salted, value=100)
    chain.send(alice, salted, value=100)  # the same address again in a later transaction
    chain.send(alice, None, value=11, data=to_heir)  # dies while it is being created
    receipts = chain.mine()
    expect(receipts, "1111111")
    chain.send(alice, old, value=1)
    chain.send(alice, salted, value=2)
    expect(chain.mine(), "11")
    return chain


def failures() -> Chain:
    chain = Chain("failures", "Everything that fails and still costs gas: reverts, out of gas, bad code, collisions, dropped logs, the calldata floor.")
    alice, bob = chain.account("alice"), chain.account("bob")
    revert = chain.put(place("revert"), nonce=1, code=asm(1, 1, "SSTORE", 0xDEAD, "PUSH0 MSTORE PUSH0 PUSH0 LOG0", 32, "PUSH0 REVERT"))
    loop = chain.put(place("loop"), nonce=1, code=asm("JUMPDEST", 1, "PUSH0 SSTORE PUSH0 JUMP"))
    invalid = chain.put(place("invalid"), nonce=1, code=asm("INVALID"))
    underflow = chain.put(place("underflow"), nonce=1, code=asm("ADD"))
    bad_jump = chain.put(place("bad jump"), nonce=1, code=asm(3, "JUMP"))
    inner_call = lambda target: asm("PUSH0 PUSH0 PUSH0 PUSH0 PUSH0", int.from_bytes(target, "big"), 50_000, "CALL")
    # Logs, calls what reverts (its log is dropped), keeps the success flag, logs again.
    outer = chain.put(place("outer"), nonce=1, code=asm(
        "PUSH0 PUSH0 LOG0", inner_call(revert), 3, "ADD PUSH0 SSTORE", inner_call(loop), 5, "ADD", 1, "SSTORE", 0xABCD, "PUSH0 PUSH0 LOG1 STOP"))
    static_write = chain.put(place("static write"), nonce=1, code=asm(
        "PUSH0 PUSH0 PUSH0 PUSH0", int.from_bytes(revert, "big"), 30_000, "STATICCALL", 9, "ADD PUSH0 SSTORE STOP"))
    # A contract that would be created at an address with code: the collision burns the gas and the nonce.
    chain.put(contract_address(bob.address, 0), nonce=1, code=asm("STOP"))

    chain.send(alice, revert, value=4)
    chain.send(alice, loop, gas=90_000)
    chain.send(alice, invalid, gas=70_000)
    chain.send(alice, underflow, gas=70_000)
    chain.send(alice, bad_jump, gas=70_000)
    chain.send(alice, outer, gas=400_000)
    chain.send(alice, static_write)
    chain.send(alice, None, data=asm("PUSH0 PUSH0 REVERT"), value=8)
    chain.send(alice, None, data=deployer(b"\xef\x00"), gas=200_000)  # EIP-3541
    chain.send(alice, None, data=deployer(b"\x00" * 300), gas=80_000)  # no gas left for the code deposit
    chain.send(bob, None, data=deployer(asm("STOP")), gas=200_000)
    chain.send(bob, revert, gas=21_000)
    chain.send(alice, place("floor"), data=b"\xff" * 3000, gas=200_000)  # EIP-7623: the floor is dearer than the execution
    expect(chain.mine(), "0000011000001")
    return chain


def precompiles() -> Chain:
    chain = Chain("precompiles", "Every precompile of Prague with good and bad input; a failing one burns what it was given.")
    alice = chain.account("alice")
    # Calldata: address word, then the input. Stores 1 + success under the address, the hash of the answer 0x1000 above, and logs the answer.
    caller = asm(
        32, "CALLDATASIZE SUB DUP1", 32, "PUSH0 CALLDATACOPY PUSH0 PUSH0 DUP3 PUSH0 PUSH0 CALLDATALOAD GAS STATICCALL",
        1, "ADD PUSH0 CALLDATALOAD SSTORE RETURNDATASIZE PUSH0 PUSH0 RETURNDATACOPY RETURNDATASIZE PUSH0 KECCAK256",
        "PUSH0 CALLDATALOAD", 0x1000, "ADD SSTORE PUSH0 CALLDATALOAD RETURNDATASIZE PUSH0 LOG1 STOP")
    for number, (label, address, data, works) in enumerate(PRECOMPILE_CALLS):
        contract = chain.put(place(f"precompile caller {number} {label}"), nonce=1, code=caller)
        chain.send(alice, contract, data=word(address) + data, gas=5_000_000)
    expect(chain.mine(), "1" * len(PRECOMPILE_CALLS))
    for number, (label, address, _, works) in enumerate(PRECOMPILE_CALLS):
        account = chain.state[f"0x{place(f'precompile caller {number} {label}').hex()}"]
        if (int(account["storage"][f"0x{address:064x}"], 16) == 2) != works:
            raise AssertionError(f"{label}: expected the call to {'work' if works else 'fail'}")
    chain.send(alice, word(4)[12:], value=3)  # ether for a precompile
    chain.send(alice, word(1)[12:], data=b"x")
    expect(chain.mine(), "11")
    return chain


def block_hashes() -> Chain:
    chain = Chain("block_hashes", "BLOCKHASH and the EIP-2935 and EIP-4788 contracts, over three blocks.", first_block=8190)
    alice = chain.account("alice")
    reader = chain.put(place("reader"), nonce=1, code=bytes.fromhex(artifact("BlockHashReader")["runtime"][2:]))
    # BLOCKHASH of this block, its parent, 256 and 257 blocks ago; the beacon root of this block's timestamp.
    edges = chain.put(place("edges"), nonce=1, code=asm(
        "NUMBER BLOCKHASH", 1, "SSTORE", 1, "NUMBER SUB BLOCKHASH", 2, "SSTORE", 256, "NUMBER SUB BLOCKHASH", 3, "SSTORE", 257, "NUMBER SUB BLOCKHASH", 4, "SSTORE",
        "TIMESTAMP PUSH0 MSTORE", 32, 32, 32, "PUSH0", 0x000F3DF6D732807EF1319FB7B8BB8522D0BEAC02, "GAS STATICCALL", 5, "SSTORE", 32, "MLOAD", 6, "SSTORE",
        "PREVRANDAO", 7, "SSTORE COINBASE", 8, "SSTORE GASLIMIT", 9, "SSTORE BASEFEE", 10, "SSTORE CHAINID", 11, "SSTORE BLOBBASEFEE", 12, "SSTORE STOP"))
    for _ in range(3):
        chain.send(alice, reader, data=call("recordOpcode()"))
        chain.send(alice, reader, data=call("recordHistory()"))
        chain.send(alice, reader, data=call("recordBoth()"))
        chain.send(alice, edges)
        expect(chain.mine(), "1111")
    return chain


def storage() -> Chain:
    chain = Chain("storage", "Slots set, changed and deleted over blocks, refunds, transient storage, a storage trie emptied, cold and warm access.")
    alice, bob = chain.account("alice"), chain.account("bob")
    # Calldata: pairs of words (slot, value), each written.
    writer_code = asm("PUSH0", "JUMPDEST DUP1", 32, "ADD CALLDATALOAD DUP2 CALLDATALOAD SSTORE", 64, "ADD CALLDATASIZE DUP2 LT", 1, "JUMPI STOP")
    pairs = lambda *numbers: b"".join(word(number) for number in numbers)
    writer = chain.put(place("writer"), nonce=1, code=writer_code, storage={n: n + 1 for n in range(40)})
    emptied = chain.put(place("emptied"), nonce=1, code=writer_code, storage={1: 1, 2: 2, UNLIMITED: 3})
    transient = chain.put(place("transient"), nonce=1, code=asm(
        "PUSH0 TLOAD", 1, "SSTORE", 77, "PUSH0 TSTORE PUSH0 TLOAD", 2, "SSTORE STOP"), storage={1: 5})
    chain.send(alice, writer, data=pairs(1, 0, 2, 0, 3, 33, 100, 1, 101, 0))
    chain.send(bob, writer, data=pairs(1, 2, 2, 3, 3, 4))  # back to what it was: refunds
    chain.send(alice, emptied, data=pairs(1, 0, 2, 0))
    chain.send(alice, transient)
    chain.send(bob, transient)  # transient storage of the transaction before is gone
    expect(chain.mine(), "11111")
    chain.send(alice, emptied, data=pairs(UNLIMITED, 0))  # the storage root becomes that of the empty trie
    chain.send(bob, writer, data=pairs(*(number for n in range(40) for number in (n, 0))), gas=3_000_000)
    chain.send(alice, writer, data=pairs(*(number for n in range(200, 300) for number in (n * n, n))), gas=4_000_000)
    expect(chain.mine(), "111")
    chain.send(alice, emptied, data=pairs(1, 0, 2, 0, 5, 5))
    chain.send(bob, writer, data=pairs(*(number for n in range(200, 300, 3) for number in (n * n, 0)), 7, 1), gas=4_000_000)
    expect(chain.mine(), "11")
    return chain


def mixed() -> Chain:
    chain = Chain("mixed", "Six blocks of transfers, token moves, swaps and creations drawn with a fixed seed: many accounts in one trie.")
    draw = random.Random(20250701)
    people = [chain.account(f"person {n}") for n in range(12)]
    for n in range(60):
        chain.put(place(f"bystander {n}"), balance=n + 1)
    owner = people[0]
    first = chain.send(owner, None, data=token_creation(10**6 * ETHER), gas=3_000_000)
    second = chain.send(owner, None, data=token_creation(10**6 * ETHER), gas=3_000_000)
    pool = chain.send(owner, None, data=POOL + word(int.from_bytes(first, "big")) + word(int.from_bytes(second, "big")), gas=3_000_000)
    for token in (first, second):
        chain.send(owner, token, data=call("approve(address,uint256)", pool, UNLIMITED))
    chain.send(owner, pool, data=call("addLiquidity(uint256,uint256,uint256)", 10**5 * ETHER, 10**5 * ETHER, 1))
    for person in people[1:]:
        for token in (first, second):
            chain.send(owner, token, data=call("transfer(address,uint256)", person.address, 1000 * ETHER))
            chain.send(person, token, data=call("approve(address,uint256)", pool, UNLIMITED))
    expect(chain.mine(), "1" * 50)
    for _ in range(5):
        for _ in range(40):
            person, other = draw.sample(people, 2)
            action = draw.randrange(6)
            if action == 0:
                chain.send(person, other.address, kind=draw.randrange(3), value=draw.randrange(ETHER))
            elif action == 1:
                chain.send(person, place(f"bystander {draw.randrange(90)}"), value=draw.randrange(3))
            elif action == 2:
                chain.send(person, draw.choice((first, second)), data=call("transfer(address,uint256)", other.address, draw.randrange(1, 1500) * ETHER))
            elif action == 5:
                chain.send(person, None, data=deployer(asm(draw.randrange(1000), "PUSH0 SSTORE STOP")), value=draw.randrange(5))
            else:
                least = 40 * ETHER * draw.randrange(2)  # half of the small sales ask for too much
                chain.send(person, pool, data=call("swap(address,uint256,uint256,address)", draw.choice((first, second)), draw.randrange(1, 100) * ETHER, least, other.address))
        chain.mine()
    outcomes = {receipt["status"] for block in chain.blocks for receipt in block["expected"]["receipts"]}
    if outcomes != {"0x0", "0x1"}:
        raise AssertionError("the draw should contain successes and failures")
    return chain


SCENARIOS = [transfers, token, typed, selfdestruct, failures, precompiles, block_hashes, storage, mixed]
