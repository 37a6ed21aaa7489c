"""What else an account has published: posts that must not be mistaken for one that is sought."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from db.leases import Held
from db.statements import statement

_SIBLINGS: Final = statement("siblings")


def post_ids(connection: Connection, held: Held) -> frozenset[str]:
    """The platform's ids of the account's other publications, from a day before this one was
    announced on; the latest thousand."""
    values = {
        "account": held.account.id,
        "id": held.id,
        "since": held.intent_at or held.scheduled_for,
    }
    return frozenset(connection.execute(_SIBLINGS, values).scalars())
