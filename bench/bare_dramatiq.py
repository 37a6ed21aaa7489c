"""Bare dramatiq: ``dramatiq bench.bare_dramatiq`` works, ``python -m bench.bare_dramatiq <count>``
sends the messages. The thinnest HTTP client, a connection to each server for each thread."""

from __future__ import annotations

import http.client
import json
import os
import sys
import threading

import dramatiq
import psycopg
from dramatiq.brokers.redis import RedisBroker

from bench.bare import PUBLISHED, PUBLISHING, address

dramatiq.set_broker(RedisBroker(url=os.environ["REDIS_URL"]))  # type: ignore[no-untyped-call]


class _Connections(threading.local):
    def __init__(self) -> None:
        self.database = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        self.platform = http.client.HTTPConnection(*address(os.environ["BARE_URL"]))


own = _Connections()


@dramatiq.actor
def job(number: int) -> None:
    """Mark publishing, POST, mark published."""
    own.database.execute(PUBLISHING, [number])
    own.platform.request(
        "POST",
        "/twitter/2/tweets",
        json.dumps({"text": f"item-{number}"}),
        {"authorization": "Bearer token", "content-type": "application/json"},
    )
    post = json.loads(own.platform.getresponse().read())["data"]["id"]
    own.database.execute(PUBLISHED, [post, number])


if __name__ == "__main__":
    for number in range(1, int(sys.argv[1]) + 1):
        job.send(number)
