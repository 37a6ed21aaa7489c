"""A flow that only asks an account's platform: for its profile, its figures, its posts."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Generic, TypeVar

from db.connected import Connected
from domain.failures import TokenExpired
from platforms.adapter import Account, Adapter
from platforms.flow import Reply, Step
from workers.tokens import Token, TokenDesk
from workers.unfenced import UNFENCED

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Question(Generic[R]):
    """``flow`` ends with an ``answer``."""

    account: Connected
    adapter: Adapter
    flow: Callable[[Account], Generator[Step, Reply, R]]
    answer: type[R]


def ask(desk: TokenDesk, question: Question[R], token: Token | None = None) -> R:
    """The answer, with ``token`` or else the account's; when it turns out to have ended, with a
    refreshed one, once. Raises the `Failure` that the flow, or the refresh, ends with."""
    account, adapter = question.account, question.adapter
    try:
        return _answer(desk, question, token or desk.access_token(account, adapter))
    except TokenExpired:
        return _answer(desk, question, desk.refreshed(account, adapter))


def _answer(desk: TokenDesk, question: Question[R], token: Token) -> R:
    account, platform = question.account, question.adapter.platform
    host = question.adapter.host_of(account.metadata)
    asked = Account(account.platform_user_id, account.username, account.metadata)
    exchange = desk.transport.exchange(platform, token.text, host)
    found = exchange.run(question.flow(asked), UNFENCED)
    if not isinstance(found, question.answer):
        raise TypeError(f"a question to {platform} ended as {type(found).__name__}")
    return found
