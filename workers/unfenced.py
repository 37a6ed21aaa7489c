"""The journal of flows that only ask: a refresh, a profile."""

from __future__ import annotations

from typing import Final

from domain.content import JsonObject


class _Unfenced:
    """Publishes nothing and keeps no checkpoint."""

    def announce(self) -> None:
        raise TypeError("a flow that only asks publishes nothing")

    def save(self, _checkpoint: JsonObject, *, now: bool = False) -> None:  # noqa: ARG002  by the protocol
        raise TypeError("a flow that only asks keeps no checkpoint")


UNFENCED: Final = _Unfenced()
