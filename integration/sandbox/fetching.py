"""One request that a stand-in makes for an app, to somewhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import requests


class Late(Exception):
    """No answer in time."""


class Unreached(Exception):
    """Nothing is at that address, or what is there does not speak HTTP."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer: names of headers in lower case, the body as text."""

    status: int
    reason: str
    headers: Mapping[str, str]
    text: str


def fetched(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    timeout: float,
    largest: int,
) -> Fetched:
    """Make a request once; of its answer not more than ``largest`` bytes are read. ``timeout`` is
    in seconds. Redirects are not followed, and nothing of the machine's own settings (a proxy, a
    login) goes along. Raises Late, Unreached."""
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                method,
                url,
                headers=dict(headers),
                data=body or None,
                timeout=timeout,
                allow_redirects=False,
                stream=True,
            )
            text = answer.raw.read(largest, decode_content=True).decode("utf-8", "replace")
    except requests.Timeout as error:
        raise Late from error
    except (requests.RequestException, OSError, ValueError) as error:
        raise Unreached from error
    told = {name.lower(): value for name, value in answer.headers.items()}
    return Fetched(answer.status_code, answer.reason or "", told, text)
