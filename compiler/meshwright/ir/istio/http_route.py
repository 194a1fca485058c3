"""gateway.networking.k8s.io/v1 HTTPRoute, with Gateways as parents."""

from typing import Annotated, Literal

from pydantic import Field

from meshwright.ir.istio.base import Metadata, Name, Strict

Port = Annotated[int, Field(ge=1, le=65535)]


class ParentRef(Strict):
    group: Literal["gateway.networking.k8s.io"]
    kind: Literal["Gateway"]
    name: Name
    namespace: Name | None = None
    sectionName: Name | None = None
    port: Port | None = None


class PathMatch(Strict):
    type: Literal["Exact", "PathPrefix"]
    value: str


class Match(Strict):
    path: PathMatch


class BackendRef(Strict):
    group: Literal[""]
    kind: Literal["Service"]
    name: Name
    namespace: Name | None = None
    port: Port
    weight: Literal[1]


class Redirect(Strict):
    scheme: Literal["https"]
    statusCode: Literal[301, 302]


class Filter(Strict):
    type: Literal["RequestRedirect"]
    requestRedirect: Redirect


class Rule(Strict):
    """Either sends to one backend or redirects; matches are always written, though the CRD would default them."""

    matches: Annotated[list[Match], Field(min_length=1, max_length=64)]
    filters: Annotated[list[Filter], Field(min_length=1, max_length=1)] | None = None
    backendRefs: Annotated[list[BackendRef], Field(min_length=1, max_length=1)] | None = None

    def model_post_init(self, _: object) -> None:
        if (self.filters is None) == (self.backendRefs is None):
            raise ValueError("a rule has a backend or a redirect")


class Spec(Strict):
    parentRefs: Annotated[list[ParentRef], Field(min_length=1, max_length=32)]
    hostnames: Annotated[list[str], Field(min_length=1, max_length=16)] | None = None
    rules: Annotated[list[Rule], Field(min_length=1, max_length=16)]


class HTTPRoute(Strict):
    apiVersion: Literal["gateway.networking.k8s.io/v1"]
    kind: Literal["HTTPRoute"]
    metadata: Metadata
    spec: Spec
