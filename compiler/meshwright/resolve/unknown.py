"""Names that mean nothing: what was looked for, where, and what may have been meant."""

from meshwright.diagnostics import Diagnostic, did_you_mean, error
from meshwright.ir import syntax
from meshwright.resolve.scope import Named, Scope


def unknown_name(scope: Scope, name: syntax.Name, own: str, wanted: str, found: list[Diagnostic]) -> None:
    """MW0201; silent when a statement did not parse and nothing similar exists, because the name may stand in there."""
    namespace, text = own.split("/", 1)
    if own in scope.declared.gateways:
        found.append(
            error(
                "MW0201",
                f"`{own}` is a gateway, not a {wanted}",
                name.span,
                label="a gateway",
                notes=("a gateway hides its callers: a grant to it is one to everybody whom it lets in",),
                help=(f"write `clients of {own}` for whoever it lets in",),
            )
        )
        return
    if namespace not in scope.namespaces:
        near = did_you_mean(namespace, scope.namespaces)
        _report(scope, name, f"there is no namespace `{namespace}`, so no {wanted} `{own}`", [f"{each}/{text}" for each in near], (), found)
        return
    near = scope.near(text, namespace)
    far = scope.elsewhere(text)
    written = [f"{namespace}/{each}" if name.namespace is not None and each not in scope.declared.groups else each for each in near]
    message = f"there is no {wanted} `{text}` in namespace `{namespace}`"
    if text in scope.names(namespace):
        message = f"`{own}` is not a {wanted}"
    _report(scope, name, message, written, far, found)


def unknown_gateway(scope: Scope, name: syntax.Name, own: str, found: list[Diagnostic]) -> None:
    """MW0201 for a gateway: only those of the sources can be named."""
    gateways = scope.declared.gateways
    far = tuple(sorted([each for each in gateways if each.endswith(f"/{name.text}")]))
    near = () if far else did_you_mean(own, gateways)
    _report(scope, name, f"there is no gateway `{own}`", list(near), far, found)


def unknown_namespace(scope: Scope, name: syntax.Name, found: list[Diagnostic]) -> None:
    """MW0201 for a namespace that neither the sources nor the inventory mention."""
    _report(scope, name, f"there is no namespace `{name.text}`", list(did_you_mean(name.text, scope.namespaces)), (), found)


def elsewhere_kind(named: Named, name: syntax.Name) -> Diagnostic:
    """MW0212: the name exists, but a Service is needed here."""
    if named.workloads:
        return error(
            "MW0212",
            f"`{named.id}` is a {named.workloads[0].kind}, not a service",
            name.span,
            label="a service is needed here",
            notes=("without a Service of this name its pods are reached by their own addresses",),
            help=(f"write `pods of {name.text}`",),
        )
    return error(
        "MW0212",
        f"`{named.id}` is a service account, not a service",
        name.span,
        label="a service is needed here",
        notes=("an account says who calls, not what is called",),
        help=("name the service that runs as this account",),
    )


def _report(scope: Scope, name: syntax.Name, message: str, near: list[str], far: tuple[str, ...], found: list[Diagnostic]) -> None:
    if scope.declared.broken and not near and not far:
        return
    help = []
    if near:
        help.append(f"did you mean {' or '.join([f'`{each}`' for each in near])}?")
    if far:
        help.append(f"there is {' and '.join([f'`{each}`' for each in far[:3]])}: write the name in full")
    if not help:
        help.append("names come from the inventory and from declarations: check the spelling, or add what is missing to one of them")
    found.append(error("MW0201", message, name.span, label="not found", help=tuple(help)))
