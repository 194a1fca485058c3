"""Doors: which ports a line in the braces opens, and which HTTP requests."""

from meshwright.check.facts import Facts, Problem
from meshwright.ir import intent, inventory, resolved, syntax
from meshwright.record import new

Statement = resolved.Rule | resolved.Claim


def has_http(door: syntax.Door) -> bool:
    """Whether the door speaks of requests, not only of a port."""
    return door.path is not None or door.call is not None or bool(door.methods)


def http_of(door: syntax.Door | None) -> intent.Http | None:
    """The requests of a door, None = every request and connection.  A gRPC call is a POST to its own path."""
    if door is None:
        return None
    written, methods = door.path, door.methods
    if door.call is not None:
        service, _, method = door.call.text.partition("/")
        path = intent.PathPattern((service,), True) if method == "*" else intent.PathPattern((service, method), False)
        return intent.Http(("POST",), path)
    if written is None and not methods:
        return None
    path = new(intent.PathPattern, (written.segments, written.subtree)) if written is not None else intent.PathPattern((), True)
    return new(intent.Http, ((methods[0].text,) if len(methods) == 1 else tuple(sorted({method.text for method in methods})), path))


def service_ports(
    facts: Facts, service: resolved.Service, door: syntax.Door | None, target: resolved.Target, statement: Statement, named: bool
) -> list[intent.Port]:
    """The ports of ``service`` that ``door`` opens.

    ``named`` False: the service is one of `any service`, and not having such a port is no mistake.  Problems: unknown-port,
    outside-port (UDP, SCTP), undeclared, not-http.
    """
    http = door is not None and has_http(door)
    if door is None or door.port is None:
        chosen = [port for port in service.found.ports if port.transport == "TCP"]
        if http:
            speaking = [port for port in chosen if port.protocol in ("http", "http2", "grpc", "grpc-web")]
            if door is not None and door.call is not None and statement_effect(statement) == "allow":
                speaking = [port for port in speaking if port.protocol == "grpc"] or speaking
            if not speaking and named:
                kind = "undeclared" if any(port.protocol == "undeclared" for port in chosen) else "not-http"
                facts.blame(
                    Problem(kind, door.span if door is not None else target.span, statement, service, chosen[0] if chosen else None)
                )
            chosen = speaking
        elif named:
            blame_datagrams(facts, service, target, statement)
    else:
        found = _port(service, door.port)
        if found is None:
            if named:
                facts.blame(Problem("unknown-port", door.port.span, statement, service, text=_written(door.port)))
            return []
        chosen = [found]
    made = []
    for port in chosen:
        usable = facts.ports[service.id].get(port.number) if port.transport == "TCP" else None
        span = door.span if door is not None else target.span
        if port.transport != "TCP":
            facts.blame(Problem("outside-port", span, statement, service, port))
        elif usable is None:
            facts.blame(Problem("unknown-target", span, statement, service, port))
        elif port.protocol == "undeclared":
            facts.blame(Problem("undeclared", span, statement, service, port))
        elif http and not usable.is_http:
            facts.blame(Problem("not-http", span, statement, service, port))
        else:
            made.append(usable)
    return made


def blame_datagrams(facts: Facts, service: resolved.Service, target: resolved.Target, statement: Statement) -> None:
    """Problem outside-port where "everything of the service" has a UDP or SCTP port in it, which no proxy sees.

    A deny or a claim would be narrower than it reads; an allow is wrong only if there is nothing else to allow.
    """
    outside = [port for port in service.found.ports if port.transport != "TCP"]
    if outside and (statement_effect(statement) == "deny" or len(outside) == len(service.found.ports)):
        facts.blame(Problem("outside-port", target.span, statement, service, outside[0]))


def pod_port(
    facts: Facts, pods: intent.PodSet, service: resolved.Service | None, door: syntax.Door | None, statement: Statement, named: bool
) -> int | None:
    """The target port of ``pods`` that ``door`` opens, 0 = every one; None when there is none.

    Ports after `pods of` are target ports; a name may be a container's or, of ``service``, the Service's.  Problems: unknown-port,
    service-port (a number of the Service that is not its target), two-targets (one name, different numbers).
    """
    if door is None or door.port is None:
        return 0
    services = [service] if service is not None else [facts.services[own] for own in pods.services]
    if isinstance(door.port, syntax.Number):
        number = door.port.value
        targets = {port.target for each in services for port in each.found.ports}
        listed = {port.number for own in pods.workloads for port in facts.workloads[own].ports}
        if named and number not in targets | listed:
            for each in services:
                port = _port(each, door.port)
                if port is not None and port.target is not None:
                    facts.blame(Problem("service-port", door.port.span, statement, each, port))
                    return None
        return number
    name = door.port.text
    numbers = {
        port.number for own in pods.workloads for port in facts.workloads[own].ports if port.name == name and port.transport == "TCP"
    }
    for each in services:
        found = _port(each, door.port)
        if found is not None and found.target is not None and found.transport == "TCP":
            numbers.add(found.target)
    if len(numbers) == 1:
        return numbers.pop()
    if numbers:
        facts.blame(Problem("two-targets", door.port.span, statement, service, text=f"{name} {' '.join(map(str, sorted(numbers)))}"))
    elif named:
        outside = next((found for each in services if (found := _port(each, door.port)) is not None and found.transport != "TCP"), None)
        if outside is not None:
            facts.blame(Problem("outside-port", door.port.span, statement, services[0], outside))
        else:
            facts.blame(Problem("unknown-port", door.port.span, statement, service, workload=facts.workloads[pods.workloads[0]], text=name))
    return None


def statement_effect(statement: Statement) -> str:
    """A claim asks about every request: it reads like a deny, never narrower than written."""
    return statement.effect if isinstance(statement, resolved.Rule) else "deny"


def _port(service: resolved.Service, wanted: syntax.Number | syntax.Name) -> inventory.ServicePort | None:
    """The port of that number or name; one number may be a TCP port and a UDP port, and the mesh sees the former."""
    if isinstance(wanted, syntax.Number):
        named = [port for port in service.found.ports if port.number == wanted.value]
    else:
        number = next((number for name, number in service.names if name == wanted.text), 0)
        named = [port for port in service.found.ports if port.name == wanted.text or port.number == number]
    return next((port for port in named if port.transport == "TCP"), named[0] if named else None)


def _written(wanted: syntax.Number | syntax.Name) -> str:
    return str(wanted.value) if isinstance(wanted, syntax.Number) else wanted.text
