"""What a macro's preview would do, reduced to what may be done. No I/O.

``GET /tickets/{id}/macros/{id}/apply`` answers with the whole ticket as it would be, and may leave
attributes out. So nothing is taken but what is named here, differs from the ticket, and is not
null.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import nh3
from markupsafe import Markup, escape

from integration.helpdesks import Bindings, FieldValue, Rendered
from integration.helpdesks.zendesk_ticket import ATTRIBUTES, CUSTOM, custom_values, plain

_PRIORITIES = frozenset({"low", "normal", "high", "urgent"})
# fmt: off
_TAGS_KEPT = frozenset({
    "a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "hr", "i", "li",
    "ol", "p", "pre", "s", "span", "strong", "u", "ul",
})
# fmt: on
_LOOKS_LIKE_HTML = re.compile(
    r"</?(?:p|div|br|ul|ol|li|b|strong|em|i|u|a|span|h[1-6]|blockquote)\b[^<>]*>", re.IGNORECASE
)
_PLACEHOLDER = re.compile(r"\{\{|\{%")


def rendered_from(
    preview: Mapping[str, Any], current: Mapping[str, Any], bindings: Bindings
) -> Rendered:
    """What a macro would say and set on a ticket.

    ``preview`` and ``current`` are Zendesk's JSON of the ticket after and before. Kept are the
    reply's text; priority, group and assignee; custom fields that are not bound to us; and the
    tags that the ticket does not have yet. Status and everything else is dropped: whether a
    ticket is solved is for an agent to say.
    """
    text, problem = _text(preview.get("comment"))
    effects: dict[str, object] = {}
    for name in ATTRIBUTES:
        value = preview.get(name)
        if value != current.get(name) and _sound(name, value):
            effects[name] = value
    ours = frozenset(bindings.fields.values())
    for native_id, value, _ in _differing(preview, current):
        unset = value is None or value in ("", ())
        if not unset and native_id not in ours:
            effects[CUSTOM + native_id] = value
    tags = frozenset(t for t in preview.get("tags") or () if isinstance(t, str) and t)
    return Rendered(
        text=text,
        effects=effects,
        add_tags=tags - frozenset(current.get("tags") or ()),
        problem=problem,
    )


def touches_ours(
    preview: Mapping[str, Any], current: Mapping[str, Any], bindings: Bindings
) -> bool:
    """Whether a field of ours differs between the two: the macro sets it, which is not taken over,
    or somebody has just changed the ticket."""
    ours = frozenset(bindings.fields.values())
    return any(known and native_id in ours for native_id, _, known in _differing(preview, current))


def _sound(name: str, value: object) -> bool:
    if name == "priority":
        return isinstance(value, str) and value in _PRIORITIES
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _differing(
    preview: Mapping[str, Any], current: Mapping[str, Any]
) -> Iterator[tuple[str, FieldValue, bool]]:
    """The custom fields that a preview shows with another value than the ticket's: id, value, and
    whether the ticket is known to have the field at all. ``fields`` is one object in the manual's
    example and a list elsewhere; ``custom_fields`` occurs as well."""
    before: Mapping[str, FieldValue] | None = None
    for name in ("fields", "custom_fields"):
        items = preview.get(name)
        if not items or items == current.get("custom_fields"):
            continue  # most previews: looking at dozens of fields one by one would cost more
        before = custom_values(current) if before is None else before
        for item in items if isinstance(items, list) else [items]:
            if isinstance(item, Mapping) and str(item.get("id") or "").isdecimal():
                native_id, value = str(item["id"]), plain(item.get("value"))
                if value != before.get(native_id):
                    yield native_id, value, native_id in before


def _text(comment: object) -> tuple[Markup | None, str | None]:
    """The reply as safe HTML, and why there is none although the macro has one."""
    if not isinstance(comment, Mapping):
        return None, None
    raw = next(filter(None, map(_stripped, _candidates(comment))), "")
    if not raw:
        return None, None
    if _PLACEHOLDER.search(raw):
        return None, "its text has a placeholder that Zendesk did not fill in"
    if _LOOKS_LIKE_HTML.search(raw):
        clean = nh3.clean(
            raw,
            tags=set(_TAGS_KEPT),
            attributes={"a": {"href"}},
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer",
        ).strip()
        # nh3 is the judge of what is safe HTML here.
        html = Markup(clean)  # noqa: S704
        return (html, None) if html.striptags() else (None, None)
    paragraphs = re.split(r"\n\s*\n", raw.replace("\r\n", "\n"))
    lines = (Markup("<br>").join(map(escape, p.split("\n"))) for p in paragraphs)
    return Markup("").join(Markup("<p>{}</p>").format(p) for p in lines), None


def _candidates(comment: Mapping[str, Any]) -> Iterator[object]:
    """The text in its places, the richest first. ``scoped_body`` is a list of (channel, text)."""
    yield comment.get("html_body")
    scoped = comment.get("scoped_body")
    pairs = [p for p in scoped or () if isinstance(p, list | tuple) and len(p) == 2]
    yield from (text for channel, text in pairs if channel == "channel:all")
    yield from (text for _, text in pairs)
    yield comment.get("body")


def _stripped(text: object) -> str:
    return text.strip() if isinstance(text, str) else ""
