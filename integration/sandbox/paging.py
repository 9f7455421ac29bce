"""Lists, a page at a time: by offset (``page``, ``per_page``) or by cursor (``page[size]``).

developer.zendesk.com/api-reference/introduction/pagination.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from integration.sandbox.errors import bad_request
from integration.sandbox.options import Json

MOST = 100
_LAST_PAGE = 100


def encode(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode()


def decode(cursor: str) -> int:
    """The place a cursor stands for; 400 for one that is not ours."""
    try:
        return int(base64.urlsafe_b64decode(cursor.encode()).decode())
    except (binascii.Error, ValueError) as error:
        raise bad_request("InvalidPaginationParameter", "page: cursor is invalid") from error


def _number(args: Mapping[str, str], name: str, default: int) -> int:
    text = args.get(name, "")
    return int(text) if text.isdigit() and int(text) > 0 else default


def paged(rows: Sequence[Any], name: str, args: Mapping[str, str], url: str) -> Json:
    """The asked-for page of rows under their name, with what leads to the others.

    ``url`` is the list's own address, without a query.
    """
    if any(key.startswith("page[") for key in args):
        return _by_cursor(rows, name, args, url)
    page, size = _number(args, "page", 1), min(_number(args, "per_page", MOST), MOST)
    if page > _LAST_PAGE:
        raise bad_request(
            "InvalidPaginationParameter", "Use cursor pagination beyond the first 100 pages"
        )
    start = (page - 1) * size
    rest = {k: v for k, v in args.items() if k != "page"}

    def link(number: int) -> str:
        return f"{url}?{urlencode({**rest, 'page': number})}"

    return {
        name: list(rows[start : start + size]),
        "next_page": link(page + 1) if start + size < len(rows) else None,
        "previous_page": link(page - 1) if page > 1 else None,
        "count": len(rows),
    }


def _by_cursor(rows: Sequence[Any], name: str, args: Mapping[str, str], url: str) -> Json:
    size = min(_number(args, "page[size]", MOST), MOST)
    if "page[before]" in args:
        stop = decode(args["page[before]"])
        start = max(0, stop - size)
    else:
        start = decode(args["page[after]"]) if "page[after]" in args else 0
        stop = min(start + size, len(rows))
    rest = {k: v for k, v in args.items() if k not in ("page[after]", "page[before]")}
    after, before = encode(str(stop)), encode(str(start))
    more = stop < len(rows)
    return {
        name: list(rows[start:stop]),
        "meta": {"has_more": more, "after_cursor": after, "before_cursor": before},
        "links": {
            "prev": f"{url}?{urlencode({**rest, 'page[before]': before})}" if start else None,
            "next": f"{url}?{urlencode({**rest, 'page[after]': after})}" if more else None,
        },
    }
