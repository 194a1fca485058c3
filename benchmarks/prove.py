"""Milliseconds a service for the proof alone: a mesh of services with ten allow rules and one deny each, lowered, read back, modelled.

    python -m benchmarks.prove [services]

Prints the median of five rounds, what was remembered between questions thrown away before each.
"""

import gc
import random
import statistics
import sys
import time

from tests.support.proved import with_endpoints
from tests.support.worlds import World

from meshwright.access import atoms
from meshwright.access.reach import Reach
from meshwright.inventory import read_tree
from meshwright.ir.intent import Program
from meshwright.istio import model
from meshwright.lower import lower
from meshwright.prove import prove
from meshwright.prove.meaning import terms
from meshwright.render import render

ROUNDS = 5
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
NOUNS = ("items", "users", "invoices", "health", "reports", "events", "keys", "jobs")


def main() -> int:
    services = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    program, reach = mesh(services)
    gc.disable()  # as the command line does
    times = []
    for _ in range(ROUNDS):
        atoms.forget()
        terms.forget()
        start = time.process_time()
        outcome = prove(program, reach)
        times.append(time.process_time() - start)
        assert outcome.value is not None and outcome.value.holds, outcome.diagnostics[:3]
    best = statistics.median(times)
    print(f"{services} services, {outcome.value.ways} ways: {best * 1000:.0f} ms CPU, {best * 1000 / services:.3f} ms a service")
    return 0


def mesh(services: int) -> tuple[Program, tuple[Reach, ...]]:
    """The intent and what the model says about its own lowering; three services of four speak HTTP."""
    dice = random.Random(1)
    world = World()
    names = []
    for number in range(services):
        namespace = f"team-{number // 40:03}"
        if namespace not in world.namespaces:
            world.namespace(namespace)
        http = dice.random() < 0.75
        names.append((f"{namespace}/svc-{number}", http))
        world.service(names[-1][0], "http 80 -> 8080" if http else "tcp 9000")
        if http:
            world.own_waypoint(names[-1][0])
    for name, http in names:
        for _ in range(10):
            caller = dice.choice(names)[0]
            if http:
                noun = dice.choice(NOUNS)
                path = dice.choice((f"/v1/{noun}", f"/v1/{noun}/{{id}}", f"/v1/{noun}/**", f"/v1/{noun}/{{id}}/items"))
                world.allow(caller, name, f"{dice.choice(METHODS)} {path}")
            else:
                world.allow(caller, name)
        world.deny("anyone" if http else dice.choice(names)[0], name, *(("/internal/**",) if http else ()))
    program = with_endpoints(world.program())
    bundle = lower(program, "external")
    assert bundle.value is not None, bundle.diagnostics[:3]
    tree = render(bundle.value, "plain")
    assert tree.value is not None
    objects = read_tree(tree.value)
    assert objects.value is not None, objects.diagnostics[:3]
    reach = model(objects.value, program.inventory, program.mesh)
    assert reach.value is not None, reach.diagnostics[:3]
    return program, reach.value


if __name__ == "__main__":
    sys.exit(main())
