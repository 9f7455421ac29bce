from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from integration.config import BadSetting, Config, ConfigError, Installation, Role
from integration.helpdesks.zendesk_webhook import PUBLIC_TEST_SECRET
from policy import STATUSES

SECRET = "a-secret-of-this-webhook"
LEAST = {
    "WARRANTY_ZENDESK_SUBDOMAIN": "acme",
    "WARRANTY_ZENDESK_TOKEN": "access-token",
    "WARRANTY_ZENDESK_SIGNING_SECRET": SECRET,
}


def bad(environ: dict[str, str], roles: Role = Role.WEB | Role.WORKER) -> dict[str, BadSetting]:
    with pytest.raises(ConfigError) as caught:
        Config.from_environ(environ, roles)
    return {one.name: one for one in caught.value.settings}


def test_three_settings_are_enough() -> None:
    """With the account, a token and the signing secret, everything else has a sensible value."""
    config = Config.from_environ(LEAST)
    assert config.installations == {
        "main": Installation(
            id="main", subdomain="acme", signing_secrets=(SECRET,), token="access-token"
        )
    }
    assert config.database_url == "sqlite:///warranty.sqlite"
    assert (config.webhook_max_age, config.max_body) == (900, 65_536)
    assert (config.worker_slots, config.lease_seconds) == (4, 60)
    main = config.installations["main"]
    assert (main.time_zone, main.cross_border, main.regions) == (
        ZoneInfo("UTC"),
        "buyer_freight",
        "",
    )
    assert (main.public_replies, main.due_date_tasks, main.deadline_near_days) == (
        frozenset(),
        False,
        7,
    )


def test_every_setting_is_read() -> None:
    """Each setting of the environment reaches its place."""
    config = Config.from_environ(
        {
            "WARRANTY_INSTALLATION": "acme-eu",
            "WARRANTY_ZENDESK_SUBDOMAIN": "acme",
            "WARRANTY_ZENDESK_CLIENT_ID": "warranty",
            "WARRANTY_ZENDESK_CLIENT_SECRET": "client-secret",
            "WARRANTY_ZENDESK_SIGNING_SECRET": f"{SECRET}, the-secret-before-it",
            "WARRANTY_TIME_ZONE": "Europe/Berlin",
            "WARRANTY_CROSS_BORDER": "review",
            "WARRANTY_REGIONS": "EU:DE,FR;NA:US,CA",
            "WARRANTY_PUBLIC_REPLIES": "covered, needs_information",
            "WARRANTY_DUE_DATE_TASKS": "yes",
            "WARRANTY_DEADLINE_NEAR_DAYS": "3",
            "WARRANTY_WEBHOOK_MAX_AGE": "60",
            "WARRANTY_MAX_BODY": "2048",
            "DATABASE_URL": "sqlite:////var/lib/warranty/store.sqlite",
            "WARRANTY_WORKER_SLOTS": "2",
            "WARRANTY_LEASE_SECONDS": "30",
            "WARRANTY_METRICS_HOST": "0.0.0.0",
            "WARRANTY_METRICS_PORT": "9100",
        }
    )
    assert config == Config(
        installations={
            "acme-eu": Installation(
                id="acme-eu",
                subdomain="acme",
                signing_secrets=(SECRET, "the-secret-before-it"),
                client_id="warranty",
                client_secret="client-secret",
                time_zone=ZoneInfo("Europe/Berlin"),
                cross_border="review",
                regions="EU:DE,FR;NA:US,CA",
                public_replies=frozenset({"covered", "needs_information"}),
                due_date_tasks=True,
                deadline_near_days=3,
            )
        },
        webhook_max_age=60,
        max_body=2048,
        database_url="sqlite:////var/lib/warranty/store.sqlite",
        worker_slots=2,
        lease_seconds=30,
        metrics_host="0.0.0.0",
        metrics_port=9100,
    )


def test_everything_wrong_is_named_at_once() -> None:
    """Missing and wrong settings come in one error, each with its value and what was expected."""
    found = bad(
        {
            "WARRANTY_INSTALLATION": "Main Office",
            "WARRANTY_ZENDESK_SUBDOMAIN": "https://acme.zendesk.com",
            "WARRANTY_TIME_ZONE": "Mars/Olympus",
            "WARRANTY_CROSS_BORDER": "perhaps",
            "WARRANTY_REGIONS": "EU:DE,ZZ",
            "WARRANTY_PUBLIC_REPLIES": "covered,everything",
            "WARRANTY_DUE_DATE_TASKS": "sometimes",
            "WARRANTY_DEADLINE_NEAR_DAYS": "-1",
            "WARRANTY_WEBHOOK_MAX_AGE": "soon",
            "WARRANTY_MAX_BODY": "3",
            "WARRANTY_WORKER_SLOTS": "0",
            "WARRANTY_LEASE_SECONDS": "1e9",
            "WARRANTY_METRICS_HOST": "http://here",
            "WARRANTY_METRICS_PORT": "70000",
            "DATABASE_URL": "mysql://somewhere/warranty",
        }
    )
    assert list(found) == [
        "WARRANTY_INSTALLATION",
        "WARRANTY_ZENDESK_SUBDOMAIN",
        "WARRANTY_TIME_ZONE",
        "WARRANTY_CROSS_BORDER",
        "WARRANTY_REGIONS",
        "WARRANTY_PUBLIC_REPLIES",
        "WARRANTY_DUE_DATE_TASKS",
        "WARRANTY_DEADLINE_NEAR_DAYS",
        "DATABASE_URL",
        "WARRANTY_WEBHOOK_MAX_AGE",
        "WARRANTY_MAX_BODY",
        "WARRANTY_WORKER_SLOTS",
        "WARRANTY_LEASE_SECONDS",
        "WARRANTY_METRICS_HOST",
        "WARRANTY_METRICS_PORT",
        "WARRANTY_ZENDESK_SIGNING_SECRET",
        "WARRANTY_ZENDESK_TOKEN",
    ]
    assert found["WARRANTY_TIME_ZONE"].value == "Mars/Olympus"
    assert "Europe/Berlin" in found["WARRANTY_TIME_ZONE"].expected
    assert found["WARRANTY_ZENDESK_SIGNING_SECRET"].value is None
    assert found["WARRANTY_WEBHOOK_MAX_AGE"].expected == (
        "a whole number of seconds from 1 to 86400"
    )


def test_the_error_reads_as_a_list() -> None:
    """Somebody who starts the app reads a line for each setting."""
    with pytest.raises(ConfigError) as caught:
        Config.from_environ({**LEAST, "WARRANTY_WORKER_SLOTS": "many", "DATABASE_URL": "x"})
    first, *lines = str(caught.value).splitlines()
    assert first == "settings that are missing or wrong:"
    assert lines == [
        "  DATABASE_URL expected sqlite:///FILE, or postgresql+psycopg://USER:PASSWORD@HOST/NAME "
        "with psycopg installed",
        "  WARRANTY_WORKER_SLOTS is 'many': expected a whole number of reviews at once "
        "from 1 to 64",
    ]


@pytest.mark.parametrize(
    "secret", [PUBLIC_TEST_SECRET, f"{SECRET},{PUBLIC_TEST_SECRET}", "short", f"{SECRET},", "a,b,c"]
)
def test_a_secret_that_proves_nothing_is_refused(secret: str) -> None:
    """Zendesk's public test secret is never accepted, alone or beside a good one."""
    found = bad({**LEAST, "WARRANTY_ZENDESK_SIGNING_SECRET": secret})
    assert list(found) == ["WARRANTY_ZENDESK_SIGNING_SECRET"]


def test_no_secret_is_ever_shown() -> None:
    """Neither the error nor the configuration's own text contains a secret or a password."""
    hidden = {
        "WARRANTY_ZENDESK_SIGNING_SECRET": "hidden-signing,hidden-b,hidden-c",
        "WARRANTY_ZENDESK_TOKEN": "hidden token",
        "WARRANTY_ZENDESK_CLIENT_SECRET": "hidden client",
        "DATABASE_URL": "oracle://me:hidden-password@db/x",
    }
    with pytest.raises(ConfigError) as caught:
        Config.from_environ({**LEAST, **hidden, "WARRANTY_ZENDESK_CLIENT_ID": "shown"})
    assert "hidden" not in str(caught.value)
    assert set(hidden) <= {one.name for one in caught.value.settings}

    config = Config.from_environ(
        {
            "WARRANTY_ZENDESK_SUBDOMAIN": "acme",
            "WARRANTY_ZENDESK_SIGNING_SECRET": "hidden-signing-secret",
            "WARRANTY_ZENDESK_CLIENT_ID": "shown",
            "WARRANTY_ZENDESK_CLIENT_SECRET": "hidden-client",
            "DATABASE_URL": "sqlite:///hidden.sqlite",
        }
    )
    assert "shown" in repr(config)
    assert "hidden" not in repr(config)
    token = Config.from_environ({**LEAST, "WARRANTY_ZENDESK_TOKEN": "hidden-token"})
    assert "hidden" not in repr(token)


def test_the_web_app_needs_no_credentials() -> None:
    """A process that only receives webhooks starts with the signing secret alone."""
    config = Config.from_environ({"WARRANTY_ZENDESK_SIGNING_SECRET": SECRET}, Role.WEB)
    with pytest.raises(ConfigError, match="WARRANTY_ZENDESK_TOKEN"):
        config.require(Role.WORKER)


def test_the_worker_needs_no_signing_secret() -> None:
    """A process that only reviews starts with the account and its credentials."""
    environ = {"WARRANTY_ZENDESK_SUBDOMAIN": "acme", "WARRANTY_ZENDESK_TOKEN": "t"}
    config = Config.from_environ(environ, Role.WORKER)
    with pytest.raises(ConfigError, match="WARRANTY_ZENDESK_SIGNING_SECRET"):
        config.require(Role.WEB)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "WARRANTY_ZENDESK_TOKEN"),
        ({"WARRANTY_ZENDESK_CLIENT_ID": "c"}, "WARRANTY_ZENDESK_CLIENT_SECRET"),
        ({"WARRANTY_ZENDESK_CLIENT_SECRET": "s"}, "WARRANTY_ZENDESK_CLIENT_ID"),
        (
            {"WARRANTY_ZENDESK_TOKEN": "t", "WARRANTY_ZENDESK_CLIENT_ID": "c"},
            "WARRANTY_ZENDESK_TOKEN",
        ),
    ],
)
def test_the_worker_needs_a_token_or_a_whole_client(given: dict[str, str], named: str) -> None:
    """Either a token, or a client's id and secret; half a client or both is refused."""
    found = bad({"WARRANTY_ZENDESK_SUBDOMAIN": "acme", **given}, Role.WORKER)
    assert list(found) == [named]


def test_an_empty_value_is_none() -> None:
    """A line `NAME=` in an environment file is a setting that was not made."""
    config = Config.from_environ(
        {**LEAST, "WARRANTY_TIME_ZONE": "", "WARRANTY_WORKER_SLOTS": "  ", "DATABASE_URL": ""}
    )
    assert config == Config.from_environ(LEAST)
    found = bad({**LEAST, "WARRANTY_ZENDESK_SIGNING_SECRET": " "})
    assert list(found) == ["WARRANTY_ZENDESK_SIGNING_SECRET"]


def test_a_file_fills_in_what_the_environment_lacks(tmp_path: Path) -> None:
    """The file is optional, and the environment goes before it."""
    dotenv = tmp_path / ".env"
    assert Config.from_environ(LEAST, dotenv=dotenv) == Config.from_environ(LEAST)
    dotenv.write_text("WARRANTY_TIME_ZONE=Asia/Tokyo\nWARRANTY_ZENDESK_SUBDOMAIN=from-the-file\n")
    main = Config.from_environ(LEAST, dotenv=dotenv).installations["main"]
    assert (main.time_zone, main.subdomain) == (ZoneInfo("Asia/Tokyo"), "acme")


def test_only_the_given_mapping_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is an argument: the process's own is not looked at."""
    monkeypatch.setenv("WARRANTY_TIME_ZONE", "Asia/Tokyo")
    assert Config.from_environ(LEAST).installations["main"].time_zone == ZoneInfo("UTC")


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://h/x", "postgresql+psycopg2://h/x", "no url"]
)
def test_a_store_that_cannot_be_shared_or_opened_is_refused(url: str) -> None:
    """Web and worker need one store: a file or a PostgreSQL, not one process's memory."""
    assert list(bad({**LEAST, "DATABASE_URL": url})) == ["DATABASE_URL"]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_hosting_companys_url_is_understood(scheme: str) -> None:
    """DATABASE_URL as hosting companies hand it out leads to psycopg."""
    pytest.importorskip("psycopg")
    config = Config.from_environ({**LEAST, "DATABASE_URL": f"{scheme}://u:p@db:5432/w"})
    assert config.database_url == "postgresql+psycopg://u:p@db:5432/w"


def test_a_configuration_does_not_change() -> None:
    """What was read once stays."""
    config = Config.from_environ(LEAST)
    with pytest.raises(FrozenInstanceError):
        config.max_body = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        config.installations["x"] = config.installations["main"]  # type: ignore[index]


def test_replies_may_be_allowed_for_every_status() -> None:
    """The statuses that can be named are those that a verdict can have."""
    config = Config.from_environ({**LEAST, "WARRANTY_PUBLIC_REPLIES": ",".join(STATUSES)})
    assert config.installations["main"].public_replies == set(STATUSES)
