"""The settings of the app in the sidebar: put right by the service, taken out, and looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import responses
from sqlalchemy import select, update

from integration import errors, installations
from integration.doctor_app import app as examined
from integration.helpdesks import Bindings
from integration.helpdesks.placing import Check, Step
from integration.helpdesks.zendesk import Account, StaticToken
from integration.helpdesks.zendesk_checks import look_at
from integration.helpdesks.zendesk_wanted import Wanted
from integration.installations import INSTALLATIONS, Installations
from integration.installed_app import Sidebar, known_of, settle, take_out
from integration.store import Store, now_ms
from integration.vault import Vault, new_key
from tests.integration.accounts import account, with_tables
from tests.integration.helpdesks.fake_apps import FakeApps

URL = "https://warranty.example.com"
HERE = Account(installation="one", subdomain="acme", token=StaticToken("TOKEN"))


@pytest.fixture
def kept(store: Store) -> Installations:
    made = Installations(with_tables(store), Vault((new_key(),)))
    made.add(account("one"))
    return made


@pytest.fixture
def there() -> Iterator[FakeApps]:
    """A Zendesk account without apps."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        apps = FakeApps()
        apps.serve(mock)
        yield apps


def known(kept: Installations, **more: Any) -> Sidebar:
    found = known_of(kept, "one", f"{URL}/")
    assert found is not None
    return replace(found, **more)


def settled(kept: Installations, **more: Any) -> Step:
    (step,) = settle(HERE, kept, known(kept), **more)
    return step


def good(kept: Installations, minutes: int = 0) -> tuple[str | None, ...]:
    """The app's secrets that are good then, the newest first."""
    then = (now_ms() + minutes * 60_000).label("now")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(installations, "_NOW", then)
        found = kept.get("one")
    assert found is not None
    return found.installation.app_secret, *found.installation.app_secrets_before


def secret(kept: Installations) -> str | None:
    found = kept.get("one")
    assert found is not None
    return found.installation.app_secret


# -- putting it right ------------------------------------------------------------------------------


def test_it_is_put_there_once(there: FakeApps, kept: Installations) -> None:
    """An admin typed the address alone: account and secret come by themselves, and doing it again
    asks and changes nothing."""
    row = there.install(service_url=f"{URL}/")
    assert settled(kept).action == "changed"
    assert row["settings"]["service_url"] == URL
    assert row["settings"]["installation"] == "one"
    assert there.secrets[row["id"]]["app_secret"] == secret(kept)
    there.asked.clear()
    assert settled(kept) == Step("app", "unchanged")
    assert [method for method, _ in there.asked] == ["GET"]


def test_a_dry_run_only_says(there: FakeApps, kept: Installations) -> None:
    """Nothing is sent, and no secret is made."""
    there.install(service_url=URL)
    assert settled(kept, dry_run=True).action == "changed"
    assert {method for method, _ in there.asked} == {"GET"}
    assert secret(kept) is None


@pytest.mark.parametrize("change", ["settings", "by somebody", "secret", "installed anew"])
def test_what_was_changed_is_put_right(there: FakeApps, kept: Installations, change: str) -> None:
    """A setting; something that cannot be seen; our own secret; or another copy of the app."""
    row = there.install(service_url=URL)
    settled(kept)
    if change == "settings":
        row["settings"]["installation"] = "two"
    elif change == "by somebody":
        row["updated_at"] = there.now()
    elif change == "secret":
        kept.new_app_secret("one", timedelta(minutes=1))
    else:
        there.rows.remove(row)
        row = there.install("Warranty Desk", 8, service_url=URL) | {"id": 900}
        there.rows[0] = row
    there.secrets.clear()
    assert settled(kept).action == "changed"
    assert row["settings"]["installation"] == "one"
    assert there.secrets[row["id"]]["app_secret"] == secret(kept)
    assert settled(kept).action == "unchanged"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (None, "not installed"),
        ({}, "older package"),
        ({"service_url": "https://other.example.com", "installation": "x"}, "another service"),
    ],
)
def test_what_is_not_there_is_said(
    there: FakeApps, kept: Installations, settings: Any, words: str
) -> None:
    """With what to do, and the address to type; nothing is changed and no secret is made."""
    if settings is not None:
        there.install(**settings)
    step = settled(kept)
    assert step.action == "left out"
    assert words in step.why
    assert URL in step.why
    assert {method for method, _ in there.asked} == {"GET"}
    assert secret(kept) is None


@pytest.mark.parametrize(("method", "status"), [("GET", 403), ("GET", 404), ("PUT", 403)])
def test_where_zendesk_refuses_it_says_what_to_paste(
    there: FakeApps, kept: Installations, method: str, status: int
) -> None:
    """Where, and how to get the secret: which is not among the words."""
    there.install(service_url=URL)
    there.refusals[method] = status
    step = settled(kept)
    assert step.action == "left out"
    for words in (URL, "one", "app-secret one --new", "Change settings"):
        assert words in step.why
    made = secret(kept)
    assert made is None or made not in step.why
    assert not there.secrets


def test_away_is_not_refused(there: FakeApps, kept: Installations) -> None:
    """Whoever asked tries again."""
    there.refusals["GET"] = 503
    with pytest.raises(errors.Unavailable):
        settled(kept)


def test_without_a_store_of_accounts_there_is_nothing_to_do(kept: Installations) -> None:
    """Nothing answers the sidebar then."""
    assert known_of(None, "one", URL) is None
    assert known_of(kept, "one", None) is None
    assert known_of(kept, "three", URL) is None
    assert settle(HERE, kept, None) == []


# -- another secret --------------------------------------------------------------------------------


def test_the_secret_before_is_good_for_a_while(kept: Installations) -> None:
    """The new one at once, and each before it as long as was said when it gave way."""
    first = kept.app_secret("one")
    second = kept.new_app_secret("one", timedelta(hours=1))
    assert good(kept) == (second, first)
    assert first not in repr(kept.get("one"))
    third = kept.new_app_secret("one", timedelta(0))
    assert good(kept) == (third, first)
    assert len({first, second, third}) == 3
    with pytest.raises(KeyError):
        kept.new_app_secret("three", timedelta(0))


def test_what_was_pasted_by_hand_is_good_until_it_ends(kept: Installations) -> None:
    """Nobody sees it here: pressing twice does not void it, and there is an end to how many."""
    made = [kept.app_secret("one")]
    for count in range(1, 7):
        made.insert(0, kept.new_app_secret("one", timedelta(days=1)))
        assert good(kept) == tuple(made[: min(count, 4) + 1])


def test_one_that_was_put_and_one_pasted_since_are_good(
    there: FakeApps, kept: Installations
) -> None:
    """The service put A, somebody pasted B, and C is made: whichever the app has is answered, B
    and A for as long as was said just now, and then none but C."""
    there.install(service_url=URL)
    settled(kept)
    a = str(secret(kept))
    b = kept.new_app_secret("one", timedelta(minutes=1))
    c = kept.new_app_secret("one", timedelta(hours=1))
    assert good(kept) == (c, b, a)
    assert good(kept, minutes=30) == (c, b, a)
    assert good(kept, minutes=61) == (c,)


def test_each_pasted_one_ends_by_itself(kept: Installations) -> None:
    """A newer one neither lengthens the life of one that was not put, nor shortens it."""
    a = kept.app_secret("one")
    b = kept.new_app_secret("one", timedelta(hours=1))
    c = kept.new_app_secret("one", timedelta(hours=3))
    d = kept.new_app_secret("one", timedelta(hours=2))
    assert good(kept, minutes=30) == (d, c, b, a)
    assert good(kept, minutes=61) == (d, c, b)
    assert good(kept, minutes=121) == (d, b)
    assert good(kept, minutes=181) == (d,)


def test_one_before_that_an_older_program_kept_is_known(store: Store) -> None:
    """It kept only one, with its end beside it: good until then, also after another is made."""
    vault = Vault((new_key(),))
    kept = Installations(with_tables(store), vault)
    kept.add(account("one"))
    a = kept.app_secret("one")
    b = kept.new_app_secret("one", timedelta(hours=2))
    with store.begin() as connection:
        stored = vault.open(connection.execute(select(INSTALLATIONS.c.secrets)).scalar_one())
        ((old, until),) = stored["app_secret_before"]
        stored |= {"app_secret_before": old, "app_secret_before_until": until}
        connection.execute(update(INSTALLATIONS).values(secrets=vault.close(stored)))
    assert good(kept, minutes=60) == (b, a)
    assert good(kept, minutes=121) == (b,)
    c = kept.new_app_secret("one", timedelta(hours=4))
    assert good(kept, minutes=60) == (c, b, a)
    assert good(kept, minutes=121) == (c, b)


def test_nothing_of_it_is_stored_in_the_clear(
    there: FakeApps, kept: Installations, store: Store
) -> None:
    """Neither a secret, old or new, nor what tells one from the other."""
    there.install(service_url=URL)
    first = kept.app_secret("one")
    kept.new_app_secret("one", timedelta(hours=1))
    settled(kept)
    with store.read() as connection:
        rows = str(connection.execute(select(INSTALLATIONS)).all())
    assert first not in rows
    assert str(secret(kept)) not in rows
    assert "app_put" not in rows


def test_what_the_app_has_is_good_until_it_has_another(
    there: FakeApps, kept: Installations
) -> None:
    """However often a new one is made meanwhile; once that is in the app, only for minutes."""
    there.install(service_url=URL)
    settled(kept)
    had = str(secret(kept))
    made: list[str] = []
    for _ in range(9):
        made.insert(0, kept.new_app_secret("one", timedelta(days=1)))
    assert good(kept) == (*made[:4], had)
    kept.keep_app_put("one", made[0], "501", "", overlap=timedelta(0))
    assert good(kept) == (made[0],)


def test_once_another_is_in_the_app_none_before_it_lives_longer(kept: Installations) -> None:
    """Each ends when it would have, or soon, whichever is earlier; and all are forgotten when the
    app is."""
    a = kept.app_secret("one")
    b = kept.new_app_secret("one", timedelta(hours=1))
    c = kept.new_app_secret("one", timedelta(days=1))
    kept.keep_app_put("one", c, "501", "", overlap=timedelta(hours=2))
    assert good(kept) == (c, b, a)
    assert good(kept, minutes=61) == (c, b)
    assert good(kept, minutes=121) == (c,)
    kept.forget_app("one")
    assert good(kept) == (None,)


def test_what_was_put_while_another_was_made_stays_good(kept: Installations) -> None:
    """Somebody asks for a new one while the service puts the one of before: the app has that."""
    a = kept.app_secret("one")
    b = kept.new_app_secret("one", timedelta(days=1))
    kept.keep_app_put("one", a, "501", "", overlap=timedelta(0))
    assert good(kept, minutes=60) == (b, a)


# -- taking it out ---------------------------------------------------------------------------------


def test_it_is_taken_out(there: FakeApps, kept: Installations) -> None:
    """Account and secret, there and here; a later install puts them back."""
    row = there.install(service_url=URL)
    settled(kept)
    before = secret(kept)
    (dry,) = take_out(HERE, kept, known(kept), dry_run=True)
    assert secret(kept) == before
    (step,) = take_out(HERE, kept, known(kept))
    assert dry == step
    assert step.action == "deleted"
    assert row["settings"]["installation"] == ""
    assert there.secrets[row["id"]]["app_secret"] == ""
    assert secret(kept) is None
    assert take_out(HERE, kept, known(kept)) == []
    assert settled(kept).action == "changed"
    assert secret(kept) not in (None, before)


def test_another_s_app_is_not_touched(there: FakeApps, kept: Installations) -> None:
    """It says it is another account."""
    row = there.install(service_url=URL, installation="two")
    assert take_out(HERE, kept, known(kept)) == []
    assert row["settings"]["installation"] == "two"


def test_a_secret_that_cannot_be_taken_out_is_void(there: FakeApps, kept: Installations) -> None:
    """Zendesk refuses: here it is forgotten all the same, and that is said."""
    there.install(service_url=URL)
    settled(kept)
    there.refusals["GET"] = 403
    (step,) = take_out(HERE, kept, known(kept))
    assert step.action == "left"
    assert secret(kept) is None


# -- looking at it ---------------------------------------------------------------------------------


def checks(kept: Installations, version: str = "0.1.0") -> dict[str, Check]:
    look = look_at(HERE, Wanted(), Bindings())
    return {one.key: one for one in examined(look, known(kept), version)}


def state(kept: Installations) -> tuple[str, str]:
    found = checks(kept)["app"]
    return found.state, found.said


def test_one_that_is_well(there: FakeApps, kept: Installations) -> None:
    """Looked at by one request."""
    there.install(service_url=URL)
    settled(kept)
    there.asked.clear()
    (found,) = checks(kept).values()
    assert found.state == "good"
    assert len(there.asked) == 1


def test_one_that_is_not_there(there: FakeApps, kept: Installations) -> None:
    """Whether anybody wants it is not known; where it was set up before, it is missed."""
    assert state(kept)[0] == "unknown"
    row = there.install(service_url=URL)
    settled(kept)
    there.rows.remove(row)
    found = checks(kept)["app"]
    assert found.state == "poor"
    assert "gone" in found.said
    assert "Upload private app" in found.mend


def test_one_that_is_not_as_it_should_be(there: FakeApps, kept: Installations) -> None:
    """Switched off, another address, another account, an old secret: each is said."""
    row = there.install(service_url=URL)
    settled(kept)
    row["enabled"] = False
    assert state(kept) == ("poor", "It is installed, and switched off.")
    row["enabled"] = True
    row["settings"]["service_url"] = "https://old.example.com"
    assert "It asks https://old.example.com" in state(kept)[1]
    row["settings"] |= {"service_url": URL, "installation": ""}
    assert "no account" in state(kept)[1]
    row["settings"]["installation"] = "one"
    row["updated_at"] = there.now()
    assert state(kept)[0] == "unknown"
    assert "was changed since" in state(kept)[1]
    settled(kept)
    assert state(kept)[0] == "good"
    kept.new_app_secret("one", timedelta(hours=1))
    found = checks(kept)["app"]
    assert found.state == "poor"
    assert "new secret" in found.said


def test_one_whose_secret_somebody_copied(there: FakeApps, kept: Installations) -> None:
    """Its settings are right; whether its secret is, Zendesk does not tell: unknown, not good."""
    there.install(service_url=URL, installation="one")
    assert state(kept)[0] == "unknown"


def test_an_older_package(there: FakeApps, kept: Installations) -> None:
    """It is to be updated; where Zendesk does not tell its version, nothing is concluded."""
    there.install(service_url=URL, version="0.1.0")
    settled(kept)
    assert "0.1.0; this service is 0.2.0" in checks(kept, "0.2.0")["app:version"].said
    there.names[7]["version"] = None
    assert "app:version" not in checks(kept, "0.2.0")


def test_two_copies(there: FakeApps, kept: Installations) -> None:
    """Agents would see two sidebars."""
    there.install(service_url=URL, installation="one")
    there.install("Warranty Desk", 8, service_url=URL)
    assert checks(kept)["app:doubles"].state == "poor"


def test_where_it_cannot_be_looked_at(there: FakeApps, kept: Installations) -> None:
    """Unknown, with what to do by hand."""
    there.refusals["GET"] = 403
    found = checks(kept)["app"]
    assert found.state == "unknown"
    assert "app-secret one --new" in found.mend
