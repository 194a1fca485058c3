"""Every way of a question: what the manifests let in of what was asked, what the sources allow of it, and a request for each."""

from collections.abc import Iterable, Mapping

from meshwright.access.decide import Unknown
from meshwright.access.expr import EVERYTHING, NOTHING, Expr, all_of, any_of, both, match
from meshwright.access.reach import Reach, Way
from meshwright.access.request import Witness, evaluate, fix
from meshwright.ir.explanation import Extent, Question, Route, Seen
from meshwright.ir.intent import Program
from meshwright.ir.proof import Request
from meshwright.prove.destination import Case, as_request, rules_about, way_text
from meshwright.prove.explain.words import Caller, Place
from meshwright.prove.meaning import Meaning
from meshwright.prove.meaning.terms import door_term, hosts_term
from meshwright.prove.properties import permitted_ways
from meshwright.prove.properties.sound import admitted
from meshwright.prove.question import Judge
from meshwright.record import NamedTuple

HTTP = ("service", "gateway", "other-service", "mesh-route")  # ways on which some proxy may see headers and tokens
MESH = ("service", "without-waypoint", "pod", "other-service", "mesh-route")


class Asked(NamedTuple):
    """One way, the request on it that is shown, and what is known of it before any proxy was asked."""

    destination: str
    way: Way
    request: Witness  # as the way's own dimensions have it
    route: Route


class View(NamedTuple):
    """What every question about one program is answered from.  ``before`` as `prove.proof.standing` gives it."""

    program: Program
    meaning: Meaning
    judge: Judge
    reach: Mapping[str, Reach]
    pods: Mapping[str, str]  # destination -> pod set
    before: tuple[dict[str, str], set[str]]


def routes_to(view: View, caller: Caller, place: Place, question: Question) -> list[Asked]:
    """One entry for each way, destination and port by which the caller could get there; declared ways first."""
    from meshwright.prove.proof import waypoints_before

    found: list[Asked] = []
    for destination in place.workloads:
        reach = view.reach.get(destination)
        if reach is None:
            continue
        pods = view.pods.get(destination, "")
        case = Case(view.program, view.meaning, reach, pods, waypoints_before(reach, *view.before))
        governed = any(space.name == reach.namespace and space.enforce == "yes" for space in view.program.namespaces)
        permitted = permitted_ways(case) if governed else (EVERYTHING,) * len(reach.ways)
        for way, allowed in zip(reach.ways, permitted, strict=True):
            for narrow in _narrowed(way, caller, place, question, view.program, reach):
                one = _route(view, case, way, allowed, narrow, caller, place, question)
                if one is not None:
                    found.append(one)
    found.sort(key=lambda one: (not one.route.declared, _ORDER.index(one.route.kind), one.route.port, one.destination))
    return found


_ORDER = ("service", "gateway", "pod", "without-waypoint", "other-service", "mesh-route", "plaintext", "unlisted-service")


def _narrowed(way: Way, caller: Caller, place: Place, question: Question, program: Program, reach: Reach) -> Iterable[Expr]:
    """The requests that were asked for on one way: one set for each port where the way leaves the port open; none when it is not meant."""
    if not _meant(way, caller, place, question):
        return
    wanted = question.port or place.port
    base = _request(way, caller, question, place, program)
    if way.kind in ("pod", "plaintext"):
        for target in _targets(program, place, reach, wanted):
            yield both(base, match("port", "number", str(target)))
    elif not wanted or _is_port(program, way, wanted):
        yield base


def _meant(way: Way, caller: Caller, place: Place, question: Question) -> bool:
    via = question.via
    if via and via not in (_VIA.get(way.kind, ""), way.gateway, f"{way.gateway}:{way.listener}"):
        return False
    if way.service and place.service and way.service != place.service and way.kind != "other-service":
        return False
    gateways = [source for source in caller.sources if source.kind in ("gateway", "any-gateway")]
    if gateways:
        return way.kind == "gateway" and any(source.kind == "any-gateway" or (
            source.gateway == way.gateway and source.port in (0, way.listener)) for source in gateways)
    if not caller.sources:
        return way.kind in ("gateway", "plaintext")
    return way.kind in (*MESH, "gateway", "plaintext")


_VIA = {"service": "service", "without-waypoint": "service", "pod": "pod", "plaintext": "plaintext", "gateway": "gateway",
        "other-service": "service", "mesh-route": "service"}


def _request(way: Way, caller: Caller, question: Question, place: Place, program: Program) -> Expr:
    """What was asked, in the dimensions of a way."""
    parts: list[Expr] = []
    if way.kind in MESH:
        parts.append(match("principal", "present"))
    method, path, host = question.method or place.method, question.path or place.path, question.host or place.host
    if method:
        parts.append(match("method", "exact", method))
    if path:
        parts.append(match("path", "exact", path))
    if way.kind == "gateway":
        served = {name for route in program.routes if route.gateway == way.gateway for name in route.hosts}
        parts.append(match("host", "iexact", host) if host else hosts_term(sorted(served)) if served else EVERYTHING)
    if way.kind in HTTP:
        parts += [match(f"header:{name}", "exact", value) for name, value in question.headers]
        parts += [match(_claim(name), "exact", value) for name, value in question.claims]
    address = question.source_ip or caller.source_ip
    if address:
        parts.append(match("source_ip", "cidr", f"{address}/{128 if ':' in address else 32}"))
    return all_of(parts)


def _claim(name: str) -> str:
    """The dimension of a claim; "realm.roles" is one inside of an object, as Istio's conditions write "[realm][roles]"."""
    return "claim:" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in name.split("."))


def _targets(program: Program, place: Place, reach: Reach, wanted: str) -> list[int]:
    """Target ports at the pods: of the service that was named, else every one that somebody names."""
    if place.service:
        return sorted({way.target for way in reach.ways if way.service == place.service and way.target
                       and (not wanted or _is_port(program, way, wanted))})
    workload = next((one for one in program.inventory.workloads if one.id == reach.destination), None)
    listed = {port.number: port.name for port in workload.ports if port.transport == "TCP"} if workload is not None else {}
    listed.update({way.target: "" for way in reach.ways if way.target and way.target not in listed})
    if wanted.isdecimal():
        return [int(wanted)]
    return sorted(number for number, name in listed.items() if wanted in ("", name))


def _is_port(program: Program, way: Way, wanted: str) -> bool:
    if wanted.isdecimal():
        return way.port == int(wanted)
    return any(service.id == way.service and port.number == way.port and port.name == wanted
               for service in program.inventory.services for port in service.ports)


def _route(view: View, case: Case, way: Way, allowed: Expr, asked: Expr, caller: Caller, place: Place, question: Question) -> Asked | None:
    """One way judged; None when nothing of what was asked can come by it."""
    who = EVERYTHING if way.kind in ("gateway", "plaintext") else any_of(view.meaning.source(source) for source in caller.sources)
    wanted = both(asked, who)
    if way.kind == "plaintext":
        wanted = fix(wanted, "principal", "")
    lets = admitted(case, way)
    some, inside, outside, meant, beyond = view.judge.ask([
        (wanted, NOTHING), (both(wanted, lets), NOTHING), (wanted, lets), (both(wanted, allowed), NOTHING), (wanted, allowed)])
    if some is None:
        return None
    doubts = case.reach.unknown
    answers = (some, inside, outside, meant, beyond)
    doubts += tuple(answer.reason for answer in answers if isinstance(answer, Unknown))
    extent: Extent = "unknown" if doubts else _extent(inside, outside)
    shown = inside if isinstance(inside, Witness) else outside if isinstance(outside, Witness) else some
    if not isinstance(shown, Witness):
        return None
    request = as_request(case, way, shown)
    rules = _rules(case, way, Witness(*request), shown.port, extent != "some")
    declared = way.kind in _VIA.values() if question.via else _declared(way, caller, place)
    near = () if any(rule.effect == "allow" for rule in rules) else _near(case, way, shown)
    route = Route(
        case.reach.destination, way.kind, _text(way, request.port), declared, way.service, request.port, way.listener, way.gateway,
        extent, _extent(meant, beyond), _as_request(case, way, inside), _as_request(case, way, outside), (), rules, near, doubts)
    return Asked(case.reach.destination, way, shown, route)


def _extent(inside: object, outside: object) -> Extent:
    if isinstance(inside, Unknown) or isinstance(outside, Unknown):
        return "unknown"
    if inside is None:
        return "none"
    return "all" if outside is None else "some"


def _as_request(case: Case, way: Way, witness: object) -> Request | None:
    return as_request(case, way, witness) if isinstance(witness, Witness) else None


def _near(case: Case, way: Way, shown: Witness) -> tuple[int, ...]:
    """Rules that allow the same caller something else there."""
    if not case.pods:
        return ()
    allow = {grant.rule for grant in case.program.grants if grant.effect == "allow"}
    return tuple(rule for rule in rules_about(case, way, shown, http=False) if rule in allow)


def _rules(case: Case, way: Way, request: Witness, target: int, doors: bool) -> tuple[Seen, ...]:
    """Rules that hold on this way for the caller, and with ``doors`` meet the request.

    A grant with HTTP terms holds at its service's own address only.
    """
    found = set()
    for grant in case.meaning.grants_on(case.pods, target if way.kind in ("pod", "plaintext") else way.target) if case.pods else ():
        by_address = grant.http is None or grant.target.kind == "pods" or (
            way.kind in ("service", "gateway", "other-service") and (grant.target.id, grant.target.port) == (way.service, way.port))
        term = both(case.meaning.source(grant.source), door_term(grant)) if doors else case.meaning.source(grant.source)
        if (by_address or grant.effect == "deny") and evaluate(term, request):
            found.add(Seen(grant.rule, grant.effect))
    return tuple(sorted(found))


def _declared(way: Way, caller: Caller, place: Place) -> bool:
    """Whether callers of this kind take that way to get there."""
    if not caller.sources:
        return way.kind == ("gateway" if caller.internet else "plaintext")
    if place.gateway or any(source.kind in ("gateway", "any-gateway") for source in caller.sources):
        return way.kind == "gateway"
    return way.kind == ("service" if place.service else "pod")


def _text(way: Way, port: int) -> str:
    return f"{way_text(way)}, port {port}" if way.kind in ("pod", "plaintext") else way_text(way)
