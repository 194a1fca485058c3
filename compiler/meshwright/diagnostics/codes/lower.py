"""Codes of the lower room: what no Istio object can say exactly, and labels on objects of other owners."""

from meshwright.diagnostics.codes import Code

CODES: tuple[Code, ...] = (
    Code("MW0601", "not-exact", "no object means exactly what a rule, route or listener says"),
    Code("MW0602", "root-namespace", "the root namespace is governed"),
    Code("MW0603", "foreign-gateway", "a governed namespace holds a gateway that no source declares"),
    Code("MW0604", "too-many", "more listeners, rules or paths than one object takes"),
    Code("MW0605", "name-clash", "two objects of the output would have one name"),
    Code("MW0606", "object-exists", "a foreign object has the name of an object of the output"),
    Code("MW0607", "reference-elsewhere", "a gateway needs a ReferenceGrant in a namespace that is not governed"),
    Code("MW0610", "label-missing", "a Namespace or Service lacks a label that the output relies on"),
    Code("MW0611", "gateway-bound", "a namespace label binds a gateway to a waypoint"),
    Code("MW0612", "labels-not-verified", "labels are left to a component that nobody verified"),
    Code("MW0613", "two-owners", "labels cannot be owned because somebody else applies the object"),
    Code("MW0614", "owner-unknown", "nothing tells who applies an object whose labels are owned"),
)
