"""gateway.networking.k8s.io/v1 Gateway: of class istio (edge) and istio-waypoint."""

from typing import Annotated, Literal

from pydantic import Field

from meshwright.ir.istio.base import LabelValue, Metadata, Name, Strict


class LabelSelector(Strict):
    matchLabels: Annotated[dict[str, LabelValue], Field(min_length=1)] | None = None
    matchExpressions: list[dict[str, object]] | None = None


class Namespaces(Strict):
    """``from`` is always written, though the CRD would default it to Same."""

    from_: Annotated[Literal["Same", "All", "Selector"], Field(alias="from")]
    selector: LabelSelector | None = None


class AllowedRoutes(Strict):
    namespaces: Namespaces


class CertificateRef(Strict):
    group: Literal[""]
    kind: Literal["Secret"]
    name: Name
    namespace: Name | None = None


class Tls(Strict):
    mode: Literal["Terminate"]
    certificateRefs: Annotated[list[CertificateRef], Field(min_length=1, max_length=2)]


class Listener(Strict):
    name: Name
    hostname: str | None = None
    port: Annotated[int, Field(ge=1, le=65535)]
    protocol: Literal["HTTP", "HTTPS", "HBONE"]
    tls: Tls | None = None
    allowedRoutes: AllowedRoutes

    def model_post_init(self, _: object) -> None:
        if (self.protocol == "HTTPS") != (self.tls is not None):
            raise ValueError("tls belongs to HTTPS listeners and only to them")


class Spec(Strict):
    gatewayClassName: Literal["istio", "istio-waypoint"]
    listeners: Annotated[list[Listener], Field(min_length=1, max_length=64)]


class Gateway(Strict):
    apiVersion: Literal["gateway.networking.k8s.io/v1"]
    kind: Literal["Gateway"]
    metadata: Metadata
    spec: Spec
