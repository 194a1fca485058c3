"""What a name can mean: services, workloads and service accounts by id."""


from meshwright.diagnostics import did_you_mean
from meshwright.ir import resolved
from meshwright.ir.identity import Identity
from meshwright.ir.inventory import Inventory, Workload
from meshwright.record import NamedTuple
from meshwright.resolve.collect import Declared


class Named(NamedTuple):
    """Everything called ``id``.  ``identities`` are those of the first kind that there is: service, workload, account."""

    id: str
    service: resolved.Service | None
    workloads: tuple[Workload, ...]  # of that name, whatever their kind
    account: bool
    identities: tuple[Identity, ...]  # sorted; () = a Service without pods
    members: tuple[str, ...]  # workload ids that the name means as a source
    meanings: tuple[tuple[str, tuple[Identity, ...]], ...]  # what -> whom, when they differ; () = one meaning


class Scope:
    """Answers what a name means; remembers the answers."""

    __slots__ = ("_accounts", "_cache", "_names", "_pods", "_services", "_workloads", "declared", "namespaces")

    def __init__(self, services: tuple[resolved.Service, ...], effective: Inventory, declared: Declared) -> None:
        self.declared = declared
        self.namespaces = {space.name for space in effective.namespaces} | set(declared.namespaces)
        self._services = {service.id: service for service in services}
        self._pods = {workload.id: workload for workload in effective.workloads}
        self._workloads: dict[str, list[Workload]] = {}
        self._accounts = {f"{account.namespace}/{account.name}" for account in effective.service_accounts}
        for workload in effective.workloads:
            self._workloads.setdefault(f"{workload.namespace}/{workload.name}", []).append(workload)
            self._accounts.add(f"{workload.namespace}/{workload.service_account}")
        self._cache: dict[str, Named | None] = {}
        self._names: dict[str, set[str]] = {}

    @property
    def size(self) -> int:
        """How many services and workloads there are."""
        return len(self._services) + len(self._pods)

    def named(self, own: str) -> Named | None:
        """What ``namespace/name`` means, None when nothing is called so."""
        if own not in self._cache:
            self._cache[own] = self._look_up(own)
        return self._cache[own]

    def account(self, own: str) -> Identity | None:
        """The service account ``namespace/name``, if anything mentions it."""
        return Identity(*own.split("/", 1)) if own in self._accounts else None

    def names(self, namespace: str) -> set[str]:
        """Everything that has a name there, for suggestions."""
        if not self._names:
            for own in [*self._services, *self._workloads, *self._accounts]:
                space, name = own.split("/", 1)
                self._names.setdefault(space, set()).add(name)
        return self._names.get(namespace, set())

    def elsewhere(self, name: str) -> tuple[str, ...]:
        """Ids of other namespaces with exactly that name."""
        self.names("")
        return tuple(sorted([f"{space}/{name}" for space, names in self._names.items() if name in names]))

    def near(self, wrong: str, namespace: str) -> tuple[str, ...]:
        """What a typo may have turned into ``wrong``, names of that namespace and groups."""
        return did_you_mean(wrong, self.names(namespace) | set(self.declared.groups))

    def _look_up(self, own: str) -> Named | None:
        service, workloads, account = self._services.get(own), tuple(self._workloads.get(own, ())), own in self._accounts
        if service is None and not workloads and not account:
            return None
        meanings: list[tuple[str, tuple[Identity, ...]]] = []
        members: tuple[str, ...] = ()
        if service is not None:
            pods = [self._pods[each] for each in service.found.workloads if each in self._pods]
            members = tuple([pod.id for pod in pods])
            meanings.append((f"service `{own}`", tuple(sorted({pod.identity for pod in pods}))))
        for workload in workloads:
            meanings.append((f"{workload.kind} `{own}`", (workload.identity,)))
        if service is None:
            members = tuple([workload.id for workload in workloads])
        if account:
            meanings.append((f"service account `{own}`", (Identity(*own.split("/", 1)),)))
        whom = meanings[0][1]
        differ = bool(whom) and any(identities != whom for _, identities in meanings)
        return Named(own, service, workloads, account, whom, members, tuple(meanings) if differ else ())
