"""Media on their way to a platform, one entry each, kept in the checkpoint under ``uploads``: a
crash goes on with the part that is next."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from domain.content import Json, Media
from domain.failures import Rejected
from platforms.adapter import Job
from platforms.flow import Reply, Save, Step
from platforms.refusals import of_item

Entry: TypeAlias = dict[str, Json]
Work: TypeAlias = Generator[Step, Reply, None]


@dataclass(frozen=True, slots=True)
class Uploads:
    """What is uploaded for one post, and how far each has come."""

    job: Job
    media: Sequence[Media]
    entries: list[Entry]

    def save(self) -> Save:
        """Stored at once: no part is sent twice."""
        entries: list[Json] = [{**entry} for entry in self.entries]
        return Save({**self.job.checkpoint, "uploads": entries}, now=True)

    def forget(self, position: int) -> Save:
        """What comes from there on has to be uploaded anew."""
        del self.entries[position:]
        return self.save()

    def sent(self, send: Callable[[Uploads, int], Work]) -> Work:
        """Each that is not through yet, by ``send``. A refusal names which it is about."""
        for position in range(len(self.media)):
            if position < len(self.entries) and self.entries[position].get("sent_all"):
                continue
            try:
                yield from send(self, position)
            except Rejected as refused:
                raise of_item(refused, position) from None


def kept(job: Job) -> list[Entry]:
    """What earlier runs have uploaded."""
    entries = job.checkpoint.get("uploads")
    listed = entries if isinstance(entries, list) else []
    return [{**entry} for entry in listed if isinstance(entry, dict)]


def item(position: int) -> str:
    """How a medium is named in messages."""
    return f"media[{position}]"
