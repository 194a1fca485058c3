"""MW0326: a grant without braces to a service with several ports."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, info


def every_port(facts: Facts) -> Iterator[Diagnostic]:
    for rule in facts.program.rules:
        if rule.effect == "deny" or rule.doors is not None:
            continue
        for target in rule.targets:
            ports = facts.ports[target.service] if target.kind == "service" else {}
            if len(ports) > 1:
                yield info(
                    "MW0326",
                    f"this grants all {len(ports)} ports of `{target.service}`",
                    target.span,
                    label=", ".join([port.name or str(port.number) for port in ports.values()]),
                    notes=("a port that is added to the Service later is granted as well",),
                    help=("name the ports: `{ port <name> }`",),
                )
