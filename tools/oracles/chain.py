"""A chain whose blocks are executed by EELS: signs transactions, calls `ethereum-spec-evm t8n`, keeps fixtures."""

import json
import subprocess
import sys
from pathlib import Path

import coincurve
from ethereum.crypto.hash import keccak256
from ethereum.forks.prague import transactions as rules
from ethereum.forks.prague.fork_types import Address, Authorization
from ethereum_rlp import rlp
from ethereum_types.bytes import Bytes0, Bytes32
from ethereum_types.numeric import U8, U64, U256, Uint

FORK = "Prague"
CHAIN_ID = 9545
ETHER = 10**18
GWEI = 10**9
COINBASE = bytes.fromhex("c01bba5e" + "00" * 15 + "01")
GAS_LIMIT = 300_000_000
BASE_FEE = 7 * GWEI

REPOSITORY = Path(__file__).resolve().parents[2]
T8N = Path(sys.executable).with_name("ethereum-spec-evm")

# Code and address of the contracts that the rules call at the borders of a block (EIP-4788, 2935, 7002, 7251).
# The last two have no storage here: called with an empty queue at the block's end they then leave no trace in the state.
SYSTEM_CONTRACTS = {
    "000f3df6d732807ef1319fb7b8bb8522d0beac02":
        "3373fffffffffffffffffffffffffffffffffffffffe14604d57602036146024575f5ffd5b5f35801560495762001fff810690815414603c575f5ffd"
        "5b62001fff01545f5260205ff35b5f5ffd5b62001fff42064281555f359062001fff015500",
    "0000f90827f1c53a10cb7a02335b175320002935":
        "3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff900654"
        "5f5260205ff35b5f5ffd5b5f35611fff60014303065500",
    "00000961ef480eb55e80d19ad83579a64c007002":
        "3373fffffffffffffffffffffffffffffffffffffffe1460cb5760115f54807fffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
        "ffffffff146101f457600182026001905f5b5f82111560685781019083028483029004916001019190604d565b909390049250505036603814608857"
        "366101f457346101f4575f5260205ff35b34106101f457600154600101600155600354806003026004013381556001015f3581556001016020359055"
        "3360601b5f5260385f601437604c5fa0600101600355005b6003546002548082038060101160df575060105b5f5b8181146101835782810160030260"
        "040181604c02815460601b8152601401816001015481526020019060020154807fffffffffffffffffffffffffffffffff0000000000000000000000"
        "0000000000168252906010019060401c908160381c81600701538160301c81600601538160281c81600501538160201c81600401538160181c816003"
        "01538160101c81600201538160081c81600101535360010160e1565b910180921461019557906002556101a0565b90505f6002555f6003555b5f5480"
        "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff14156101cd57505f5b6001546002828201116101e25750505f6101"
        "e8565b01600290035b5f555f600155604c025ff35b5f5ffd",
    "0000bbddc7ce488642fb579f8b00f3a590007251":
        "3373fffffffffffffffffffffffffffffffffffffffe1460d35760115f54807fffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
        "ffffffff1461019a57600182026001905f5b5f82111560685781019083028483029004916001019190604d565b909390049250505036606014608857"
        "3661019a573461019a575f5260205ff35b341061019a57600154600101600155600354806004026004013381556001015f3581556001016020358155"
        "60010160403590553360601b5f5260605f60143760745fa0600101600355005b6003546002548082038060021160e7575060025b5f5b818114610129"
        "5782810160040260040181607402815460601b815260140181600101548152602001816002015481526020019060030154905260010160e9565b9101"
        "80921461013b5790600255610146565b90505f6002555f6003555b5f54807fffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
        "ffffff141561017357505f5b6001546001828201116101885750505f61018e565b01600190035b5f555f6001556074025ff35b5f5ffd0000",
}


class Account:
    """An account with a key; remembers its next nonce."""

    def __init__(self, name: str):
        self.secret = keccak256(name.encode())
        self.key = coincurve.PrivateKey(self.secret)
        self.address = keccak256(self.key.public_key.format(compressed=False)[1:])[12:]
        self.nonce = 0

    def sign(self, digest: bytes) -> tuple[U256, U256, int]:
        """(r, s, y parity). The nonce of the signature comes from RFC 6979, so fixtures do not change between runs."""
        signature = self.key.sign_recoverable(digest, hasher=None)
        return U256.from_be_bytes(signature[:32]), U256.from_be_bytes(signature[32:64]), signature[64]

    def authorize(self, code: bytes, nonce: int | None = None, chain_id: int = CHAIN_ID) -> Authorization:
        """An EIP-7702 authorization; uses up a nonce of this account unless one is given."""
        if nonce is None:
            nonce = self.nonce
            self.nonce += 1
        digest = keccak256(b"\x05" + rlp.encode((U256(chain_id), Address(code), U64(nonce))))
        r, s, parity = self.sign(digest)
        return Authorization(U256(chain_id), Address(code), U64(nonce), U8(parity), r, s)


def contract_address(creator: bytes, nonce: int) -> bytes:
    """Where CREATE puts a contract."""
    return keccak256(rlp.encode((creator, Uint(nonce))))[12:]


def artifact(name: str) -> dict:
    """A compiled example contract: `bytecode`, `runtime` as hex."""
    return json.loads((REPOSITORY / "examples/contracts/artifacts" / f"{name}.json").read_text())


def call(signature: str, *words: int | bytes) -> bytes:
    """Calldata of a call whose arguments are all one word wide; addresses may be given as 20 bytes."""
    values = (int.from_bytes(value, "big") if isinstance(value, bytes) else value for value in words)
    return keccak256(signature.encode())[:4] + b"".join(value.to_bytes(32, "big") for value in values)


class Chain:
    """Blocks over one starting state. Transactions collect with `send`; `mine` has EELS execute them."""

    def __init__(self, name: str, about: str, first_block: int = 1):
        self.name, self.about = name, about
        self.number = first_block
        self.state: dict[str, dict] = {}
        self.pending: list[tuple[bytes, Account]] = []
        self.blocks: list[dict] = []
        self.pre: dict | None = None
        for address, code in SYSTEM_CONTRACTS.items():
            self.put(bytes.fromhex(address), code=bytes.fromhex(code), nonce=1)

    def put(self, address: bytes, balance: int = 0, nonce: int = 0, code: bytes = b"", storage: dict[int, int] | None = None) -> bytes:
        """Places an account in the starting state."""
        slots = {f"0x{slot:064x}": f"0x{value:064x}" for slot, value in sorted((storage or {}).items())}
        self.state[f"0x{address.hex()}"] = {"nonce": hex(nonce), "balance": hex(balance), "code": f"0x{code.hex()}", "storage": slots}
        return address

    def account(self, name: str, balance: int = 100 * ETHER) -> Account:
        """A funded account with a key made from its name."""
        account = Account(f"{self.name}/{name}")
        self.put(account.address, balance)
        return account

    def send(self, sender: Account, to: bytes | None, *, kind: int = 2, value: int = 0, data: bytes = b"", gas: int = 1_000_000,
             tip: int = GWEI, fee: int = 50 * GWEI, access: list[tuple[bytes, list[int]]] = (),
             authorizations: list[Authorization] = (), protected: bool = True) -> bytes:
        """Signs a transaction of the next nonce for the next block. Returns the address it would create."""
        nonce = sender.nonce
        sender.nonce += 1
        target = Bytes0(b"") if to is None else Address(to)
        listed = tuple(rules.Access(Address(address), tuple(Bytes32(slot.to_bytes(32, "big")) for slot in slots)) for address, slots in access)
        zero = U256(0)
        common = (target, U256(value), data)
        if kind == 0:
            build = lambda v, r, s: rules.LegacyTransaction(U256(nonce), Uint(fee), Uint(gas), *common, v, r, s)
            draft = build(zero, zero, zero)
            digest = rules.signing_hash_155(draft, U64(CHAIN_ID)) if protected else rules.signing_hash_pre155(draft)
        elif kind == 1:
            build = lambda v, r, s: rules.AccessListTransaction(
                U64(CHAIN_ID), U256(nonce), Uint(fee), Uint(gas), *common, listed, v, r, s)
            digest = rules.signing_hash_2930(build(zero, zero, zero))
        elif kind == 2:
            build = lambda v, r, s: rules.FeeMarketTransaction(
                U64(CHAIN_ID), U256(nonce), Uint(tip), Uint(fee), Uint(gas), *common, listed, v, r, s)
            digest = rules.signing_hash_1559(build(zero, zero, zero))
        else:
            build = lambda v, r, s: rules.SetCodeTransaction(
                U64(CHAIN_ID), U64(nonce), Uint(tip), Uint(fee), Uint(gas), *common, listed, tuple(authorizations), v, r, s)
            digest = rules.signing_hash_7702(build(zero, zero, zero))
        r, s, parity = sender.sign(digest)
        v = parity + (0 if kind else CHAIN_ID * 2 + 35 if protected else 27)
        encoded = rules.encode_transaction(build(U256(v), r, s))
        self.pending.append((encoded if isinstance(encoded, bytes) else rlp.encode(encoded), sender))
        return contract_address(sender.address, nonce)

    def mine(self) -> list[dict]:
        """Executes the pending transactions as one block. Returns their receipts; refuses if EELS rejects any of them."""
        if self.pre is None:
            self.pre = json.loads(json.dumps(self.state))
        env = {
            "currentCoinbase": f"0x{COINBASE.hex()}",
            "currentGasLimit": hex(GAS_LIMIT),
            "currentNumber": hex(self.number),
            "currentTimestamp": hex(1_700_000_000 + self.number),
            "currentRandom": f"0x{keccak256(b'randao' + self.number.to_bytes(8, 'big')).hex()}",
            "currentBaseFee": hex(BASE_FEE),
            "currentExcessBlobGas": "0x0",
            "parentBeaconBlockRoot": f"0x{keccak256(b'beacon' + self.number.to_bytes(8, 'big')).hex()}",
            # Made-up ancestors: the fixture says what they are, nobody derives them.
            "blockHashes": {hex(n): f"0x{keccak256(b'block' + n.to_bytes(8, 'big')).hex()}" for n in range(max(0, self.number - 256), self.number)},
            "withdrawals": [],
        }
        raws = [raw for raw, _ in self.pending]
        envelope = rlp.encode([rlp.decode(raw) if raw[0] >= 0xC0 else raw for raw in raws])
        answer = subprocess.run(
            [T8N, "t8n", "--input.alloc", "stdin", "--input.env", "stdin", "--input.txs", "stdin", "--output.alloc", "stdout",
             "--output.result", "stdout", "--state.fork", FORK, "--state.chainid", str(CHAIN_ID)],
            input=json.dumps({"alloc": self.state, "env": env, "txs": f"0x{envelope.hex()}"}), capture_output=True, text=True)
        if answer.returncode != 0:
            raise RuntimeError(f"{self.name}: t8n failed\n{answer.stderr}")
        output = json.loads(answer.stdout)
        result = output["result"]
        if result["rejected"] or result.get("blockException"):
            raise RuntimeError(f"{self.name}: {result['rejected']} {result.get('blockException')}")

        receipts = [
            {"transactionHash": one["transactionHash"], "status": "0x1" if one["succeeded"] else "0x0",
             "cumulativeGasUsed": one["cumulativeGasUsed"], "logsBloom": one["bloom"], "logs": one["logs"]}
            for one in result["receipts"]
        ]
        self.blocks.append({
            "env": env,
            "transactions": [{"raw": f"0x{raw.hex()}", "sender": f"0x{sender.address.hex()}", "hash": f"0x{keccak256(raw).hex()}"} for raw, sender in self.pending],
            "expected": {
                "stateRoot": result["stateRoot"], "transactionsRoot": result["txRoot"], "receiptsRoot": result["receiptsRoot"],
                "logsBloom": result["logsBloom"], "gasUsed": result["gasUsed"], "receipts": receipts,
            },
        })
        self.state = {address: normal(account) for address, account in sorted(output["alloc"].items())}
        self.pending = []
        self.number += 1
        return receipts

    def write(self, folder: Path) -> None:
        """Writes `<folder>/<name>.json`; shape: fixtures/eels/README.md."""
        fixture = {"name": self.name, "about": self.about, "fork": FORK, "chainId": hex(CHAIN_ID), "pre": self.pre, "blocks": self.blocks, "post": self.state}
        (folder / f"{self.name}.json").write_text(json.dumps(fixture, indent=1) + "\n")


def normal(account: dict) -> dict:
    """An account of t8n's output with every field present and storage words at full width."""
    slots = {slot: f"0x{int(value, 16):064x}" for slot, value in sorted(account.get("storage", {}).items())}
    return {"nonce": account.get("nonce", "0x0"), "balance": account.get("balance", "0x0"), "code": account.get("code", "0x"), "storage": slots}
