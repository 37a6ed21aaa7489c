"""The bare loop: ``python -m bench.bare_loop <database url> <platform url>``."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from typing import Final

import aiohttp
import psycopg

from bench.bare import PUBLISHED, PUBLISHING

AT_A_TIME: Final = 64


async def run(database_url: str, platform_url: str) -> None:
    """Publish every job of the table, once the advisory lock is free."""
    connector = aiohttp.TCPConnector(limit=AT_A_TIME)
    async with aiohttp.ClientSession(connector=connector) as http:
        sessions = [
            await psycopg.AsyncConnection.connect(database_url, autocommit=True)
            for _ in range(AT_A_TIME)
        ]
        await sessions[0].execute("SELECT pg_advisory_lock(1)")
        rows = await (await sessions[0].execute("SELECT id FROM jobs ORDER BY id")).fetchall()
        jobs = iter([row[0] for row in rows])
        await asyncio.gather(*(_work(jobs, one, http, platform_url) for one in sessions))


async def _work(
    jobs: Iterator[int],
    session: psycopg.AsyncConnection,
    http: aiohttp.ClientSession,
    platform_url: str,
) -> None:
    for job in jobs:
        await session.execute(PUBLISHING, [job])
        async with http.post(
            f"{platform_url}/twitter/2/tweets",
            json={"text": f"item-{job}"},
            headers={"authorization": "Bearer token"},
        ) as answer:
            post = (await answer.json())["data"]["id"]
        await session.execute(PUBLISHED, [post, job])


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2]))
