"""Media come from public addresses over https, and the address that was judged is the one used."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.failures import Rejected, Unavailable
from platforms.guard import is_public, ways

PUBLIC = "93.184.216.34"


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.168.1.1", "100.64.0.1"),
        *("0.0.0.0", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "192.0.2.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1"),
        *("::ffff:10.0.0.1", "::ffff:127.0.0.1", "2002:0a00:0001::1", "64:ff9b::a00:1"),
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)
def test_addresses_that_are_not_everybodys_are_refused(address: str):
    assert not is_public(ipaddress.ip_address(address))
    with pytest.raises(Rejected, match="private network"):
        ways("https://cdn.example.org/a.jpg", allow_private=False, resolver=lambda *_: [address])


@pytest.mark.parametrize(
    "address", [PUBLIC, "2606:4700::1111", "::ffff:808:808", "2002:808:808::1"]
)
def test_public_addresses_are_used(address: str):
    found = ways("https://cdn.example.org/a", allow_private=False, resolver=lambda *_: [address])
    assert [way.url.host for way in found] == [address]


def test_one_private_address_among_public_ones_spoils_the_name():
    with pytest.raises(Rejected, match="private network"):
        ways("https://example.org/a", allow_private=False, resolver=lambda *_: [PUBLIC, "10.0.0.1"])


def test_the_connection_goes_to_the_judged_address_under_the_name():
    asked: list[str] = []

    def turns_coat(host: str, port: int) -> Sequence[str]:
        asked.append(f"{host}:{port}")
        return [PUBLIC if len(asked) == 1 else "127.0.0.1"]

    url = "https://cdn.example.org:8443/a.jpg?size=1"
    (way,) = ways(url, allow_private=False, resolver=turns_coat)
    assert str(way.url) == f"https://{PUBLIC}:8443/a.jpg?size=1"
    assert way.headers == {"host": "cdn.example.org:8443"}
    assert way.extensions == {"sni_hostname": "cdn.example.org"}
    assert asked == ["cdn.example.org:8443"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://cdn.example.org/a.jpg", "https is needed"),
        ("file:///etc/passwd", "not http or https"),
        ("ftp://example.org/a", "not http or https"),
        ("x", "not http or https"),
        ("https:///a", "not http or https"),
        ("https://user:secret@example.org/a", "user name or password"),
        ("https://[bad/a", "no proper host"),
        ("https://exa mple.org/a", "no proper host"),
        ("https://127.0.0.1/a", "private network"),
        ("https://[::1]/a", "private network"),
        ("https://0x7f.1/a", "private network"),
        ("https://2130706433/a", "private network"),
    ],
)
def test_what_may_not_be_fetched_is_refused_with_the_reason(url: str, words: str):
    with pytest.raises(Rejected, match=words) as refused:
        ways(url, allow_private=False)
    assert "secret" not in refused.value.message


def test_a_name_that_nobody_knows_may_be_known_later():
    def unknown(_host: str, _port: int) -> Sequence[str]:
        raise OSError

    with pytest.raises(Unavailable, match=r"cdn\.example\.org is not known"):
        ways("https://cdn.example.org/a", allow_private=False, resolver=unknown)


def test_http_and_private_addresses_are_for_development():
    (way,) = ways("http://127.0.0.1:8000/a", allow_private=True)
    assert way.extensions == {}


@given(st.text(max_size=60), st.booleans())
def test_no_url_gets_past_unjudged(url: str, prefix: bool):
    text = f"https://{url}" if prefix else url
    try:
        found = ways(text, allow_private=False, resolver=lambda *_: [PUBLIC])
    except Rejected:
        return
    assert {way.url.host for way in found} == {PUBLIC}
