"""Reads denials from what proxies log: Envoy's access log (text and JSON) and its `rbac:debug` lines, ztunnel's access log (text and JSON).

The forms are those of edge §9: texts of Envoy's RBAC filters and of ztunnel, the same in every version since 1.24; what stands before
the message differs from version to version and is not looked at.
"""

import re
from collections.abc import Iterable, Iterator
from typing import cast

from meshwright.ir.denial import Denial, Kind, Log, Logged
from meshwright.record import NamedTuple

MOST_DENIALS = 200  # distinct ones that are mapped
MOST_EXAMPLES = 5
MOST_CONTINUED = 400  # lines of one request in `rbac:debug`
LONGEST_LINE = 64 << 10  # characters; the rest of a longer one is not looked at

_POLICY = re.compile(r"ns\[([^\[\]]+)\]-policy\[([^\[\]]+)\]-rule\[(\d{1,6})\]")
_MATCHED = re.compile(r"rbac_access_denied_matched_policy\[(none|[\w.-]{0,300}ns\[[^\[\]]*\]-policy\[[^\[\]]*\]-rule\[\d+\][\w-]*)\]")
_ENFORCED = re.compile(r"\b(enforced|shadow) (allowed|denied)(?:, matched policy (\S+))?")
_CHECKING = re.compile(r"\bchecking (?:request|connection): ")
_THREAD = re.compile(r"\bthread=(\d+)")
_HEADER = re.compile(r"':(method|path|authority)', '(.*)'")
_PEER = re.compile(r" directRemoteIP: (\[[0-9a-fA-F:.]+\]|[\d.]+):\d+, remoteIP: \S+,\s?localAddress: \S+, ssl: "
                   r"(?:uriSanPeerCertificate: spiffe://([^/\s,]+/ns/[^/\s,]+/sa/[^/\s,]+))?")
_ENTRY = re.compile(r"(?:\[pod/\S+\] )?\[?\d{4}-\d\d-\d\d[T ]\d\d:")  # how the next entry of a log begins
_ALSO = ("no engine, allowed by default", "allowed by default or by policy")  # said besides a decision
_SPIFFE = re.compile(r"spiffe://([^/\s'\",;]+/ns/[^/\s'\",;]+/sa/[^/\s'\",;]+)")
_QUOTED = re.compile(r'"([A-Z]{1,20}|-) (\S+) (?:HTTP/[\d.]+|-)" (\d+) (.*)')
_CLUSTER = re.compile(r"\binbound-vip\|(\d{1,5})\|[^|\s]*\|([\w-]+)\.([\w-]+)\.svc\.")
_FIELD = re.compile(r'\b([a-z]+\.[a-z_]+|direction|error|policy)=("(?:[^"\\]|\\.)*"|\S+)')
_REJECTED = "policy rejection: "
_OF_ZTUNNEL = (_REJECTED, "deny policy match", "no allow policies matched")
_CONVERTED = ("istio_converted_static_strict", "converted_peer_authentication_")


class _Checked(NamedTuple):
    """What a `checking request` line and its header lines said."""

    principal: str = ""
    source_ip: str = ""
    method: str = ""
    path: str = ""
    host: str = ""


def read_log(lines: Iterable[str]) -> Log:
    """Every denial in the lines of a log, equal ones once; nothing in them is believed to be well formed."""
    reader = _Reader()
    for number, line in enumerate(lines, 1):
        reader.line(number, line[:LONGEST_LINE].rstrip("\r\n"))
    return reader.log()


class _Reader:
    def __init__(self) -> None:
        self._lines = self._allowed = self._unknown = self._more = 0
        self._denials: dict[Denial, Logged] = {}
        self._examples: list[tuple[int, str]] = []
        self._checked: dict[str, _Checked] = {}  # by thread: what it looks at
        self._open = _Checked()  # the block that is being read
        self._rest = 0  # lines that may still belong to it

    def line(self, number: int, text: str) -> None:
        self._lines += 1
        if not text.strip():
            return
        if self._debug(number, text):
            return
        found = list(_denials(text))
        for denial in found:
            self._note(number, denial)
        if not found and not self._says_allowed(text):
            self._unknown += 1
            if len(self._examples) < MOST_EXAMPLES:
                self._examples.append((number, text[:160]))

    def log(self) -> Log:
        return Log(self._lines, tuple(self._denials.values()), self._allowed, self._unknown, tuple(self._examples), self._more)

    def _note(self, number: int, denial: Denial) -> None:
        known = self._denials.get(denial)
        if known is not None:
            self._denials[denial] = known._replace(times=known.times + 1)
        elif len(self._denials) < MOST_DENIALS:
            self._denials[denial] = Logged(denial, number, 1)
        else:
            self._more += 1

    def _debug(self, number: int, text: str) -> bool:
        """Lines of the logger `rbac`: a request spread over several lines, then what each filter decided about it."""
        thread = _THREAD.search(text)
        if _CHECKING.search(text):
            peer = _PEER.search(text)
            seen = _Checked() if peer is None else _Checked(peer[2] or "", peer[1].strip("[]"))
            self._open = _header(text.partition(" headers: ")[2], seen)
            self._rest = 0 if thread is not None else MOST_CONTINUED
            self._checked[thread[1] if thread is not None else ""] = self._open
            return True
        if self._rest and not _ENTRY.match(text):
            self._rest = 0 if thread is not None else self._rest - 1
            self._open = _header(text, self._open)
            self._checked[thread[1] if thread is not None else ""] = self._open  # the thread stands at the end of the last line
            return True
        enforced = _ENFORCED.search(text)
        if enforced is None:
            return any(words in text for words in _ALSO)
        checked = self._checked.get(thread[1] if thread is not None else "", _Checked())
        if enforced[2] == "allowed":
            self._allowed += 1
        else:
            self._note(number, _enforced(enforced[3] or "none", checked, dry=enforced[1] == "shadow"))
        return True

    def _says_allowed(self, text: str) -> bool:
        complete = "connection complete" in text and "error=" not in text and '"error"' not in text
        answered = _QUOTED.search(text) or ("{" in text and "response_code" in _json(text))  # by whatever is behind the policies
        if complete or answered or "allow policy match" in text or "no allow policies, allow" in text:
            self._allowed += 1
            return True
        return False


def _denials(text: str) -> Iterator[Denial]:
    """What one line of an access log says was denied."""
    fields = _json(text) if "{" in text else {}
    if "src.identity" in fields or "dst.addr" in fields or any(word in text for word in _OF_ZTUNNEL):
        yield from _ztunnel(text, fields or _fields(text))
        return
    if "error=" in text and ("direction=" in text or "dst.addr=" in text):
        yield from _ztunnel(text, _fields(text))
        return
    details = " ".join((fields.get("response_code_details", ""), fields.get("connection_termination_details", ""))) if fields else text
    request = _request_of(text, fields)
    matched = _MATCHED.search(details)
    if matched is not None:
        yield _of_policy("envoy", matched[1], request)
    elif "ext_authz_denied" in details or "ext_authz_error" in details:
        why = "refused" if "ext_authz_denied" in details else "did not answer"
        yield request._replace(kind="authorizer", reason=f"the external authorizer {why}")
    elif "jwt_authn_access_denied" in details:
        reason = re.search(r"jwt_authn_access_denied\{([^{}]*)\}", details)
        yield request._replace(kind="token", reason=reason[1].replace("_", " ") if reason is not None else "")


def _request_of(text: str, fields: dict[str, str]) -> Denial:
    """The request of an access log of Envoy, in JSON or in Istio's text form."""
    cluster = _CLUSTER.search(fields.get("upstream_cluster", "") if fields else text)
    service, port = (f"{cluster[3]}/{cluster[2]}", int(cluster[1])) if cluster is not None else ("", 0)
    if fields:
        address = fields.get("downstream_remote_address", "").rpartition(":")[0].strip("[]")
        principal = next((found[1] for found in map(_SPIFFE.fullmatch, fields.values()) if found is not None), "")
        method, path, host = (fields.get(name, "") for name in ("method", "path", "authority"))
        return Denial("envoy", "no-allow", principal=principal, source_ip=address, service=service, port=port, method=_dash(method),
                      path=_path(path), host=_dash(host))
    quoted = _QUOTED.search(text)
    if quoted is None:
        return Denial("envoy", "no-allow", service=service, port=port)
    strings = re.findall(r'"([^"]*)"', quoted[4])
    host = strings[4] if len(strings) > 4 else ""  # behind failure reason, X-Forwarded-For, user agent and request id
    return Denial("envoy", "no-allow", principal=_first(_SPIFFE, quoted[4]), service=service, port=port, method=quoted[1],
                  path=_path(quoted[2]), host=_dash(host))


def _ztunnel(text: str, fields: dict[str, str]) -> Iterator[Denial]:
    error = fields.get("error", "")
    service = fields.get("dst.service", "").split(".")
    port = fields.get("dst.hbone_addr", "").rpartition(":")[2] if fields.get("dst.hbone_addr") else ""
    workload = f"{fields['dst.namespace']}/{fields['dst.workload']}" if "dst.namespace" in fields and "dst.workload" in fields else ""
    request = Denial("ztunnel", "no-allow", principal=_first(_SPIFFE, fields.get("src.identity", "")),
                     source_ip=fields.get("src.addr", "").rpartition(":")[0].strip("[]"),
                     service=f"{service[1]}/{service[0]}" if len(service) > 1 else "", workload=workload,
                     port=int(port) if port.isdecimal() and len(port) < 6 else 0)
    rejected = error.partition(_REJECTED)[2] if _REJECTED in error else text.partition(_REJECTED)[2].partition('"')[0]
    if "explicitly denied by: " in rejected:
        yield _of_ztunnel(rejected.partition("explicitly denied by: ")[2].strip(), request)
    elif "none allowed" in rejected or "no allow policies matched" in text:
        yield request
    elif "deny policy match" in text:
        yield _of_ztunnel(fields.get("policy", ""), request)
    elif rejected:
        yield request._replace(kind="closed", reason=rejected.strip())
    elif "closed due to policy change" in error or "revoked by CRL" in error:
        yield request._replace(kind="closed", reason=error)
    elif "401 Unauthorized" in error:
        yield request._replace(kind="elsewhere", reason=error)


def _of_ztunnel(policy: str, request: Denial) -> Denial:
    namespace, _, name = policy.partition("/")
    if name.startswith(_CONVERTED) or (not name and namespace.startswith(_CONVERTED)):
        return request._replace(kind="strict", policy=policy)
    return request._replace(kind="rule", policy=policy)


def _of_policy(proxy: str, matched: str, request: Denial) -> Denial:
    found = _POLICY.search(matched)
    if found is None:
        return request._replace(kind="no-allow")
    kind: Kind = "authorizer" if matched.startswith("istio-ext-authz") else "rule"
    return request._replace(kind=kind, policy=f"{found[1]}/{found[2]}", rule=int(found[3]))


def _enforced(matched: str, checked: _Checked, dry: bool) -> Denial:
    denial = _of_policy("envoy", matched, Denial("envoy", "no-allow", principal=checked.principal, source_ip=checked.source_ip,
                                                 method=checked.method, path=checked.path, host=checked.host))
    return denial._replace(kind="dry-run") if dry and not matched.startswith("istio-ext-authz") else denial


def _header(text: str, checked: _Checked) -> _Checked:
    """One header as Envoy prints it, a line each; of two the first counts, because those of the request line come first."""
    found = _HEADER.fullmatch(text)
    if found is None:
        return checked
    name, value = found.groups()
    if name == "method":
        return checked._replace(method=checked.method or value)
    if name == "path":
        return checked._replace(path=checked.path or _path(value))
    return checked._replace(host=checked.host or value)


def _json(text: str) -> dict[str, str]:
    """The fields of a JSON line, flat; {} when it is none."""
    import json

    start = text.find("{")
    try:
        value = json.loads(text[start:]) if start >= 0 else None
    except (ValueError, RecursionError):
        return {}
    if not isinstance(value, dict):
        return {}
    return {str(key): str(one) for key, one in cast("dict[object, object]", value).items() if isinstance(one, (str, int, float))}


def _fields(text: str) -> dict[str, str]:
    """`key=value` pairs as ztunnel writes them; the first of a name counts."""
    found: dict[str, str] = {}
    for key, value in _FIELD.findall(text):
        found.setdefault(key, value.strip('"'))
    return found


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found is not None else ""


def _path(text: str) -> str:
    return "" if text == "-" else text.partition("?")[0]


def _dash(text: str) -> str:
    return "" if text == "-" else text
