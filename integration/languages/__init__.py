"""What customers may read, in the languages there are; English where there is none near.

One module a language, each with every text of ``english.py`` under the same key. Nothing here is
sent by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from integration.languages.chinese import CHINESE
from integration.languages.english import ENGLISH
from integration.languages.french import FRENCH
from integration.languages.german import GERMAN
from integration.languages.language import Language
from integration.languages.spanish import SPANISH

__all__ = ["ENGLISH", "LANGUAGES", "Language", "nearest"]

LANGUAGES: Final[Mapping[str, Language]] = MappingProxyType(
    {one.tag: one for one in (ENGLISH, GERMAN, FRENCH, SPANISH, CHINESE)}
)
"""Every language, by its tag."""

_TRADITIONAL: Final = frozenset({"hant", "tw", "hk", "mo"})
"""Who reads traditional characters is not written to in simplified ones."""


def nearest(tag: str | None) -> Language:
    """The language for a reader's tag (``de``, ``de-CH``, ``zh_CN``), English for None and for what
    there is no translation of: ``Language.tag`` says which it became."""
    parts = (tag or "").replace("_", "-").lower().split("-")
    if parts[0] == "zh" and "hans" not in parts and _TRADITIONAL & set(parts):
        return ENGLISH
    for language in LANGUAGES.values():
        if language.tag.partition("-")[0].lower() == parts[0]:
            return language
    return ENGLISH
