"""MW0310: a governed namespace whose pods are not in the ambient mesh."""

from collections.abc import Iterator

from meshwright.check.facts import DATAPLANE_MODE, Facts
from meshwright.diagnostics import Diagnostic, Label, did_you_mean, error


def not_enrolled(facts: Facts) -> Iterator[Diagnostic]:
    """Only where somebody else sets the label (label mode `external`)."""
    if facts.program.labels != "external":
        return
    for name, namespace in sorted(facts.governed.items()):
        if facts.is_enrolled(name):
            continue
        space = facts.spaces.get(name)
        known = space is not None and space.declared
        near = () if known else did_you_mean(name, [each.name for each in facts.spaces.values() if each.declared])
        yield error(
            "MW0310",
            f"the pods of namespace `{name}` are not in the ambient mesh"
            if known
            else f"the inventory has no Namespace `{name}`, so nothing says that its pods are in the mesh",
            namespace.span,
            label="enforced here",
            others=(Label(space.span, f"no label `{DATAPLANE_MODE}: ambient`"),) if space is not None and space.span is not None else (),
            notes=("without the label no proxy sees the traffic, and no rule would hold",),
            help=(
                *(f"did you mean `{each}`?" for each in near[:1]),
                f"run `kubectl label namespace {name} {DATAPLANE_MODE}=ambient`",
                "and read the inventory again"
                if known
                else f"and bring the object into the inventory: `kubectl get namespace {name} -o yaml`, into a file there",
                'or let this compile write the label: `[output] labels = "patch"`',
            ),
        )
