"""MW0334: an Istio that the capability matrix does not know."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, error
from meshwright.ir.capability import MINORS


def unknown_version(facts: Facts) -> Iterator[Diagnostic]:
    mesh = facts.program.mesh
    if mesh.istio not in MINORS:
        listed = " and ".join([f"{major}.{minor}" for major, minor in MINORS])
        yield error(
            "MW0334",
            f"Istio {mesh.istio[0]}.{mesh.istio[1]} is not known to this version",
            mesh.span,
            label="set here",
            notes=("what a policy means differs from minor to minor, and a proof holds only for those that were examined",),
            help=(f"write one of {listed}: the oldest that runs in the mesh",),
        )
