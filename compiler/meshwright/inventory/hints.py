"""``read_hints``: calls that YAML mentions, in environment values, NetworkPolicies and AuthorizationPolicies."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from meshwright.diagnostics import Diagnostic
from meshwright.inventory.documents import read_documents
from meshwright.inventory.files import read_files
from meshwright.inventory.kinds import WORKLOADS, group_of
from meshwright.inventory.objects import objects_of
from meshwright.inventory.plain import Memo
from meshwright.ir.hint import Hint
from meshwright.ir.inventory import Inventory, Object, Service, Workload

LONGEST = 2000  # characters of an environment value that are looked at
# [scheme://][user@]host[:port], anywhere in a value.  A bare word counts only with a scheme, a port or a dot.
ADDRESS = re.compile(
    r"(?<![\w@.:-])(?:(?P<scheme>[a-zA-Z][\w+.-]{0,20})://(?:[^\s/@,]{0,200}@)?)?"
    r"(?P<host>[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::(?P<port>\d{1,5}))?(?![\w@:-])")
NAME = re.compile(r"(?:HOST|ADDR|ADDRESS|URL|URI|ENDPOINT|SERVICE|SERVER)S?$")  # variables whose value is an address, if anything
PRINCIPAL = re.compile(r"[^/]+/ns/([a-z0-9-]+)/sa/([a-z0-9.-]+)")
ACCOUNT = re.compile(r"(?:[a-z0-9-]+/)?[a-z0-9.-]+")
VARIABLE = re.compile(r"[\w.-]{1,100}", re.ASCII)
METADATA_NAME = "kubernetes.io/metadata.name"


def read_hints(root: str, paths: Iterable[str], default_namespace: str, inventory: Inventory) -> tuple[Hint, ...]:
    """Sorted hints of the files that ``inventory`` was read from; what cannot be read or followed gives none.

    Values are read for the address in them and not repeated: they hold passwords.
    """
    ignored: list[Diagnostic] = []  # `read_inventory` has said it
    memo = Memo()
    known = _Known(inventory)
    found: set[Hint] = set()
    for path, content in read_files(root, tuple(paths), None, ignored):
        outcome = read_documents(content, path, memo)
        whole = content.decode("utf-8", "replace")
        if outcome.value is None:
            continue
        for one in objects_of(outcome.value, default_namespace, ignored):
            group = group_of(one.api_version)
            end = max((read.end for read in outcome.value.reads if read.start <= one.span.start < read.end), default=len(whole))
            text = whole[:end]  # of this document, and what stands before it
            if (group, one.kind) in WORKLOADS:
                found.update(_of_workload(one, WORKLOADS[group, one.kind], known, text))
            elif (group, one.kind) == ("networking.k8s.io", "NetworkPolicy"):
                found.update(_of_network_policy(one, known, text))
            elif (group, one.kind) == ("security.istio.io", "AuthorizationPolicy"):
                found.update(_of_authorization_policy(one, known, text))
    return tuple(sorted(found))


class _Known:
    """The inventory, by what hints name it with."""

    def __init__(self, inventory: Inventory) -> None:
        self.services = {service.id: service for service in inventory.services}
        self.workloads = inventory.workloads
        self.labels = {space.name: {**dict(space.labels), METADATA_NAME: space.name} for space in inventory.namespaces}

    def service(self, host: str, namespace: str) -> Service | None:
        parts = host.removesuffix(".").split(".")
        rest = parts[2:]
        if rest and rest[0] != "svc":
            return None
        return self.services.get(f"{parts[1] if len(parts) > 1 else namespace}/{parts[0]}")

    def selected(self, namespace: str, labels: object) -> list[Workload] | None:
        """The workloads of a selector with nothing but equal labels; None: it says more, or is none."""
        if not isinstance(labels, Mapping):
            return None
        return [one for one in self.workloads if one.namespace == namespace and _holds(labels, dict(one.labels))]

    def spaces(self, labels: object) -> list[str]:
        return [name for name, own in sorted(self.labels.items()) if isinstance(labels, Mapping) and _holds(labels, own)]

    def behind(self, workloads: Iterable[Workload]) -> list[Service]:
        ids = {one.id for one in workloads}
        return [service for service in self.services.values() if ids.intersection(service.workloads)]


def _of_workload(one: Object, way: tuple[str, ...], known: _Known, text: str) -> Iterator[Hint]:
    template: Any = one.content
    for key in way:
        template = _map(template).get(key)
    pod = _map(_map(template).get("spec"))
    for container in (*_list(pod.get("containers")), *_list(pod.get("initContainers"))):
        for variable in _list(_map(container).get("env")):
            name, value = _map(variable).get("name"), _map(variable).get("value")
            if not isinstance(name, str) or not isinstance(value, str) or not VARIABLE.fullmatch(name):
                continue
            for found in ADDRESS.finditer(value[:LONGEST]):
                host, port = found["host"], found["port"]
                if not (found["scheme"] or port or ("." in host) or (host == value and NAME.search(name))):
                    continue
                service = known.service(host, one.namespace)
                if service is None or f"{one.namespace}/{one.kind}/{one.name}" in service.workloads:
                    continue
                ports = tuple(each.number for each in service.ports if port is not None and each.number == int(port))
                if port is not None and not ports:
                    continue  # another program of that name
                yield Hint(f"{one.namespace}/{one.name}", service.id, ports, (), f"environment value {name}", one.span.path,
                           _line(one, text, name, host))


def _of_network_policy(one: Object, known: _Known, text: str) -> Iterator[Hint]:
    spec = _map(one.content.get("spec"))
    here = known.selected(one.namespace, _equal_labels(spec.get("podSelector")))
    for rule in _list(spec.get("ingress")) if here else ():
        numbers = {port.get("port") for port in map(_map, _list(_map(rule).get("ports")))}
        for peer in map(_map, _list(_map(rule).get("from"))):
            if "ipBlock" in peer:
                continue
            spaces = [one.namespace] if "namespaceSelector" not in peer else known.spaces(_equal_labels(peer["namespaceSelector"]))
            for space in spaces:
                for caller in known.selected(space, _equal_labels(peer.get("podSelector", {}))) or ():
                    for service in known.behind(here or ()):
                        # Its ports are those of pods.
                        ports = tuple(port.number for port in service.ports if {port.target, port.target_name} & numbers)
                        if caller.id not in service.workloads and (ports or not numbers):
                            yield Hint(f"{caller.namespace}/{caller.name}", service.id, ports, (),
                                       f"NetworkPolicy {one.namespace}/{one.name}", one.span.path, _line(one, text))


def _of_authorization_policy(one: Object, known: _Known, text: str) -> Iterator[Hint]:
    spec = _map(one.content.get("spec"))
    if spec.get("action", "ALLOW") != "ALLOW":
        return
    targets = {service.id: service for service in known.behind(
        known.selected(one.namespace, _map(spec.get("selector")).get("matchLabels")) or ())}
    for reference in map(_map, (*_list(spec.get("targetRefs")), spec.get("targetRef"))):
        service = known.services.get(f"{one.namespace}/{reference.get('name')}") if reference.get("kind") == "Service" else None
        if service is not None:
            targets[service.id] = service
    for rule in map(_map, _list(spec.get("rules"))):
        callers = [name for origin in _list(rule.get("from")) for name in _callers(_map(_map(origin).get("source")), one.namespace)]
        requests = tuple(dict.fromkeys(each for to in _list(rule.get("to")) for each in _requests(_map(_map(to).get("operation")))))
        more = ", which asks for more than this" if rule.get("when") else ""
        for caller in callers:
            for service in targets.values():
                yield Hint(caller, service.id, (), requests, f"AuthorizationPolicy {one.namespace}/{one.name}{more}", one.span.path,
                           _line(one, text, caller.rpartition("/")[2]))


def _callers(source: Mapping[str, Any], namespace: str) -> Iterator[str]:
    for principal in _list(source.get("principals")):
        found = PRINCIPAL.fullmatch(principal) if isinstance(principal, str) else None
        if found:
            yield f"{found[1]}/{found[2]}"
    for account in _list(source.get("serviceAccounts")):
        if isinstance(account, str) and ACCOUNT.fullmatch(account):
            yield account if "/" in account else f"{namespace}/{account}"


def _requests(operation: Mapping[str, Any]) -> Iterator[str]:
    """Only what the language says in the same words; patterns are left to the reader."""
    paths = [path for path in _list(operation.get("paths")) if isinstance(path, str)]
    methods = [method for method in _list(operation.get("methods")) if isinstance(method, str) and method.isalpha()]
    for path in paths:
        if re.fullmatch(r"/[\w./-]*", path):
            yield f'{", ".join(methods)} "{path}"' if methods else f'path "{path}"'


def _holds(wanted: Mapping[Any, Any], labels: Mapping[str, str]) -> bool:
    return all(labels.get(str(key)) == value for key, value in wanted.items())


def _equal_labels(selector: object) -> object:
    given = _map(selector)
    return None if given.get("matchExpressions") else given.get("matchLabels", {})


def _line(one: Object, text: str, *words: str) -> int:
    """The line of the last of ``words``, each looked for behind the one before, from the object's name on."""
    at = one.span.start
    for word in words:
        found = re.compile(rf"(?<![\w.-]){re.escape(word)}(?![\w-])").search(text, at)
        at = found.start() if found else at
    return text.count("\n", 0, at) + 1


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
