"""Signed webhooks at a steady pace, or as many as are answered: the load of `warranty bench
service`, sent by a process of its own.

``python -m integration.commands.bench_load`` reads a ``Sending`` as JSON from its standard input
and writes a ``Load`` as JSON. Connections are kept open, as a helpdesk would; one that the server
has closed meanwhile is opened again.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import cycle
from typing import Final

from integration.helpdesks.freshdesk_webhook import HEADER
from integration.helpdesks.zendesk_webhook import DELIVERY, SIGNATURE, TIMESTAMP, sign
from integration.installation import HelpdeskName

_ANSWER: Final = 30.0  # seconds to wait for one


@dataclass(frozen=True, slots=True)
class Sending:
    """What to send: deliveries as of ``helpdesk`` for ``tickets`` in turn to ``path`` on ``port``
    of 127.0.0.1, proven by ``secret``, for ``seconds``.

    With a ``rate`` that many are sent in a second, whatever becomes of those before; without one
    each of ``connections`` sends the next as soon as the last is answered.
    """

    port: int
    path: str
    helpdesk: HelpdeskName
    installation: str
    secret: str
    tickets: tuple[int, ...]
    seconds: float
    rate: float | None = None
    connections: int = 16


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a plan: each delivery's time from first byte sent to last byte received, in ms;
    how many had which answer (a status, or why there was none); the seconds it all took; the
    share of a core that sending it used; and the most that a delivery left late, in ms."""

    milliseconds: tuple[float, ...]
    answers: Mapping[str, int]
    seconds: float
    core: float
    latest: float


def run(plan: Sending) -> Load:
    """Carry out a plan in a process of its own. Raises subprocess.SubprocessError."""
    ended = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", __name__],
        input=json.dumps(asdict(plan)),
        capture_output=True,
        text=True,
        timeout=plan.seconds + 2 * _ANSWER,
        check=True,
    )
    given = json.loads(ended.stdout)
    return Load(**{**given, "milliseconds": tuple(given["milliseconds"])})


class _Sender:
    """The open connections, and what was learnt from them."""

    def __init__(self, plan: Sending) -> None:
        self.plan = plan
        self.times: list[float] = []
        self.answers: Counter[str] = Counter()
        self._tickets = cycle(plan.tickets)
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._closed: list[asyncio.StreamWriter] = []

    async def deliver(self) -> None:
        """Send one delivery and take its answer down."""
        request = self._request()
        began = time.perf_counter()
        try:
            async with asyncio.timeout(_ANSWER):
                status = await self._exchange(request)
        except TimeoutError:
            self.answers["no answer in time"] += 1
        except (OSError, EOFError, ValueError) as error:
            self.answers[type(error).__name__] += 1
        else:
            self.answers[str(status)] += 1
            self.times.append((time.perf_counter() - began) * 1000)

    async def _exchange(self, request: bytes) -> int:
        while self._free:
            kept = self._free.pop()
            try:
                return await self._ask(*kept, request)
            except (OSError, EOFError):
                pass  # closed by the server while idle; a repeated delivery is done once
        return await self._ask(*await self._open(), request)

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.plan.port)

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> int:
        keep = False
        try:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            lines = head.split("\r\n")
            headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
            await reader.readexactly(int(headers.get("content-length", 0)))
            keep = headers.get("connection") != "close"
        finally:
            if keep:
                self._free.append((reader, writer))
            else:
                self._closed.append(writer)
                writer.close()
        return int(lines[0].split(" ")[1])

    def _request(self) -> bytes:
        plan = self.plan
        what = {
            "v": 1,
            "installation": plan.installation,
            "event": "ticket_created",
            "ticket_id": str(next(self._tickets)),
        }
        body = json.dumps(what).encode()
        head = (
            f"POST {plan.path} HTTP/1.1\r\nHost: 127.0.0.1:{plan.port}\r\n"
            f"Content-Type: application/json; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        )
        proof = "".join(f"{name}: {value}\r\n" for name, value in _proof(plan, body).items())
        return f"{head}{proof}\r\n".encode() + body

    async def close(self) -> None:
        """Close what is open."""
        for _, writer in self._free:
            writer.close()
            self._closed.append(writer)
        await asyncio.gather(*(one.wait_closed() for one in self._closed), return_exceptions=True)


def _proof(plan: Sending, body: bytes) -> dict[str, str]:
    """The headers by which a delivery proves where it comes from."""
    if plan.helpdesk == "freshdesk":
        return {HEADER: plan.secret}
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    signature = sign(plan.secret, at, body)
    return {DELIVERY: uuid.uuid4().hex, TIMESTAMP: at, SIGNATURE: signature}


async def _send(plan: Sending) -> Load:
    sender = _Sender(plan)
    used, began = time.process_time(), time.perf_counter()
    latest = 0.0
    if plan.rate is None:
        ends = began + plan.seconds

        async def go_on() -> None:
            while time.perf_counter() < ends:
                await sender.deliver()

        await asyncio.gather(*(go_on() for _ in range(plan.connections)))
    else:
        under_way = set()
        for number in range(max(1, round(plan.rate * plan.seconds))):
            due = began + number / plan.rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            latest = max(latest, (time.perf_counter() - due) * 1000)
            under_way.add(asyncio.create_task(sender.deliver()))
        await asyncio.gather(*under_way)
    seconds = time.perf_counter() - began
    core = (time.process_time() - used) / seconds
    await sender.close()
    return Load(tuple(sender.times), dict(sender.answers), seconds, core, latest)


if __name__ == "__main__":
    given = json.load(sys.stdin)
    json.dump(asdict(asyncio.run(_send(Sending(**given)))), sys.stdout)
