"""A client with one account on each platform, and a few words for what tests do often."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.sandbox.client import Client

PLATFORMS = ("twitter", "threads", "instagram", "facebook", "linkedin", "tiktok")


@pytest.fixture(scope="session")
def connections(sandbox: str) -> Iterator[Client]:
    """Clients are dear to make and cheap to keep."""
    with httpx.Client(base_url=sandbox) as http, httpx.Client(base_url=sandbox) as bare:
        yield Client(http, bare)


@pytest.fixture
def client(connections: Client) -> Client:
    """Everything before this test forgotten; account 1 on every platform."""
    connections.http.headers["authorization"] = "Bearer t"
    connections.http.post("/_sandbox/reset").raise_for_status()
    connections.know_all(*PLATFORMS)
    return connections
