"""Break trees and the compiler, and report what came of it.

    python -m tests.mutation [--whole] [--each N] [--seed N] [--only trees|compiler] [--operator TEXT] [--json FILE]

Without --whole a sample: at most N mutants of each operator.  Says progress on stderr, ends by itself; exit code 1 when a mutant
survives, or a witness does not replay.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.mutation.compiler import CompilerMutant, compiler_mutants, judged_compiler
from tests.mutation.operators import Mutant, mutants
from tests.mutation.trees import WORLDS, outcome, tree_of

BAD = ("surviving", "false witness", "not judged")
SHARE = 0.15  # of an operator's mutants that are equivalent: more is a finding about the operator
FEW = 5  # mutants: a share of fewer says nothing


class Report:
    """Counts by operator."""

    def __init__(self, title: str, columns: tuple[str, ...]) -> None:
        self.title = title
        self.columns = columns
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        self.bad: list[str] = []
        self.started = time.monotonic()
        self.said = self.started

    def add(self, operator: str, answer: str, name: str, why: str, progress: str) -> None:
        self.counts[operator][answer] += 1
        if answer in BAD:
            self.bad.append(f"{answer}: {name} ({operator}): {why}")
            print(self.bad[-1], file=sys.stderr, flush=True)
        now = time.monotonic()
        if now - self.said > 10:
            self.said = now
            print(f"{self.title}: {progress}, {len(self.bad)} to look at, {now - self.started:.0f} s", file=sys.stderr, flush=True)

    def total(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for each in self.counts.values():
            found.update(each)
        return found

    def findings(self) -> list[str]:
        """Operators of which too much changes nothing."""
        found = []
        for operator, counts in sorted(self.counts.items()):
            count = counts.total()
            if count >= FEW and counts["equivalent"] > SHARE * count:
                found.append(f"{operator}: {counts['equivalent']} of {count} are equivalent")
        return found

    def text(self) -> str:
        total = self.total()
        lines = [f"{self.title}: {len(self.counts)} operators, {total.total():,} mutants: "
                 + ", ".join(f"{total[column]:,} {column}" for column in self.columns), ""]
        groups: dict[str, Counter[str]] = defaultdict(Counter)
        for operator, counts in self.counts.items():
            place, _, change = operator.partition(": ")
            groups[f"{place.partition(' ')[0]}: {change}"].update(counts)
        width = max(map(len, groups), default=0)
        for name, counts in sorted(groups.items()):
            lines.append(f"  {name:<{width}}  {counts.total():6}  " + "  ".join(f"{counts[column]:5} {column}" for column in self.columns if counts[column]))
        found = self.findings()
        if found:
            lines += ["", f"findings: more than {SHARE:.0%} of an operator's mutants are equivalent"]
            lines += [f"  {each}" for each in found]
        lines += [f"  {each}" for each in self.bad]
        return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("--whole", action="store_true", help="every mutant, hours")
    parser.add_argument("--each", type=int, default=4, help="mutants of each operator in the sample")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("trees", "compiler"))
    parser.add_argument("--operator", default="", help="only operators whose name holds this text")
    parser.add_argument("--json", type=Path, help="the counts of each operator")
    arguments = parser.parse_args()
    reports = []
    if arguments.only != "compiler":
        reports.append(_trees(arguments))
    if arguments.only != "trees":
        reports.append(_compiler(arguments))
    for report in reports:
        print(report.text() + "\n")
    if arguments.json:
        content = {report.title: {operator: dict(counts) for operator, counts in sorted(report.counts.items())} for report in reports}
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(content, indent=1) + "\n")
    survivors = sum(report.total()[each] for report in reports for each in BAD)
    print(f"survivors: {survivors}")
    return 1 if survivors else 0


def _trees(arguments: argparse.Namespace) -> Report:
    report = Report("trees", ("killed", "refused", "unknown", "equivalent", "surviving", "false witness", "not judged"))
    chosen: list[tuple[Any, Mutant]] = []
    by_operator: dict[str, list[tuple[Any, Mutant]]] = defaultdict(list)
    for world, labels in WORLDS:
        program, tree = tree_of(world(), labels)
        answer, why = outcome(program, tree)
        assert answer == "equivalent", (world.__name__, answer, why)  # the tree as it was emitted
        for mutant in mutants(tree):
            if arguments.operator in mutant.operator:
                by_operator[mutant.operator].append((program, mutant))
    dice = random.Random(arguments.seed)
    for operator in sorted(by_operator):
        found = by_operator[operator]
        chosen += found if arguments.whole else dice.sample(found, min(arguments.each, len(found)))
    for number, (program, mutant) in enumerate(chosen):
        answer, why = outcome(program, mutant.tree)
        report.add(mutant.operator, answer, mutant.name, why, f"{number + 1} of {len(chosen)} mutants")
    return report


def _compiler(arguments: argparse.Namespace) -> Report:
    report = Report("compiler", ("killed", "refused", "unknown", "equivalent", "not reached", "surviving", "false witness", "not judged"))
    found: list[CompilerMutant] = [each for each in compiler_mutants() if arguments.operator in each.operator]
    by_operator: dict[str, list[CompilerMutant]] = defaultdict(list)
    for each in found:
        by_operator[each.operator].append(each)
    dice = random.Random(arguments.seed)
    chosen: Iterable[CompilerMutant] = found if arguments.whole else [
        each for operator in sorted(by_operator)
        for each in dice.sample(by_operator[operator], min(arguments.each, len(by_operator[operator])))]
    chosen = list(chosen)
    for number, (mutant, answer, why) in enumerate(judged_compiler(chosen)):
        report.add(mutant.operator, answer, mutant.name, why, f"{number + 1} of {len(chosen)} mutants")
    return report


if __name__ == "__main__":
    sys.exit(main())
