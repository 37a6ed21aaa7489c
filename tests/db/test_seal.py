"""Tokens at rest open only with their key, in their row and column."""

from __future__ import annotations

from base64 import b64encode
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.seal import Keyring
from domain.failures import TokenUnreadable

OLD, NEW = (f"{name}:{b64encode(name[0].encode() * 32).decode()}" for name in ("old", "new"))


@given(st.text(max_size=2000))
def test_what_is_sealed_opens_again(text: str):
    text = text.encode("utf-8", "ignore").decode()
    ring, row = Keyring.parse(NEW), uuid4()
    sealed = ring.seal(text, row=row, column="access_token")
    assert ring.open(sealed, row=row, column="access_token") == text
    assert ring.seal(text, row=row, column="access_token") != sealed


def test_keys_rotate_without_a_stop():
    row = uuid4()
    sealed = Keyring.parse(OLD).seal("token", row=row, column="access_token")
    both = Keyring.parse(f"{NEW},{OLD}")
    assert both.open(sealed, row=row, column="access_token") == "token"
    assert both.seal("token", row=row, column="access_token").startswith("v1:new:")
    with pytest.raises(TokenUnreadable, match="'old'"):
        Keyring.parse(NEW).open(sealed, row=row, column="access_token")


def test_a_token_moved_to_another_row_or_column_does_not_open():
    ring, row = Keyring.parse(NEW), uuid4()
    sealed = ring.seal("token", row=row, column="access_token")
    for elsewhere, column in ((uuid4(), "access_token"), (row, "refresh_token")):
        with pytest.raises(TokenUnreadable, match=column):
            ring.open(sealed, row=elsewhere, column=column)


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=80))
def test_what_was_never_sealed_is_refused_and_not_repeated(text: str):
    body = f"#{text}"  # no message of ours has this sign
    with pytest.raises(TokenUnreadable) as caught:
        Keyring.parse(NEW).open(f"v1:new:{body}", row=uuid4(), column="access_token")
    assert body not in str(caught.value)


def test_a_token_that_is_not_sealed_is_refused_and_not_repeated():
    with pytest.raises(TokenUnreadable, match="is not sealed") as caught:
        Keyring.parse(NEW).open("plain:secret-token", row=uuid4(), column="access_token")
    assert "secret-token" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "place 1"),
        ("k1", "place 1"),
        ("k1:c2hvcnQ=", "place 1"),
        (f"{NEW},oops:!!", "place 2"),
        (f"{NEW},{NEW}", "twice"),
        (f"oops,{NEW},{NEW}", "place 1, the key new twice"),
    ],
)
def test_a_malformed_ring_names_the_place_and_no_key(text: str, fault: str):
    with pytest.raises(ValueError, match=fault) as caught:
        Keyring.parse(text)
    assert NEW.partition(":")[2] not in str(caught.value)
    assert NEW.partition(":")[2] not in repr(Keyring.parse(NEW))
