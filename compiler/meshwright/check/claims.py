"""Invariants and tests as claims over sources and targets."""

from meshwright.check.facts import Facts, Problem
from meshwright.check.grants import sources_of
from meshwright.check.targets import aims
from meshwright.ir import intent, resolved


def make_invariants(facts: Facts) -> tuple[intent.Invariant, ...]:
    """Every invariant; a line whose doors speak of different requests becomes one claim for each.  Problem: vacuous."""
    return tuple(
        [
            intent.Invariant(invariant.title, tuple([made for claim in invariant.claims for made in _claims(facts, claim)]), invariant.span)
            for invariant in facts.program.invariants
        ]
    )


def make_tests(facts: Facts) -> tuple[intent.PolicyTest, ...]:
    """Every test of the sources, in the same way."""
    return tuple(
        [
            intent.PolicyTest(test.title, tuple([made for claim in test.claims for made in _claims(facts, claim)]), test.span)
            for test in facts.program.tests
        ]
    )


def _claims(facts: Facts, claim: resolved.Claim) -> list[intent.Claim]:
    before = sum([len(each) for each in facts.problems.values()])
    by_http: dict[intent.Http | None, dict[intent.Target, None]] = {}
    for target in claim.targets:
        meant = aims(facts, claim, target)
        if claim.kind == "expect-allow" and any(aim.kind == "service" for aim, _ in meant):
            meant = [(aim, http) for aim, http in meant if aim.kind == "service"]  # expected at the service's own address only
        for aim, http in meant:
            by_http.setdefault(http, {})[aim] = None
    sources = tuple([source for term in claim.sources for source in sources_of(facts, term, claim)])
    if (not by_http or not sources) and sum([len(each) for each in facts.problems.values()]) == before:
        facts.blame(Problem("vacuous", claim.span, claim))
    return [intent.Claim(claim.kind, sources, tuple(sorted(targets)), http, claim.text, claim.span) for http, targets in by_http.items()]
