"""httpx clients: one for each thread and platform, HTTP/1.1, one TLS context for all."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Mapping
from functools import partial
from typing import Final

import httpx

from domain.content import Platform
from platforms.driver import Exchange
from platforms.guard import ways
from platforms.media import MediaStore

USER_AGENT: Final = "publishing-engine/0.1"
PER_THREAD: Final = httpx.Limits(
    max_connections=2, max_keepalive_connections=2, keepalive_expiry=30
)


class _Clients(threading.local):
    """One dictionary for each thread; None is for media hosts."""

    def __init__(self) -> None:
        self.by_platform: dict[Platform | None, httpx.Client] = {}


class Transport:
    """Opens exchanges with the platforms. One a process; made after the fork."""

    def __init__(self, base_urls: Mapping[str, str], *, media_allow_private: bool) -> None:
        self._base_urls = base_urls
        self._find = partial(ways, allow_private=media_allow_private)
        self._tls = ssl.create_default_context()
        self._clients = _Clients()
        self._opened: list[httpx.Client] = []

    def exchange(
        self, platform: Platform, access_token: str | None, host: str | None = None
    ) -> Exchange:
        """An exchange for one run of one flow, with another base URL than the platform's if
        ``host`` names one."""
        client = self._client(platform)
        store = MediaStore(self._client(None), self._find)
        return Exchange(client, self._base_urls[host or platform], access_token, store)

    def _client(self, platform: Platform | None) -> httpx.Client:
        clients = self._clients.by_platform
        if platform not in clients:
            clients[platform] = httpx.Client(
                http2=False,
                verify=self._tls,
                limits=PER_THREAD,
                headers={"user-agent": USER_AGENT},
                follow_redirects=False,
                trust_env=False,
            )
            self._opened.append(clients[platform])
        return clients[platform]

    def close(self) -> None:
        """Close the connections of all threads, once none of them works any more."""
        for client in self._opened:
            client.close()
