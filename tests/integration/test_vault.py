"""Secrets at rest: kept by a key, carried over to the next one, and never shown."""

from __future__ import annotations

import json

import pytest

from integration.vault import NoKey, Vault, new_key

SECRETS = {"token": "VERY-SECRET", "signing_secrets": ["a", "b"], "none": None}


def test_there_and_back() -> None:
    """What is closed opens as it was, and is not to be read meanwhile."""
    vault = Vault([new_key()])
    closed = vault.close(SECRETS)
    assert vault.open(closed) == SECRETS
    assert "VERY-SECRET" not in closed
    assert "token" not in closed
    assert vault.close(SECRETS) != closed  # the same secrets look different each time


def test_rotation() -> None:
    """While two keys are given both open; what is renewed needs only the new one."""
    old, new = new_key(), new_key()
    before = Vault([old]).close(SECRETS)
    both = Vault([new, old])
    assert both.open(before) == SECRETS
    after = both.renewed(before)
    assert Vault([new]).open(after) == SECRETS
    assert Vault([new]).open(both.close(SECRETS)) == SECRETS
    for vault, text in ((Vault([new]), before), (Vault([old]), after)):
        with pytest.raises(NoKey):
            vault.open(text)


@pytest.mark.parametrize("place", [0, 1, 9, 30, -60, -40])
def test_tampering_is_noticed(place: int) -> None:
    """One changed character anywhere, and the text does not open."""
    vault = Vault([new_key()])
    closed = vault.close(SECRETS)
    other = "A" if closed[place] != "A" else "B"
    cut = place % len(closed)
    with pytest.raises(NoKey, match="WARRANTY_KEYS"):
        vault.open(closed[:cut] + other + closed[cut + 1 :])


@pytest.mark.parametrize("text", ["", "plain", "é", '{"token": "x"}', "gAAAAA"])
def test_what_was_never_closed(text: str) -> None:
    """What the vault did not write does not open either; the message does not repeat it."""
    with pytest.raises(NoKey) as caught:
        Vault([new_key()]).open(text)
    assert not text or text not in str(caught.value)
    assert caught.value.__cause__ is None


def test_no_key() -> None:
    """Without keys it is false, and says what to set when it is needed."""
    vault = Vault([])
    assert not vault
    assert Vault([new_key()])
    for act in (lambda: vault.close(SECRETS), lambda: vault.open("x"), lambda: vault.renewed("x")):
        with pytest.raises(NoKey, match="WARRANTY_KEYS"):
            act()


@pytest.mark.parametrize("key", ["", "short", "é" * 44, "A" * 45, new_key()[:-2]])
def test_bad_keys(key: str) -> None:
    """What cannot be a key is refused at once, unrepeated."""
    with pytest.raises(ValueError, match=r"^key: expected 32 bytes") as caught:
        Vault([new_key(), key])
    assert not key or key not in str(caught.value)
    assert caught.value.__cause__ is None


def test_nothing_is_shown() -> None:
    """Neither a key nor a secret is in what a vault or its errors show."""
    key = new_key()
    vault = Vault([key])
    vault.close(SECRETS)
    assert repr(vault) == "Vault(1 keys)"
    with pytest.raises(NoKey) as caught:
        Vault([new_key()]).open(vault.close(SECRETS))
    shown = f"{caught.value!r} {vault} {json.dumps(vars(vault), default=repr)}"
    assert key not in shown
    assert "VERY-SECRET" not in shown
