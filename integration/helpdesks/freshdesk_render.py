"""A canned response rendered for one ticket: Freshdesk gives it raw, so its placeholders are filled
in here.

Vendor page: developers.freshdesk.com/api, "Canned responses": there is nothing that applies one to
a ticket, and that a reply's placeholders would be filled in is not said. Only the placeholders
listed here are; a text with any other is not used. No I/O.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import nh3
from markupsafe import Markup, escape

from integration.helpdesks import Rendered

# fmt: off
_TAGS_KEPT: Final = frozenset({
    "a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "hr", "i", "li",
    "ol", "p", "pre", "s", "span", "strong", "u", "ul",
})
# fmt: on
_PLACEHOLDER: Final = re.compile(r"\{\{\s*([A-Za-z0-9_.]{1,80})\s*\}\}")
_LEFT: Final = re.compile(r"\{\{|\{%")
_FIRST_NAMES: Final = ("ticket.requester.firstname", "ticket.requester.first_name")
_LAST_NAMES: Final = ("ticket.requester.lastname", "ticket.requester.last_name")
ALLOWED: Final = frozenset(
    (*_FIRST_NAMES, *_LAST_NAMES, "ticket.requester.name", "ticket.id", "ticket.subject")
)
"""The placeholders that are filled in."""
NOTHING: Final = Rendered(text=None, effects=MappingProxyType({}), add_tags=frozenset())


def text_of(template: Mapping[str, Any]) -> str:
    """A canned response's text, in HTML: as it was written, or as plain text made HTML."""
    html = template.get("content_html")
    if isinstance(html, str) and html.strip():
        return html.strip()
    text = template.get("content")
    if not isinstance(text, str) or not text.strip():
        return ""
    paragraphs = re.split(r"\n\s*\n", text.strip().replace("\r\n", "\n"))
    lines = (Markup("<br>").join(map(escape, one.split("\n"))) for one in paragraphs)
    return str(Markup("").join(Markup("<p>{}</p>").format(one) for one in lines))


def rendered(template: str, native: Mapping[str, Any]) -> Rendered:
    """A text in HTML with its placeholders filled in from a ticket's JSON, whose ``requester`` is
    there where the text asks for a name. Values are escaped, and what in them looks like a
    placeholder is not one. It sets and tags nothing."""
    if not template:
        return NOTHING
    values = _values(native)
    wanting: list[str] = []

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if name not in ALLOWED:
            return match[0]
        value = values.get(name, "")
        if not value:
            wanting.append(name)
        return str(escape(_inert(value)))

    filled = _PLACEHOLDER.sub(fill, template)
    problem = None
    if wanting:
        problem = f"the ticket has nothing for its placeholder {wanting[0]}"
    elif _LEFT.search(filled):
        problem = "its text has a placeholder that is not filled in here"
    if problem:
        return Rendered(None, NOTHING.effects, NOTHING.add_tags, problem)
    clean = nh3.clean(
        filled,
        tags=set(_TAGS_KEPT),
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    ).strip()
    # nh3 is the judge of what is safe HTML here.
    html = Markup(clean)  # noqa: S704
    if not html.striptags():
        return NOTHING
    return Rendered(html, NOTHING.effects, NOTHING.add_tags)


def _values(native: Mapping[str, Any]) -> dict[str, str]:
    requester = native.get("requester")
    name = requester.get("name") if isinstance(requester, Mapping) else None
    words = name.split() if isinstance(name, str) and "@" not in name else []
    values = {"ticket.requester.name": " ".join(words)}
    values |= dict.fromkeys(_FIRST_NAMES, words[0] if words else "")
    values |= dict.fromkeys(_LAST_NAMES, words[-1] if len(words) > 1 else "")
    values["ticket.id"] = str(native.get("id") or "")
    values["ticket.subject"] = str(native.get("subject") or "")
    return values


def _inert(value: str) -> str:
    return re.sub(r"\{(?=[{%])", "{ ", "".join(char for char in value if char >= " "))
