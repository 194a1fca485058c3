"""One question as JSON gives it: strictly read, so that a misspelt field is an error and never an answer to something else."""

from collections.abc import Mapping, Sequence
from typing import Literal, cast

from meshwright.access.expr import Dimension, Value
from meshwright.access.request import cidr_range
from meshwright.istio.normalization import normalize
from meshwright.istio.terms import claim
from meshwright.record import NamedTuple

Engine = Literal["ztunnel", "waypoint", "gateway", "sidecar"]


class BadQuestion(ValueError):
    """What is wrong with a question, in words."""


class Question(NamedTuple):
    """A question whose fields have the right types; ``raw`` is all of it."""

    engine: Engine
    proxy: str  # "ns/name" of the waypoint, gateway or workload
    service: str  # "ns/name"; "" = none
    port: int
    http: bool  # whether it is a request; else a connection
    raw: Mapping[str, object]
    entry: str = ""  # "ns/name" of the ServiceEntry that was dialled in place of a Service


_COMMON = frozenset({"id", "engine", "peer", "source_ip", "destination_ip"})
_ENVOY = frozenset({"proxy", "service", "port", "method", "path", "headers", "claims", "token_in", "sni", "metadata",
                    "authorizers"})
_FIELDS: Mapping[str, frozenset[str]] = {
    "ztunnel": _COMMON | {"workload", "target_port"}, "waypoint": _COMMON | _ENVOY | {"service_entry"}, "gateway": _COMMON | _ENVOY,
    "sidecar": _COMMON | _ENVOY}
_ANSWERS = frozenset({"decision", "by", "status"})  # of a recording: passed over
MOST_NESTED = 20
MOST_CLAIMS = 1000


def read_question(raw: object) -> Question:
    """The question; raises BadQuestion."""
    if type(raw) is not dict:
        raise BadQuestion("a question is an object")
    engine = raw.get("engine")
    known = _FIELDS.get(engine) if type(engine) is str else None
    if known is None:
        raise BadQuestion("`engine` is none of ztunnel, waypoint, gateway, sidecar")
    if not raw.keys() <= known:
        strange = sorted(str(key) for key in raw.keys() - known - _ANSWERS)
        if strange:
            raise BadQuestion(f"unknown field `{strange[0]}`")
    port = raw.get("target_port" if engine == "ztunnel" else "port")
    if type(port) is not int or not 0 < port < 65536:
        raise BadQuestion(f"`{'target_port' if engine == 'ztunnel' else 'port'}` is no port number")
    http = "method" in raw
    if http != ("path" in raw):
        raise BadQuestion("a request has `method` and `path`, a connection neither")
    if engine == "ztunnel":
        return Question("ztunnel", _name(raw, "workload"), "", port, False, raw)
    if raw.get("service_entry") is not None:
        if raw.get("service") is not None:
            raise BadQuestion("either `service` or `service_entry` was dialled")
        return Question("waypoint", _name(raw, "proxy"), "", port, http, raw, _name(raw, "service_entry"))
    service = _name(raw, "service") if engine == "waypoint" or raw.get("service") is not None else ""
    proxy = service if engine == "sidecar" and "proxy" not in raw else _name(raw, "proxy")
    return Question(cast("Engine", engine), proxy, service, port, http, raw)


def _name(raw: Mapping[str, object], field: str) -> str:
    value = raw.get(field)
    if type(value) is not str or not 0 < value.find("/") < len(value) - 1:
        raise BadQuestion(f"`{field}` is no namespace/name")
    return value


def peer(raw: Mapping[str, object]) -> str:
    """The identity without its scheme; "" = none."""
    value = raw.get("peer")
    if value is None:
        return ""
    if type(value) is not str or not value.startswith("spiffe://"):
        raise BadQuestion("`peer` is neither null nor a SPIFFE identity")
    return value[9:]


def address(raw: Mapping[str, object], field: str) -> str:
    """An IP address, written as the proxies do."""
    value = raw.get(field)
    if type(value) is not str or not is_address(value):
        raise BadQuestion(f"`{field}` is no IP address")
    return value


def is_address(text: str) -> bool:
    """Whether ``text`` is one IP address."""
    known = _ADDRESSES.get(text)
    if known is None:
        try:
            known = "/" not in text and len(text) < 64 and cidr_range(text) is not None
        except ValueError:
            known = False
        if len(_ADDRESSES) < 65536:
            _ADDRESSES[text] = known
    return known


_ADDRESSES: dict[str, bool] = {}


def headers(raw: Mapping[str, object]) -> Mapping[str, str]:
    """Names in lower case; a list of values is joined by commas, as Envoy does."""
    given = raw.get("headers")
    if given is None:
        return {}
    if type(given) is not dict:
        raise BadQuestion("`headers` is no object")
    found = {}
    for name, value in given.items():
        if type(value) is list and all(type(one) is str for one in value):
            value = ",".join(value)
        if type(value) is not str:
            raise BadQuestion(f"the header `{name}` is no text")
        found[name.lower()] = value.strip(" \t")
    return found


def path(raw: Mapping[str, object], mode: str) -> tuple[str | None, str]:
    """As policies see it, None = Envoy answers 400; and with its query."""
    written = raw["path"]
    if type(written) is not str or not written.startswith("/"):
        raise BadQuestion("`path` does not begin with `/`")
    normal = normalize(written, mode)
    _, mark, query = written.partition("?")
    return normal, f"{normal}{mark}{query}"


def text(raw: Mapping[str, object], field: str, default: str = "") -> str:
    """A text; ``default`` where there is none."""
    value = raw.get(field)
    if value is None:
        return default
    if type(value) is not str:
        raise BadQuestion(f"`{field}` is no text")
    return value


def claims(raw: Mapping[str, object], lists: frozenset[str]) -> dict[Dimension, Value] | None:
    """The claims of the token as dimensions, None = no token.  ``lists``: those whose text is a list with blanks between.

    A text is a set of one; numbers, booleans and null are no texts, and in a list they are passed over (istio-semantics 1.6).
    """
    given = raw.get("claims")
    if given is None:
        return None
    if type(given) is not dict:
        raise BadQuestion("`claims` is neither null nor an object")
    found: dict[Dimension, Value] = {}
    waiting: list[tuple[tuple[str, ...], object]] = [((name,), value) for name, value in given.items()]
    for names, value in waiting:
        if type(value) is str:
            if names in (("iss",), ("sub",)):
                found[f"claim:{names[0]}"] = value
            elif len(names) == 1 and names[0] in lists:
                found[claim(names)] = tuple(value.split(" ")) if value else ("",)
            else:
                found[claim(names)] = (value,)
        elif type(value) is list:
            found[claim(names)] = tuple([one for one in value if type(one) is str])
        elif type(value) is dict and len(names) < MOST_NESTED:
            waiting.extend([((*names, name), inner) for name, inner in value.items()])
        if len(waiting) > MOST_CLAIMS:
            raise BadQuestion("`claims` has too many names")
    return found


def metadata(raw: Mapping[str, object], dimension: Dimension) -> Value:
    """What another filter left under metadata:FILTER[KEY], or in a list of it."""
    name, listed = dimension[len("metadata:"):], dimension.endswith("][]")
    name = name[:-2] if listed else name
    space, _, key = name[:-1].partition("[")
    given = raw.get("metadata")
    of_filter = given.get(space) if isinstance(given, Mapping) else None
    value = of_filter.get(key) if isinstance(of_filter, Mapping) else None
    if listed:
        return tuple([one for one in value if type(one) is str]) if type(value) is list else ()
    return value if type(value) is str else None


def authorizers(raw: Mapping[str, object]) -> Mapping[str, str]:
    """The answers of external authorizers."""
    given = raw.get("authorizers")
    if given is None:
        return {}
    if type(given) is not dict or any(value not in ("allow", "deny") for value in given.values()):
        raise BadQuestion("`authorizers` holds something else than allow and deny")
    return given


def joined(names: Sequence[str]) -> str:
    """Some names for a message."""
    return ", ".join(f"`{name}`" for name in names)
