"""The answers that say no, in Zendesk's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from integration.sandbox.options import Json


class ApiError(Exception):
    """An answer other than success: its status, JSON body and extra headers."""

    def __init__(self, status: int, body: Json, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body.get('error')}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def not_found() -> ApiError:
    return ApiError(404, {"error": "RecordNotFound", "description": "Not found"})


def problem(description: str, error: str | None = "InvalidValue", **more: object) -> Json:
    """One line of ``details``: what is wrong with a field."""
    return {"description": description, "error": error, **more}


def invalid(details: Mapping[str, Sequence[Json]]) -> ApiError:
    """422: ``details`` maps a field's name (or ``base``) to its problems."""
    return ApiError(
        422,
        {
            "error": "RecordInvalid",
            "description": "Record validation errors",
            "details": {name: list(rows) for name, rows in details.items()},
        },
    )


def bad_request(error: str, description: str, **more: object) -> ApiError:
    return ApiError(400, {"error": error, "description": description, **more})


def missing_parameter(name: str) -> ApiError:
    """400 for a body without its wrapper, such as ``{"ticket": …}``."""
    return bad_request("ParameterMissing", f"Parameter {name} is required")


def not_authenticated() -> ApiError:
    return ApiError(401, {"error": "Couldn't authenticate you"})


def bad_token() -> ApiError:
    return ApiError(
        401,
        {
            "error": "invalid_token",
            "error_description": "The access token provided is expired, revoked, malformed or "
            "invalid for other reasons.",
        },
    )


def missing_scope(scope: str) -> ApiError:
    return ApiError(
        403,
        {
            "error": "Forbidden",
            "description": f"You are missing the following required scopes: {scope}",
        },
    )


def forbidden() -> ApiError:
    return ApiError(
        403,
        {
            "error": {
                "title": "Forbidden",
                "message": "You do not have access to this page. Please contact the account owner "
                "of this help desk for further help.",
            }
        },
    )


def conflict() -> ApiError:
    return ApiError(
        409,
        {
            "error": "UpdateConflict",
            "description": "Safe Update prevented the update due to outdated ticket data. "
            "Please fetch the latest ticket data and try again.",
        },
    )
