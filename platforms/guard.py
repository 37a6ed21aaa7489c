"""Where media may be fetched from: https on public addresses, and what was checked is what is
connected to.

A name is resolved once, every address it has is judged, and the connection goes to that very
address, under the name in Host and TLS. So a name that resolves differently a moment later gains
nothing, and every redirect is judged anew.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import httpx

from domain.failures import Rejected, Unavailable

Resolve: TypeAlias = Callable[[str, int], Sequence[str]]
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

PORTS: Final = {"http": 80, "https": 443}
_HOST: Final = re.compile(rb"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Way:
    """How to reach a URL that was judged: ``url`` has an address for a host; ``host`` is the name,
    ``named`` the name with its port."""

    url: httpx.URL
    host: str
    named: str

    @property
    def headers(self) -> Mapping[str, str]:
        return {"host": self.named}

    @property
    def extensions(self) -> Mapping[str, Any]:
        return {"sni_hostname": self.host} if self.url.scheme == "https" else {}


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, as the system resolves it. Raises `OSError`."""
    return [str(a[4][0]) for a in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def ways(url: str, *, allow_private: bool, resolver: Resolve = resolve) -> list[Way]:
    """Every way to a URL, best first. ``allow_private`` allows http and private addresses; for
    development. Raises `Rejected` for what may not be used, `Unavailable` for an unknown host."""
    parsed = _parsed(url)
    if parsed.scheme == "http" and not allow_private:
        raise Rejected("the media's URL is http; https is needed", item="media")
    host = parsed.raw_host.decode("ascii").strip("[]")
    try:
        found = [
            ipaddress.ip_address(a) for a in resolver(host, parsed.port or PORTS[parsed.scheme])
        ]
    except (OSError, ValueError):
        raise Unavailable(f"the media host {host} is not known") from None
    if not allow_private and not all(is_public(address) for address in found):
        raise Rejected(f"the media host {host} is on a private network", item="media")
    named = parsed.netloc.decode("ascii")
    return [Way(parsed.copy_with(host=_spelled(address)), host, named) for address in found]


def is_public(address: Address) -> bool:
    """Whether anybody on the internet means the same by it. An IPv4 address inside an IPv6 one is
    judged for itself."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or _translated(address)
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _translated(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


def _parsed(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise Rejected("the media's URL cannot be read", item="media") from None
    if parsed.scheme not in PORTS or not parsed.host:
        raise Rejected("the media's URL is not http or https", item="media")
    if not _HOST.fullmatch(parsed.raw_host):
        raise Rejected("the media's URL has no proper host", item="media")
    if parsed.userinfo:
        raise Rejected("the media's URL holds a user name or password", item="media")
    return parsed


def _spelled(address: Address) -> str:
    return f"[{address}]" if address.version == 6 else str(address)
