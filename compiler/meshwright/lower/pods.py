"""One pod set: what ztunnel enforces at its pods, in target ports and with the identities that it sees there."""


from meshwright.diagnostics import Diagnostic
from meshwright.ir.identity import Identity
from meshwright.ir.intent import Grant, PodSet, Source
from meshwright.ir.manifest import Manifest
from meshwright.ir.placement import dns_label
from meshwright.lower import refuse
from meshwright.lower.objects import SECURITY, policy, rule, spans
from meshwright.lower.peers import NOBODY, Peers, peers
from meshwright.lower.plan import Plan, waypoint_identity
from meshwright.record import NamedTuple


def lower_pods(plan: Plan, pods: PodSet, found: list[Diagnostic]) -> list[Manifest]:
    """The guard (DENY) and the ALLOW of one pod set, and the PeerAuthentication of its plaintext ports if it has some.

    Guard and ALLOW say the same: the guard cannot be widened by anybody's ALLOW, the ALLOW holds while the guard is replaced.
    Diagnostics: MW0601.
    """
    doors = _doors(plan, pods, found)
    ports = sorted(port for port, door in doors.items() if port)
    anywhere = _peers(plan, doors, 0)
    at = {port: _peers(plan, doors, port) for port in ports}
    _refuse_bypassed_denies(plan, pods, doors, found)
    _refuse_raw_ports(plan, pods, at, anywhere, found)

    phrases = plan.phrases
    listed = [port for port in ports if not (at[port].nobody and anywhere.nobody)]
    rest = phrases.not_ports(*listed) if listed else ()
    guard = [rule(phrases.others(at[port]), phrases.ports(port)) for port in listed]
    guard.append(rule(phrases.others(anywhere), rest))
    allow = [rule(phrases.among(at[port]), phrases.ports(port)) for port in listed if not at[port].nobody]
    if not anywhere.nobody:
        allow.append(rule(phrases.among(anywhere), rest))

    selector = {"matchLabels": dict(pods.selector)}
    origin = spans(plan.program, (grant for door in doors.values() for grant in door.grants))
    made = [
        policy(pods.namespace, f"{pods.name}-guard", f"{pods.id} guard", {"action": "DENY", "selector": selector, "rules": guard}, origin),
        policy(pods.namespace, f"{pods.name}-allow", f"{pods.id} allow",
               {"action": "ALLOW", "selector": selector, **({"rules": allow} if allow else {})}, origin),
    ]
    open_ports = [port for port in listed if at[port].plaintext is not None]
    if open_ports:
        spec = {"selector": selector, "mtls": {"mode": "STRICT"},
                "portLevelMtls": {str(port): {"mode": "PERMISSIVE"} for port in open_ports}}
        plain = (grant for port in open_ports for grant in doors[port].grants if grant.source.kind == "unidentified")
        made.append(Manifest(SECURITY, "PeerAuthentication", pods.namespace, dns_label(f"{pods.name}-mtls"), {"spec": spec},
                             f"{pods.id} mtls", provenance=spans(plan.program, plain)))
    return made


class _Door(NamedTuple):
    """What the intent says about one target port; port 0 is every port that no other door names."""

    allowed: list[Source]
    denied: list[Source]
    waypoints: set[Identity]
    partly_denied: list[Grant]  # denies with HTTP terms: the waypoint enforces them, ztunnel cannot
    grants: list[Grant]


def _doors(plan: Plan, pods: PodSet, found: list[Diagnostic]) -> dict[int, _Door]:
    doors: dict[int, _Door] = {}
    for name in pods.services:
        service = plan.services[name]
        waypoint = waypoint_identity(plan.waypoints[name]) if name in plan.waypoints else None
        for port in service.ports:
            grants = plan.at_service.get((name, port.number))
            if not grants:
                continue
            door = _door(doors, port.target)
            door.grants.extend(grants)
            for grant in grants:
                if grant.effect == "deny":
                    if grant.http is None:
                        door.denied.append(grant.source)
                    else:
                        door.partly_denied.append(grant)
                elif waypoint is None:
                    if grant.http is None:
                        door.allowed.append(grant.source)
                        if grant.source.kind == "unidentified":
                            found.append(refuse.without_identity_to_service(plan, grant))
                elif port.is_http:
                    door.waypoints.add(waypoint)
    for grant in plan.at_pods.get(pods.id, ()):
        door = _door(doors, grant.target.port)
        door.grants.append(grant)
        if grant.http is not None:
            found.append(refuse.http_at_pods(plan, grant))
        elif grant.effect == "deny":
            door.denied.append(grant.source)
        elif grant.source.kind == "unidentified" and not grant.target.port:
            found.append(refuse.plaintext_everywhere(plan, grant))
        else:
            door.allowed.append(grant.source)
    return doors


def _door(doors: dict[int, _Door], port: int) -> _Door:
    door = doors.get(port)
    if door is None:
        door = doors[port] = _Door([], [], set(), [], [])
    return door


def _peers(plan: Plan, doors: dict[int, _Door], port: int, more_denied: tuple[Source, ...] = (), waypoints: bool = True) -> Peers:
    sides = [doors[one] for one in ((port, 0) if port else (0,)) if one in doors]
    if not sides:
        return NOBODY
    allowed = [source for one in sides for source in one.allowed]
    denied = [source for one in sides for source in one.denied]
    always = [one for side in sides for one in side.waypoints] if waypoints else []
    return peers(allowed, [*denied, *more_denied], plan.gateways, always)


def _refuse_raw_ports(plan: Plan, pods: PodSet, at: dict[int, Peers], anywhere: Peers, found: list[Diagnostic]) -> None:
    """A waypoint opens a connection to a TCP port before it judges the caller, so these pods must not let it in there: not for
    another service, and not as one of many callers."""
    for name in pods.services:
        if name in plan.waypoints:
            service, waypoint = plan.services[name], waypoint_identity(plan.waypoints[name])
            for port in service.ports:
                if not port.is_http and at.get(port.target, anywhere).includes(waypoint):
                    found.append(refuse.raw_port_opened(service, port, plan.waypoints[name]))


def _refuse_bypassed_denies(plan: Plan, pods: PodSet, doors: dict[int, _Door], found: list[Diagnostic]) -> None:
    """Who reaches a port without a waypoint sees past every deny with HTTP terms on it."""
    for port, door in doors.items():
        if not door.partly_denied:
            continue
        direct = _peers(plan, doors, port, waypoints=False)
        if direct.nobody:
            continue
        for deny in door.partly_denied:
            if _peers(plan, doors, port, (deny.source,), waypoints=False) != direct:
                found.append(refuse.deny_bypassed(plan, deny, pods, port, door.grants))
