"""Pod sets: the workloads of governed namespaces, grouped so that ztunnel can be configured for each group exactly.

Workloads that the same Services select form one set, whose selector is the union of those Services' selectors.  Where that
union matches a further workload, every workload gets a set of its own by its controller's labels as well.
"""

from collections.abc import Iterable

from meshwright.ir.intent import PodSet
from meshwright.ir.inventory import Labels, Service, Workload
from meshwright.record import NamedTuple

GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"  # on the pods, Services and Deployments that istiod makes for a Gateway


class PodSets(NamedTuple):
    """``sets`` sorted by id; what could not be told apart or has no labels is beside them."""

    sets: tuple[PodSet, ...]
    overlaps: tuple[tuple[Workload, Workload], ...]  # a workload, and one that carries all labels that would select it
    unlabelled: tuple[Workload, ...]


def pod_sets(services: Iterable[Service], workloads: Iterable[Workload], governed: Iterable[str]) -> PodSets:
    """Group the workloads of ``governed``; proxies of gateways and waypoints belong to no set."""
    spaces = {name: _Space() for name in governed}
    for workload in workloads:
        if workload.namespace in spaces:
            spaces[workload.namespace].workloads.append(workload)
    for service in services:
        if service.namespace in spaces and service.selector and service.kind != "external-name":
            spaces[service.namespace].services.append(service)
    made: list[PodSet] = []
    overlaps: list[tuple[Workload, Workload]] = []
    unlabelled: list[Workload] = []
    for name in sorted(spaces):
        _group(name, spaces[name], made, overlaps, unlabelled)
    return PodSets(tuple(sorted(made, key=lambda each: (each.namespace, each.name))), tuple(overlaps), tuple(unlabelled))


def is_proxy(workload: Workload) -> bool:
    """Whether istiod made it for a Gateway: it enforces, it is not protected."""
    return GATEWAY_NAME in dict(workload.labels)


class _Space:
    """One namespace: its workloads and selecting services, and who carries which label."""

    __slots__ = ("carriers", "services", "workloads")

    def __init__(self) -> None:
        self.workloads: list[Workload] = []
        self.services: list[Service] = []
        self.carriers: dict[tuple[str, str], list[Workload]] = {}

    def index(self) -> None:
        for workload in self.workloads:
            for label in workload.labels:
                self.carriers.setdefault(label, []).append(workload)

    def matching(self, selector: Labels) -> list[Workload]:
        """Workloads that carry every label of ``selector`` (not empty); looks only at the carriers of its rarest label."""
        few: list[Workload] | None = None
        for label in selector:
            carriers = self.carriers.get(label, [])
            if few is None or len(carriers) < len(few):
                few = carriers
        if len(selector) == 1:
            return few or []
        wanted = set(selector)
        return [workload for workload in few or [] if wanted.issubset(workload.labels)]


class _Draft(NamedTuple):
    selector: Labels
    services: tuple[Service, ...]
    workloads: list[Workload]
    whole: bool  # one set for all workloads of its services: it may be named after them alone


def _group(
    namespace: str, space: _Space, made: list[PodSet], overlaps: list[tuple[Workload, Workload]], unlabelled: list[Workload]
) -> None:
    space.index()
    selecting: dict[str, list[Service]] = {}
    for service in space.services:
        for own in service.workloads:
            selecting.setdefault(own, []).append(service)
    groups: dict[tuple[str, ...], _Draft] = {}
    for workload in space.workloads:
        if is_proxy(workload):
            continue
        services = tuple(selecting.get(workload.id, ()))
        key = tuple([service.name for service in services])
        if key not in groups:
            groups[key] = _Draft((), services, [], bool(services))
        groups[key].workloads.append(workload)
    kept: list[_Draft] = []
    for group in groups.values():
        selector = _union([service.selector or () for service in group.services])
        if selector and len(space.matching(selector)) == len(group.workloads):
            kept.append(_Draft(selector, group.services, group.workloads, group.whole))  # nobody else carries it
            continue
        for draft in _split(group, selector, unlabelled):
            members = {workload.id for workload in draft.workloads}
            strangers = [each for each in space.matching(draft.selector) if each.id not in members]
            if strangers:
                overlaps.append((draft.workloads[0], strangers[0]))
            else:
                kept.append(draft)
    for name, draft in _named(kept):
        workloads = draft.workloads
        made.append(
            PodSet(
                namespace,
                name,
                draft.selector,
                tuple(sorted({workload.identity for workload in workloads})),
                tuple(sorted([workload.id for workload in workloads])),
                tuple(sorted([service.id for service in draft.services])),
            )
        )


def _split(group: _Draft, selector: Labels, unlabelled: list[Workload]) -> list[_Draft]:
    """One draft for each set of labels by which controllers choose their pods; workloads with equal labels stay together."""
    by_labels: dict[Labels, _Draft] = {}
    for workload in group.workloads:
        own = _union([selector, workload.match_labels])
        if not own:
            unlabelled.append(workload)
        elif own in by_labels:
            by_labels[own].workloads.append(workload)
        else:
            by_labels[own] = _Draft(own, group.services, [workload], False)
    return list(by_labels.values())


def _union(parts: Iterable[Labels]) -> Labels:
    joined: dict[str, str] = {}
    for part in parts:
        joined.update(part)
    return tuple(sorted(joined.items()))


def _named(drafts: list[_Draft]) -> list[tuple[str, _Draft]]:
    """Each draft with a name made of its services and workloads: the plain name of the one Service or workload if that is
    free and short, else that name shortened, with a digest of all names that take part."""
    plain: dict[str, list[_Draft]] = {}
    for draft in drafts:
        plain.setdefault(_base(draft), []).append(draft)
    named = []
    for base, rivals in plain.items():
        # A single Service keeps its plain name whatever else is called so; names therefore do not change with their neighbours.
        for draft in rivals:
            alone = draft.whole and len(draft.services) == 1
            free = alone or (len(rivals) == 1 and not draft.services and len(draft.workloads) == 1)
            if free and len(base) <= 40 and "." not in base:
                named.append((base, draft))
            else:
                named.append((_shortened(base, draft), draft))
    return named


def _base(draft: _Draft) -> str:
    return draft.services[0].name if draft.services else draft.workloads[0].name


def _shortened(base: str, draft: _Draft) -> str:
    from meshwright.ir.digest import sha256  # here: most names need none

    parts = [f"service/{service.name}" for service in draft.services]
    if not draft.whole:
        parts += [f"{workload.kind}/{workload.name}" for workload in draft.workloads]
    digest = sha256("\n".join(sorted(parts)).encode()).hexdigest()[:6]
    return base.replace(".", "-")[:33].rstrip("-") + "-" + digest
