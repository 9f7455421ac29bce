"""A process for the tests that asks for a token, in many threads at once.

Arguments: database URL, key, installation, client's id and secret, threads, and a file whose
appearance starts them. Writes "ready", and then "token: " with each thread's, to standard output.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from integration.grants import Grant
from integration.helpdesks.zendesk_tokens import OAuthClient
from integration.installations import Installations
from integration.store import connect
from integration.vault import Vault


def main() -> None:
    url, key, installation, client_id, client_secret, threads, start = sys.argv[1:]
    client = OAuthClient(client_id, client_secret)
    grant = Grant(
        Installations(connect(url), Vault([key])),
        installation,
        lambda refresh: client.refresh("sandbox", refresh or ""),
    )
    got: list[str] = []

    def ask() -> None:
        while not Path(start).exists():
            threading.Event().wait(0.005)
        got.append(grant())

    asking = [threading.Thread(target=ask) for _ in range(int(threads))]
    for one in asking:
        one.start()
    print("ready", flush=True)
    for one in asking:
        one.join()
    print("\n".join(f"token: {one}" for one in got), flush=True)


if __name__ == "__main__":
    main()
