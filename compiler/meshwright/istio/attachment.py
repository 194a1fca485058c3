"""Which AuthorizationPolicies which proxy gets (istio-semantics 0.2, 1.12, 2.5), and what they decide there."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from meshwright.access.expr import EVERYTHING, NOTHING, Expr, both, either, match, negate
from meshwright.ir.intent import Mesh
from meshwright.ir.inventory import Labels
from meshwright.istio.attached import Attached
from meshwright.istio.engines import envoy_http, envoy_tcp, ztunnel
from meshwright.istio.kinds.authorization_policy import Policy
from meshwright.istio.kinds.request_authentication import RequestAuthentication
from meshwright.istio.peers import Modes, Peers, Plaintext
from meshwright.istio.terms import Scope
from meshwright.istio.tokens import Tokens
from meshwright.istio.verdict import Compiled, Verdict, judge
from meshwright.record import new

Engine = Callable[[Policy, Scope], Compiled | None]
NO_IDENTITY = negate(match("principal", "present"))


class Policies:
    """The policies of a mesh, found by namespace, by one label of their selector, or by what they target."""

    __slots__ = ("_alike", "_allow_selectors", "_cache", "_elsewhere", "_found", "_joined", "_mesh", "_peers", "_scopes", "_tokens",
                 "_verdicts")

    def __init__(self, policies: Iterable[Policy], peers: Peers, mesh: Mesh, tokens: Iterable[RequestAuthentication] = ()) -> None:
        self._peers = peers
        self._mesh = mesh
        self._found: Attached[Policy] = Attached(mesh.root_namespace)
        self._tokens: Attached[RequestAuthentication] = Attached(mesh.root_namespace)
        self._allow_selectors: dict[str, list[Labels]] = {}
        self._scopes: dict[int, dict[str, Scope]] = {}  # port, namespace; those of one port share what they know
        self._cache: dict[tuple[Engine, int], dict[str, Compiled | None]] = {}  # by engine and port, then by id of the policy
        self._alike: dict[tuple[object, ...], Compiled | None] = {}  # by namespace, action and ids of all parts of a policy
        self._joined: dict[tuple[object, ...], tuple[Expr, Expr]] = {}  # by actions and ids of expressions that are alive in _cache
        self._verdicts: dict[tuple[str, tuple[str, ...]], Verdict] = {}
        for policy in policies:
            self._found.add(policy)
            if policy.selector and policy.action == "ALLOW" and not policy.dry_run:
                self._allow_selectors.setdefault(policy.namespace, []).append(policy.selector)
        self._elsewhere = False  # whether any token is looked for at another place than the usual ones
        for one in tokens:
            self._tokens.add(one)
            self._elsewhere = self._elsewhere or any(rule.headers or rule.parameters or rule.cookies for rule in one.rules)

    def ztunnel(self, namespace: str, labels: Mapping[str, str]) -> Verdict:
        """At the ztunnel of pods with these labels: over principal, source_ip, destination_ip and target port.

        Pods whose policies say the same get the same two expressions, objects and all, so that what follows is worked out once.
        """
        plaintext = self._peers.plaintext(namespace, labels)
        applied = self._found.at_ztunnel(namespace, labels)
        # ids name namespace and object; pods of a namespace with the same policies share one verdict
        key = (namespace, tuple([policy.id for policy in applied]) + plaintext.objects)
        verdict = self._verdicts.get(key)
        if verdict is None:
            compiled = self._compiled(ztunnel.compile_policy, applied)
            said = (id(plaintext.refused), *[(one.action, id(one.requests)) for one in compiled])
            joined = self._joined.get(said)
            if joined is None:
                found = judge(compiled)
                joined = self._joined[said] = either(found.denied, both(NO_IDENTITY, plaintext.refused)), found.allowed
            verdict = self._verdicts[key] = Verdict(*joined, tuple([one.id for one in compiled]) + plaintext.objects,
                                                    tuple([doubt for one in compiled for doubt in one.doubts]) + plaintext.unknown)
        return verdict

    def waypoint(self, namespace: str, name: str, service: tuple[str, str] | None, http: bool, port: int = 0,
                 kind: str = "Service") -> Verdict:
        """At a waypoint, for traffic to ``service`` (namespace, name), None = one that no policy names.

        ``port`` is that of the service; 0: over every port.  ``kind`` is Service or ServiceEntry.
        """
        applied = self._found.at_waypoint(namespace, name, service, kind)
        if not http:
            return judge(self._compiled(envoy_tcp.compile_policy, self._over_tcp(applied), port), None, self._mesh.providers)
        tokens = self._tokens.at_waypoint(namespace, name, service, kind)
        return judge(self._compiled(envoy_http.compile_policy, applied, port), _tokens(tokens), self._mesh.providers)

    def envoy(self, namespace: str, labels: Mapping[str, str], gateway: str = "", http: bool = True) -> Verdict:
        """At the chains of an Envoy in or beside pods with these labels; ``gateway`` names the Gateway API gateway they are.

        A selector without labels is every pod here.  The port is the one that the pod listens on.
        """
        applied = self._found.at_envoy(namespace, labels, gateway)
        if not http:
            return judge(self._compiled(envoy_tcp.compile_policy, self._over_tcp(applied)), None, self._mesh.providers)
        return judge(self._compiled(envoy_http.compile_policy, applied), _tokens(self._tokens.at_envoy(namespace, labels, gateway)),
                     self._mesh.providers)

    def _over_tcp(self, policies: list[Policy]) -> list[Policy]:
        return over_tcp(policies, self._mesh.http_providers) if self._mesh.http_providers else policies

    def plaintext(self, namespace: str, labels: Mapping[str, str]) -> Plaintext:
        """Where pods with these labels refuse peers without identity."""
        return self._peers.plaintext(namespace, labels)

    def forwards_tokens(self, namespace: str, labels: Mapping[str, str], gateway: str) -> bool | None:
        """Whether this gateway leaves tokens in what it passes on: it takes away those that it accepts, unless told not to.

        None: some of them, because of their issuer, or because the next proxy looks where the gateway does not.
        """
        found = {rule.forward for one in self._tokens.at_envoy(namespace, labels, gateway) for rule in one.rules}
        if False not in found:
            return True
        return None if len(found) > 1 or self._elsewhere else False

    def modes(self, namespace: str, labels: Mapping[str, str]) -> Modes:
        """What sidecars of pods with these labels ask of the transport."""
        return self._peers.modes(namespace, labels)

    def opening_selectors(self, namespace: str) -> tuple[Labels, ...]:
        """Selectors under which pods of ``namespace`` may let in more than a pod without labels, sorted."""
        found = self._allow_selectors.get(namespace, []) + list(self._peers.loosening_selectors(namespace))
        if namespace != self._mesh.root_namespace:
            found = found + self._allow_selectors.get(self._mesh.root_namespace, [])
        return tuple(sorted(set(found)))

    def _scope(self, namespace: str, port: int) -> Scope:
        scopes = self._scopes.setdefault(port, {})
        found = scopes.get(namespace)
        if found is None:
            other = next(iter(scopes.values()), None)
            known = {} if other is None else other.known
            mesh = self._mesh
            found = scopes[namespace] = Scope(namespace, mesh.trust_domain, known, port, mesh.aliases, mesh.istio[1])
        return found

    def _compiled(self, engine: Engine, policies: Sequence[Policy], port: int = 0) -> list[Compiled]:
        found = []
        cache = self._cache.setdefault((engine, port), {})
        for policy in policies:
            name = policy.id
            if name in cache:
                compiled = cache[name]
            else:
                compiled = cache[name] = self._compile(engine, policy, self._scope(policy.namespace, port))
            if compiled is not None:
                found.append(compiled)
        return found

    def _compile(self, engine: Engine, policy: Policy, scope: Scope) -> Compiled | None:
        """One policy; ztunnel's of one namespace often say the same for one workload after the other, and are compiled once."""
        if engine is not ztunnel.compile_policy or policy.targets:
            return engine(policy, scope)
        said: list[object] = [policy.namespace, policy.action, policy.dry_run]
        for sources, operations, when in policy.rules:
            if when:
                return engine(policy, scope)
            said += (*map(id, sources), 0, *map(id, operations), 1)  # no object has these ids
        found = self._alike.get(tuple(said))
        if found is None:
            found = self._alike[tuple(said)] = engine(policy, scope)
        if found is None or found.id == policy.id:
            return found
        if found.doubts:
            return engine(policy, scope)  # they name the policy
        return new(Compiled, (policy.id, found.action, found.requests, found.doubts, found.provider, found.token))


def over_tcp(policies: Sequence[Policy], http_providers: Sequence[str]) -> list[Policy]:
    """Without a CUSTOM whose authorizer judges HTTP only: the TCP chain leaves it out; several refuse (1.7, 1.10)."""
    asked = {one.provider for one in policies if one.action == "CUSTOM"}
    if len(asked) != 1 or asked.isdisjoint(http_providers):
        return list(policies)
    return [one for one in policies if one.action != "CUSTOM"]


def _tokens(applied: list[RequestAuthentication]) -> Tokens | None:
    """What the rules of all of them require; None where there is no rule at all."""
    return Tokens(applied) if any(one.rules for one in applied) else None


OPEN = Verdict(NOTHING, EVERYTHING, (), ())
