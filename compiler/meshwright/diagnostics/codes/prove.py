"""Codes of the proof: MW0401 to MW0449."""

from meshwright.diagnostics.codes import Code

CODES: tuple[Code, ...] = (
    Code("MW0401", "lets-in-too-much", "the manifests let in a request that the intent does not allow"),
    Code("MW0402", "refuses-what-is-meant", "the manifests refuse a request that the intent allows"),
    Code("MW0403", "not-sealed", "an ALLOW that anybody adds would let somebody in"),
    Code("MW0404", "mtls-mode", "peers without identity are accepted or refused against the intent"),
    Code("MW0405", "no-answer", "the proof cannot tell, which is no pass"),
    Code("MW0406", "broken-invariant", "the rules allow what an invariant excludes"),
    Code("MW0407", "outside-the-mesh", "the mesh does not see the traffic of a governed workload"),
    Code("MW0408", "no-difference-known", "nobody can tell what a change of the sources opens or closes"),
    Code("MW0411", "redundant-rule", "a rule that others say already"),
    Code("MW0412", "void-rule", "an allow of which everything is denied"),
    Code("MW0413", "idle-deny", "a deny of what nobody is allowed"),
)
