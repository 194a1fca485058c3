"""The inventory of a generated mesh against PyYAML's C loader on the same bytes: CPU ratio, interleaved, median of seven rounds.

python -m benchmarks.inventory [--services 1000]
"""

import argparse
import gc
import statistics
import sys
import tempfile
import time

import yaml

from benchmarks.generate import generate, write
from meshwright.inventory import read_inventory

GOAL = 1.3


def main() -> int:
    parser = argparse.ArgumentParser(description="Reading the inventory against PyYAML's C loader.")
    parser.add_argument("--services", type=int, default=1000)
    mesh = generate(parser.parse_args().services)
    data = [text.encode() for text in mesh.kubernetes.values()]
    ours, theirs = [], []
    gc.disable()
    with tempfile.TemporaryDirectory() as folder:
        write(mesh, folder)
        for _ in range(7):
            start = time.process_time()
            outcome = read_inventory(folder, ["k8s"], [], "default")
            ours.append(time.process_time() - start)
            start = time.process_time()
            for one in data:
                list(yaml.load_all(one, Loader=yaml.CSafeLoader))
            theirs.append(time.process_time() - start)
            assert not outcome.failed and outcome.value is not None and len(outcome.value.services) == len(mesh.services)
            gc.collect()
    our, their = statistics.median(ours), statistics.median(theirs)
    size = sum(map(len, data)) / 1e6
    ratio = our / their
    print(
        f"{len(mesh.services)} services, {size:.1f} MB: {our * 1e3:.0f} ms, CSafeLoader {their * 1e3:.0f} ms: {ratio:.2f} x (goal {GOAL} x)"
    )
    return 0 if ratio <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
