"""All pairs: which caller gets in where at all, on the answers of the model, whatever the sources say.

Callers that no policy names behave alike, so each destination is asked about those that are named there, one more of each namespace,
and one of none.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from meshwright.access.decide import Unknown, difference_witness
from meshwright.access.expr import EVERYTHING, NOTHING, Expr
from meshwright.access.reach import Reach, Way
from meshwright.access.request import fix
from meshwright.ir.intent import Program
from meshwright.ir.pairs import Open, Pair, Pairs

Extent = Literal["all", "some", "none", "unknown"]
OTHER = "any other identity"
NOBODY = "without identity"
MOST_PORTS = 64  # of one pod, asked one by one
KINDS: tuple[Literal["service", "pod", "other-service", "mesh-route"], ...] = ("service", "pod", "other-service", "mesh-route")


def pairs(program: Program, reach: Iterable[Reach]) -> Pairs:
    """Every pair, and every workload that lets in callers whom nobody named.

    The way to a service whose waypoint is not ready is that of its pods' own address, and not listed again; nor are
    the connections of waypoints to the pods they judge for.
    """
    callers = _callers(program)
    found: set[Pair] = set()
    unprotected: list[Open] = []
    workloads = 0
    for one in reach:
        if one.kind == "workload":
            workloads += 1
            asked = _Asked(program, one, callers)
            found.update(asked.pairs())
            gap = asked.gap()
            if gap is not None:
                unprotected.append(gap)
    ordered = sorted(found, key=lambda pair: (pair.target, pair.source, pair.way))
    return Pairs(tuple(ordered), tuple(sorted(unprotected)), len(callers), workloads)


def _callers(program: Program) -> dict[str, str]:
    """Principal -> name of everybody who is asked for: the inventory's workloads, one more of each namespace, one of none."""
    domain = program.mesh.trust_domain
    inside = (workload.identity for workload in program.inventory.workloads if workload.capture != "outside")
    found = {identity.principal(domain): str(identity) for identity in inside}
    for space in program.inventory.namespaces:
        found[f"{domain}/ns/{space.name}/sa/any-other"] = f"any other identity of {space.name}"
    found[f"{domain}/ns/any-other/sa/any-other"] = OTHER
    return found


class _Asked:
    """The pairs of one workload."""

    def __init__(self, program: Program, reach: Reach, callers: Mapping[str, str]) -> None:
        self._reach = reach
        self._callers = callers
        self._domain = program.mesh.trust_domain
        self._other = f"{self._domain}/ns/any-other/sa/any-other"
        proxies = {proxy.partition(" ")[2] for way in reach.ways for proxy in way.by if proxy.startswith("waypoint ")}
        self._waypoints = {f"{self._domain}/ns/{name.replace('/', '/sa/')}" for name in proxies}
        self._ports = sorted({way.target for way in reach.ways if way.target})
        self._known: dict[Expr, Extent] = {}

    def pairs(self) -> Iterable[Pair]:
        for way in self._reach.ways:
            if way.kind == "gateway":
                yield from self._pair(f"clients of {way.gateway} port {way.listener}", way, way.admitted)
            elif way.kind == "plaintext":
                yield from self._pair(NOBODY, way, fix(way.admitted, "principal", ""))
            elif way.kind in KINDS:
                beside = self._extent(fix(way.admitted, "principal", self._other))
                if beside != "none":
                    yield from self._pair(OTHER, way, fix(way.admitted, "principal", self._other))
                for principal in self._named(way.admitted):
                    if principal not in self._waypoints and principal != self._other:
                        mine = fix(way.admitted, "principal", principal)
                        if self._extent(mine) != beside or beside == "some":
                            yield from self._pair(self._callers[principal], way, mine)

    def gap(self) -> Open | None:
        """Whether callers whom nobody named get in by the pod's own address or in plaintext."""
        reach = self._reach
        if not reach.captured:
            return Open(reach.destination, "anybody", "the mesh does not see traffic to it")
        if reach.unknown:
            return Open(reach.destination, "unknown", reach.unknown[0])
        stranger = any(self._extent(fix(way.admitted, "principal", self._other)) != "none" for way in reach.ways if way.kind == "pod")
        plain = any(self._extent(fix(way.admitted, "principal", "")) == "all" for way in reach.ways if way.kind == "plaintext")
        if stranger and plain:
            return Open(reach.destination, "anybody", "no policy asks for an identity, and plaintext is accepted")
        if stranger:
            return Open(reach.destination, "any identity", "no policy asks who the caller is, at some port at least")
        return Open(reach.destination, "without identity", "plaintext is accepted at every port") if plain else None

    def _pair(self, source: str, way: Way, allowed: Expr) -> Iterable[Pair]:
        kind = way.kind
        if kind in ("without-waypoint", "unlisted-service"):
            return
        if way.service:
            extent = self._extent(allowed)
            if extent != "none":
                yield Pair(source, f"{way.service} port {way.port}", kind, extent)  # type: ignore[arg-type]  # the other kinds are left out
            return
        name = f"pods of {'/'.join((self._reach.namespace, self._reach.destination.rpartition('/')[2]))}"
        ports = sorted({*self._ports, *_numbers(allowed)})[:MOST_PORTS]
        free = next(number for number in range(1, 70000) if number not in ports)
        for number in (*ports, free):
            extent = self._extent(fix(allowed, "port", str(number)))
            if extent != "none":
                place = "any other port" if number == free else f"port {number}"
                yield Pair(source, f"{name} {place}", kind, extent)  # type: ignore[arg-type]  # the other kinds are left out

    def _named(self, allowed: Expr) -> list[str]:
        """Callers of the mesh that some pattern tells from others."""
        texts: set[str] = set()
        wide = _principals(allowed, texts)
        if wide:
            return sorted(self._callers)
        return sorted(principal for principal in self._callers if principal in texts or "/".join(principal.split("/")[2::2]) in texts)

    def _extent(self, allowed: Expr) -> Extent:
        known = self._known.get(allowed)
        if known is None:
            known = self._known[allowed] = _extent(allowed)
        return known


def _extent(allowed: Expr) -> Extent:
    if allowed.op in ("true", "false"):
        return "all" if allowed.op == "true" else "none"
    inside = difference_witness(allowed, NOTHING)
    if inside is None or isinstance(inside, Unknown):
        return "none" if inside is None else "unknown"
    outside = difference_witness(EVERYTHING, allowed)
    return "all" if outside is None else "some"


def _principals(expr: Expr, texts: set[str]) -> bool:
    """Gathers the identities that patterns name one by one; True when some pattern speaks of many, but for "any identity"."""
    wide = False
    if expr.dimension == "principal" and expr.pattern is not None:
        if expr.pattern.kind in ("exact", "account"):
            texts.add(expr.pattern.text)
        else:
            wide = expr.pattern.kind != "present"
    for arg in expr.args:
        wide = _principals(arg, texts) or wide
    return wide


def _numbers(expr: Expr) -> set[int]:
    own = {int(expr.pattern.text)} if expr.dimension == "port" and expr.pattern is not None else set()
    return own.union(*(_numbers(arg) for arg in expr.args))
