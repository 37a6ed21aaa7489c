"""How exchanges reach the platforms and the hosts of media: a wire, and a client that keeps neither
connections nor cookies."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from domain.content import Platform
from platforms.driver import USER_AGENT, Exchange
from platforms.guard import ways
from platforms.media import MediaStore
from platforms.wire import Wire


class Transport:
    """Opens exchanges with the platforms. One a process; made after the fork."""

    def __init__(self, base_urls: Mapping[str, str], *, media_allow_private: bool) -> None:
        self._base_urls = base_urls
        self._find = partial(ways, allow_private=media_allow_private)
        tls = ssl.create_default_context()
        self._wire = Wire(tls)
        self._media_client = httpx.Client(
            verify=tls,
            limits=httpx.Limits(max_keepalive_connections=0),
            headers={"user-agent": USER_AGENT},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            trust_env=False,
        )

    def exchange(
        self, platform: Platform, access_token: str | None, host: str | None = None
    ) -> Exchange:
        """An exchange for one run of one flow, with another base URL than the platform's if
        ``host`` names one."""
        store = MediaStore(self._media_client, self._find)
        return Exchange(self._wire, self._base_urls[host or platform], access_token, store)

    def close(self) -> None:
        """Close all connections, once nobody uses them any more."""
        self._wire.close()
        self._media_client.close()
