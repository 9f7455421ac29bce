"""Comments: what Zendesk keeps of the text it is given.

``html_body`` is sanitised, ``body`` and ``plain_body`` are its text; a comment is public unless
it says otherwise (developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments).
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import nh3

from integration.sandbox.options import Json, stamp

if TYPE_CHECKING:
    from integration.sandbox.state import State

_TAGS = {
    *("a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr"),
    *("i", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "table", "tbody", "td"),
    *("th", "thead", "tr", "u", "ul", "del"),
}
_BLOCKS = {"p", "div", "ul", "ol", "table", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
# What `sanitised` leaves of a tag: its name, and attributes in double quotes.
_TAG = re.compile(r'<(/?[a-zA-Z][a-zA-Z0-9]*)(?:\s[^<>"]*(?:"[^"]*"[^<>"]*)*)?>')
_AS_TEXT = {
    **{mark + name: "\n\n" for name in _BLOCKS for mark in ("", "/")},
    **{"br": "\n", "tr": "\n", "hr": "\n", "li": "\n- ", "/td": " ", "/th": " "},
}
_AROUND_BREAK = re.compile(r"[ \t]*\n[ \t]*")
_MANY_BREAKS = re.compile(r"\n{3,}")


def sanitised(markup: str) -> str:
    """HTML with scripts, styles, handlers and unknown tags taken out; safe to show."""
    return nh3.clean(
        markup,
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
    )


def plain(markup: str) -> str:
    """The text of some sanitised HTML: blocks apart by an empty line, entities decoded."""
    marked = _TAG.sub(lambda tag: _AS_TEXT.get(tag[1].lower(), ""), markup)
    text = _AROUND_BREAK.sub("\n", html.unescape(marked))
    return _MANY_BREAKS.sub("\n\n", text).strip()


def wrapped(text: str) -> str:
    """Plain text as the HTML Zendesk shows for it."""
    paragraphs = [
        '<p dir="auto">' + html.escape(part, quote=False).replace("\n", "\n<br>") + "</p>"
        for part in re.split(r"\n{2,}", text.strip())
    ]
    return '<div class="zd-comment" dir="auto">' + "\n\n".join(paragraphs) + "</div>"


def texts(given: Json) -> tuple[str, str] | None:
    """``(body, html_body)`` of a comment as given, HTML first; None where it says nothing."""
    markup = given.get("html_body")
    if isinstance(markup, str) and markup.strip():
        clean = sanitised(markup)
        return plain(clean), f'<div class="zd-comment" dir="auto">{clean}</div>'
    text = given.get("body", given.get("value"))
    if isinstance(text, str) and text.strip():
        return text.strip(), wrapped(text)
    return None


def make(state: State, given: Json, author_id: int, via: Json) -> Json | None:
    """A comment ready to be kept, or None where there is no text."""
    said = texts(given)
    if said is None:
        return None
    body, markup = said
    public = given.get("public", True)
    return {
        "id": state.ids.large(),
        "type": "Comment",
        "author_id": int(given.get("author_id") or author_id),
        "body": body,
        "html_body": markup,
        "plain_body": body,
        "public": public not in (False, "false", 0, "0"),
        "attachments": [],
        "audit_id": None,
        "via": via,
        "created_at": stamp(state.now()),
        "metadata": {"system": {}, "custom": {}},
    }


def as_event(comment: Json) -> Json:
    """The comment as an audit tells it."""
    keys = ("id", "type", "author_id", "body", "html_body", "plain_body", "public", "attachments")
    return {**{key: comment[key] for key in keys}, "audit_id": comment["audit_id"]}
