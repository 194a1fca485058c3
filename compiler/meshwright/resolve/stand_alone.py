"""Services that only the sources know."""

from typing import Literal

from meshwright.diagnostics import Diagnostic, Label, error
from meshwright.ir import inventory, syntax
from meshwright.ir.inventory import Labels
from meshwright.resolve.mesh import is_label, not_a_name
from meshwright.resolve.pods import Pods

Ports = tuple[tuple[syntax.PortLine, inventory.Protocol], ...]


def stand_alone(
    own: str,
    block: syntax.ServiceBlock,
    ports: Ports,
    pods: Pods,
    found: list[Diagnostic],
    broken: bool,
) -> inventory.Service | None:
    """The Service that a declaration stands for; when no workload carries its labels, one is added to ``pods``.

    MW0208 when it says too little, unless some text is ``broken`` and may have said it; MW0207 when workloads with its labels
    run as another account; MW0214 for impossible names.
    """
    namespace, name = own.split("/", 1)
    missing = [
        word
        for word, there in (
            ("`port <protocol> <number>`", bool(ports) or bool(block.ports)),
            ("`label <key> = <value>`", bool(block.labels)),
            ("`service-account <name>`", block.service_account is not None),
        )
        if not there
    ]
    if missing and not broken:
        found.append(
            error(
                "MW0208",
                f"`{own}` is not in the inventory, and its declaration does not say enough to stand alone",
                block.name.span,
                label=f"says no {' and no '.join(missing)}",
                notes=("its labels select the pods that a policy protects, its account is who they are",),
                help=(f"add {' and '.join(missing)}, or the Kubernetes YAML of the Service to the inventory",),
            )
        )
    account = block.service_account
    for label, what in ((block.name, "service"), (account, "service account")):
        if label is not None and not is_label(label.text):
            found.append(not_a_name(label, what))
    selector = selector_of(block)
    selected = pods.selected(namespace, selector)
    if account is not None:
        if account.namespace not in (None, namespace):
            found.append(
                error(
                    "MW0207",
                    f"the pods of `{own}` cannot run as an account of namespace `{account.namespace}`",
                    account.span,
                    label="declared so",
                    help=("pods run as an account of their own namespace: name one without `/`",),
                )
            )
        for each in selected:
            if each.service_account != account.text:
                found.append(
                    error(
                        "MW0207",
                        f"the pods of `{own}` do not run as `{account.text}`",
                        account.span,
                        label="declared so",
                        others=(Label(each.span, f"runs as `{each.service_account}` and carries the labels of `{own}`"),),
                        help=("correct the account or the labels",),
                    )
                )
                break
        if not selected and selector:
            fresh = inventory.Workload(
                namespace,
                "Declared",
                name,
                selector,
                selector,
                (),
                account.text,
                _containers(ports),
                False,
                "ambient",
                f"declared in {block.span.path}, taken as captured",
                (),
                block.span,
            )
            pods.add(fresh)
            selected = [fresh]
    listed = tuple(
        [
            inventory.ServicePort(
                line.alias.text if line.alias is not None else "",
                line.number.value,
                _transport(protocol),
                protocol,
                _target(line, selected),
                line.target.text if isinstance(line.target, syntax.Name) else "",
                None,
                line.span,
            )
            for line, protocol in sorted(ports, key=lambda each: each[0].number.value)
        ]
    )
    return inventory.Service(
        namespace,
        name,
        "headless" if block.headless else "vip",
        "ClusterIP",
        selector or None,
        listed,
        (),
        (),
        (),
        tuple(sorted([each.id for each in selected])),
        block.name.span,
    )


def selector_of(block: syntax.ServiceBlock) -> Labels:
    """The labels of a declaration."""
    return tuple(sorted({label.key.text: label.value.text for label in block.labels}.items()))


def _containers(ports: Ports) -> tuple[inventory.ContainerPort, ...]:
    return tuple(
        [
            inventory.ContainerPort(
                "", line.target.value if isinstance(line.target, syntax.Number) else line.number.value, _transport(protocol), None
            )
            for line, protocol in ports
            if not isinstance(line.target, syntax.Name)
        ]
    )


def _target(line: syntax.PortLine, selected: list[inventory.Workload]) -> int | None:
    if isinstance(line.target, syntax.Name):
        numbers = {port.number for each in selected for port in each.ports if port.name == line.target.text}
        return numbers.pop() if len(numbers) == 1 else None
    return line.target.value if line.target is not None else line.number.value


def _transport(protocol: inventory.Protocol) -> Literal["TCP", "UDP", "SCTP"]:
    return "UDP" if protocol == "udp" else "SCTP" if protocol == "sctp" else "TCP"
