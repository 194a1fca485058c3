"""One L7 service: what its waypoint enforces, in service ports and with the identities of the callers."""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter

from meshwright.diagnostics import Diagnostic
from meshwright.ir.identity import Identity
from meshwright.ir.intent import Grant, Http, Port, Service, Source
from meshwright.ir.manifest import Manifest
from meshwright.lower import refuse
from meshwright.lower.objects import policy, rule, service_ref, spans
from meshwright.lower.peers import Peers, peers
from meshwright.lower.phrases import Words
from meshwright.lower.plan import Plan

# What Envoy's path templates take beside letters, digits and the operators; istiod refuses the policy for any other character
_TEMPLATE_MARKS = frozenset("-._~%!$&'()+,;:@=")

_Who = Identity | tuple[str, str, str]
_Door = tuple[int, Http | None]  # service port, HTTP terms
_Spell = Callable[[Plan, Sequence["_Door"]], tuple["_Operation", ...]]
_Operation = tuple[Words, Words, Words, Words]  # ports, methods, paths, other paths


def lower_service(plan: Plan, service: Service, found: list[Diagnostic]) -> list[Manifest]:
    """ALLOW, DENY (if anything is denied) and identity fence of one service, attached to the Service at its waypoint.

    The fence denies, port by port, every identity without a grant there: nobody's ALLOW at the waypoint opens the service for
    somebody new.  Diagnostics: MW0601.
    """
    allowed: dict[int, list[Grant]] = {}
    denies: dict[int, list[Grant]] = {}
    for port in service.ports:
        grants = plan.at_service.get((service.id, port.number), [])
        some = [grant for grant in grants if grant.effect == "allow"]
        if some:
            allowed[port.number] = some
        if port.is_http:
            denied = [*(grant for grant in grants if grant.effect == "deny"), *_denies_behind(plan, service, port, found)]
            if denied:
                denies[port.number] = denied
        _refuse_raw_port(plan, service, port, grants, found)
    allows = [grant for some in allowed.values() for grant in some]
    _refuse_callers(plan, service, allows, found)
    _refuse_templates(plan, [*allows, *(grant for some in denies.values() for grant in some)], found)

    target = {"targetRefs": service_ref(service.name)}
    allow = _rules(plan, allowed, _operations)
    deny = _rules(plan, {number: [grant for grant in some if grant.source.kind != "unidentified"] for number, some in denies.items()},
                  _refused_operations)
    fence = _fence(plan, allowed)
    origin = spans(plan.program, allows)
    made = [
        policy(service.namespace, f"{service.name}-l7-allow", f"{service.id} l7 allow",
               {"action": "ALLOW", **target, **({"rules": allow} if allow else {})}, origin),
        policy(service.namespace, f"{service.name}-l7-fence", f"{service.id} l7 fence",
               {"action": "DENY", **target, "rules": fence}, origin),
    ]
    if deny:
        origin = spans(plan.program, (one for some in denies.values() for one in some))
        made.append(policy(service.namespace, f"{service.name}-l7-deny", f"{service.id} l7 deny",
                           {"action": "DENY", **target, "rules": deny}, origin))
    return made


def _rules(plan: Plan, grants: Mapping[int, list[Grant]], spell: _Spell) -> list[dict[str, object]]:
    """Rules for ``grants`` by service port: one for all the sources that have the same doors."""
    doors: dict[_Who, tuple[Source, list[_Door]]] = {}
    for number, some in grants.items():
        for grant in some:
            source = grant.source
            who = _who(source)
            known = doors.get(who)
            if known is None:
                doors[who] = (source, [(number, grant.http)])
            else:
                known[1].append((number, grant.http))
    callers: dict[tuple[_Operation, ...], list[Source]] = {}
    for source, its_doors in doors.values():
        callers.setdefault(spell(plan, its_doors), []).append(source)
    made: list[tuple[tuple[str, ...], dict[str, object]]] = []
    for operations, sources in callers.items():
        to = [{"operation": plan.phrases.operation(*one)} for one in operations]
        first = sources[0]
        if len(sources) == 1 and first.kind == "identity" and first.identity is not None:  # the usual case, in short
            made.append((_order(first), rule(plan.phrases.caller(first.identity), to)))
        elif any(source.kind == "anyone" for source in sources):
            made.append(((), rule((), to)))
        else:
            made.append((min(map(_order, sources)), rule(plan.phrases.among(peers(sources, (), plan.gateways)), to)))
    made.sort(key=itemgetter(0))
    return [one for _, one in made]


def _who(source: Source) -> _Who:
    """The source without what only people read; listener ports have been judged by now, and CIDRs do not occur here."""
    return source.identity or (source.kind, source.gateway, source.namespace)


def _order(source: Source) -> tuple[str, str]:
    return source.kind, str(source.identity or source.gateway or source.namespace)


def _operations(plan: Plan, doors: Sequence[_Door]) -> tuple[_Operation, ...]:
    """Products of (ports, methods, paths) that together are exactly ``doors``; () in a place means any."""
    if len(doors) == 1:  # the usual case, in short
        number, http = doors[0]
        return (((str(number),), *(plan.phrases.terms(http) if http is not None else ((), ())), ()),)
    whole = sorted({number for number, http in doors if http is None})
    paths: dict[tuple[int, tuple[str, ...]], set[str]] = {}
    for number, http in doors:
        if http is not None and number not in whole:
            methods, values = plan.phrases.terms(http)
            paths.setdefault((number, methods), set()).update(values)
    ports: dict[tuple[tuple[str, ...], tuple[str, ...]], list[int]] = {}
    for (number, methods), some in paths.items():
        ports.setdefault((methods, tuple(sorted(some))), []).append(number)
    made = [(sorted(numbers), methods, values) for (methods, values), numbers in ports.items()]
    if whole:
        made.append((whole, (), ()))
    return tuple((tuple(map(str, numbers)), methods, values, ()) for numbers, methods, values in sorted(made))


def _refused_operations(plan: Plan, doors: Sequence[_Door]) -> tuple[_Operation, ...]:
    """``_operations``, and for each door with `{id}` the paths at its place with a character that Envoy's templates do not take."""
    unseen: dict[tuple[Words, Words], set[int]] = {}
    for number, http in doors:
        if http is not None and None in http.path.segments:
            above = "".join([f"/{part}" for part in http.path.segments[: http.path.segments.index(None)]])
            unseen.setdefault((plan.phrases.terms(http)[0], (f"{above}/*",)), set()).add(number)
    return (*_operations(plan, doors), *[(tuple(map(str, sorted(numbers))), methods, paths, ("/{**}",))
                                         for (methods, paths), numbers in sorted(unseen.items())])


def _fence(plan: Plan, allowed: Mapping[int, list[Grant]]) -> list[dict[str, object]]:
    if not allowed:
        return [{}]
    alike: dict[Peers, list[int]] = {}
    for number in sorted(allowed):
        callers = {_who(grant.source): grant.source for grant in allowed[number]}
        alike.setdefault(peers(callers.values(), (), plan.gateways), []).append(number)
    made = [rule(plan.phrases.others(who), plan.phrases.ports(*numbers)) for who, numbers in alike.items()]
    made.append(rule((), plan.phrases.not_ports(*sorted(allowed))))
    return made


def _denies_behind(plan: Plan, service: Service, port: Port, found: list[Diagnostic]) -> list[Grant]:
    """Denies on the target port behind ``port``, by other services or on the pods: a deny covers that port by any address."""
    covered: dict[tuple[_Who, Http | None], tuple[Grant, set[str]]] = {}
    for pod_set in service.pod_sets:
        own = (service.id, port.number)
        grants = [grant for other, its_port in plan.behind[pod_set, port.target] if (other.id, its_port.number) != own
                  for grant in plan.at_service.get((other.id, its_port.number), ())]
        grants.extend(grant for grant in plan.at_pods.get(pod_set, ()) if grant.target.port in (0, port.target))
        for grant in grants:
            if grant.effect == "deny" and grant.source.kind != "unidentified":
                covered.setdefault((_who(grant.source), grant.http), (grant, set()))[1].add(pod_set)
    for grant, pod_sets in covered.values():
        if len(pod_sets) < len(service.pod_sets):
            found.append(refuse.deny_of_some_pods(plan, grant, service, port.number))
    return [grant for grant, _ in covered.values()]


def _refuse_raw_port(plan: Plan, service: Service, port: Port, grants: list[Grant], found: list[Diagnostic]) -> None:
    """Envoy opens the connection to the backend before it judges a TCP port."""
    for grant in grants:
        if not port.is_http and grant.http is not None:
            found.append(refuse.http_at_raw_port(plan, grant, port))
            return
        if not port.is_http and grant.effect == "allow":
            found.append(refuse.raw_port_behind_waypoint(plan, grant, service, port))
            return


def _refuse_templates(plan: Plan, grants: list[Grant], found: list[Diagnostic]) -> None:
    for grant in grants:
        if grant.http is not None and None in grant.http.path.segments:
            marks = {mark for part in grant.http.path.segments for mark in part or ""}
            odd = {mark for mark in marks if not (mark.isascii() and mark.isalnum())} - _TEMPLATE_MARKS
            if odd:
                found.append(refuse.mark_in_template(plan, grant, grant.http.path, min(odd)))


def _refuse_callers(plan: Plan, service: Service, allows: list[Grant], found: list[Diagnostic]) -> None:
    seen: set[Source] = set()
    for grant in allows:
        source = grant.source
        sidecar = plan.sidecar_of(source) if plan.sidecars else ""
        if (not sidecar and source.kind != "unidentified") or source in seen:
            continue
        seen.add(source)
        if source.kind == "unidentified":
            found.append(refuse.without_identity_to_service(plan, grant))
        if sidecar:
            found.append(refuse.sidecar_caller(plan, grant, service, sidecar))
