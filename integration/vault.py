"""Secrets at rest: encrypted by a key from the environment, so that a copy of the store alone
opens no account.

Fernet (authenticated encryption, ``cryptography``). Several keys at once let one follow another:
the first encrypts, all decrypt.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class NoKey(Exception):
    """A secret is to be kept or read, and no key was given, or none that fits."""


class Vault:
    """Encrypts and decrypts. Without keys it does neither, and says so when asked to.

    ``keys`` are Fernet keys (32 bytes, base64); ValueError for anything else, which the message
    does not repeat.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        try:
            self._fernets = [Fernet(key) for key in keys]
        except ValueError:
            raise ValueError("key: expected 32 bytes in URL-safe base64") from None
        self._all = MultiFernet(self._fernets) if self._fernets else None

    def __bool__(self) -> bool:
        return self._all is not None

    def __repr__(self) -> str:
        return f"Vault({len(self._fernets)} keys)"

    def close(self, secrets: Mapping[str, Any]) -> str:
        """JSON-ready secrets as text for the store. Raises NoKey."""
        text = json.dumps(secrets, separators=(",", ":")).encode()
        return self._keys().encrypt(text).decode("ascii")

    def open(self, text: str) -> dict[str, Any]:
        """The secrets in a text of ``close``. Raises NoKey, also where a text was tampered with:
        that cannot be told from a wrong key."""
        try:
            opened: dict[str, Any] = json.loads(self._keys().decrypt(text.encode("ascii")))
        except (InvalidToken, ValueError):
            raise NoKey(
                "a secret in the store was encrypted with another key than those in WARRANTY_KEYS"
            ) from None
        return opened

    def renewed(self, text: str) -> str:
        """The same secrets, encrypted with the first key. Raises NoKey."""
        return self.close(self.open(text))

    def _keys(self) -> MultiFernet:
        if self._all is None:
            raise NoKey("no key to keep secrets with: set WARRANTY_KEYS (`warranty keys new`)")
        return self._all


def new_key() -> str:
    """A fresh key for WARRANTY_KEYS."""
    return Fernet.generate_key().decode("ascii")
