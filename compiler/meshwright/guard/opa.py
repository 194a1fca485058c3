"""A configured OPA server, through ``opa-python-client``: policies are pushed under ids of this run, asked, and deleted again.

Never a fall-back: what cannot be reached, refuses, is slow or answers something else is a failure.  The client is used as
docs of its traps say: no rewriting of old Rego, no retries, our own deadline, strict builtin errors, ids quoted by us.
"""

import json
import os
import time
from collections.abc import Callable
from typing import Any, TypeVar

from meshwright.diagnostics import Diagnostic, error, warning
from meshwright.guard.answer import ENTRY_RULES, Answer, Entry, Failure, Module, Pack
from meshwright.guard.embedded import Embedded
from meshwright.guard.refusals import check_entries, entry_of, package_of, read_inventory
from meshwright.record import NamedTuple

TOKEN = "MESHWRIGHT_OPA_TOKEN"  # environment variable with a bearer token, or with _FILE the file that holds it
CLEANING = 10.0  # seconds for deleting what we pushed, on top of the timeout
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

T = TypeVar("T")


class Opa:
    """``url``: "http://host:port" or "https://host:port"; ``timeout``: seconds of wall clock for everything but the cleaning up."""

    def __init__(self, url: str, timeout: float) -> None:
        self.url = url
        self.timeout = timeout

    def evaluate(self, packs: tuple[Pack, ...], document: str) -> Answer | Failure:
        """Diagnostics: MW0580 no client, MW0582 too slow, MW0592 the server, MW0585 refused policies, MW0590 a rule failed,
        MW0593 packages in use, those of the gate; MW0502 policies left behind, MW0503 the gate could not look.
        """
        if any(pack.data for pack in packs):
            return Failure((error("MW0596", "data of a bundle is not put on an OPA server", notes=("other policies there could read it",),
                                  help=("let the server load the bundle itself, or use the embedded engine",)),))
        opened = _open(self.url, self.timeout)
        if isinstance(opened, Diagnostic):
            return Failure((opened,))
        server = opened
        left: list[Diagnostic] = []
        pushed: list[str] = []
        answer: Answer | Failure
        try:
            answer = _ask(server, packs, json.loads(document), pushed)
        except _Stop as stop:
            answer = Failure(stop.diagnostics)
        finally:
            left = _clean(server, pushed)
            server.client.close_connection()
        if isinstance(answer, Failure):
            return Failure((*answer.diagnostics, *left))
        return answer._replace(warnings=(*answer.warnings, *left))


class _Stop(Exception):
    """Ends the conversation with the server."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__()
        self.diagnostics = diagnostics


class _Server(NamedTuple):
    client: Any
    shown: str  # for messages: no user, no password
    deadline: float

    def call(self, what: str, function: Callable[..., T], *args: Any, **options: Any) -> T:
        """One request; every failure becomes a _Stop, except a refused policy, which the caller words."""
        import requests
        from opa_client.errors import RegoParseError

        rest = self.deadline - time.monotonic()
        if rest <= 0:
            raise _Stop(_slow(self.shown, what))
        self.client.timeout = rest
        try:
            result = _within(rest, lambda: function(*args, **options))
        except RegoParseError:
            raise
        except (requests.Timeout, TimeoutError):
            raise _Stop(_slow(self.shown, what)) from None
        except requests.HTTPError as problem:
            raise _Stop(_refused(self.shown, what, problem.response)) from None
        except requests.RequestException as problem:
            if time.monotonic() >= self.deadline:  # without retries, the client wraps a read timeout as a connection error
                raise _Stop(_slow(self.shown, what)) from None
            raise _Stop(_server(f"the OPA server {self.shown} cannot be reached", what, type(problem).__name__)) from None
        except Exception as problem:  # noqa: BLE001 - the client has no common exception, and decodes bodies without looking
            raise _Stop(_server(f"the OPA server {self.shown} gave an answer that is not OPA's", what, type(problem).__name__)) from None
        return result


def _within(seconds: float, function: Callable[[], T]) -> T:
    """The result of ``function``, or TimeoutError: the client's own timeouts are for each read, and a server may send a byte at a time."""
    from threading import Thread

    results: list[T] = []
    problems: list[Exception] = []

    def run() -> None:
        try:
            results.append(function())
        except Exception as problem:  # noqa: BLE001 - raised again by whoever waits
            problems.append(problem)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if problems:
        raise problems[0]
    if not results:
        raise TimeoutError
    return results[0]


def _open(url: str, timeout: float) -> _Server | Diagnostic:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or parts.path not in ("", "/") or parts.query or parts.username is not None:
        return error(
            "MW0592",
            "`url` under `[guard]` is no address of an OPA server",
            notes=("it is scheme, host and port alone; credentials never stand in it",),
            help=("write it as `http://127.0.0.1:8181` or `https://opa.example.com`", f"put a token into the environment variable {TOKEN}"),
        )
    token = _token()
    if isinstance(token, Diagnostic):
        return token
    if token and parts.scheme == "http" and host not in _LOOPBACK:
        return error("MW0592", f"the token would travel to `{host}` in clear text", help=("use https", f"or run without {TOKEN}"))
    try:
        from opa_client.opa import OpaClient
    except ImportError:
        return error(
            "MW0580",
            "the client for OPA servers is not installed",
            notes=("guardrails that are not evaluated never pass",),
            help=("install `meshwright[opa]`", 'or use the embedded engine: `engine = "embedded"` under `[guard]`'),
        )
    shown = f"{parts.scheme}://{parts.netloc}"
    number = port or (443 if parts.scheme == "https" else 80)
    address = f"[{host}]" if ":" in host else host
    client = OpaClient(host=address, port=number, ssl=parts.scheme == "https", token=token or None, retries=0, timeout=timeout)
    client._session.auth = lambda request: request  # else a login for this host in ~/.netrc would replace the token, or be sent without one
    return _Server(client, shown, time.monotonic() + timeout)


def _token() -> str | Diagnostic:
    token = os.environ.get(TOKEN, "")
    path = os.environ.get(f"{TOKEN}_FILE", "")
    if not token and path:
        try:
            with open(path, encoding="utf-8") as file:
                token = file.read(100_000)
        except (OSError, UnicodeDecodeError):
            return error("MW0592", f"the file named by {TOKEN}_FILE cannot be read", help=("make it readable, or remove the variable",))
    token = token.strip()
    if not token.isprintable() or not token.isascii():
        return error(
            "MW0592", f"the token of {TOKEN} has characters that no header may have", help=("store the bare token, one line of ASCII",)
        )
    return token


def _ask(server: _Server, packs: tuple[Pack, ...], document: dict[str, Any], pushed: list[str]) -> Answer:
    client = server.client
    entries, warnings = _examine(packs, server.deadline)
    taken = server.call("list its policies", client.get_policies_info)
    modules = {module.path: (pack, module) for pack in packs for module in pack.modules}
    _refuse_taken(server, taken, [module for _, module in modules.values()])
    run = f"meshwright-{os.urandom(8).hex()}"
    ids = {path: f"{run}/{path}" for path in modules}
    _push(server, [module for _, module in modules.values()], ids, pushed)
    if entries is None:
        entries = _inventory(server.call("list its policies", client.get_policies_info), modules, ids)
    checked = check_entries(entries, packs)
    if isinstance(checked, Failure):
        raise _Stop(*checked.diagnostics)
    version = ""
    values: list[str | None] = []
    for entry in checked:
        options = {"strict-builtin-errors": "true", "provenance": "true"}
        body = server.call(f"evaluate `{entry.id}`", client.query_rule, document, entry.package, entry.rule, options)
        if not isinstance(body, dict):
            raise _Stop(
                _server(f"the OPA server {server.shown} gave an answer that is not OPA's", f"evaluate `{entry.id}`", type(body).__name__)
            )
        values.append(json.dumps(body["result"]) if "result" in body else None)
        provenance = body.get("provenance")
        version = str(provenance.get("version", "")) if isinstance(provenance, dict) else version
    return Answer(version, checked, tuple(values), warnings)


def _examine(packs: tuple[Pack, ...], deadline: float) -> tuple[tuple[Entry, ...] | None, tuple[Diagnostic, ...]]:
    """The entries after the static gate, which a server lacks; None and MW0503 when the embedded engine cannot read the packs."""
    if all(pack.sealed for pack in packs):
        return tuple(entry for pack in packs for entry in pack.sealed), ()
    modules = [module for pack in packs for module in pack.modules]
    fields = Embedded(max(deadline - time.monotonic(), 0.1)).ask(modules, "{}", [], gate=True, only_gate=True)
    if not isinstance(fields, Failure):
        entries = read_inventory(fields[2], packs, foreign_builtins=True)
        if isinstance(entries, Failure):
            raise _Stop(*entries.diagnostics)
        return entries, ()
    if any(problem.code not in ("MW0580", "MW0585") for problem in fields.diagnostics):
        raise _Stop(*fields.diagnostics)
    return None, (
        warning(
            "MW0503",
            "guardrails were evaluated, but not examined for mistakes that keep them silent",
            notes=tuple(problem.message for problem in fields.diagnostics),
            help=("test each of them with an input in which it has to fire",),
        ),
    )


def _refuse_taken(server: _Server, taken: dict[str, Any], modules: list[Module]) -> None:
    """Rules of one package join: a package that the server already has would mix with ours, in both directions."""
    ours = {package_of(module) for module in modules}
    for name, info in sorted(taken.items()):
        path = str(info.get("path", "")).removeprefix(f"{server.client.root_url}/").removeprefix("data/").replace("/", ".")
        hit = next(
            (package for package in sorted(ours) if f"{path}.".startswith(f"{package}.") or f"{package}.".startswith(f"{path}.")), None
        )
        if path and hit is not None:
            raise _Stop(
                error(
                    "MW0593",
                    f"the OPA server {server.shown} already has a policy in the Rego package `{hit}`",
                    notes=(f"its id is `{name}`; rules of one package join, so that answers would mix",),
                    help=(
                        "use a server of your own for guardrails, or delete that policy"
                        if not name.startswith("meshwright-")
                        else "another run of Meshwright uses it, or was killed: wait, or delete that policy",
                    ),
                )
            )


def _push(server: _Server, modules: list[Module], ids: dict[str, str], pushed: list[str]) -> None:
    """A function has to be there before its callers: refused modules are tried again as long as others get in."""
    from urllib.parse import quote

    from opa_client.errors import RegoParseError

    waiting = modules
    while waiting:
        refused: list[tuple[Module, Exception]] = []
        for module in waiting:
            name = quote(ids[module.path], safe="/")
            pushed.append(name)  # before the request: a request that timed out may still have arrived
            try:
                server.call(f"take `{module.path}`", server.client.update_policy_from_string, module.text, name, rego_compat=False)
            except RegoParseError as problem:
                pushed.remove(name)
                refused.append((module, problem))
        if len(refused) == len(waiting):
            raise _Stop(
                *(
                    error(
                        "MW0585",
                        f"`{module.path}` is refused by the OPA server",
                        notes=tuple(_words(problem)),
                        help=("guardrails are Rego v1: `opa check --v1-compatible` shows the same",),
                    )
                    for module, problem in refused
                )
            )
        waiting = [module for module, _ in refused]


def _inventory(taken: dict[str, Any], modules: dict[str, tuple[Pack, Module]], ids: dict[str, str]) -> tuple[Entry, ...]:
    """Entry rules as the server parsed them, with their lines from the text."""
    import re

    found = []
    for path, (pack, module) in modules.items():
        rules = {str(link).rpartition("/")[2] for link in taken.get(ids[path], {}).get("rules", ())}
        for rule in sorted(rules):
            if rule in ENTRY_RULES or rule.startswith(tuple(f"{entry}_" for entry in ENTRY_RULES)):
                line = re.search(rf"(?m)^\s*{re.escape(rule)}\b", module.text)
                found.append(
                    entry_of(pack, module.text, package_of(module), rule, path, module.text.count("\n", 0, line.start()) + 1 if line else 1)
                )
    return tuple(found)


def _clean(server: _Server, pushed: list[str]) -> list[Diagnostic]:
    """Deletes what we pushed, the last first, whatever happened before."""
    left = []
    end = time.monotonic() + CLEANING
    for name in reversed(pushed):
        rest = end - time.monotonic()
        server.client.timeout = max(rest, 0.01)
        try:
            _within(max(rest, 0.01), lambda name=name: server.client.delete_policy(name))  # type: ignore[misc]
        except Exception as problem:  # noqa: BLE001 - whatever it was, the policy may be there
            if getattr(problem, "expression", "") != "resource_not_found":
                left.append(name)
    if not left:
        return []
    return [
        warning(
            "MW0502",
            f"policies of this run may be left on the OPA server {server.shown}",
            notes=tuple(f"`{name}`" for name in sorted(left)[:5]),
            help=("delete them: `DELETE /v1/policies/<id>`; until then the next run is refused",),
        )
    ]


def _refused(shown: str, what: str, response: Any) -> Diagnostic:
    status = response.status_code
    try:
        body = response.json()
    except ValueError:
        body = {}
    body = body if isinstance(body, dict) else {}
    said = [str(body[key]) for key in ("code", "message") if body.get(key)]
    for item in body.get("errors") or ():
        if isinstance(item, dict):
            place = item.get("location") or {}
            said.append(f"{place.get('file', '')}:{place.get('row', '')}: {item.get('message', '')}".lstrip(":"))
    if status in (401, 403):
        return error(
            "MW0592",
            f"the OPA server {shown} refused our credentials ({status})",
            notes=(f"asked to {what}", *said[:5]),
            help=(f"set the environment variable {TOKEN}, or {TOKEN}_FILE, to a token it accepts",),
        )
    if status in (400, 500) and what.startswith("evaluate "):
        return error(
            "MW0590",
            f"guardrail {what.removeprefix('evaluate ')} could not be evaluated",
            notes=(f"the OPA server answered {status}", *said[:5]),
            help=("repair the expression; a guardrail that fails is never taken for one that found nothing",),
        )
    return _server(f"the OPA server {shown} answered {status}", what, *said[:5])


def _slow(shown: str, what: str) -> Diagnostic:
    return error(
        "MW0582",
        f"the OPA server {shown} did not answer in time",
        notes=(f"asked to {what}", "whether a guardrail found something cannot be known"),
        help=("raise `timeout` under `[guard]` in meshwright.toml, or look at the load of the server",),
    )


def _server(message: str, what: str, *notes: str) -> Diagnostic:
    return error(
        "MW0592",
        message,
        notes=(f"asked to {what}", *notes, "guardrails that are not evaluated never pass"),
        help=(
            "check `url` under `[guard]` in meshwright.toml, and that the server runs",
            "certificates: REQUESTS_CA_BUNDLE names the file of your authority",
        ),
    )


def _words(problem: Exception) -> list[str]:
    return [line for argument in problem.args for line in str(argument).splitlines()][:10]
