"""security.istio.io/v1 PeerAuthentication."""

from typing import Annotated, Literal

from pydantic import Field

from meshwright.ir.istio.base import MatchLabels, Metadata, PortText, Strict


class Mtls(Strict):
    """UNSET is never written: chains of it fail open (istio-semantics 4.1)."""

    mode: Literal["STRICT", "PERMISSIVE"]


class Spec(Strict):
    selector: MatchLabels | None = None
    mtls: Mtls
    portLevelMtls: Annotated[dict[PortText, Mtls], Field(min_length=1)] | None = None

    def model_post_init(self, _: object) -> None:
        if self.portLevelMtls and not self.selector:
            raise ValueError("portLevelMtls needs a selector (CRD rule)")


class PeerAuthentication(Strict):
    apiVersion: Literal["security.istio.io/v1"]
    kind: Literal["PeerAuthentication"]
    metadata: Metadata
    spec: Spec
