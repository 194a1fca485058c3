"""The rules of this room, one a file: each reads ``Facts`` and yields diagnostics of one code."""

from collections.abc import Callable, Iterator

from meshwright.check.facts import Facts
from meshwright.check.rules.anyone_allowed import anyone_allowed
from meshwright.check.rules.bad_listener import bad_listener
from meshwright.check.rules.bad_route import bad_route
from meshwright.check.rules.default_account import default_account
from meshwright.check.rules.deny_bypassed import deny_bypassed
from meshwright.check.rules.every_port import every_port
from meshwright.check.rules.expired import expired
from meshwright.check.rules.exposed_service import exposed_service
from meshwright.check.rules.gateway_in_namespace import gateway_in_namespace
from meshwright.check.rules.grant_without_route import grant_without_route
from meshwright.check.rules.headless_service import headless_service
from meshwright.check.rules.http_on_pods import http_on_pods
from meshwright.check.rules.http_on_tcp import http_on_tcp
from meshwright.check.rules.indistinct_listener import indistinct_listener
from meshwright.check.rules.inexpressible_pattern import inexpressible_pattern
from meshwright.check.rules.no_waypoint import no_waypoint
from meshwright.check.rules.not_enrolled import not_enrolled
from meshwright.check.rules.nothing_behind import nothing_behind
from meshwright.check.rules.open_pods import open_pods
from meshwright.check.rules.outside_caller import outside_caller
from meshwright.check.rules.overlapping_pods import overlapping_pods
from meshwright.check.rules.partial_pods import partial_pods
from meshwright.check.rules.port_outside_mesh import port_outside_mesh
from meshwright.check.rules.proxy_account import proxy_account
from meshwright.check.rules.route_without_grant import route_without_grant
from meshwright.check.rules.shared_account import shared_account
from meshwright.check.rules.sidecar_caller import sidecar_caller
from meshwright.check.rules.tcp_behind_waypoint import tcp_behind_waypoint
from meshwright.check.rules.uncaptured_target import uncaptured_target
from meshwright.check.rules.undeclared_protocol import undeclared_protocol
from meshwright.check.rules.ungoverned_gateway import ungoverned_gateway
from meshwright.check.rules.ungoverned_target import ungoverned_target
from meshwright.check.rules.unidentified_caller import unidentified_caller
from meshwright.check.rules.unknown_port import unknown_port
from meshwright.check.rules.unknown_version import unknown_version
from meshwright.check.rules.unlabelled_pods import unlabelled_pods
from meshwright.check.rules.vacuous_claim import vacuous_claim
from meshwright.diagnostics import Diagnostic

Rule = Callable[[Facts], Iterator[Diagnostic]]

RULES: tuple[Rule, ...] = (
    unknown_version,
    ungoverned_gateway,
    bad_listener,
    bad_route,
    not_enrolled,
    expired,
    ungoverned_target,
    nothing_behind,
    uncaptured_target,
    unknown_port,
    undeclared_protocol,
    http_on_tcp,
    headless_service,
    http_on_pods,
    partial_pods,
    port_outside_mesh,
    inexpressible_pattern,
    anyone_allowed,
    unidentified_caller,
    default_account,
    outside_caller,
    sidecar_caller,
    shared_account,
    indistinct_listener,
    no_waypoint,
    tcp_behind_waypoint,
    deny_bypassed,
    proxy_account,
    overlapping_pods,
    unlabelled_pods,
    open_pods,
    exposed_service,
    grant_without_route,
    route_without_grant,
    every_port,
    vacuous_claim,
    gateway_in_namespace,
)
