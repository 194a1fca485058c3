"""Terms, routes, rules and invariants with their names bound."""

from meshwright.diagnostics import Diagnostic, Label, error, info
from meshwright.ir import resolved, syntax
from meshwright.ir.identity import Identity
from meshwright.record import new
from meshwright.resolve.collect import Group, qualify
from meshwright.resolve.headers import Desk, refuse_stranger
from meshwright.resolve.mesh import is_label, not_a_name
from meshwright.resolve.scope import Named, Scope
from meshwright.resolve.unknown import elsewhere_kind, unknown_gateway, unknown_name, unknown_namespace
from meshwright.resolve.words import claim_text, name_text, rule_text, source_text, target_text
from meshwright.source import Span

MOST = 1_000_000  # grants of one program: a bound on time and memory, far above what a mesh could carry


class Binder:
    """Binds what stands in files; each method gives what could be bound and reports the rest."""

    __slots__ = ("_budget", "_callers", "_found", "_group_ids", "_looping", "_scope", "_services")

    def __init__(self, scope: Scope, found: list[Diagnostic]) -> None:
        self._scope = scope
        self._found = found
        self._group_ids: dict[str, tuple[str, ...] | None] = {}
        self._budget = MOST
        self._looping: set[str] = set()  # groups of cycles that were reported
        # What a name written in a file of some home was bound to as a source, as the destination of a rule: text, and what it stands for.
        # The home is "" for sources in full, which mean the same everywhere.
        self._callers: dict[tuple[str, str | None, str], tuple[str, tuple[Identity, ...], tuple[str, ...]]] = {}
        self._services: dict[tuple[str, str | None, str, bool], tuple[str, str]] = {}

    def check_groups(self) -> None:
        """Expand every group once: MW0210 for a cycle, MW0201 for unknown members, MW0209 for a name that is also something else."""
        for name, group in sorted(self._scope.declared.groups.items()):
            self._expand(name, ())
            if group.home and (twin := self._scope.named(f"{group.home}/{name}")) is not None:
                self._found.append(_two_meanings(name, group.span, [f"group `{name}`", _what(twin)], "give the group another name"))

    def gateways(self) -> tuple[resolved.Gateway, ...]:
        """Declared gateways, sorted by id; a bare certificate name is in the home namespace of the file."""
        made = []
        for own, (block, desk) in sorted(self._scope.declared.gateways.items()):
            namespace, name = own.split("/", 1)
            if not is_label(name):
                self._found.append(not_a_name(block.name, "gateway"))
            listeners = []
            for listen in block.listeners:
                secret = qualify(desk.home, listen.certificate, self._found) if listen.certificate is not None else ""
                listeners.append(resolved.Listener(listen, secret or ""))
            made.append(resolved.Gateway(namespace, name, tuple(listeners), block.name.span))
        return tuple(made)

    def routes(self, desks: tuple[Desk, ...]) -> tuple[resolved.Route, ...]:
        """One record for each line of each `route at`."""
        made = []
        for desk in desks:
            for block in desk.module.statements:
                if not isinstance(block, syntax.RouteBlock):
                    continue
                gateway = self._gateway(block.gateway, desk.home)
                for line in block.lines:
                    service = self._service(line.target, desk.home)
                    if gateway is None or service is None:
                        continue
                    refuse_stranger(desk, service.found.namespace, f"it sends requests to `{service.id}`", line.span, self._found)
                    made.append(resolved.Route(gateway, block.hosts, line.path, service.id, line.port, line.span))
        return tuple(made)

    def rules(self, desks: tuple[Desk, ...]) -> tuple[resolved.Rule, ...]:
        made = []
        for desk in desks:
            for rule in desk.module.statements:
                if not isinstance(rule, syntax.RuleStatement):
                    continue
                sources, targets = self._sources(rule.sources, desk.home), self._targets(rule.targets, desk.home)
                if sources is None or targets is None or self._too_many(rule, sources, targets):
                    continue
                if desk.speaks_for is not None:
                    for target in targets:
                        if refuse_stranger(
                            desk,
                            target.namespace or target.service.partition("/")[0] or _first_namespace(target),
                            f"it says who may reach {target.text}",
                            target.span,
                            self._found,
                        ):
                            break
                if self._scope.declared.groups:
                    self._note_all_to_all(rule)
                because = rule.because.text if rule.because is not None else ""
                text = rule_text(rule)
                made.append(new(resolved.Rule, (rule.effect, sources, targets, rule.doors, rule.until, because, text, rule.span)))
        return tuple(made)

    def invariants(self, desks: tuple[Desk, ...]) -> tuple[resolved.Invariant, ...]:
        made = []
        for desk in desks:
            for block in desk.module.statements:
                if isinstance(block, syntax.InvariantBlock):
                    made.append(resolved.Invariant(block.title.text, self._claims(block.claims, desk.home), block.span))
        return tuple(made)

    def tests(self, desks: tuple[Desk, ...]) -> tuple[resolved.PolicyTest, ...]:
        made = []
        for desk in desks:
            for block in desk.module.statements:
                if isinstance(block, syntax.TestBlock):
                    made.append(resolved.PolicyTest(block.title.text, self._claims(block.claims, desk.home), block.span))
        return tuple(made)

    def _claims(self, lines: tuple[syntax.ClaimLine, ...], home: str) -> tuple[resolved.Claim, ...]:
        made = []
        for claim in lines:
            sources, targets = self._sources(claim.sources, home), self._targets(claim.targets, home)
            if sources is not None and targets is not None:
                made.append(resolved.Claim(claim.kind, sources, targets, claim.doors, claim_text(claim), claim.span))
        return tuple(made)

    # --- terms ---------------------------------------------------------------------------------------------------------

    def _sources(self, terms: tuple[syntax.SourceTerm, ...], home: str) -> tuple[resolved.Source, ...] | None:
        made: list[resolved.Source] = []
        whole = True
        for term in terms:
            name = term.name
            if term.kind == "name" and name is not None:
                known = self._callers.get((home if name.namespace is None else "", name.namespace, name.text))
                if known is not None:
                    text, identities, members = known
                    made.append(new(resolved.Source, ("identity", text, term.span, identities, members, "", 0, (), "")))
                    continue
            bound = self._source(term, home)
            if bound is None:
                whole = False
            else:
                made.extend(bound)
        return tuple(made) if whole else None

    def _source(self, term: syntax.SourceTerm, home: str) -> list[resolved.Source] | None:
        kind, name = term.kind, term.name
        if kind == "name" and name is not None:
            ids = self._ids(name, home)
            if ids is None:
                return None
            bound = [self._identity(own, term) for own in ids]
            if None in bound:
                return None
            made = [each for each in bound if each is not None]
            if len(made) == 1 and not self._is_group(name):
                key = (home if name.namespace is None else "", name.namespace, name.text)
                self._callers[key] = (made[0].text, made[0].identities, made[0].workloads)
            return made
        text = source_text(term)
        if kind == "service-account" and name is not None:
            own = qualify(home, name, self._found)
            if own is None:
                return None
            identity = self._scope.account(own)
            if identity is None:
                unknown_name(self._scope, name, own, "service account", self._found)
                return None
            return [resolved.Source("identity", text, term.span, (identity,))]
        if kind == "clients" and name is not None:
            gateway = self._gateway(name, home)
            port = term.port.value if term.port is not None else 0
            return None if gateway is None else [resolved.Source("gateway", text, term.span, gateway=gateway, port=port)]
        if kind == "namespace" and name is not None:
            known = self._namespace(name)
            return [resolved.Source("namespace", text, term.span, namespace=name.text)] if known else None
        if kind == "clients-any":
            return [resolved.Source("any-gateway", text, term.span)]
        if kind == "unidentified":
            return [resolved.Source("unidentified", text, term.span, cidrs=term.cidrs)]
        return [resolved.Source("anyone" if kind == "anyone" else "any-workload", text, term.span)]

    def _identity(self, own: str, term: syntax.SourceTerm) -> resolved.Source | None:
        named = self._scope.named(own)
        if named is None:
            return None
        if named.meanings:
            whom = [f"{what} runs as {_whom(identities)}" for what, identities in named.meanings]
            self._found.append(
                _two_meanings(
                    own,
                    term.span,
                    whom,
                    f"write `service-account {named.identities[0]}` for the one you mean",
                    "a name stands for an identity, and these are different ones",
                )
            )
            return None
        return resolved.Source(
            "identity",
            own if term.name is None or term.name.namespace or own.split("/")[1] != term.name.text else term.name.text,
            term.span,
            named.identities,
            named.members,
        )

    def _targets(self, terms: tuple[syntax.TargetTerm, ...], home: str) -> tuple[resolved.Target, ...] | None:
        made: list[resolved.Target] = []
        whole = True
        for term in terms:
            name = term.name
            if term.kind == "name" and name is not None:
                known = self._services.get((home, name.namespace, name.text, name.quoted))
                if known is not None:
                    made.append(new(resolved.Target, ("service", known[0], term.span, known[1], (), "")))
                    continue
            bound = self._target(term, home)
            if bound is None:
                whole = False
            else:
                made.extend(bound)
        return tuple(made) if whole else None

    def _target(self, term: syntax.TargetTerm, home: str) -> list[resolved.Target] | None:
        kind, name = term.kind, term.name
        text = target_text(term)
        if kind == "namespace" and name is not None:
            return [resolved.Target("namespace", text, term.span, namespace=name.text)] if self._namespace(name) else None
        if name is None:
            if kind == "any-service" or kind == "pods-any-service" or kind == "pods-any-workload":
                return [resolved.Target(kind, text, term.span)]
            return None
        ids = self._ids(name, home)
        if ids is None:
            return None
        bound = [self._one_target(own, term, name) for own in ids]
        if None in bound:
            return None
        made = [each for each in bound if each is not None]
        if len(made) == 1 and made[0].kind == "service" and not self._is_group(name):
            self._services[home, name.namespace, name.text, name.quoted] = (made[0].text, made[0].service)
        return made

    def _one_target(self, own: str, term: syntax.TargetTerm, name: syntax.Name) -> resolved.Target | None:
        named = self._scope.named(own)
        if named is None:
            return None
        if named.service is not None:
            kind = "pods" if term.kind == "pods" else "service"
            text = name_text(name) if own.endswith(f"/{name.text}") else own
            return resolved.Target(
                "pods" if kind == "pods" else "service", f"pods of {text}" if kind == "pods" else text, term.span, service=own
            )
        if term.kind != "pods":
            self._found.append(elsewhere_kind(named, name))
            return None
        if not named.workloads:
            self._found.append(
                error(
                    "MW0212",
                    f"`{own}` is a service account, and an account has no pods of its own",
                    name.span,
                    label="no workload of this name",
                    help=("name the workload or the service whose pods are meant",),
                )
            )
            return None
        if len(named.workloads) > 1:
            self._found.append(
                _two_meanings(
                    own, name.span, [f"{each.kind} `{own}`" for each in named.workloads], "make a Service for the pods that are meant"
                )
            )
            return None
        return resolved.Target("pods", target_text(term), term.span, workloads=named.members)

    # --- names ---------------------------------------------------------------------------------------------------------

    def _ids(self, name: syntax.Name, home: str) -> tuple[str, ...] | None:
        """What a name of a rule stands for: one id, or the members of a group; None when that was an error."""
        if self._is_group(name):
            group = self._scope.declared.groups[name.text]
            if home and home != group.home and (twin := self._scope.named(f"{home}/{name.text}")) is not None:
                self._found.append(
                    _two_meanings(
                        name.text,
                        name.span,
                        [f"group `{name.text}`", _what(twin)],
                        f"write `{home}/{name.text}`, or give the group another name",
                    )
                )
                return None
            ids = self._expand(name.text, ())
            self._budget -= len(ids or ())
            if self._budget < 0:
                self._report_size(name.span)
                return None
            return ids
        own = qualify(home, name, self._found)
        if own is None:
            return None
        if self._scope.named(own) is None:
            unknown_name(self._scope, name, own, "service, workload or service account", self._found)
            return None
        return (own,)

    def _is_group(self, name: syntax.Name) -> bool:
        return name.namespace is None and name.text in self._scope.declared.groups

    def _expand(self, name: str, path: tuple[str, ...]) -> tuple[str, ...] | None:
        """The ids of a group's members, groups in it expanded, each once; None when some member is an error, reported once."""
        if name in self._group_ids:
            return self._group_ids[name]
        group = self._scope.declared.groups[name]
        if name in path:
            loop = [*path[path.index(name) :], name]
            if name in self._looping:
                return None
            self._looping.update(loop)
            self._found.append(
                error(
                    "MW0210", f"group `{name}` contains itself", group.span, label=" -> ".join(loop), help=("take one of the members out",)
                )
            )
            return None
        if len(path) > 64:
            self._found.append(
                error("MW0210", f"group `{name}` is nested too deep", group.span, label="more than 64 groups in one another")
            )
            return None
        ids: dict[str, None] = {}
        whole = True
        for member in group.members:
            got = self._member(member, group, (*path, name))
            whole = whole and got is not None
            ids.update(dict.fromkeys(got or ()))
        self._group_ids[name] = tuple(sorted(ids)) if whole else None
        return self._group_ids[name]

    def _member(self, member: syntax.Name, group: Group, path: tuple[str, ...]) -> tuple[str, ...] | None:
        if (
            member.namespace is None
            and member.text in self._scope.declared.groups
            and not (group.home and self._scope.named(f"{group.home}/{member.text}"))
        ):
            return self._expand(member.text, path)
        own = qualify(group.home, member, self._found)
        if own is None:
            return None
        if self._scope.named(own) is None:
            unknown_name(self._scope, member, own, "service, workload or service account", self._found)
            return None
        return (own,)

    def _service(self, name: syntax.Name, home: str) -> resolved.Service | None:
        own = qualify(home, name, self._found)
        if own is None:
            return None
        named = self._scope.named(own)
        if named is None:
            unknown_name(self._scope, name, own, "service", self._found)
            return None
        if named.service is None:
            self._found.append(elsewhere_kind(named, name))
        return named.service

    def _gateway(self, name: syntax.Name, home: str) -> str | None:
        own = qualify(home, name, self._found)
        if own is None or own in self._scope.declared.gateways:
            return own
        unknown_gateway(self._scope, name, own, self._found)
        return None

    def _namespace(self, name: syntax.Name) -> bool:
        if name.text in self._scope.namespaces:
            return True
        unknown_namespace(self._scope, name, self._found)
        return False

    def _too_many(self, rule: syntax.RuleStatement, sources: tuple[resolved.Source, ...], targets: tuple[resolved.Target, ...]) -> bool:
        """Whether the program would have more than ``MOST`` grants with this rule, every `any` counted as all that there is."""
        wide = 0
        for target in targets:
            wide += 1 if target.kind in ("service", "pods") else self._scope.size
        self._budget -= len(sources) * wide * max(1, len(rule.doors or ()))
        if self._budget < 0:
            self._report_size(rule.span)
        return self._budget < 0

    def _report_size(self, span: Span) -> None:
        """MW0216, once."""
        if self._budget > -MOST * MOST:
            self._budget = -MOST * MOST
            self._found.append(
                error(
                    "MW0216",
                    f"with this rule the program stands for more than {MOST:,} grants",
                    span,
                    label="every caller times every destination times every door",
                    notes=("no proxy could hold policies of that size; what follows was not looked at",),
                    help=("name whole namespaces, or `any workload` and `any service`, in place of long groups",),
                )
            )

    def _note_all_to_all(self, rule: syntax.RuleStatement) -> None:
        groups = self._scope.declared.groups
        written = {
            term.name.text: term for term in rule.sources if term.kind == "name" and term.name is not None and term.name.namespace is None
        }
        for term in rule.targets:
            name = term.name
            if rule.effect == "allow" and name is not None and name.namespace is None and name.text in written and name.text in groups:
                size = len(self._group_ids.get(name.text) or ())
                if size > 1:
                    self._found.append(
                        info(
                            "MW0215",
                            f"every one of the {size} members of `{name.text}` may call every one of them",
                            rule.span,
                            label="all to all",
                            others=(Label(groups[name.text].span, "the group"),),
                            notes=("a group on both sides is not a list of pairs",),
                        )
                    )


def _two_meanings(name: str, span: Span, meanings: list[str], way_out: str, note: str = "") -> Diagnostic:
    return error(
        "MW0209",
        f"`{name}` has more than one meaning",
        span,
        label="which one?",
        notes=tuple([each for each in (*meanings, note) if each]),
        help=(way_out,),
    )


def _what(named: Named) -> str:
    if named.service is not None:
        return f"service `{named.id}`"
    return f"{named.workloads[0].kind} `{named.id}`" if named.workloads else f"service account `{named.id}`"


def _whom(identities: tuple[Identity, ...]) -> str:
    return " and ".join([f"`{identity}`" for identity in identities])


def _first_namespace(target: resolved.Target) -> str:
    return target.workloads[0].partition("/")[0] if target.workloads else ""
