"""A broker on the test's own Redis."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runtime.broker import DoorbellBroker, make_broker


@pytest.fixture
def broker(redis_url: str) -> Iterator[DoorbellBroker]:
    made = make_broker(redis_url)
    yield made
    made.close()
    made.client.close()
