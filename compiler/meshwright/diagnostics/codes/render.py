"""Codes of the render room and of the lock."""

from meshwright.diagnostics.codes import Code

CODES: tuple[Code, ...] = (
    Code("MW0701", "layout-not-supported", "an output layout that this version does not write"),
    Code("MW0702", "file-name-collision", "two objects need one file name"),
    Code("MW0703", "not-a-file-name", "a name that cannot be a file name on every system"),
    Code("MW0704", "object-twice", "one object is to be written twice"),
    Code("MW0705", "patches-need-kustomize", "label patches in a layout without kustomize"),
    Code("MW0706", "unwritable-text", "text that no YAML reader or controller would give back"),
    Code("MW0707", "lock-conflict", "the lock holds a merge conflict"),
    Code("MW0708", "lock-unreadable", "the lock is not one of this version"),
)
