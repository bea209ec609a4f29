"""Writes the execution fixtures: `python eels.py FOLDER [NAME ...]`. Shape and purpose: fixtures/eels/README.md."""

import sys
import time
from pathlib import Path

from scenarios import SCENARIOS


def main() -> None:
    folder, wanted = Path(sys.argv[1]), sys.argv[2:]
    folder.mkdir(parents=True, exist_ok=True)
    for scenario in SCENARIOS:
        if wanted and scenario.__name__ not in wanted:
            continue
        started = time.monotonic()
        chain = scenario()
        chain.write(folder)
        count = sum(len(block["transactions"]) for block in chain.blocks)
        print(f"{chain.name}.json: {len(chain.blocks)} blocks, {count} transactions, {time.monotonic() - started:.1f} s", flush=True)


if __name__ == "__main__":
    main()
