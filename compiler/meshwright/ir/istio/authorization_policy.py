"""security.istio.io/v1 AuthorizationPolicy."""

from typing import Annotated, Literal

from pydantic import Field

from meshwright.ir.istio.base import MatchLabels, Metadata, Name, PortText, Strict

Values = Annotated[list[str], Field(min_length=1)]
Accounts = Annotated[list[str], Field(min_length=1, max_length=16)]


class Source(Strict):
    """AND of its fields; each positive list is an OR, each ``not`` list excludes all its values."""

    principals: Values | None = None
    notPrincipals: Values | None = None
    namespaces: Values | None = None
    notNamespaces: Values | None = None
    serviceAccounts: Accounts | None = None
    notServiceAccounts: Accounts | None = None
    ipBlocks: Values | None = None
    notIpBlocks: Values | None = None

    def model_post_init(self, _: object) -> None:
        accounts = self.serviceAccounts or self.notServiceAccounts
        if accounts and (self.principals or self.notPrincipals or self.namespaces or self.notNamespaces):
            raise ValueError("serviceAccounts exclude principals and namespaces (CRD rule)")
        if not self.model_fields_set:
            raise ValueError("an empty source is refused by the webhook")


class From(Strict):
    source: Source


class Operation(Strict):
    ports: Annotated[list[PortText], Field(min_length=1)] | None = None
    notPorts: Annotated[list[PortText], Field(min_length=1)] | None = None
    methods: Values | None = None
    notMethods: Values | None = None
    paths: Values | None = None
    notPaths: Values | None = None

    def model_post_init(self, _: object) -> None:
        if not self.model_fields_set:
            raise ValueError("an empty operation is refused by the webhook")


class To(Strict):
    operation: Operation


class Condition(Strict):
    key: Literal["source.principal"]
    values: Values | None = None
    notValues: Values | None = None


class Rule(Strict):
    from_: Annotated[list[From] | None, Field(alias="from", min_length=1, max_length=512)] = None
    to: Annotated[list[To], Field(min_length=1)] | None = None
    when: Annotated[list[Condition], Field(min_length=1)] | None = None


class TargetRef(Strict):
    group: Literal["", "gateway.networking.k8s.io"]
    kind: Literal["Service", "Gateway"]
    name: Name


class Spec(Strict):
    """``action`` is always written; ALLOW without ``rules`` admits nobody, DENY needs at least one rule."""

    selector: MatchLabels | None = None
    targetRefs: Annotated[list[TargetRef], Field(min_length=1, max_length=16)] | None = None
    action: Literal["ALLOW", "DENY"]
    rules: Annotated[list[Rule], Field(min_length=1, max_length=512)] | None = None

    def model_post_init(self, _: object) -> None:
        if self.selector and self.targetRefs:
            raise ValueError("selector and targetRefs exclude each other")
        if self.action == "DENY" and not self.rules:
            raise ValueError("a DENY without rules is refused by the webhook")
        for rule in self.rules or ():
            for to in rule.to or ():
                http = to.operation.methods or to.operation.paths or to.operation.notMethods or to.operation.notPaths
                if http and not self.targetRefs:
                    raise ValueError("HTTP terms belong to a waypoint: ztunnel drops or widens them")


class AuthorizationPolicy(Strict):
    apiVersion: Literal["security.istio.io/v1"]
    kind: Literal["AuthorizationPolicy"]
    metadata: Metadata
    spec: Spec
