"""Who a workload is in the mesh."""

from meshwright.record import NamedTuple


class Identity(NamedTuple):
    """A Kubernetes service account; in the mesh the principal ``<trust-domain>/ns/<namespace>/sa/<account>``."""

    namespace: str
    account: str

    def principal(self, trust_domain: str) -> str:
        """As Istio's ``principals`` field spells it: without the ``spiffe://`` scheme."""
        return f"{trust_domain}/ns/{self.namespace}/sa/{self.account}"

    def __str__(self) -> str:
        return f"{self.namespace}/{self.account}"
