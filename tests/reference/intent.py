"""Does the intent allow one request on one way."""

from typing import NamedTuple

from meshwright.ir.intent import Grant, PodSet, Program, Source
from tests.reference.matching import address, host_of_language, path_of_language, unseen


class Ask(NamedTuple):
    """One request on one way to one pod set.  ``port`` is at ``service``, ``target`` at the pods."""

    way: str  # kinds of access.reach
    pods: str
    service: str
    port: int
    target: int
    gateway: str
    listener: int
    principal: str
    source_ip: str
    method: str
    path: str
    host: str


def allowed(program: Program, ask: Ask) -> bool:
    """Some allow meets the request and no deny does; through a gateway a route must lead there too."""
    pods = next((one for one in program.pod_sets if one.id == ask.pods), None)
    if pods is None or ask.way == "unlisted-service":
        return False
    if ask.gateway:
        return routed(program, ask) and _granted(program, pods, ask, ask.listener)
    for gateway in program.gateways:
        if gateway.identity.principal(program.mesh.trust_domain) == ask.principal:
            return any(_granted(program, pods, ask, number) for number in {listener.port for listener in gateway.listeners} or {0})
    return _granted(program, pods, ask, 0)


def caller(program: Program, ask: Ask, gateways: bool = True, others: bool = True) -> bool:
    """Whether some allow at the asked address is for whoever asks, in whatever HTTP terms, and no deny of every request is.

    ``gateways``: allows for gateways' clients count too; ``others``: those for anybody else do.
    """
    pods = next((one for one in program.pod_sets if one.id == ask.pods), None)
    if pods is None:
        return False
    met = set()
    for grant in program.grants:
        for_gateways = grant.source.kind in ("gateway", "any-gateway")
        if grant.effect == "allow" and not (gateways if for_gateways else others):
            continue
        if grant.effect == "allow" and (not gateways or not others):  # the declared way: that very address
            here = grant.target == ("service", ask.service, ask.port)
        else:
            here = about(program, pods, grant, ask)
        listener = ask.listener or grant.source.port  # inside the mesh nobody sees which listener it was
        if here and asks(program, grant.source, ask, listener) and (grant.effect == "allow" or grant.http is None):
            met.add(grant.effect)
    return met == {"allow"}


def _granted(program: Program, pods: PodSet, ask: Ask, listener: int) -> bool:
    met = {grant.effect for grant in program.grants if about(program, pods, grant, ask) and asks(program, grant.source, ask, listener)
           and (grant.http is None or ((not grant.http.methods or ask.method in grant.http.methods) and _at_door(grant, ask.path)))}
    return met == {"allow"}


def _at_door(grant: Grant, path: str) -> bool:
    pattern = grant.http.path if grant.http is not None else None
    if pattern is None or path_of_language(pattern, path):
        return True
    return grant.effect == "deny" and unseen(pattern, path)


def about(program: Program, pods: PodSet, grant: Grant, ask: Ask) -> bool:
    """Whether the grant speaks of the address that is asked: see `Decided meanings` in docs/proof.md."""
    kind, name, number = grant.target
    by_address = ask.way in ("pod", "plaintext", "without-waypoint")
    if kind == "pods":
        return name == pods.id and number in (0, ask.target) and (grant.effect == "deny" or grant.http is None or by_address)
    if name not in pods.services:
        return False
    service = next(one for one in program.services if one.id == name)
    same_target = any(port.number == number and port.target == ask.target for port in service.ports)
    if grant.effect == "deny" or grant.http is None:
        return same_target
    return not by_address and (name, number) == (ask.service, ask.port)


def asks(program: Program, source: Source, ask: Ask, listener: int) -> bool:
    domain = program.mesh.trust_domain
    gateways = {gateway.id: gateway.identity.principal(domain) for gateway in program.gateways}
    if source.kind == "identity":
        return source.identity is not None and ask.principal == source.identity.principal(domain)
    if source.kind == "any-workload":
        return ask.principal != "" and ask.principal not in gateways.values()
    if source.kind == "namespace":
        return ask.principal.startswith(f"{domain}/ns/{source.namespace}/")
    if source.kind == "unidentified":
        return ask.principal == "" and (not source.cidrs or any(address(block, ask.source_ip) for block in source.cidrs))
    if source.kind == "gateway":
        return gateways.get(source.gateway) == ask.principal and source.port in (0, listener)
    return source.kind == "anyone" or ask.principal in gateways.values()


def routed(program: Program, ask: Ask) -> bool:
    """Whether the listener's routes send the request to the service: exact path first, then the longest."""
    (gateway,) = (one for one in program.gateways if one.id == ask.gateway)
    served = any(listener.port == ask.listener and not listener.redirect and _host(listener.hosts, ask.host) for listener in gateway.listeners)
    matching = sorted((route for route in program.routes if route.gateway == gateway.id and _host(route.hosts, ask.host)
                       and path_of_language(route.path, ask.path)), key=lambda route: (route.path.subtree, -len(str(route.path))))
    return served and bool(matching) and (matching[0].service, matching[0].port) == (ask.service, ask.port)


def _host(declared: tuple[str, ...], host: str) -> bool:
    return not declared or any(host_of_language(one, host) for one in declared)
