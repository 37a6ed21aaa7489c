"""Fetching what a platform is told to fetch."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import aiohttp

from sandbox import media

LARGEST = 1024**3
ANSWER_WITHIN = 20.0


class NotFetched(Exception):
    """The file did not come, or not all of it."""


@dataclass(slots=True)
class Puller:
    """One client for all fetches, made when the first comes."""

    within: float = ANSWER_WITHIN
    session: aiohttp.ClientSession | None = field(default=None, repr=False)

    async def pull(self, url: str, *, redirects: bool = True) -> media.Facts:
        """What is at the URL. Raises NotFetched."""
        if not url.startswith(("http://", "https://")):
            raise NotFetched(url)
        if self.session is None:
            self.session = aiohttp.ClientSession()
        try:
            async with (
                asyncio.timeout(self.within),
                self.session.get(url, allow_redirects=redirects) as answer,
            ):
                if answer.status != 200 or (answer.content_length or 0) > LARGEST:
                    raise NotFetched(url)
                return media.read(await answer.read())
        except (aiohttp.ClientError, TimeoutError, ValueError) as fault:
            raise NotFetched(url) from fault

    async def close(self) -> None:
        if self.session is not None:
            await self.session.close()
