"""Tokens at rest: AES-256-GCM, bound to the row and column that they belong to.

A sealed token is ``v1:<key id>:<base64url of a 12-byte nonce and the ciphertext>``. Keys rotate
without a stop: the first key of the ring seals, every key of it opens.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.failures import TokenUnreadable

VERSION: Final = "v1"
NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Keyring:
    """Keys by id; ``current`` seals. Shows only ids in its repr."""

    current: str
    keys: Mapping[str, AESGCM] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """``<id>:<base64 of 32 bytes>[,<id>:<key>…]``, the current one first. Raises ValueError
        that names the place of each fault and repeats no key."""
        keys: dict[str, AESGCM] = {}
        faults: list[str] = []
        for place, entry in enumerate(text.split(","), 1):
            key_id, _, key = entry.strip().partition(":")
            material = _decoded(key)
            if not key_id or ":" in key or len(material) != KEY_BYTES:
                faults.append(f"a malformed key at place {place}")
            elif key_id in keys:
                faults.append(f"the key {key_id} twice")
            else:
                keys[key_id] = AESGCM(material)
        if faults:
            raise ValueError(f"has {', '.join(faults)}")
        return cls(next(iter(keys)), keys)

    def seal(self, text: str, *, row: UUID, column: str) -> str:
        """``text`` for that row and column of social_accounts only."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self.keys[self.current].encrypt(nonce, text.encode(), _identity(row, column))
        return f"{VERSION}:{self.current}:{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, *, row: UUID, column: str) -> str:
        """What was sealed. Raises `TokenUnreadable`."""
        version, _, rest = sealed.partition(":")
        key_id, _, body = rest.partition(":")
        if version != VERSION:
            raise TokenUnreadable(
                f"{column} of account {row} is not sealed ({VERSION}): connect the account again"
            )
        if key_id not in self.keys:
            raise TokenUnreadable(
                f"{column} of account {row} is sealed with key {key_id!r}, which TOKEN_KEYS does"
                " not hold: add that key after the current one, or connect the account again"
            )
        raw = _decoded(body)
        try:
            text = self.keys[key_id].decrypt(
                raw[:NONCE_BYTES], raw[NONCE_BYTES:], _identity(row, column)
            )
        except (InvalidTag, ValueError):
            raise TokenUnreadable(
                f"{column} of account {row} cannot be decrypted: it was sealed for another row or"
                " with another key; connect the account again"
            ) from None
        return text.decode()


def new_key(key_id: str) -> str:
    """A fresh entry for TOKEN_KEYS."""
    return f"{key_id}:{base64.urlsafe_b64encode(AESGCM.generate_key(KEY_BYTES * 8)).decode()}"


def _identity(row: UUID, column: str) -> bytes:
    return f"social_accounts:{row}:{column}".encode()


def _decoded(text: str) -> bytes:
    """Either alphabet of base64; empty for what is none."""
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except binascii.Error:
        return b""
