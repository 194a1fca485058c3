"""Destinations that nobody listed: pods of tomorrow in a namespace, and Services that somebody binds to a waypoint tomorrow."""

from collections.abc import Iterable, Mapping, Sequence

from meshwright.access.expr import NOTHING, either
from meshwright.access.reach import Reach, Way
from meshwright.ir.inventory import Labels, Service, Workload
from meshwright.istio.hops import identified, unidentified
from meshwright.istio.kinds.gateway import Gateway
from meshwright.istio.paths import HTTP_PROTOCOLS, World, plaintext_accepted


def reach_other_pods(world: World, namespace: str, workloads: Sequence[Workload]) -> list[Reach]:
    """Any pod of ``namespace`` that nobody listed.

    One destination for pods without labels, and one for each selector that opens something for whoever carries its labels, where
    no listed workload carries them: labels are free for anybody who may create a pod.
    """
    selectors: list[Labels] = [()]
    wanted = world.policies.opening_selectors(namespace)
    if wanted:
        carried: dict[tuple[str, str], list[Mapping[str, str]]] = {}
        for workload in workloads:
            labels = dict(workload.labels)
            for label in workload.labels:
                carried.setdefault(label, []).append(labels)
        for selector in wanted:
            rarest = min(selector, key=lambda label: len(carried.get(label, ())))
            if not any(all(labels.get(key) == value for key, value in selector) for labels in carried.get(rarest, ())):
                selectors.append(selector)
    return [_other_pods(world, namespace, selector) for selector in selectors]


def reach_waypoint(world: World, waypoint: Gateway, bound_by_hand: Iterable[Service]) -> Reach:
    """What passes a waypoint for a Service that nobody listed: only policies for the Gateway and its class are asked.

    The port is a service port that nobody knows yet, so it stays a dimension here.  A TCP port counts as refused where its
    connections are reset.  ``bound_by_hand`` are Services without a selector: their endpoints may be any pods.
    """
    name = f"{waypoint.namespace}/{waypoint.name}"
    http = world.policies.waypoint(waypoint.namespace, waypoint.name, None, True)
    tcp = world.policies.waypoint(waypoint.namespace, waypoint.name, None, False)
    unknown = [*http.unknown, *tcp.unknown, *waypoint.doubts, *world.doubts.of_proxy("waypoint", waypoint.namespace, waypoint.name),
               *world.doubts.of_workload(waypoint.namespace, ())]
    ways = [Way("unlisted-service", "", 0, 0, "", 0, identified(either(http.admitted, tcp.admitted)),
                identified(either(http.sealed, tcp.sealed)), (f"waypoint {name}",), (*http.objects, waypoint.id))]
    for service in bound_by_hand:
        for port in service.ports:
            if port.transport == "TCP":
                verdict = world.policies.waypoint(waypoint.namespace, waypoint.name, (service.namespace, service.name),
                                                  port.protocol in HTTP_PROTOCOLS, port.number)
                unknown.extend(verdict.unknown)
                ways.append(Way("unlisted-service", service.id, port.number, port.target or 0, "", 0, identified(verdict.admitted),
                                identified(verdict.sealed), (f"waypoint {name}",), (*verdict.objects, waypoint.id)))
    return Reach(f"waypoint {name}", waypoint.namespace, "waypoint", True, tuple(ways), NOTHING, tuple(dict.fromkeys(unknown)))


def _other_pods(world: World, namespace: str, selector: Labels) -> Reach:
    labels = dict(selector)
    verdict = world.policies.ztunnel(namespace, labels)
    ways = (Way("pod", "", 0, 0, "", 0, identified(verdict.admitted), identified(verdict.sealed), ("ztunnel",), verdict.objects),
            Way("plaintext", "", 0, 0, "", 0, unidentified(verdict.admitted), unidentified(verdict.sealed), ("ztunnel",), verdict.objects))
    name = f"other pods {namespace}" + (" " + ",".join(f"{key}={value}" for key, value in selector) if selector else "")
    return Reach(name, namespace, "other-pods", True, ways, plaintext_accepted(world.policies.plaintext(namespace, labels).refused),
                 tuple(dict.fromkeys((*world.doubts.of_workload(namespace, ()), *verdict.unknown))))
