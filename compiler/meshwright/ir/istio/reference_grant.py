"""gateway.networking.k8s.io/v1beta1 ReferenceGrant: the version that every Gateway API release with the kind serves."""

from typing import Annotated, Literal

from pydantic import Field

from meshwright.ir.istio.base import Metadata, Name, Strict


class From(Strict):
    group: Literal["gateway.networking.k8s.io"]
    kind: Literal["Gateway", "HTTPRoute"]
    namespace: Name


class To(Strict):
    """``name`` is always written: a grant for one object, not for all of its kind."""

    group: Literal[""]
    kind: Literal["Secret", "Service"]
    name: Name


class Spec(Strict):
    from_: Annotated[list[From], Field(alias="from", min_length=1, max_length=16)]
    to: Annotated[list[To], Field(min_length=1, max_length=16)]


class ReferenceGrant(Strict):
    apiVersion: Literal["gateway.networking.k8s.io/v1beta1", "gateway.networking.k8s.io/v1"]
    kind: Literal["ReferenceGrant"]
    metadata: Metadata
    spec: Spec
