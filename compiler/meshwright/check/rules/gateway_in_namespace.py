"""MW0337: `namespace` as a caller, where a gateway runs in that namespace."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, Label, warning


def gateway_in_namespace(facts: Facts) -> Iterator[Diagnostic]:
    gateways = {gateway.namespace: gateway for gateway in facts.gateways}
    for rule, term in facts.unnamed_terms:
        gateway = gateways.get(term.namespace) if term.kind == "namespace" else None
        if gateway is not None and rule.effect == "allow":
            yield warning(
                "MW0337",
                f"every identity of namespace `{term.namespace}` is also gateway `{gateway.id}`",
                term.span,
                label="lets in whoever that gateway lets in",
                others=(Label(gateway.span, "runs in this namespace"),),
                notes=("a gateway calls with its own identity, whoever its client is",),
                help=("name the callers one by one, or run the gateway in a namespace of its own",),
            )
