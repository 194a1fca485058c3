"""An explanation as text for somebody who was woken up, and as JSON values (docs/schema/explain-v1.schema.json)."""

import re
from collections.abc import Callable, Mapping, Sequence

from meshwright.diagnostics.render.terminal import safe
from meshwright.ir.explanation import Change, Explanation, Flip, Hop, Route
from meshwright.ir.proof import Request
from meshwright.record import NamedTuple
from meshwright.source import Span

Locate = Callable[[Span], str]  # "mesh/shop.mesh:10"; the path alone where its text is not at hand

WORDS = {"all": "allowed", "none": "denied", "some": "some requests are allowed", "unknown": "unknown"}
_COLOURS = {"all": "\x1b[1;32m", "none": "\x1b[1;31m", "some": "\x1b[1;33m", "unknown": "\x1b[1;35m"}
_PAINTED = re.compile("\x01(all|none|some|unknown)\x02([A-Za-z ]*)\x03")  # only words of ours are painted
_PARTS = re.compile("(\x01(?:all|none|some|unknown)\x02[A-Za-z ]*\x03)")


class Places(NamedTuple):
    """Where things stand, for people: rules by index, objects by id, and how to write a place."""

    rules: Sequence[tuple[str, Span]]
    objects: Mapping[str, Span]
    locate: Locate
    colour: bool = False

    def paint(self, colour: str, text: str) -> str:
        """Marked for ``finished``: colours come last, when what users and trees wrote has been escaped."""
        return f"\x01{colour}\x02{text}\x03" if self.colour and text else text

    def finished(self, lines: Sequence[str]) -> str:
        """The lines as text, control and direction characters escaped, in the colours that ``paint`` asked for."""
        if not self.colour:
            return "".join(f"{safe(line)}\n" for line in lines)
        return "".join(_PAINTED.sub(lambda found: f"{_COLOURS[found[1]]}{found[2]}\x1b[0m", "".join(
            part if _PAINTED.fullmatch(part) else safe(part) for part in _PARTS.split(line))) + "\n" for line in lines)


def explanation_text(told: Explanation, places: Places) -> str:
    """The answer first, then the way it takes with every proxy, the other ways in a line each, what would change it, and what to run."""
    verdict = places.paint(told.extent, WORDS[told.extent].upper())
    lines = [f"{verdict}  {told.source} -> {told.target}  {told.request}"]
    lines += [f"  note: {note}" for note in told.notes]
    declared, others = [[route for route in told.routes if route.declared is wanted] for wanted in (True, False)]
    for routes in _alike(declared):
        lines += ["", *_route(routes, places)]
    if others:
        lines += ["", "  on other ways"]
        lines += _table([_brief(routes, places) for routes in _alike(others)])
    lines += flip_text(told)
    commands = _commands(told)
    if commands:
        lines += ["", "  on the live mesh", *(f"    {command}" for command in commands)]
    return places.finished(lines)


def explanation_json(told: Explanation, places: Places) -> dict[str, object]:
    """The answer as values of JSON."""

    def rule(number: int, effect: str = "") -> dict[str, object]:
        text, span = places.rules[number]
        found: dict[str, object] = {"text": text, "place": places.locate(span)}
        return found | ({"effect": effect} if effect else {})

    def hop(one: Hop) -> dict[str, object]:
        span = places.objects.get(one.object)
        return {"proxy": one.proxy, "peer": one.peer, "decision": one.decision, "reason": one.reason, "object": one.object,
                "rule": one.rule if one.rule >= 0 else None, "place": places.locate(span) if span is not None else "",
                "applied": list(one.applied)}

    return {
        "source": told.source, "target": told.target, "request": told.request, "decision": WORDS_JSON[told.extent],
        "notes": list(told.notes),
        "ways": [{
            "kind": route.kind, "text": route.text, "declared": route.declared, "destination": route.destination, "service": route.service,
            "port": route.port, "gateway": route.gateway, "listener": route.listener, "decision": WORDS_JSON[route.extent],
            "intended": WORDS_JSON[route.intended], "let_in": _request(route.let_in), "refused": _request(route.refused),
            "hops": [hop(one) for one in route.hops], "rules": [rule(seen.rule, seen.effect) for seen in route.rules],
            "near": [rule(number) for number in route.near], "unknown": list(route.doubts)} for route in told.routes],
        "flip": None if told.flip is None else {
            "to": told.flip.to, "turns": told.flip.turns, "objections": list(told.flip.objections),
            "changes": [{"action": one.action, "path": one.path, "line": one.line or None, "text": one.text} for one in told.flip.changes]},
        "advice": told.advice, "commands": list(_commands(told))}


WORDS_JSON = {"all": "allowed", "none": "denied", "some": "some", "unknown": "unknown"}


def _request(request: Request | None) -> dict[str, object] | None:
    return None if request is None else request.as_json()


def _alike(routes: Sequence[Route]) -> list[list[Route]]:
    """Routes that differ in the workload behind them only."""
    groups: dict[Route, list[Route]] = {}
    for route in routes:
        groups.setdefault(route._replace(destination=""), []).append(route)
    return list(groups.values())


def _route(routes: Sequence[Route], places: Places) -> list[str]:
    route = routes[0]
    several = f" ({len(routes)} workloads)" if len(routes) > 1 else ""
    lines = [f"  by {route.text}{several}: {places.paint(route.extent, WORDS[route.extent])}"]
    shown = route.let_in if route.hops and route.hops[-1].decision == "allow" else route.refused
    if route.extent == "some" and shown is not None:
        lines.append(f"    for example {_asked(shown, route)}:")
    for hop in route.hops:
        lines += _hop(hop, places)
    if not route.hops and route.extent != "none":
        lines.append("    no proxy sees it: the mesh does not capture this traffic")
    for seen in route.rules:
        lines += _rule(f"{'allowed' if seen.effect == 'allow' else 'denied'} by", seen.rule, places)
    if not any(seen.effect == "allow" for seen in route.rules):
        lines.append("    no rule of the sources allows it")
        for number in route.near:
            lines += _rule("nearest is", number, places)
    if route.extent == "some" and route.refused is not None:
        lines.append(f"    but not, for example, {_asked(route.refused, route)}")
    return lines + [f"    not sure: {doubt}" for doubt in route.doubts]


def _hop(hop: Hop, places: Places) -> list[str]:
    word = {"allow": "lets it in", "deny": "refuses it", "unknown": "nobody knows"}[hop.decision]
    painted = places.paint({"allow": "all", "deny": "none", "unknown": "unknown"}[hop.decision], word)
    peer = f" as coming from {_account(hop.peer)}" if hop.peer else ""
    lines = [f"    {hop.proxy} {painted}{peer}: {_why(hop)}"]
    span = places.objects.get(hop.object)
    return [*lines, f"      {places.locate(span)}"] if span is not None else lines


def _why(hop: Hop) -> str:
    if hop.rule >= 0:
        return f"rule {hop.rule + 1} of {hop.object}"
    if hop.object:
        return f"{hop.object}: {hop.reason}"
    return hop.reason


def _rule(how: str, number: int, places: Places) -> list[str]:
    text, span = places.rules[number]
    return [f"    {how} {places.locate(span)}", f"      {text}"]


def _brief(routes: Sequence[Route], places: Places) -> tuple[str, str, str]:
    route = routes[0]
    last = route.hops[-1] if route.hops else None
    why = "the mesh does not capture this traffic" if last is None else f"{last.proxy}, {_why(last)}"
    word = "some" if route.extent == "some" else WORDS[route.extent]
    return _short(route), places.paint(route.extent, word), why if route.extent != "unknown" else route.doubts[0]


def _short(route: Route) -> str:
    if route.kind == "gateway":
        return f"gateway {route.gateway}:{route.listener}"
    if route.kind == "other-service":
        return f"address of {route.service} port {route.port}"
    return {"service": f"address of {route.service} port {route.port}", "pod": f"pod address, port {route.port}",
            "without-waypoint": f"waypoint not ready, port {route.port}", "plaintext": f"plaintext, port {route.port}",
            "mesh-route": "route of another service"}.get(route.kind, route.text)


def _table(rows: Sequence[tuple[str, str, str]]) -> list[str]:
    first = max((len(row[0]) for row in rows), default=0)
    second = max((len(row[1]) for row in rows), default=0)
    return [f"    {one:{first}}  {two:{second}}  {three}".rstrip() for one, two, three in rows]


def _asked(request: Request, route: Route) -> str:
    if route.kind in ("pod", "plaintext"):
        return f"port {request.port}{request.attributes_text}"
    host = f" for host {request.host}" if route.kind == "gateway" and request.host else ""
    return f"{request.method} {request.path}{host}{request.attributes_text}"


def _account(principal: str) -> str:
    parts = principal.split("/")
    return f"{parts[2]}/{parts[4]}" if len(parts) == 5 else principal


def flip_text(told: Explanation) -> list[str]:
    """What would turn the answer round, in lines; [] when nothing is known."""
    if told.flip is None:
        return ["", f"  {told.advice}"] if told.advice else []
    flip = told.flip
    lines = ["", f"  to {flip.to} it"]
    for change in flip.changes:
        lines.append(_change(change))
        if change.action == "add":
            lines.append(f"      {change.text}")
    lines += _tried(flip)
    return lines


def _change(change: Change) -> str:
    if change.action == "remove":
        return f"    take back {change.path}:{change.line}  {change.text}"
    return f"    add to {change.path}"


def _tried(flip: Flip) -> list[str]:
    if not flip.objections:
        return [] if flip.turns else ["    (tried: this alone does not turn the answer)"]
    return ["    but then:", *(f"      {text}" for text in flip.objections[:4])]


def _commands(told: Explanation) -> tuple[str, ...]:
    """What shows the same on the live proxies: the policies that each has, and its next decisions in its log."""
    found: list[str] = []
    for route in told.routes:
        if not route.declared:
            continue
        for hop in route.hops:
            kind, _, name = hop.proxy.partition(" ")
            namespace, _, own = name.partition("/")
            if kind == "ztunnel":
                found.append(f"istioctl ztunnel-config policies --policy-namespace {route.destination.partition('/')[0]}")
            else:
                deployment = f"deployment/{own}{'-istio' if kind == 'gateway' else ''}.{namespace}"
                found += [f"istioctl x authz check {deployment}", f"istioctl proxy-config log {deployment} --level rbac:debug"]
    return tuple(dict.fromkeys(found))
