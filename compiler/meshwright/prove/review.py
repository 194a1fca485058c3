"""Rules that change nothing: said twice, taken back by a deny, or denying what nobody allows.  About the intent alone."""

from collections.abc import Callable, Iterable, Sequence

from meshwright.access.expr import NOTHING, Expr, any_of, both
from meshwright.diagnostics import Diagnostic, Label, info, warning
from meshwright.ir.identity import Identity
from meshwright.ir.intent import Grant, Http, Program, Rule, Source, Target
from meshwright.prove.meaning import Meaning
from meshwright.prove.meaning.terms import door_term
from meshwright.prove.question import Judge
from meshwright.record import NamedTuple

MOST_SHOWN = 4
Covering = Callable[[Grant], list[Grant]]


def review(program: Program) -> tuple[Diagnostic, ...]:
    """Warnings about allows that change nothing, MW0411 and MW0412; an info about a deny that does not, MW0413.

    Nothing is said where the algebra has no answer.  A rule that another one makes superfluous only until a date is none.
    """
    return _Review(program).found()


class _Place(NamedTuple):
    """Grants of one effect at one target, by caller."""

    named: dict[Identity | None, list[Grant]]  # for one identity
    wide: list[Grant]  # for other callers
    all: list[Grant]

    def at(self, caller: Identity | None) -> list[Grant]:
        """Those that may hold requests of ``caller``; None = of many."""
        if caller is None:
            return [*self.all]
        return [*self.named.get(caller, ()), *self.wide]


_NOWHERE = _Place({}, [], [])


class _Review:
    def __init__(self, program: Program) -> None:
        self._program = program
        self._meaning = Meaning(program)
        self._judge = Judge(program.mesh.trust_domain)
        self._of_rule: dict[int, list[Grant]] = {}
        for grant in program.grants:
            self._of_rule.setdefault(grant.rule, []).append(grant)
        self._allows = _places(grant for grant in program.grants if grant.effect == "allow")
        self._denies = _places(grant for grant in program.grants if grant.effect == "deny")
        self._pods_denied = {target.id for target in self._denies if target.kind == "pods"}
        self._gone: set[int] = set()  # rules that were called superfluous: they cover nothing else

    def found(self) -> tuple[Diagnostic, ...]:
        found: list[Diagnostic] = []
        idle: list[int] = []
        # The later of two is the one too many.
        for number in sorted(self._of_rule, key=lambda one: self._program.rules[one].span, reverse=True):
            grants = self._of_rule[number]
            allows = grants[0].effect == "allow"
            denies = self._inside(grants, self._denying) if allows else ()
            others = self._inside(grants, self._beside) if not denies else ()
            if denies:
                found.append(self._void(number, denies))
            elif others:
                self._gone.add(number)
                found.append(self._redundant(number, others))
            elif not allows and self._idle(grants):
                idle.append(number)
        return (*found, self._idle_denies(idle[::-1])) if idle else tuple(found)

    def _inside(self, grants: Sequence[Grant], covering: Covering) -> tuple[int, ...]:
        """The rules of ``covering`` whose requests hold every request of the grants; () when some are not held."""
        rules: set[int] = set()
        for grant in grants:
            covers = covering(grant)
            if not covers:
                return ()
            mine = self._term(grant)
            if self._judge.outside(mine, any_of([self._term(cover) for cover in covers])) is not None:
                return ()
            answers = self._judge.ask([(both(mine, self._term(cover)), NOTHING) for cover in covers])
            rules |= {cover.rule for cover, answer in zip(covers, answers, strict=True) if answer is not None}
        return tuple(sorted(rules))

    def _beside(self, grant: Grant) -> list[Grant]:
        """Grants of the same effect at the same place, of other rules that stay.

        One without HTTP terms holds at the pods' own address too, which no door in HTTP terms does.
        """
        places = self._allows if grant.effect == "allow" else self._denies
        caller = grant.source.identity
        target = grant.target
        found = places[target].at(caller)
        if target.kind == "pods" and target.port:
            found += places.get(target._replace(port=0), _NOWHERE).at(caller)
        if len(found) < 2:
            return []
        until = self._program.rules[grant.rule].until
        return [other for other in found if other.rule != grant.rule and other.rule not in self._gone and _may_cover(other, grant)
                and (other.http is None or grant.http is not None) and self._lasts(self._program.rules[other.rule], until)]

    def _denying(self, grant: Grant) -> list[Grant]:
        """Denies that hold wherever the grant does."""
        if not self._denies:
            return []
        caller = grant.source.identity
        found = self._denies.get(grant.target, _NOWHERE).at(caller)
        pods = self._pods(grant) if self._pods_denied else ()
        if len(pods) == 1 and pods[0] in self._pods_denied:  # a deny on some of the pods behind a service leaves the others
            target = self._target(grant)
            for port in {0, target} if grant.target.kind == "service" else {0} - {target}:
                found += self._denies.get(Target("pods", pods[0], port), _NOWHERE).at(caller)
        if not found:
            return []
        until = self._program.rules[grant.rule].until
        return [other for other in found if _may_cover(other, grant) and self._lasts(self._program.rules[other.rule], until)]

    def _idle(self, grants: Sequence[Grant]) -> bool:
        """Whether nothing that the denies take back is allowed by anybody."""
        for grant in grants:
            for pods in self._pods(grant):
                for other in self._meaning.grants_on(pods, self._target(grant)):
                    if other.effect != "allow" or not _may_meet(grant.http, other.http) or _are_two(grant.source, other.source):
                        continue
                    if self._judge.outside(both(self._term(grant), self._term(other)), NOTHING) is not None:
                        return False
        return True

    def _pods(self, grant: Grant) -> tuple[str, ...]:
        if grant.target.kind == "pods":
            return (grant.target.id,)
        service = self._meaning.services.get(grant.target.id)
        return service.pod_sets if service is not None else ()

    def _target(self, grant: Grant) -> int:
        target = grant.target
        return self._meaning.targets.get((target.id, target.port), 0) if target.kind == "service" else target.port

    def _term(self, grant: Grant) -> Expr:
        return both(self._meaning.source(grant.source), door_term(grant))

    def _lasts(self, rule: Rule, until: str) -> bool:
        return not rule.until or (bool(until) and rule.until >= until)

    def _labels(self, numbers: Sequence[int], text: str) -> list[Label]:
        return [Label(self._program.rules[number].span, text) for number in numbers[:MOST_SHOWN]]

    def _redundant(self, number: int, others: Sequence[int]) -> Diagnostic:
        rule = self._program.rules[number]
        effect = self._of_rule[number][0].effect
        verb = "allows" if effect == "allow" else "denies"
        return warning("MW0411", f"everything that `{rule.text}` {verb} is {'allowed' if effect == 'allow' else 'denied'} by other rules",
                       rule.span, label="changes nothing", others=self._labels(others, f"{verb} it already"),
                       notes=("whoever takes one of them back will think that it closes something" if effect == "allow" else
                              "whoever takes one of them back will think that it opens something",),
                       help=("remove the rule, or narrow the other ones",))

    def _void(self, number: int, denies: Sequence[int]) -> Diagnostic:
        rule = self._program.rules[number]
        return warning("MW0412", f"nothing that `{rule.text}` allows gets in: all of it is denied", rule.span, label="allows nothing",
                       others=self._labels(denies, "denied here"), notes=("a deny takes precedence, in whatever order rules are written",),
                       help=("remove one of them, or narrow the deny",))

    def _idle_denies(self, numbers: Sequence[int]) -> Diagnostic:
        """One for all: they are no mistake, and there may be many."""
        rule = self._program.rules[numbers[0]]
        more = f" and {len(numbers) - 1} more denies take" if len(numbers) > 1 else " takes"
        return info("MW0413", f"`{rule.text}`{more} nothing back: nobody is allowed any of it", rule.span,
                    label="takes effect with the next allow", others=self._labels(numbers[1:], "nor does this one"),
                    notes=("what no rule allows is denied without a deny",))


def _places(grants: Iterable[Grant]) -> dict[Target, _Place]:
    found: dict[Target, _Place] = {}
    for grant in grants:
        place = found.get(grant.target)
        if place is None:
            place = found[grant.target] = _Place({}, [], [])
        place.all.append(grant)
        if grant.source.kind == "identity":
            place.named.setdefault(grant.source.identity, []).append(grant)
        else:
            place.wide.append(grant)
    return found


def _may_cover(other: Grant, grant: Grant) -> bool:
    """A look that is quick, at paths and listeners.

    Clients of one listener look like those of every listener of their gateway, and are fewer.
    """
    mine, theirs = grant.source, other.source
    if theirs.port and (mine.kind, mine.gateway, mine.port) != (theirs.kind, theirs.gateway, theirs.port):
        return False
    if other.http is None:
        return True
    path = other.http.path
    return _may_meet(other.http, grant.http) and (path.subtree or (grant.http is not None and not grant.http.path.subtree))


def _are_two(one: Source, other: Source) -> bool:
    """Whether they are two different identities, so that no request is of both."""
    return one.kind == other.kind == "identity" and one.identity != other.identity


def _may_meet(one: Http | None, other: Http | None) -> bool:
    """Whether some path may be one of both, by a look at their segments."""
    if one is None or other is None:
        return True
    mine, theirs = one.path, other.path
    for left, right in zip(mine.segments, theirs.segments):  # noqa: B905 - the shorter one may go on as a subtree
        if left is not None and right is not None and left != right:
            return False
    if len(mine.segments) == len(theirs.segments):
        return True
    return mine.subtree if len(mine.segments) < len(theirs.segments) else theirs.subtree
