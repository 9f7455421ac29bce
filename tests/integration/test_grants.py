"""Tokens are renewed once, however many ask, and what happens between two steps loses nothing."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from integration import errors, grants
from integration.grants import CONNECT_AGAIN, Grant
from integration.helpdesks import Bindings, TicketRef
from integration.helpdesks.tokens import GrantGone, Tokens
from integration.helpdesks.zendesk import Account, connect
from integration.helpdesks.zendesk_tokens import OAuthClient
from integration.installations import Installations
from integration.sandbox.api.oauth import authorizations
from integration.sandbox.faults import Fault
from integration.sandbox.options import Limits, Options
from integration.sandbox.server import Sandbox, running_sandbox
from integration.store import Store
from integration.vault import Vault, new_key
from tests.integration.accounts import account, pair, with_tables

KEY = new_key()
BACK = "https://warranty.example.com/back"
DUE = 0.0
"""The life of tokens that are to be renewed at once."""


@pytest.fixture
def installations(store: Store) -> Installations:
    return Installations(with_tables(store), Vault([KEY]))


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    options = Options(limits=Limits(enabled=False), redirects=(BACK,))
    with running_sandbox(options) as served:
        monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
        monkeypatch.setenv("ZENPY_FORCE_NETLOC", f"127.0.0.1:{served.port}")
        yield served


class Connected:
    """An account that was connected for real, by a code; ``id`` is the installation's."""

    id = "one"

    def __init__(self, sandbox: Sandbox, installations: Installations) -> None:
        self.sandbox = sandbox
        self.installations = installations
        options = sandbox.state.options
        self.client = OAuthClient(options.global_id, options.global_secret)
        self.asked = 0  # how often the helpdesk was asked to refresh by these grants

    def granted(self) -> Tokens:
        known = authorizations(self.sandbox.app)
        given = {"response_type": "code", "client_id": self.client.id, "redirect_uri": BACK}
        challenge = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
        with self.sandbox.state.lock:
            asked = known.request({**given, **challenge, "scope": "read write"})
            back = known.allow(asked, int(self.sandbox.state.agent["id"]))
        code = back.partition("code=")[2]
        return self.client.exchange("sandbox", code=code, verifier=VERIFIER, redirect=BACK)

    def connect(self, life: float) -> Tokens:
        tokens = self.granted()
        kept = Tokens(tokens.access, life, tokens.refresh, tokens.refresh_life)
        self.installations.add(account(subdomain="sandbox"), kept)
        return kept

    def refresh(self, refresh: str | None) -> Tokens:
        self.asked += 1
        return self.client.refresh("sandbox", refresh or "")

    def grant(self) -> Grant:
        return Grant(self.installations, self.id, self.refresh)

    def works(self, token: str) -> bool:
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{self.sandbox.base_url}/api/v2/users/me"
        return requests.get(url, headers=headers, timeout=5).ok

    @property
    def refreshed(self) -> int:
        """How often the newest grant was refreshed."""
        return authorizations(self.sandbox.app).granted[-1].refreshed


VERIFIER = "v" * 43
CHALLENGE = "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"


@pytest.fixture
def desk(sandbox: Sandbox, installations: Installations) -> Connected:
    return Connected(sandbox, installations)


def in_threads(count: int, act: Callable[[], Any]) -> list[Any]:
    """What each of so many threads got that began at once: a value, or what it raised."""
    start, got = threading.Barrier(count), []

    def run() -> None:
        start.wait()
        try:
            got.append(act())
        except errors.HelpdeskError as error:
            got.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return got


class Away(Installations):
    """Installations whose store takes no tokens while ``away``."""

    away = False

    def keep_tokens(self, *args: Any, **more: Any) -> bool:
        if self.away:
            raise errors.Unavailable("store: away")
        return super().keep_tokens(*args, **more)


# -- once ------------------------------------------------------------------------------------------


def test_good_tokens_are_left_alone(desk: Connected) -> None:
    """While the token is good it is given as it is, and nothing is asked of the helpdesk."""
    tokens = desk.connect(1800)
    grant = desk.grant()
    assert {grant() for _ in range(5)} == {tokens.access}
    assert desk.refreshed == 0


def test_renewed_ahead_of_the_end(desk: Connected) -> None:
    """A token is renewed when 80 % of its life is over, while it is still good."""
    old = desk.connect(DUE)
    assert desk.works(old.access)
    new = desk.grant()()
    assert new != old.access
    assert desk.works(new)
    assert desk.refreshed == 1
    held = desk.installations.held(desk.id)
    assert held.access == new
    assert 0.79 * 1800 < held.seconds <= 0.8 * 1800
    assert desk.grant()() == new  # another process finds it in the store
    assert desk.refreshed == 1


def test_many_threads(desk: Connected) -> None:
    """However many threads ask at once, also each by a grant of its own, one renews."""
    desk.connect(DUE)
    desk.sandbox.state.faults.add(Fault("/oauth/tokens", delay=0.3, delayed="after"))
    shared = desk.grant()
    asking = [shared] * 6 + [desk.grant() for _ in range(6)]

    def ask() -> str:
        one = asking.pop()  # each thread another of them
        return one()

    got = in_threads(12, ask)
    assert len(set(got)) == 1
    assert desk.works(got[0])
    assert desk.refreshed == 1


def test_many_processes(desk: Connected, database_url: str, tmp_path: Path) -> None:
    """However many processes ask at once, with several threads each, one renews, once."""
    desk.connect(DUE)
    desk.sandbox.state.faults.add(Fault("/oauth/tokens", delay=0.5, delayed="after"))
    start = tmp_path / "start"
    script = Path(__file__).with_name("renewer.py")
    command = [
        *(sys.executable, str(script), database_url, KEY, desk.id),
        *(desk.client.id, str(desk.client.secret), "3", str(start)),
    ]
    asking = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    try:
        for one in asking:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        start.touch()
        told = [one.communicate(timeout=60) for one in asking]
    finally:
        for one in asking:
            one.kill()
            one.wait()
    assert [one.returncode for one in asking] == [0] * 4, told
    lines = [line for out, _ in told for line in out.splitlines()]
    got = [line.removeprefix("token: ") for line in lines if line.startswith("token: ")]
    assert len(got) == 12
    assert len(set(got)) == 1
    assert desk.works(got[0])
    assert desk.refreshed == 1


def test_refused_token_is_renewed_once(desk: Connected) -> None:
    """Many that are refused with the same token renew it once; a late refusal of a token that was
    replaced long since renews nothing."""
    old = desk.connect(1800)
    grant = desk.grant()
    assert in_threads(8, lambda: grant.invalidate(old.access)) == [True] * 8
    assert desk.refreshed == 1
    new = grant()
    assert new != old.access
    assert desk.grant().invalidate(old.access)
    assert desk.refreshed == 1
    assert desk.works(new)


def test_401_in_use(desk: Connected) -> None:
    """A request that is answered 401, before its token's time, renews and is sent once more."""
    tokens = desk.connect(1800)
    ticket = desk.sandbox.state.file_ticket(
        {"subject": "x", "comment": {"body": "x"}}, "Customer 3", "customer3@example.com"
    )
    helpdesk = connect(Account(desk.id, "sandbox", desk.grant()), Bindings())
    helpdesk.get(TicketRef(desk.id, str(ticket["id"])))
    with desk.sandbox.state.lock:
        del desk.sandbox.state.tokens[tokens.access]
    helpdesk.get(TicketRef(desk.id, str(ticket["id"])))
    assert desk.refreshed == 1


def test_kept_alive(desk: Connected) -> None:
    """Renewing ahead renews a token that is still good: an account at rest stays connected."""
    old = desk.connect(1800)
    before = desk.installations.get(desk.id)
    grant = desk.grant()
    grant.renew_ahead()
    assert desk.refreshed == 1
    assert grant() != old.access
    after = desk.installations.get(desk.id)
    assert before is not None
    assert after is not None
    assert before.renew_by is not None
    assert after.renew_by is not None
    assert after.renew_by > before.renew_by


# -- what goes wrong between two steps -------------------------------------------------------------


def test_store_away_after_the_refresh(
    desk: Connected, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the store cannot take what was just renewed, the dead token is not given out; the new
    ones are stored once the store is back, by themselves, and nothing is renewed again."""
    monkeypatch.setattr(grants, "_KEEP_EVERY", 0.02)
    old = desk.connect(DUE)
    away = desk.installations = Away(store, Vault([KEY]))
    away.away = True
    grant = desk.grant()
    for _ in range(3):
        with pytest.raises(errors.Unavailable) as caught:
            grant()
        assert not caught.value.ambiguous
    with pytest.raises(errors.Unavailable):
        grant.invalidate(old.access)
    assert away.held(desk.id).access == old.access
    away.away = False
    ends = time.monotonic() + 20
    while away.held(desk.id).access == old.access:  # nobody asks meanwhile
        assert time.monotonic() < ends
        threading.Event().wait(0.02)
    assert desk.works(grant())
    assert desk.refreshed == 1
    assert desk.asked == 1


def test_store_back_when_asked(
    desk: Connected, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks next stores what was not stored, before anybody uses it."""
    monkeypatch.setattr(grants, "_KEEP_EVERY", 3600.0)
    old = desk.connect(DUE)
    away = desk.installations = Away(store, Vault([KEY]))
    away.away = True
    grant = desk.grant()
    with pytest.raises(errors.Unavailable):
        grant()
    away.away = False
    assert grant.invalidate(old.access)
    assert desk.works(grant())
    assert desk.refreshed == 1


def test_crash_before_storing(desk: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that dies between refresh and store takes the tokens with it: once its lease is
    over this is told as a grant that is gone, and the helpdesk is asked once, not for ever."""
    old = desk.connect(DUE)
    assert desk.installations.lease_grant(desk.id, "the dead one", 0.5)
    assert old.refresh is not None
    desk.client.refresh("sandbox", old.refresh)  # and then it died
    asked = desk.asked
    grant = desk.grant()
    for _ in range(3):
        with pytest.raises(errors.Forbidden) as caught:
            grant()
        assert caught.value.advice == CONNECT_AGAIN
    assert desk.asked == asked + 1
    assert desk.installations.held(desk.id).state == "gone"


def test_killed_while_storing(desk: Connected, store: Store) -> None:
    """Whoever renews tokens and comes late to store them, after another declared the old ones gone,
    still brings them in."""
    desk.connect(DUE)

    class Slow(Installations):
        """Another tries with the old tokens, just before these are stored."""

        def keep_tokens(self, *args: Any, **more: Any) -> bool:
            self.release_grant(desk.id, owner())  # the lease has run out
            with pytest.raises(errors.Forbidden):
                other()
            assert self.held(desk.id).state == "gone"
            return super().keep_tokens(*args, **more)

    def owner() -> str:
        with store.read() as connection:
            return str(connection.exec_driver_sql("SELECT lease_owner FROM installations").scalar())

    other = desk.grant()
    desk.installations = Slow(store, Vault([KEY]))
    token = desk.grant()()
    assert desk.works(token)
    assert desk.installations.held(desk.id).state == "good"
    assert desk.refreshed == 1


def test_paused_process(desk: Connected, store: Store) -> None:
    """A process that was paused past its lease, and finds its refresh token used, does not declare
    gone what another has renewed meanwhile: it takes that."""
    desk.connect(DUE)
    other, plain = desk.grant(), desk.installations

    def paused(refresh: str | None) -> Tokens:
        with store.begin() as connection:
            connection.exec_driver_sql("UPDATE installations SET lease_until = 0")
        renewed.append(other())
        return desk.refresh(refresh)

    renewed: list[str] = []
    assert [Grant(plain, desk.id, paused)()] == renewed
    assert plain.held(desk.id).state == "good"
    assert desk.works(renewed[0])


def test_lease_of_the_dead_runs_out(desk: Connected) -> None:
    """A process that dies before its refresh holds others up no longer than its lease."""
    desk.connect(DUE)
    assert desk.installations.lease_grant(desk.id, "the dead one", 0.5)
    assert desk.works(desk.grant()())
    assert desk.refreshed == 1


def test_patience_ends(desk: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another takes too long to renew, the caller is told to come again, and the old token,
    still good, serves meanwhile."""
    monkeypatch.setattr(grants, "_PATIENCE", 0.2)
    old = desk.connect(DUE)
    assert desk.installations.lease_grant(desk.id, "a slow one", 60)
    assert desk.grant()() == old.access
    with pytest.raises(errors.Unavailable):
        desk.grant().renew_ahead()
    assert desk.asked == 0


# -- the helpdesk does not renew -------------------------------------------------------------------


def test_revoked(desk: Connected) -> None:
    """Where an admin removed the app, that is told with what to do, the tokens are forgotten, and
    others are told the same without asking the helpdesk."""
    old = desk.connect(DUE)
    known = authorizations(desk.sandbox.app)
    known.revoke(known.granted[-1])
    with pytest.raises(errors.Forbidden) as caught:
        desk.grant()()
    assert caught.value.advice == CONNECT_AGAIN
    assert old.access not in str(caught.value)
    held = desk.installations.held(desk.id)
    assert (held.state, held.access, held.refresh) == ("gone", None, None)
    asked = desk.asked
    for act in (desk.grant(), desk.grant().renew_ahead, lambda: desk.grant().invalidate("x")):
        with pytest.raises(errors.Forbidden):
            act()
    assert desk.asked == asked


def test_connected_again(desk: Connected) -> None:
    """A grant that was gone is good again, for every process, as soon as an admin reconnects."""
    desk.connect(DUE)
    known = authorizations(desk.sandbox.app)
    known.revoke(known.granted[-1])
    grant = desk.grant()
    with pytest.raises(errors.Forbidden):
        grant()
    desk.installations.keep_tokens(desk.id, desk.granted(), serial=None)
    assert desk.works(grant())
    assert desk.works(desk.grant()())


def test_connected_again_during_a_refresh(desk: Connected) -> None:
    """An admin who reconnects while the old tokens are being renewed in vain wins."""
    desk.connect(DUE)
    known = authorizations(desk.sandbox.app)
    known.revoke(known.granted[-1])

    def slowly(refresh: str | None) -> Tokens:
        desk.installations.keep_tokens(desk.id, desk.granted(), serial=None)
        return desk.refresh(refresh)

    token = Grant(desk.installations, desk.id, slowly)()
    assert desk.works(token)
    assert desk.installations.held(desk.id).state == "good"


@pytest.mark.parametrize(
    "fault",
    [
        Fault("/oauth/tokens", status=503, times=9),
        Fault("/oauth/tokens", status=429, headers={"Retry-After": "7"}, times=9),
        Fault("/oauth/tokens", cut=True, times=9),
    ],
)
def test_old_token_serves_meanwhile(desk: Connected, fault: Fault) -> None:
    """While renewing fails, the old token is used for the rest of its life, and the helpdesk is not
    asked again each time."""
    old = desk.connect(DUE)
    desk.sandbox.state.faults.add(fault)
    grant = desk.grant()
    assert {grant() for _ in range(5)} == {old.access}
    assert desk.asked == 1
    assert desk.installations.held(desk.id).state == "good"
    desk.sandbox.state.faults.clear()
    assert desk.works(desk.grant()())
    assert desk.refreshed == 1


def test_no_token_touches_no_ticket(desk: Connected) -> None:
    """Where a refused token cannot be renewed, it is not left open whether a ticket was written:
    the request was not carried out."""
    old = desk.connect(1800)
    desk.sandbox.state.faults.add(Fault("/oauth/tokens", cut=True, times=9))
    with pytest.raises(errors.Unavailable) as caught:
        desk.grant().invalidate(old.access)
    assert not caught.value.ambiguous


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"error": "invalid_client"}, errors.Forbidden),
        (403, {"error": "blocked"}, errors.Forbidden),
        (400, {"error": "invalid_request"}, errors.Invalid),
        (404, {"error": "x"}, errors.NotFound),
    ],
)
def test_another_refusal(
    desk: Connected, status: int, body: Any, error: type[errors.Rejected]
) -> None:
    """A refusal that is not about the grant (a mistyped client secret, say) is told, and destroys
    no account's tokens: once it is mended all goes on."""
    desk.connect(DUE)
    desk.sandbox.state.faults.add(Fault("/oauth/tokens", status=status, body=body))
    with pytest.raises(error):
        desk.grant()()
    assert desk.installations.held(desk.id).state == "good"
    assert desk.works(desk.grant()())


# -- other kinds, and none -------------------------------------------------------------------------


def test_own_client(sandbox: Sandbox, installations: Installations) -> None:
    """A client of the account itself is asked for its first token, and for each after it, without a
    refresh token."""
    options = sandbox.state.options
    client = OAuthClient(options.client_id, options.client_secret)
    installations.add(account(subdomain="sandbox"))
    seen: list[str | None] = []

    def renew(refresh: str | None) -> Tokens:
        seen.append(refresh)
        return client.own("sandbox")

    grant = Grant(installations, "one", renew)
    first = grant()
    assert Grant(installations, "one", renew)() == first
    assert grant.invalidate(first)
    assert grant() != first
    assert seen == [None, None]


def test_not_connected(installations: Installations) -> None:
    """An installation that there is not has no token, and that is told with what to do."""
    grant = Grant(installations, "nobody", lambda _: pair())
    for act in (grant, grant.renew_ahead, lambda: grant.invalidate("x")):
        with pytest.raises(errors.Forbidden) as caught:
            act()
        assert caught.value.advice == CONNECT_AGAIN


def test_one_grant_for_one_account(installations: Installations) -> None:
    """A grant of one installation never gives, renews or ends the tokens of another."""
    installations.add(account(), pair(life=DUE))
    installations.add(account("two"), pair("two", life=DUE))

    def gone(refresh: str | None) -> Tokens:
        assert refresh == "REFRESH-one"
        raise GrantGone("gone")

    with pytest.raises(errors.Forbidden):
        Grant(installations, "one", gone)()
    held = installations.held("two")
    assert (held.state, held.access, held.refresh) == ("good", "ACCESS-two", "REFRESH-two")


def test_wrong_key(store: Store, installations: Installations) -> None:
    """With a key that does not fit, nothing is renewed and nothing declared gone: it is told which
    setting to mend."""
    installations.add(account(), pair(life=DUE))

    def never(refresh: str | None) -> Tokens:
        pytest.fail("it must not be renewed")

    with pytest.raises(errors.Unavailable, match="WARRANTY_KEYS"):
        Grant(Installations(store, Vault([new_key()])), "one", never)()
    assert installations.held("one").state == "good"


def test_looked_at_again(installations: Installations) -> None:
    """A token is used for a while without a look into the store, and not for longer."""
    installations.add(account(), pair())
    now = [1000.0]
    grant = Grant(installations, "one", lambda _: pair(), clock=lambda: now[0])
    assert grant() == "ACCESS-one"
    installations.keep_tokens("one", pair("new"), serial=None)
    now[0] += 19
    assert grant() == "ACCESS-one"
    now[0] += 1
    assert grant() == "ACCESS-new"


def test_nothing_is_shown(installations: Installations, caplog: pytest.LogCaptureFixture) -> None:
    """No token is in what a grant shows, logs or raises."""
    installations.add(account(), pair(life=DUE))

    def fails(refresh: str | None) -> Tokens:
        raise errors.Unavailable("away")

    grant = Grant(installations, "one", fails)
    assert grant() == "ACCESS-one"
    assert "ACCESS" not in repr(grant) + caplog.text
    assert "REFRESH" not in repr(grant) + caplog.text
