"""Two hundred rules that overlap everywhere, against the same rules split: our layers and python-sat alone, in one run.

    python -m benchmarks.hostile [rules]

The yardstick is what one writes by hand for python-sat: one variable for each value, a clause for each rule, CaDiCaL.  It gets
finished bit masks; we get expressions over patterns and have to find out first what can be told apart.
"""

import gc
import random
import statistics
import sys
import time
from collections.abc import Sequence
from itertools import combinations, count

from meshwright.access import atoms
from meshwright.access.decide import differences
from meshwright.access.expr import Dimension, Expr, PatternKind, all_of, any_of, match

ROUNDS = 5
VALUES = 8  # of each dimension; a rule names half of them
TEXTS: dict[Dimension, tuple[PatternKind, str]] = {
    "principal": ("exact", "cluster.local/ns/shop/sa/s{}"), "source_ip": ("cidr", "10.0.{}.0/24"), "port": ("number", "808{}"),
    "method": ("exact", "METHOD{}"), "path": ("template", "/p{}/{{*}}"), "host": ("iexact", "h{}.test")}
Rule = dict[Dimension, tuple[int, ...]]


def main() -> int:
    rules = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    ratio = measure(rules)
    print(f"{rules} hostile rules: {ratio:.2f} x python-sat alone")
    return 0


def measure(rules: int) -> float:
    """Our CPU over the yardstick's, medians of interleaved rounds; both say that the two sets are equal, and that one rule less is not."""
    left, right = hostile(rules)
    gc.disable()  # as the command line does
    ours, theirs = [], []
    for _ in range(ROUNDS):
        atoms.forget()
        start = time.process_time()
        mine, other = written(left), written(right)
        assert differences([(mine, other), (other, mine)]) == [None, None]
        middle = time.process_time()
        assert not differ(left, right) and not differ(right, left)
        theirs.append(time.process_time() - middle)
        ours.append(middle - start)
        assert differences([(mine, written(right[:-1]))])[0] is not None and differ(left, right[:-1])
    return statistics.median(ours) / statistics.median(theirs)


def hostile(rules: int) -> tuple[list[Rule], list[Rule]]:
    """Random wide rules, and the same with each one split in two at a random dimension, shuffled."""
    dice = random.Random(7)
    first: list[Rule] = [{dimension: tuple(sorted(dice.sample(range(VALUES), VALUES // 2))) for dimension in TEXTS} for _ in range(rules)]
    second: list[Rule] = []
    for rule in first:
        dimension = dice.choice(list(TEXTS))
        cut = dice.randrange(1, len(rule[dimension]))
        second += [rule | {dimension: rule[dimension][:cut]}, rule | {dimension: rule[dimension][cut:]}]
    dice.shuffle(second)
    return first, second


def written(rules: Sequence[Rule]) -> Expr:
    return any_of(all_of(any_of(match(dimension, TEXTS[dimension][0], TEXTS[dimension][1].format(value)) for value in values)
                         for dimension, values in rule.items()) for rule in rules)


def differ(left: Sequence[Rule], right: Sequence[Rule]) -> bool:
    """The yardstick."""
    from pysat.solvers import Solver

    fresh = count(1)
    values = {dimension: [next(fresh) for _ in range(VALUES + 1)] for dimension in TEXTS}  # the last one: none of those that are named
    clauses = [list(variables) for variables in values.values()]
    clauses += [[-one, -other] for variables in values.values() for one, other in combinations(variables, 2)]
    chosen = []
    for rule in left:
        name = next(fresh)
        chosen.append(name)
        clauses += [[-name, *[values[dimension][number] for number in numbers]] for dimension, numbers in rule.items()]
    clauses.append(chosen)
    for rule in right:
        clauses.append([variable for dimension, numbers in rule.items()
                        for number, variable in enumerate(values[dimension]) if number not in numbers])
    with Solver(name="cadical153", bootstrap_with=clauses) as solver:
        return bool(solver.solve())


if __name__ == "__main__":
    sys.exit(main())
