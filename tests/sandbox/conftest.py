"""A client with one account on each platform, and a few words for what tests do often."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.sandbox.client import Client


@pytest.fixture
def client(sandbox_url: str) -> Iterator[Client]:
    with httpx.Client(base_url=sandbox_url, headers={"authorization": "Bearer t"}) as http:
        made = Client(http)
        for platform in ("twitter", "threads", "instagram", "facebook", "linkedin", "tiktok"):
            made.know(platform)
        yield made
