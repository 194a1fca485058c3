"""The kinds that Meshwright emits, as strict models of exactly the fields it may write.

They judge in tests what the fast path makes and publish its shape; no command imports them.  A field without a row in
``ir/capability.py`` has no place here either.  Facts: the CRDs of Istio 1.30/1.31 and Gateway API 1.4-1.6.
"""

from meshwright.ir.istio.authorization_policy import AuthorizationPolicy
from meshwright.ir.istio.gateway import Gateway
from meshwright.ir.istio.http_route import HTTPRoute
from meshwright.ir.istio.peer_authentication import PeerAuthentication
from meshwright.ir.istio.reference_grant import ReferenceGrant

KINDS = (AuthorizationPolicy, PeerAuthentication, Gateway, HTTPRoute, ReferenceGrant)

__all__ = ["KINDS", "AuthorizationPolicy", "Gateway", "HTTPRoute", "PeerAuthentication", "ReferenceGrant"]
