"""Destinations of rules and claims as ``intent.Target``s with the requests that are meant."""

from collections.abc import Iterable

from meshwright.check.doors import Statement, blame_datagrams, has_http, http_of, pod_port, service_ports, statement_effect
from meshwright.check.facts import Facts, Problem
from meshwright.ir import intent, resolved, syntax

Aim = tuple[intent.Target, intent.Http | None]


def aims(facts: Facts, statement: Statement, target: resolved.Target) -> list[Aim]:
    """Everything that ``target`` and the doors of ``statement`` stand for.

    A claim names a destination by all its addresses: the service's, and its pods' at the target ports.  What cannot be
    aimed at is blamed on the term: ungoverned, no-pods, headless, outside, partial-pods, http-on-pods and those of ``doors``.
    """
    if target.kind == "service":
        if target.service in facts.plain and isinstance(statement, resolved.Rule):
            return _at_address(facts, statement, target)
        return _service(facts, statement, target, facts.services[target.service])
    if target.kind == "pods":
        return _pods(facts, statement, target)
    return _many(facts, statement, target)


def _service(facts: Facts, statement: Statement, target: resolved.Target, service: resolved.Service) -> list[Aim]:
    if isinstance(statement, resolved.Claim):
        return _everywhere(facts, statement, target, service, named=True)
    if service.found.namespace not in facts.governed:
        facts.blame(Problem("ungoverned", target.span, statement, service, text=service.found.namespace))
        return []
    if service.found.kind == "external-name" or not service.found.selector or not service.found.workloads:
        facts.blame(Problem("no-pods", target.span, statement, service))
        return []
    if service.found.kind == "headless":
        facts.blame(Problem("headless", target.span, statement, service))
        return []
    if _blame_outside(facts, statement, target, service):
        return []
    if not facts.excluding:
        facts.plain.add(target.service)
        return _at_address(facts, statement, target)
    made: list[Aim] = []
    for door in _doors(statement):
        http = http_of(door)
        for port in service_ports(facts, service, door, target, statement, named=True):
            if not _blame_excluded(facts, statement, target, service, port.target):
                made.append((intent.Target("service", service.id, port.number), http))
    return made


def _at_address(facts: Facts, statement: resolved.Rule, target: resolved.Target) -> list[Aim]:
    """Doors of a service that may be a destination."""
    made: list[Aim] = []
    for door in _doors(statement):
        http = http_of(door)
        # All that ports depend on, but for places.
        key = (
            target.service,
            statement.effect,
            http is not None,
            door is not None and door.call is not None,
            door.port[:-1] if door is not None and door.port is not None else None,
        )
        targets = facts.opened.get(key)
        if targets is None:
            before = _count(facts)
            ports = service_ports(facts, facts.services[target.service], door, target, statement, named=True)
            targets = [intent.Target("service", target.service, port.number) for port in ports]
            if _count(facts) == before:  # else it is said of each door
                facts.opened[key] = targets
        for aim in targets:
            made.append((aim, http))
    return made


def _pods(facts: Facts, statement: Statement, target: resolved.Target) -> list[Aim]:
    service = facts.services[target.service] if target.service else None
    members = service.found.workloads if service is not None else target.workloads
    namespace = (target.service or target.workloads[0]).partition("/")[0]
    if namespace not in facts.governed:
        if isinstance(statement, resolved.Rule):
            facts.blame(Problem("ungoverned", target.span, statement, service, text=namespace))
        return []
    if not members:
        facts.blame(Problem("no-pods", target.span, statement, service))
        return []
    for own in members:
        if own in facts.workloads and (isinstance(statement, resolved.Rule) and facts.why_outside(facts.workloads[own])):
            facts.blame(Problem("outside", target.span, statement, service, workload=facts.workloads[own]))
            return []
    sets = {facts.set_of_workload[own].id: facts.set_of_workload[own] for own in members if own in facts.set_of_workload}
    if not sets:  # without labels, or not told apart: reported for the workload
        facts.blame(Problem("no-set", target.span, statement, service, workload=facts.workloads.get(members[0])))
        return []
    for pods in sets.values():
        strangers = [own for own in pods.workloads if own not in members]
        if strangers:
            facts.blame(
                Problem("partial-pods", target.span, statement, workload=facts.workloads[members[0]], text=facts.workloads[strangers[0]].id)
            )
            return []
    made: list[Aim] = []
    for door in _doors(statement):
        if _blame_http(facts, statement, door):
            continue
        for own in sorted(sets):
            port = pod_port(facts, sets[own], service, door, statement, named=True)
            if port is None:
                break
            if not _blame_excluded_pods(facts, statement, target, sets[own], port):
                made.append((intent.Target("pods", own, port), None))
    return made


def _many(facts: Facts, statement: Statement, target: resolved.Target) -> list[Aim]:
    """`any service`, `namespace ns`, `pods of any service`, `pods of any workload`."""
    if target.kind == "namespace" and target.namespace not in facts.governed:
        if isinstance(statement, resolved.Rule):
            facts.blame(Problem("ungoverned", target.span, statement, text=target.namespace))
        return [
            aim
            for service in facts.program.services
            if service.found.namespace == target.namespace and isinstance(statement, resolved.Claim)
            for aim in _everywhere(facts, statement, target, service, named=False)
        ]
    spaces = {target.namespace} if target.kind == "namespace" else facts.governed
    services = [
        service for service in facts.program.services if service.found.namespace in spaces and facts.sets_of_service.get(service.id)
    ]
    sets = [pods for pods in facts.pods.sets if pods.namespace in spaces]
    wide = statement_effect(statement) == "deny"
    made: dict[Aim, None] = {}
    for door in _doors(statement):
        before, got = _count(facts), []
        if target.kind in ("any-service", "namespace"):
            for service in services:
                got.extend(_one_of_many(facts, statement, target, service, door))
        elif _blame_http(facts, statement, door):
            continue
        elif target.kind == "pods-any-service":
            for service in services:
                got.extend(_pods_of_many(facts, facts.sets_of_service[service.id], service, statement, door))
        if target.kind == "pods-any-workload" or (target.kind == "namespace" and wide and (door is None or not has_http(door))):
            got.extend(_pods_of_many(facts, sets, None, statement, door))
        if not got and _count(facts) == before:
            facts.blame(Problem("nobody", door.span if door is not None else target.span, statement, text=target.text))
        made.update(dict.fromkeys(got))
    return list(made)


def _pods_of_many(
    facts: Facts, sets: Iterable[intent.PodSet], service: resolved.Service | None, statement: Statement, door: syntax.Door | None
) -> list[Aim]:
    made: list[Aim] = []
    for pods in sets:
        port = pod_port(facts, pods, service, door, statement, named=False)
        if port is not None:
            made.append((intent.Target("pods", pods.id, port), None))
    return made


def _one_of_many(
    facts: Facts, statement: Statement, target: resolved.Target, service: resolved.Service, door: syntax.Door | None
) -> list[Aim]:
    if isinstance(statement, resolved.Claim):
        return _everywhere(facts, statement, target, service, named=False, only=door)
    if statement.effect == "allow" and facts.outsider(service) is not None:
        return []  # open anyway: said once, about the workload
    if statement.effect == "deny" and _blame_outside(facts, statement, target, service):
        return []
    ports = service_ports(facts, service, door, target, statement, named=False)
    if service.found.kind == "headless":
        if ports and door is not None and has_http(door):
            facts.blame(Problem("headless", target.span, statement, service))
            return []
        return [(intent.Target("pods", pods.id, port.target), None) for port in ports for pods in facts.sets_of_service[service.id]]
    http = http_of(door)
    return [(intent.Target("service", service.id, port.number), http) for port in ports]


def _everywhere(
    facts: Facts, claim: resolved.Claim, target: resolved.Target, service: resolved.Service, named: bool, only: syntax.Door | None = None
) -> list[Aim]:
    """A service as claims mean it: its address, and its pods at the target ports."""
    made: list[Aim] = []
    for door in (only,) if only is not None else _doors(claim):
        http = http_of(door)
        for port in _claimed_ports(facts, service, door, target, claim, named):
            if service.found.kind != "headless":
                made.append((intent.Target("service", service.id, port.number), http))
            made.extend([(intent.Target("pods", pods.id, port.target), http) for pods in facts.sets_of_service.get(service.id, ())])
    return made


def _claimed_ports(
    facts: Facts, service: resolved.Service, door: syntax.Door | None, target: resolved.Target, claim: resolved.Claim, named: bool
) -> list[intent.Port]:
    """Without a door every port counts, also one whose protocol nobody declared: a claim must not look away."""
    if door is None:
        if named:
            blame_datagrams(facts, service, target, claim)
        return list(facts.ports[service.id].values())
    return service_ports(facts, service, door, target, claim, named)


def _doors(statement: Statement) -> tuple[syntax.Door | None, ...]:
    return (None,) if statement.doors is None else statement.doors


def _blame_http(facts: Facts, statement: Statement, door: syntax.Door | None) -> bool:
    if door is None or not has_http(door) or isinstance(statement, resolved.Claim):
        return False
    facts.blame(Problem("http-on-pods", door.span, statement))
    return True


def _blame_outside(facts: Facts, statement: Statement, target: resolved.Target, service: resolved.Service) -> bool:
    workload = facts.outsider(service)
    if workload is None:
        return False
    facts.blame(Problem("outside", target.span, statement, service, workload=workload))
    return True


def _blame_excluded(facts: Facts, statement: Statement, target: resolved.Target, service: resolved.Service, number: int) -> bool:
    if not facts.excluding:
        return False
    for workload in facts.behind(service):
        if number in workload.excluded_inbound:
            facts.blame(Problem("excluded-port", target.span, statement, service, workload=workload, text=str(number)))
            return True
    return False


def _blame_excluded_pods(facts: Facts, statement: Statement, target: resolved.Target, pods: intent.PodSet, number: int) -> bool:
    for own in pods.workloads:
        excluded = facts.workloads[own].excluded_inbound
        if number in excluded or (excluded and number == 0):
            facts.blame(Problem("excluded-port", target.span, statement, workload=facts.workloads[own], text=str(number or excluded[0])))
            return True
    return False


def _count(facts: Facts) -> int:
    return sum([len(each) for each in facts.problems.values()])
