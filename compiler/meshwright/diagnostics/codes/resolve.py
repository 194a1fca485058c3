"""Codes of the resolve room."""

from meshwright.diagnostics.codes import Code

CODES: tuple[Code, ...] = (
    Code("MW0201", "unknown-name", "a name that nothing has"),
    Code("MW0202", "declared-twice", "one thing is declared twice"),
    Code("MW0203", "bare-name", "a bare name in a file without a home"),
    Code("MW0204", "foreign-home", "a file claims a namespace that its path does not give it"),
    Code("MW0205", "foreign-tier", "a file claims a tier that its path does not give it"),
    Code("MW0206", "foreign-statement", "a statement about a namespace that the file may not speak for"),
    Code("MW0207", "contradiction", "sources and inventory say different things"),
    Code("MW0208", "incomplete-service", "a declared service that the inventory does not have says too little"),
    Code("MW0209", "ambiguous-name", "a name that means more than one thing"),
    Code("MW0210", "group-cycle", "a group contains itself"),
    Code("MW0211", "not-in-this-version", "a statement that this version does not compile"),
    Code("MW0212", "wrong-kind-of-name", "the name exists, but as something else"),
    Code("MW0213", "bad-setting", "a setting or protocol that does not exist"),
    Code("MW0214", "not-a-kubernetes-name", "a name that Kubernetes refuses"),
    Code("MW0215", "all-to-all", "a group on both sides of a rule"),
    Code("MW0216", "too-many-grants", "a rule that multiplies out beyond measure"),
    Code("MW0219", "bad-waiver", "a waiver that nobody answers for, or about nothing that can be waived"),
)
