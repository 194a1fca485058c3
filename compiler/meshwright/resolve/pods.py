"""Workloads by the labels of their pods."""

from collections.abc import Iterable

from meshwright.ir.inventory import Labels, Service, Workload


class Pods:
    """The workloads of the inventory, and those that only declarations know."""

    __slots__ = ("_carriers", "added", "by_id")

    def __init__(self, workloads: Iterable[Workload]) -> None:
        self.by_id: dict[str, Workload] = {}
        self.added: list[Workload] = []
        self._carriers: dict[tuple[str, str, str], list[Workload]] = {}
        for workload in workloads:
            self._keep(workload)

    def add(self, workload: Workload) -> None:
        """Take in a workload that a declaration stands for."""
        self._keep(workload)
        self.added.append(workload)

    def selected(self, namespace: str, selector: Labels) -> list[Workload]:
        """Workloads of ``namespace`` that carry every label of ``selector``; none for an empty one."""
        rarest: list[Workload] | None = None
        for key, value in selector:
            carriers = self._carriers.get((namespace, key, value), [])
            if rarest is None or len(carriers) < len(rarest):
                rarest = carriers
        wanted = set(selector)
        return [workload for workload in rarest or [] if wanted.issubset(workload.labels)]

    def complete(self, services: Iterable[Service]) -> list[Service]:
        """``services`` with the added workloads that they select as well."""
        kept = list(services)
        if not self.added:
            return kept
        by_label: dict[tuple[str, str, str], list[int]] = {}
        for number, service in enumerate(kept):
            for key, value in (service.selector or ())[:1]:
                by_label.setdefault((service.namespace, key, value), []).append(number)
        for workload in self.added:
            labels = set(workload.labels)
            for key, value in workload.labels:
                for number in by_label.get((workload.namespace, key, value), ()):
                    service = kept[number]
                    if workload.id not in service.workloads and labels.issuperset(service.selector or ()):
                        kept[number] = service._replace(workloads=tuple(sorted([*service.workloads, workload.id])))
        return kept

    def _keep(self, workload: Workload) -> None:
        self.by_id[workload.id] = workload
        for key, value in workload.labels:
            self._carriers.setdefault((workload.namespace, key, value), []).append(workload)
