"""The answers that say no, in Freshdesk's shapes (developers.freshdesk.com/api/#error).

Two shapes: with ``errors`` for a request that does not hold up (400), with ``code`` and
``message`` for one that is refused. The body of a 404 is empty. What the messages of 401, 403, 405
and 429 say exactly is a guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from integration.sandbox.options import Json


class ApiError(Exception):
    """An answer other than success: its status, its body (None: empty) and extra headers."""

    def __init__(
        self, status: int, body: Json | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{status} {(body or {}).get('code', '')}".strip())
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def problem(field: str, message: str, code: str = "invalid_value") -> Json:
    """What is wrong with one field."""
    return {"field": field, "message": message, "code": code}


def unknown(field: str) -> Json:
    """A key that the endpoint does not know; a custom field that is not there is one."""
    return problem(field, "Unexpected/invalid field in request", "invalid_field")


def mismatch(field: str, kind: str) -> Json:
    """A value of the wrong type; ``kind`` in Freshdesk's words: String, Integer, Date …"""
    return problem(field, f"It should be a/an {kind}", "datatype_mismatch")


def missing(field: str, kind: str = "String") -> Json:
    """A mandatory field that was left out or is blank."""
    return problem(field, f"It should be a/an {kind}", "missing_field")


def one_of(field: str, values: Sequence[object]) -> Json:
    """A value that is none of those there are."""
    words = ",".join(str(value) for value in values)
    return problem(field, f"It should be one of these values: '{words}'")


def invalid(problems: Sequence[Json]) -> ApiError:
    """400 with all that is wrong with a request."""
    return ApiError(400, {"description": "Validation failed", "errors": list(problems)})


def invalid_json() -> ApiError:
    words = "Request body has invalid json format"
    return ApiError(400, {"code": "invalid_json", "message": words})


def not_authenticated() -> ApiError:
    words = "You have to be logged in to perform this action."
    return ApiError(401, {"code": "invalid_credentials", "message": words})


def forbidden() -> ApiError:
    words = "You are not authorized to perform this action."
    return ApiError(403, {"code": "access_denied", "message": words})


def not_found() -> ApiError:
    return ApiError(404)


def not_allowed(allowed: Sequence[str] = ()) -> ApiError:
    """405: another verb, or a ticket that is spam or deleted."""
    words = ", ".join(allowed) or "GET"
    return ApiError(
        405,
        {"message": f"This method is not allowed. It should be one of these: {words}"},
        {"Allow": words},
    )


def too_many(retry_after: int, headers: Mapping[str, str]) -> ApiError:
    words = "You have exceeded the limit of requests per minute"
    return ApiError(429, {"message": words}, {**headers, "Retry-After": str(retry_after)})
