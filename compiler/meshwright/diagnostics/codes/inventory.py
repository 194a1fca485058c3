"""Codes of the inventory room: Kubernetes YAML that comes in, trees that are read back."""

from meshwright.diagnostics.codes import Code

CODES: tuple[Code, ...] = (
    Code("MW0801", "unreadable-file", "a file or folder is missing or cannot be read"),
    Code("MW0802", "outside-project", "a path or link leads out of the project"),
    Code("MW0803", "not-text", "a file is not UTF-8, or holds characters YAML does not allow"),
    Code("MW0804", "too-large", "a file, a folder or the whole inventory is larger than the limits"),
    Code("MW0805", "too-deep", "values nested too deep, or aliases that expand without measure"),
    Code("MW0806", "yaml-syntax", "a document is not YAML"),
    Code("MW0807", "unrendered-template", "a document is a template that Helm has not filled in"),
    Code("MW0808", "duplicate-key", "one key twice in a mapping"),
    Code("MW0809", "ambiguous-word", "a word without quotes that YAML readers read differently"),
    Code("MW0810", "duplicate-object", "one object defined in two places"),
    Code("MW0811", "not-an-object", "a document is not a Kubernetes object"),
    Code("MW0812", "wrong-field", "a field has a type or value that Kubernetes would refuse"),
    Code("MW0813", "kustomization-left-out", "a kustomization in the inventory is not applied"),
    Code("MW0814", "kustomization-differs", "kustomization.yaml and the files of a tree disagree"),
    Code("MW0815", "kustomization-unknown", "what a controller would make of a tree is unknown"),
    Code("MW0816", "unsupported-yaml", "YAML that has no meaning in a Kubernetes object"),
    Code("MW0817", "no-namespace", "an object of a tree names no namespace"),
    Code("MW0818", "unmodelled-kind", "objects of a kind that is not modelled"),
)
