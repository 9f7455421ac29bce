"""Translations of the panel's words (``words.ENGLISH``), by language: every key in every one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from integration.languages.french import spaced
from integration.panel.translations.chinese import CHINESE
from integration.panel.translations.french import FRENCH
from integration.panel.translations.german import GERMAN
from integration.panel.translations.sentences_chinese import CHINESE_SENTENCES
from integration.panel.translations.sentences_french import FRENCH_SENTENCES
from integration.panel.translations.sentences_german import GERMAN_SENTENCES
from integration.panel.translations.sentences_spanish import SPANISH_SENTENCES
from integration.panel.translations.spanish import SPANISH

TRANSLATIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "de": {**GERMAN, **GERMAN_SENTENCES},
    "fr": spaced({**FRENCH, **FRENCH_SENTENCES}),
    "es": {**SPANISH, **SPANISH_SENTENCES},
    "zh-CN": {**CHINESE, **CHINESE_SENTENCES},
}
