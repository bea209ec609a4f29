"""Writes the consensus fixtures: `python beacon.py FIXTURES` fills FIXTURES/beacon and FIXTURES/blobs.

Shape and purpose: the README.md of each.
"""

import sys
import time
from pathlib import Path

if sys.version_info < (3, 12):
    sys.exit(
        f"eth-consensus-specs needs Python 3.12 or newer, this is {sys.version.split()[0]}: "
        "create the virtual environment with python3.12 or python3.13"
    )


def main() -> None:
    # Imported late: the library builds thousands of keys at import and cannot be imported at all by an older Python.
    from eth_consensus_specs.fulu import mainnet, minimal
    from eth_consensus_specs.gloas import minimal as gloas_minimal

    from beacon_blob import write_blob
    from beacon_bls import write_bls
    from beacon_chain import Chain, GLOAS_PLAN, MAINNET_PLAN, MINIMAL_PLAN
    from beacon_proofs import write_proofs

    if len(sys.argv) != 2:
        sys.exit("usage: python beacon.py FIXTURES, where FIXTURES is the folder that gets beacon/ and blobs/")
    folder = Path(sys.argv[1])
    write_blob(folder / "blobs")
    write_bls(folder / "beacon" / "bls.json")
    for name, spec, plan in (
        ("minimal", minimal, MINIMAL_PLAN),
        ("mainnet", mainnet, MAINNET_PLAN),
        ("gloas_minimal", gloas_minimal, GLOAS_PLAN),
    ):
        started = time.monotonic()
        chain = Chain(spec, plan)
        chain.run()
        target = folder / "beacon" / name
        target.mkdir(parents=True, exist_ok=True)
        if plan.publish_chain:
            chain.write(target)
        write_proofs(chain, target / "proofs.json")
        print(f"{name}: {len(chain.steps)} slots, {time.monotonic() - started:.1f} s", flush=True)


if __name__ == "__main__":
    main()
