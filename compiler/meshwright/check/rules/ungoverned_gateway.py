"""MW0333: a gateway in a namespace for which nothing is emitted."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, Label, error


def ungoverned_gateway(facts: Facts) -> Iterator[Diagnostic]:
    for gateway in facts.program.gateways:
        if gateway.namespace not in facts.governed:
            namespace = facts.namespaces.get(gateway.namespace)
            span = namespace.span if namespace is not None else None
            yield error(
                "MW0333",
                f"gateway `{gateway.id}` would not be made: namespace `{gateway.namespace}` is not governed",
                gateway.span,
                label="declared here",
                others=(Label(span, "`enforce no`"),) if span is not None else (),
                help=(
                    f"declare `namespace {gateway.namespace} {{ enforce yes }}`"
                    if namespace is None
                    else "write `enforce yes` for the namespace",
                ),
            )
