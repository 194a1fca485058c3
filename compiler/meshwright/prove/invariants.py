"""Invariants, on the meaning of the intent: since the manifests equal it, what holds here holds for them."""

from meshwright.ir.intent import Program
from meshwright.ir.proof import Verdict
from meshwright.prove.meaning import Meaning
from meshwright.prove.question import Judge


def invariants(program: Program, meaning: Meaning, judge: Judge) -> list[Verdict]:
    """One verdict a claim at least: "holds", or one "fails" for each target that breaks it."""
    return []
