"""A platform that costs next to nothing: ``python -m bench.stub [seconds of latency]``.

It answers the publishing call of X, Facebook Pages and LinkedIn with a post's id, in the shape
that their adapters read, and keeps when each text came; of any post on X it tells figures. Its
address is the one line it prints. ``GET /_arrivals`` is ``[[key, epoch seconds], …]``,
``DELETE /_arrivals`` forgets them.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from itertools import count
from typing import Final, cast

KEY: Final = re.compile(rb"item-[0-9a-f-]+")
IDS: Final = re.compile(rb"[?&]ids=([^&]+)")
LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Stub:
    """What all connections share."""

    def __init__(self, latency: float) -> None:
        self.latency = latency
        self.arrivals: list[tuple[str, float]] = []
        self.numbers = count(10**15)

    def answer(self, line: bytes, body: bytes) -> bytes:
        """The whole answer to one request."""
        method, path, _ = line.split(b" ", 2)
        if path == b"/_arrivals":
            told = json.dumps(self.arrivals).encode()
            if method == b"DELETE":
                self.arrivals.clear()
            return _response(b"200 OK", told)
        if method == b"GET":
            return _response(b"200 OK", _figures(path))
        found = KEY.search(body)
        if found is None:
            return _response(b"400 Bad Request", b'{"error": {"message": "no item"}}')
        self.arrivals.append((found.group().decode(), time.time()))  # noqa: TID251  the time itself
        return self._accepted(path, next(self.numbers))

    @staticmethod
    def _accepted(path: bytes, number: int) -> bytes:
        if path.startswith(b"/linkedin/"):
            return _response(b"201 Created", b"", b"x-restli-id: urn:li:share:%d\r\n" % number)
        if path.startswith(b"/facebook/"):
            return _response(b"200 OK", b'{"id": "1_%d"}' % number)
        return _response(b"201 Created", b'{"data": {"id": "%d", "text": ""}}' % number)


def _figures(path: bytes) -> bytes:
    """Of every post that X is asked about."""
    ids = IDS.search(path)
    metrics = {"like_count": 5, "reply_count": 1, "retweet_count": 2, "impression_count": 90}
    found = ids.group(1).decode().replace("%2C", ",").split(",") if ids else []
    return json.dumps({"data": [{"id": one, "public_metrics": metrics} for one in found]}).encode()


class Connection(asyncio.Protocol):
    """One kept-alive connection, one request at a time."""

    def __init__(self, stub: Stub) -> None:
        self.stub = stub
        self.waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        head, blank, rest = self.waiting.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        size = int(length.group(1)) if length else 0
        if not blank or len(rest) < size:
            return
        self.waiting = rest[size:]
        answer = self.stub.answer(head.partition(b"\r\n")[0], rest[:size])
        if self.stub.latency:
            asyncio.get_running_loop().call_later(self.stub.latency, self.transport.write, answer)
        else:
            self.transport.write(answer)


def _response(status: bytes, body: bytes, headers: bytes = b"") -> bytes:
    return b"HTTP/1.1 %b\r\ncontent-type: application/json\r\n%bcontent-length: %d\r\n\r\n%b" % (
        status,
        headers,
        len(body),
        body,
    )


async def serve(latency: float) -> None:
    stub = Stub(latency)
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(stub), "127.0.0.1", 0, backlog=1024
    )
    host, port = server.sockets[0].getsockname()
    print(f"http://{host}:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0))
