"""Services of the sources and of the cluster become one list; where both speak they must agree.

A declaration never corrects Kubernetes: the manifests of somebody else are what runs, so a difference is an error.
"""

from bisect import insort

from meshwright.diagnostics import Diagnostic, Label, did_you_mean, error
from meshwright.ir import inventory, resolved, syntax
from meshwright.ir.inventory import Inventory, Labels
from meshwright.resolve.collect import Declared
from meshwright.resolve.pods import Pods
from meshwright.resolve.stand_alone import Ports, selector_of, stand_alone
from meshwright.source import Span

_PROTOCOLS: tuple[inventory.Protocol, ...] = (
    "http",
    "http2",
    "grpc",
    "grpc-web",
    "tcp",
    "tls",
    "https",
    "mongo",
    "redis",
    "mysql",
    "udp",
    "sctp",
)


def merge(declared: Declared, found_inventory: Inventory, found: list[Diagnostic]) -> tuple[tuple[resolved.Service, ...], Inventory]:
    """The effective Services, sorted by id, and the inventory with what only the sources declare.

    MW0207 for a contradiction, MW0208 for a declaration that is not enough to stand alone.
    """
    known = {service.id: service for service in found_inventory.services}
    pods = Pods(found_inventory.workloads)
    names: dict[str, tuple[tuple[str, int], ...]] = {}
    made: list[inventory.Service] = []
    for own, block in sorted(declared.services.items()):
        ports = _ports(block, found)
        names[own] = tuple([(line.alias.text, line.number.value) for line in block.ports if line.alias is not None])
        if (service := known.get(own)) is not None:
            _compare(service, block, ports, pods.by_id, found, declared.broken)
        elif (fresh := stand_alone(own, block, ports, pods, found, declared.broken)) is not None:
            made.append(fresh)
    spans = {own: block.name.span for own, block in declared.services.items()}
    services = list(found_inventory.services)
    for fresh in made:
        insort(services, fresh, key=lambda service: (service.namespace, service.name))
    services = pods.complete(services)
    merged = tuple([resolved.Service(service, names.get(service.id, ()), spans.get(service.id)) for service in services])
    if not made and not declared.namespaces:
        return merged, found_inventory
    return merged, _effective(found_inventory, tuple(services), pods.by_id, declared)


def _effective(
    read: Inventory, services: tuple[inventory.Service, ...], workloads: dict[str, inventory.Workload], declared: Declared
) -> Inventory:
    spaces = {space.name: space for space in read.namespaces}
    for name in [*declared.namespaces, *[service.namespace for service in services]]:
        if name not in spaces:
            spaces[name] = inventory.Namespace(name, (), (), False, None)
    return read._replace(
        namespaces=tuple([spaces[name] for name in sorted(spaces)]),
        services=services,
        workloads=tuple(sorted(workloads.values(), key=lambda workload: (workload.namespace, workload.name, workload.kind))),
    )


def _ports(block: syntax.ServiceBlock, found: list[Diagnostic]) -> Ports:
    ports: list[tuple[syntax.PortLine, inventory.Protocol]] = []
    seen: dict[int | str, Span] = {}
    for line in block.ports:
        word = line.protocol.text
        protocol = next((each for each in _PROTOCOLS if each == word), None)
        if protocol is None:
            near = did_you_mean(word, _PROTOCOLS)
            found.append(
                error(
                    "MW0213",
                    f"`{word}` is not a protocol",
                    line.protocol.span,
                    label="unknown protocol",
                    help=(f"did you mean `{near[0]}`?" if near else f"write one of {', '.join(_PROTOCOLS)}",),
                )
            )
            continue
        for key, span in (
            (line.number.value, line.number.span),
            (line.alias.text, line.alias.span) if line.alias is not None else (0, line.span),
        ):
            if key and key in seen:
                found.append(
                    error(
                        "MW0202",
                        f"port `{key}` is declared twice",
                        span,
                        label="again here",
                        others=(Label(seen[key], "first declared here"),),
                        help=("keep one of them",),
                    )
                )
            elif key:
                seen[key] = span
        ports.append((line, protocol))
    return tuple(ports)


def _compare(
    service: inventory.Service,
    block: syntax.ServiceBlock,
    ports: Ports,
    workloads: dict[str, inventory.Workload],
    found: list[Diagnostic],
    broken: bool,
) -> None:
    """One MW0207 for each thing in which the declaration and the Service differ."""

    def differ(message: str, here: Span, there: Span, label: str) -> None:
        found.append(
            error(
                "MW0207",
                message,
                here,
                label="declared so",
                others=(Label(there, label),),
                notes=(
                    "the Service in the cluster is what runs: policies made from another picture of it would protect the wrong port or pod",
                ),
                help=("correct the one that is wrong, or drop the line and let the inventory speak",),
            )
        )

    if block.headless != (service.kind == "headless"):
        word = "headless" if service.kind == "headless" else "not headless"
        differ(f"`{service.id}` is {word} in Kubernetes", block.name.span, service.span, f"{word} here")
    if block.labels and selector_of(block) != service.selector:
        differ(
            f"`{service.id}` has another selector in Kubernetes", block.labels[0].span, service.span, f"selects {_words(service.selector)}"
        )
    if (account := block.service_account) is not None:
        theirs = sorted({workloads[each].service_account for each in service.workloads if each in workloads})
        if account.namespace not in (None, service.namespace) or (theirs and theirs != [account.text]):
            place = workloads[service.workloads[0]].span if service.workloads else service.span
            differ(
                f"the pods of `{service.id}` do not run as `{account.text}`",
                account.span,
                place,
                f"they run as {' and '.join([f'`{each}`' for each in theirs])}" if theirs else "an account of another namespace",
            )
    theirs_by_number = {port.number: port for port in service.ports if port.transport == "TCP"}
    for line, protocol in ports:
        if line.alias is not None:
            twin = next((port for port in service.ports if port.name == line.alias.text and port.number != line.number.value), None)
            if twin is not None:
                differ(
                    f"port {twin.number} of `{service.id}` has the name `{twin.name}` in Kubernetes",
                    line.alias.span,
                    twin.span,
                    "this port has it",
                )
        if protocol in ("udp", "sctp"):
            continue
        port = theirs_by_number.pop(line.number.value, None)
        if port is None:
            differ(f"`{service.id}` has no port {line.number.value} in Kubernetes", line.number.span, service.span, "no such port here")
        elif protocol != port.protocol:
            if port.protocol == "undeclared":
                differ(
                    f"port {port.number} of `{service.id}` has no protocol in Kubernetes, so Istio would guess it from the bytes",
                    line.protocol.span,
                    port.span,
                    f"add `appProtocol: {protocol}` here",
                )
            else:
                differ(
                    f"port {port.number} of `{service.id}` is {port.protocol} in Kubernetes",
                    line.protocol.span,
                    port.span,
                    f"{port.protocol} here",
                )
        elif not _same_target(line, port):
            differ(
                f"port {port.number} of `{service.id}` leads to {port.target_name or port.target} in Kubernetes",
                line.target.span if line.target is not None else line.number.span,
                port.span,
                f"leads to {port.target_name or port.target}",
            )
    if ports and not broken:
        for port in theirs_by_number.values():
            differ(
                f"`{service.id}` has a port {port.number} in Kubernetes that the declaration does not list",
                block.name.span,
                port.span,
                "not declared",
            )


def _same_target(line: syntax.PortLine, port: inventory.ServicePort) -> bool:
    target = line.target
    if isinstance(target, syntax.Name):
        return target.text == port.target_name
    return port.target == (target.value if target is not None else line.number.value)


def _words(selector: Labels | None) -> str:
    return ", ".join([f"`{key}={value}`" for key, value in selector]) if selector else "nothing"
