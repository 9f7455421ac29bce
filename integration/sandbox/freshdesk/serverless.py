"""Handlers of an app, run as the platform runs them: by Node, away from the requests.

developers.freshworks.com/docs/app-sdk/v3.0, "Serverless apps" and "App set-up events": twenty
seconds for a handler, ten as an app is installed; that one ends with ``renderData()``, or with
``renderData({message})``, which refuses the settings. Whether an event is told again after a
failure is not documented: here it is not.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from integration.sandbox.freshdesk.asking import Came
from integration.sandbox.options import Json

SECONDS: Final[Mapping[str, float]] = {"onAppInstall": 10.0}
"""Seconds that the handler of an event has; any other ``LONGEST``."""
LONGEST: Final = 20.0
RENDERED: Final = ("onAppInstall", "onAppUninstall", "afterAppUpdate")
"""Events whose handlers end with ``renderData``."""
NO_NODE: Final = "Node is not on PATH: handlers of the app are not run."
_RUNNER: Final = Path(__file__).parent / "runner.js"
_SHOWN: Final = 200

Ask = Callable[[str, Any], Came]
"""Makes a handler's request by its template's name, with what was passed along."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a handler ended; ``words`` say why where it did not end well, or what it refused."""

    outcome: Literal["done", "refused", "failed", "late", "not run"]
    words: str = ""


def node() -> str | None:
    """Where Node is; None where it is not on PATH."""
    return shutil.which("node")


class Running:
    """Handlers that run at the moment; closing it ends them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[subprocess.Popen[str]] = set()
        self._closed = False

    def run(self, file: Path, handler: str, event: str, args: Json, ask: Ask) -> Ran:
        """Run the handler of an event and wait for its end. What goes wrong is told by what it
        gives; nothing is raised."""
        program = node()
        if program is None:
            return Ran("not run", NO_NODE)
        given = {"file": str(file), "handler": handler, "args": args}
        late = threading.Event()
        found: Ran | None = None
        with suppress(OSError, ValueError, KeyError), self._started(program) as process:

            def give_up() -> None:
                late.set()
                process.kill()

            watch = threading.Timer(SECONDS.get(event, LONGEST), give_up)
            watch.daemon = True
            watch.start()
            try:
                found = _spoken(process, given, event, ask)
            finally:
                watch.cancel()
        if found is None and late.is_set():
            return Ran("late", "It did not end in time.")
        return found or Ran("failed", "It ended before it was done.")

    def close(self) -> None:
        """End whatever runs, and start no more."""
        with self._lock:
            self._closed = True
            for process in self._open:
                process.kill()

    @contextmanager
    def _started(self, program: str) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen(  # noqa: S603 - Node, and a script of ours
            [program, str(_RUNNER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            text=True,
            encoding="utf-8",
        )
        with process:
            with self._lock:
                self._open.add(process)
                if self._closed:
                    process.kill()
            try:
                yield process
            finally:
                process.kill()
                with self._lock:
                    self._open.discard(process)


def _spoken(process: subprocess.Popen[str], given: Json, event: str, ask: Ask) -> Ran | None:
    """Tell what to run, answer what it asks for, and say how it ended; None where it just went."""
    out, into = process.stdout, process.stdin
    assert out is not None
    assert into is not None
    rendered: Ran | None = None

    def tell(said: Json) -> None:
        into.write(json.dumps(said) + "\n")
        into.flush()

    tell(given)
    for line in out:
        said = json.loads(line)
        if "invoke" in said:
            came = ask(said["name"], said["options"])
            tell({"id": said["invoke"], "well": came.well, "came": came.as_json()})
        elif "render" in said and rendered is None:
            rendered = _rendered(said["render"])
        elif "end" in said:
            if said["end"] is not None:
                return Ran("failed", f"It threw {said['end']}.")
            if rendered is None and event in RENDERED:
                return Ran("failed", "It never called renderData.")
            return rendered or Ran("done")
    return None


def _rendered(error: Any) -> Ran:
    if error is None:
        return Ran("done")
    words = error.get("message") if isinstance(error, dict) else error
    return Ran("refused", str(words)[:_SHOWN])
