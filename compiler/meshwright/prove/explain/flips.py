"""Changes of the sources that may turn an answer round, smallest first.  Whether they do is tried by whoever can compile."""

from collections.abc import Iterable, Mapping

from meshwright.ir.explanation import Change, Question, Route
from meshwright.ir.intent import Program, Service
from meshwright.ir.proof import Request
from meshwright.prove.explain.words import Caller
from meshwright.source import LineIndex

Texts = Mapping[str, str]  # path of a source -> its text
Homes = Mapping[str, str]  # path of a source -> the namespace of its bare names, "" = none


def to_allow(program: Program, caller: Caller, route: Route, question: Question, texts: Texts, homes: Homes) -> list[tuple[Change, ...]]:
    """Take back what denies the request, and add a rule that allows exactly it."""
    took = [_removed(program, seen.rule, texts) for seen in route.rules if seen.effect == "deny"]
    if any(change is None for change in took):
        return []
    without = tuple(change for change in took if change is not None)
    if any(seen.effect == "allow" for seen in route.rules):
        return [without] if without else []
    path = _file(program, route, texts, homes)
    if not path or route.refused is None:
        return []
    home = homes.get(path, "")
    added = [_rule("allow", who, route, route.refused, question, program, home) for who in _callers(caller, route, home)]
    return [(*without, Change("add", path, 0, text)) for text in added if text]


def to_deny(program: Program, caller: Caller, route: Route, question: Question, texts: Texts, homes: Homes) -> list[tuple[Change, ...]]:
    """Take the rule back when it allows nothing else, else deny exactly this request, else take back whatever allows it."""
    allowing = [seen.rule for seen in route.rules if seen.effect == "allow"]
    found: list[tuple[Change, ...]] = []
    removed = tuple(change for change in (_removed(program, rule, texts) for rule in allowing) if change is not None)
    narrow = len(allowing) == 1 and sum(grant.rule == allowing[0] for grant in program.grants) == 1
    if narrow and removed:
        found.append(removed)
    path = _file(program, route, texts, homes)
    if path and route.let_in is not None:
        home = homes.get(path, "")
        texts_of = [_rule("deny", who, route, route.let_in, question, program, home) for who in _callers(caller, route, home)]
        found += [(Change("add", path, 0, text),) for text in texts_of if text]
    if not narrow and removed and len(removed) == len(allowing):
        found.append(removed)
    return found


def apply(texts: Texts, changes: Iterable[Change]) -> dict[str, str]:
    """The sources with the changes made; what is removed goes with its line when it has one of its own."""
    changed = dict(texts)
    for change in sorted(changes, key=lambda one: (one.action == "add", -one.start)):
        text = changed[change.path]
        if change.action == "add":
            changed[change.path] = text + ("" if text.endswith("\n") or not text else "\n") + change.text + "\n"
        else:
            changed[change.path] = text[: change.start] + text[change.end :]
    return changed


def _removed(program: Program, rule: int, texts: Texts) -> Change | None:
    span = program.rules[rule].span
    if span.path not in texts:
        return None
    line, _ = LineIndex(texts[span.path]).position(span.start)
    return Change("remove", span.path, line, program.rules[rule].text, span.start, span.end)


def _file(program: Program, route: Route, texts: Texts, homes: Homes) -> str:
    """Where a rule about the destination belongs: beside others about it, else where its namespace is declared or at home."""
    namespace = route.destination.partition("/")[0]
    about = [(grant.target.id, program.rules[grant.rule].span.path) for grant in program.grants
             if grant.target.id.partition("/")[0] == namespace]
    same = [path for target, path in about if target in (route.service, _pods_of(program, route))]
    wider = [path for _, path in about]
    declared = [space.span.path for space in program.namespaces if space.name == namespace and space.span is not None]
    at_home = [path for path in (*same, *wider, *sorted(homes)) if homes.get(path) == namespace]
    return next((path for path in (*at_home, *same, *declared, *wider) if path in texts), "")


def _pods_of(program: Program, route: Route) -> str:
    return next((pods.id for pods in program.pod_sets if route.destination in pods.workloads), "")


def _callers(caller: Caller, route: Route, home: str) -> list[str]:
    """The caller in the language, likeliest words first."""
    if route.kind == "gateway":
        return [f"clients of {_short(route.gateway, home)} port {route.listener}" if len(caller.sources) == 1 and caller.sources[0].port
                else f"clients of {_short(route.gateway, home)}"]
    if not caller.sources:
        shown = route.refused or route.let_in
        address = caller.source_ip or (shown.source_ip if shown is not None else "")
        return [f"unidentified from {address}/{128 if ':' in address else 32}"] if address else []
    names = []
    for source in caller.sources:
        if source.kind == "identity" and source.identity is not None:
            names.append(_short(source.name, home) if source.name else str(source.identity))
        elif source.kind == "namespace":
            names.append(f"namespace {source.namespace}")
        elif source.kind in ("anyone", "any-workload"):
            names.append("anyone" if source.kind == "anyone" else "any workload")
        else:
            return []
    together = ", ".join(dict.fromkeys(names))
    accounts = ", ".join(dict.fromkeys(f"service-account {source.identity}" for source in caller.sources if source.identity is not None))
    return [together, accounts] if accounts else [together]


def _rule(effect: str, who: str, route: Route, request: Request, question: Question, program: Program, home: str) -> str:
    """One rule for what was asked; what the question left open stays open."""
    because = ' because "say why"' if who.startswith("unidentified") else ""
    if route.kind in ("pod", "plaintext"):
        place = route.destination.split("/")
        name = next((pods.services[0] for pods in program.pod_sets if route.destination in pods.workloads and len(pods.services) == 1),
                    f"{place[0]}/{place[-1]}")
        return f"{effect} {who} -> pods of {_short(name, home)} {{ port {request.port} }}{because}"
    service = next((one for one in program.services if one.id == route.service), None)
    if service is None:
        return f"{effect} {who} -> {_short(route.service, home)}{because}"
    return f"{effect} {who} -> {_short(service.id, home)}{_door(service, route, request, question)}{because}"


def _door(service: Service, route: Route, request: Request, question: Question) -> str:
    port = next((one for one in service.ports if one.number == route.port), None)
    words = []
    if port is not None and (len(service.ports) > 1 or not port.is_http):
        words.append(f"port {port.name or port.number}" if _is_name(port.name) else f"port {port.number}")
    if port is not None and port.is_http and question.path:
        quoted = question.path.replace("\\", "\\\\").replace('"', '\\"')
        if port.protocol == "grpc" and question.method in ("", "POST") and question.path.count("/") == 2:
            words.append(f'call "{quoted[1:]}"')
        elif question.method:
            words.append(f'{question.method} "{quoted}"')
        else:
            words.append(f'path "{quoted}"')
    return f" {{ {' '.join(words)} }}" if words else ""


def _is_name(text: str) -> bool:
    return bool(text) and text[0].isalpha()


def _short(name: str, home: str) -> str:
    return name.removeprefix(home + "/") if home else name
