"""Many requests on one HTTP/2 connection: frames by hand, because a client library would cost more than Envoy's decision."""

import socket
import struct
from collections.abc import Sequence
from functools import cache
from ipaddress import ip_address

from meshwright.record import NamedTuple

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
# No dynamic table, no push, large windows: each block of headers can be read alone, and nothing has to be granted later.
_SETTINGS = struct.pack("!HIHIHI", 1, 0, 2, 0, 4, 1 << 30)
STREAMS = 1000
_STATIC = {0x88: 200, 0x89: 204, 0x8A: 206, 0x8B: 304, 0x8C: 400, 0x8D: 404, 0x8E: 500}
_DATA, _HEADERS, _RESET, _SETTINGS_FRAME, _PING, _GOAWAY, _WINDOW = 0, 1, 3, 4, 6, 7, 8
_PROXY = b"\r\n\r\n\x00\r\nQUIT\n"


class Reply(NamedTuple):
    """The status of one answer, 0 for a stream that was reset, and its body."""

    status: int
    body: str


class Connection:
    """An HTTP/2 connection with prior knowledge.

    With ``client`` and ``server`` (address, port) it begins with a PROXY protocol header that says so; ``values`` are its TLVs.
    """

    def __init__(self, port: int, client: tuple[str, int] | None = None, server: tuple[str, int] | None = None,
                 values: tuple[tuple[int, bytes], ...] = ()) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._next = self._first = 1
        self._waiting = 0
        self._left = b""
        head = b"" if client is None or server is None else proxy_header(client, server, values)
        self._socket.sendall(head + _PREFACE + frame(_SETTINGS_FRAME, 0, 0, _SETTINGS) + frame(_WINDOW, 0, 0, struct.pack("!I", (1 << 31) - 70000)))

    def send(self, requests: Sequence[bytes]) -> None:
        """Put requests (blocks made by ``block``) on the way, at most ``STREAMS``; ``receive`` has to follow."""
        self._first, self._waiting = self._next, len(requests)
        self._next += 2 * len(requests)
        self._socket.sendall(b"".join([frame(_HEADERS, 0x5, self._first + 2 * number, block) for number, block in enumerate(requests)]))

    def close(self) -> None:
        self._socket.close()

    def receive(self) -> list[Reply]:
        """Answers to what was sent, in its order; ConnectionError when Envoy closes."""
        first, waiting = self._first, self._waiting
        status = [0] * waiting
        bodies: list[bytes] = [b""] * waiting
        while waiting:
            received = self._socket.recv(1 << 18)
            if not received:
                raise ConnectionError("closed by Envoy")
            left = self._left + received
            at, end = 0, len(left)
            while end - at >= 9:
                size = left[at] << 16 | left[at + 1] << 8 | left[at + 2]
                if end - at < 9 + size:
                    break
                kind, flags = left[at + 3], left[at + 4]
                number = ((left[at + 5] & 0x7F) << 24 | left[at + 6] << 16 | left[at + 7] << 8 | left[at + 8]) - first >> 1
                payload = left[at + 9 : at + 9 + size]
                at += 9 + size
                if kind == _HEADERS:
                    status[number] = status[number] or _status(payload)
                    waiting -= flags & 1
                elif kind == _DATA:
                    bodies[number] += payload
                    waiting -= flags & 1
                elif kind == _RESET:
                    status[number], waiting = 0, waiting - 1
                elif kind == _SETTINGS_FRAME and not flags & 1:
                    self._socket.sendall(frame(_SETTINGS_FRAME, 1, 0, b""))
                elif kind == _PING and not flags & 1:
                    self._socket.sendall(frame(_PING, 1, 0, payload))
                elif kind == _GOAWAY:
                    raise ConnectionError(f"Envoy goes away: {payload!r}")
            self._left = left[at:]
        return [Reply(code, body.decode("latin-1")) for code, body in zip(status, bodies, strict=True)]


def block(method: str, path: str, host: str, headers: tuple[tuple[str, str], ...] = ()) -> bytes:
    """The header block of a request without a body; names must be lower case."""
    return b"".join((_name(":method"), _text(method), b"\x86", _name(":path"), _text(path), _name(":authority"), _text(host),
                     *[_name(name) + _text(value) for name, value in headers]))


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """One HTTP/2 frame."""
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload


def proxy_header(client: tuple[str, int], server: tuple[str, int], values: tuple[tuple[int, bytes], ...] = ()) -> bytes:
    """PROXY protocol, version 2, over TCP; both addresses of one family."""
    from_, to = ip_address(client[0]), ip_address(server[0])
    body = from_.packed + to.packed + struct.pack("!HH", client[1], server[1])
    body += b"".join(struct.pack("!BH", kind, len(value)) + value for kind, value in values)
    return _PROXY + struct.pack("!BBH", 0x21, 0x11 if from_.version == 4 else 0x21, len(body)) + body


def _status(payload: bytes) -> int:
    at = 1 if payload[:1] == b"\x20" else 0  # "the table has no room", as we asked
    if payload[at] in _STATIC:
        return _STATIC[payload[at]]
    # A literal after the name with index 8 (:status), plain or in Huffman's code, whose digits are "0" to "2" in 5 bits and "3" to "9" in 6.
    if payload[at] not in (0x08, 0x18, 0x48):
        raise ValueError(f"not a status: {payload!r}")
    size = payload[at + 1]
    text = payload[at + 2 : at + 2 + (size & 0x7F)]
    return int(_huffman(text) if size & 0x80 else text)


def _huffman(text: bytes) -> str:
    bits = "".join(f"{byte:08b}" for byte in text)
    found = ""
    while len(found) < 3:
        if bits[:5] in ("00000", "00001", "00010"):
            found, bits = found + str(int(bits[:5], 2)), bits[5:]
        else:
            found, bits = found + str(int(bits[:6], 2) - 0b011001 + 3), bits[6:]
    return found


@cache
def _name(name: str) -> bytes:
    known = {":authority": 1, ":method": 2, ":path": 4}
    return bytes([known[name]]) if name in known else b"\x00" + _text(name)


@cache
def _text(value: str) -> bytes:
    raw = value.encode("latin-1")
    size = len(raw)
    if size < 127:
        return bytes([size]) + raw
    head, size = b"\x7f", size - 127
    while size >= 128:
        head, size = head + bytes([size & 0x7F | 0x80]), size >> 7
    return head + bytes([size]) + raw
