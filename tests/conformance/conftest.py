"""One database, one worker and one sandbox for all conformance tests of a process: each test has
accounts of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from db.engine import make_engine
from domain.content import MediaType
from sandbox.process import start as start_sandbox
from tests import servers
from tests.conformance.cases import NAMES, Case
from tests.make import KEYRING, MadeAccount, a_post, a_user, an_account, row_of
from tests.system import System, make_system

STEPS = 24


@dataclass(frozen=True)
class Sent:
    """A post of one case, and the account that it goes to."""

    case: Case
    account: MadeAccount
    publication: UUID
    text: str


@dataclass(frozen=True)
class House:
    """A worker over one database and one sandbox."""

    system: System
    session: psycopg.Connection
    control: httpx.Client

    def account(self, case: Case) -> MadeAccount:
        """A connected account whose token can be refreshed, where the platform has that."""
        user = a_user(self.session)
        made = an_account(self.session, user, case.platform, metadata=dict(case.metadata))
        refresh = f"refresh-{made.id}"
        self.session.execute(
            "UPDATE social_accounts SET refresh_token = %s WHERE id = %s",
            [KEYRING.seal(refresh, row=made.id, column="refresh_token"), made.id],
        )
        entry = {**made.sandbox_entry, "refresh_token": refresh, **case.entry}
        self.control.post("/accounts", json=entry).raise_for_status()
        return made

    def send(self, case: Case, account: MadeAccount | None = None, **more: Any) -> Sent:
        """Schedule a post of this case; ``query`` shapes the last of its media."""
        account = account or self.account(case)
        user = self.session.execute(
            "SELECT user_id FROM social_accounts WHERE id = %s", [account.id]
        ).fetchone()
        assert user is not None
        text = more.pop("text", f"hello {uuid4()}")
        post = a_post(
            self.session,
            user[0],
            [account],
            content=text,
            content_type=case.kind,
            media=self.media(case, more.get("query", "")),
            metadata={case.platform: {**case.options, **more.get("options", {})}},
        )
        return Sent(case, account, post.only, text)

    def media(self, case: Case, query: str) -> list[tuple[MediaType, str]]:
        queries = [*[""] * (len(case.media) - 1), query]
        return [(kind, self.address(kind, queries[place])) for place, kind in enumerate(case.media)]

    def address(self, kind: MediaType, query: str = "") -> str:
        name = NAMES[kind].format(name=uuid4().hex)
        joined = f"{'&' if '?' in name else '?'}{query}" if query else ""
        return f"{self.system.sandbox_url}/_sandbox/media/{name}{joined}"

    def finish(self, sent: Sent) -> Any:
        """Let it come to its end, time passing as fast as the work; the row. It may also be left
        waiting for a person, such as one who connects the account again."""
        for _ in range(STEPS):
            worked = self.system.step()
            row = row_of(self.session, "post_publications", sent.publication)
            if row.status in ("published", "failed") or not worked:
                return row
            self.system.hurry(self.session, sent.publication, by="90 seconds")
        raise AssertionError(f"{sent.case} does not end: {row}")

    def posts(self, sent: Sent) -> list[dict[str, Any]]:
        """What the platform has accepted of it, without what follows it."""
        return [post for post in self.accepted(sent) if not post["reply_to"]]

    def accepted(self, sent: Sent) -> list[dict[str, Any]]:
        of = {"platform": sent.case.platform, "account": sent.account.platform_user_id}
        return list(self.control.get("/ledger", params=of).json()["posts"])

    def followers(self, sent: Sent) -> list[str]:
        """The texts of what follows it: comments and answers."""
        posts = self.accepted(sent)
        answers = [post["text"] for post in posts if post["reply_to"]]
        return answers + [comment["text"] for post in posts for comment in post["comments"]]

    def calls(self, case: Case) -> int:
        """How many calls the platform has had so far."""
        return self.calls_to(case, "")

    def calls_to(self, case: Case, part: str) -> int:
        """Likewise of those whose path has this part."""
        found = self.control.get("/calls", params={"platform": case.platform}).json()["calls"]
        return sum(part.lower() in call["path"].lower() for call in found)

    def break_with(self, **fault: Any) -> None:
        """Tell the sandbox what is to go wrong."""
        self.control.post("/faults", json=fault).raise_for_status()

    def mend(self) -> None:
        """Tell the sandbox that nothing goes wrong any more."""
        self.control.delete("/faults").raise_for_status()

    def set(self, **settings: Any) -> None:
        self.control.post("/settings", json=settings).raise_for_status()


@pytest.fixture(scope="session")
def household() -> Iterator[House]:
    url = servers.create(os.environ[servers.TEMPLATE])
    engine = make_engine(url, application_name="conformance")
    with start_sandbox() as sandbox, psycopg.connect(url, autocommit=True) as session:
        system = make_system(engine, sandbox.url)
        with httpx.Client(base_url=f"{sandbox.url}/_sandbox") as control:
            yield House(system, session, control)
        system.publisher.transport.close()
        system.publisher.writer.close()
    engine.dispose()
    servers.drop(os.environ[servers.DATABASE], servers.name_of(url))


@pytest.fixture
def house(household: House) -> Iterator[House]:
    """The same one, with nothing broken and the platforms' clocks and limits out of the way."""
    household.set(processing_looks=1, processing_seconds=0, limits=False)
    yield household
    household.mend()
