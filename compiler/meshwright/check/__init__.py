"""Does the program make sense, and can it be kept?  Resolved names become checked intent.

``check`` takes ``resolved.Program`` and the day of the compile and gives ``intent.Program``: workloads in pod sets, rules as
grants, ports as numbers.  It promises that every grant can be enforced exactly as written; what cannot is refused with a
reason, one rule of ``rules/`` a file.  How it is enforced is left to ``lower``, whether the result holds to ``prove``.
"""

from meshwright.check.claims import make_invariants, make_tests
from meshwright.check.edge import make_gateways
from meshwright.check.facts import Facts
from meshwright.check.grants import make_grants
from meshwright.check.rules import RULES
from meshwright.diagnostics import Diagnostic, Outcome
from meshwright.ir import intent, resolved

__all__ = ["check"]


def check(program: resolved.Program, today: str) -> Outcome[intent.Program]:
    """Judge ``program`` on the day ``today`` (ISO date); diagnostics are MW03xx, sorted by (path, place).

    The value is there even with errors: without the grants that could not be made.  Only without errors does it mean
    what the sources say.
    """
    facts = Facts(program, today)
    make_gateways(facts)
    rules = make_grants(facts)
    facts.invariants = make_invariants(facts)
    tests = make_tests(facts)
    found = [diagnostic for rule in RULES for diagnostic in rule(facts)]
    mentioned = {grant.target.id for grant in facts.grants if grant.target.kind == "service"}
    mentioned |= {route.service for route in facts.routes}
    claims = [claim for invariant in facts.invariants for claim in invariant.claims] + [claim for test in tests for claim in test.claims]
    mentioned |= {target.id for claim in claims for target in claim.targets if target.kind == "service"}
    checked = intent.Program(
        environment=program.environment,
        mesh=program.mesh,
        namespaces=program.namespaces,
        services=tuple(
            [
                facts.intent_service(service.id)
                for service in program.services
                if service.id in mentioned or service.id in facts.sets_of_service
            ]
        ),
        pod_sets=facts.pods.sets,
        gateways=facts.gateways,
        routes=facts.routes,
        grants=tuple(facts.grants),
        rules=rules,
        invariants=facts.invariants,
        inventory=program.inventory,
        tests=tests,
        waivers=tuple([waiver._replace(expired=waiver.until < today) for waiver in program.waivers]),
    )
    return Outcome(checked, tuple(sorted(dict.fromkeys(found), key=_place)))


def _place(diagnostic: Diagnostic) -> tuple[str, int, str, str]:
    span = diagnostic.span
    return (span.path if span else "", span.start if span else 0, diagnostic.code, diagnostic.message)
