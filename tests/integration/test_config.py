from __future__ import annotations

import re
from dataclasses import FrozenInstanceError
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from dotenv import dotenv_values

from integration import config as module
from integration import config_account
from integration.config import BadSetting, Config, ConfigError, Installation, OAuth, Role
from integration.helpdesks.zendesk_webhook import PUBLIC_TEST_SECRET
from integration.settings import as_json, changed
from integration.vault import new_key
from policy import STATUSES

ROOT = Path(__file__).parents[2]

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


# -- many accounts ---------------------------------------------------------------------------------

KEY, OLD = new_key(), new_key()
MANY = {"WARRANTY_KEYS": KEY, "WARRANTY_URL": "https://warranty.example.com"}
_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


APP_KEY = pem(_RSA.public_key())


def test_a_key_and_an_address_are_enough_for_many_accounts() -> None:
    """With keys the accounts are in the store: nothing of one needs to be in the environment."""
    config = Config.from_environ(MANY)
    assert (config.keys, config.url) == ((KEY,), "https://warranty.example.com")
    assert (config.proxies, config.accounts, config.oauth) == (0, frozenset(), None)
    assert config.app_key is None
    config.require(Role.WEB | Role.WORKER)


def test_every_setting_of_many_accounts_is_read() -> None:
    """Each reaches its place; spaces, capitals and a key on one line are understood."""
    config = Config.from_environ(
        {
            "WARRANTY_KEYS": f"{KEY}, {OLD}",
            "WARRANTY_URL": "https://warranty.example.com:8443",
            "WARRANTY_PROXIES": "2",
            "WARRANTY_ACCOUNTS": "Acme, umbrella-eu, Umbrella.freshdesk.com, acme.zendesk.com,",
            "WARRANTY_OAUTH_CLIENT_ID": "zdg-warranty",
            "WARRANTY_OAUTH_CLIENT_SECRET": "client-secret",
            "WARRANTY_MARKETPLACE_NAME": "Warranty Desk for SOOCAS",
            "WARRANTY_MARKETPLACE_ORGANIZATION_ID": "1234",
            "WARRANTY_MARKETPLACE_APP_ID": "5678",
            "WARRANTY_APP_KEY": APP_KEY.strip().replace("\n", "\\n"),
        }
    )
    assert config.keys == (KEY, OLD)
    assert config.url == "https://warranty.example.com:8443"
    assert config.proxies == 2
    # A subdomain alone is Zendesk's: nobody gets in by taking that name at the other helpdesk.
    zendesk = {"acme.zendesk.com", "umbrella-eu.zendesk.com"}
    assert config.accounts == zendesk | {"umbrella.freshdesk.com"}
    assert config.oauth == OAuth(
        "zdg-warranty", "client-secret", "Warranty Desk for SOOCAS", "1234", "5678"
    )
    assert config.app_key == APP_KEY.strip()


def test_the_client_alone_has_a_name() -> None:
    """Before the app is in the marketplace it has no numbers; its name is ours by default."""
    client = {"WARRANTY_OAUTH_CLIENT_ID": "c", "WARRANTY_OAUTH_CLIENT_SECRET": "s"}
    assert Config.from_environ({**MANY, **client}).oauth == OAuth("c", "s", "Warranty Desk", "", "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WARRANTY_KEYS", "short"),
        ("WARRANTY_KEYS", f"{KEY},"),
        ("WARRANTY_KEYS", f"{KEY},ключ"),
        ("WARRANTY_URL", "http://warranty.example.com"),
        ("WARRANTY_URL", "https://warranty.example.com/"),
        ("WARRANTY_URL", "https://warranty.example.com/setup"),
        ("WARRANTY_URL", "warranty.example.com"),
        ("WARRANTY_PROXIES", "-1"),
        ("WARRANTY_PROXIES", "10"),
        ("WARRANTY_PROXIES", "yes"),
        ("WARRANTY_ACCOUNTS", "acme.example.com"),
        ("WARRANTY_ACCOUNTS", "acme.zendesk.com.example.com"),
        ("WARRANTY_ACCOUNTS", "https://acme.zendesk.com"),
        ("WARRANTY_ACCOUNTS", "help.acme.freshdesk.com"),
        ("WARRANTY_ACCOUNTS", "acme umbrella"),
        ("WARRANTY_ACCOUNTS", ","),
        ("WARRANTY_OAUTH_CLIENT_ID", "two words"),
        ("WARRANTY_OAUTH_CLIENT_SECRET", "two words"),
        ("WARRANTY_MARKETPLACE_NAME", "Gewährleistung"),
        ("WARRANTY_MARKETPLACE_ORGANIZATION_ID", "the first"),
        ("WARRANTY_MARKETPLACE_APP_ID", "\u0661\u0662"),
        ("WARRANTY_APP_KEY", "a key"),
    ],
)
def test_a_wrong_setting_of_many_accounts_is_named(name: str, value: str) -> None:
    """That one alone; nothing of the other way to run this is asked for instead."""
    whole = {
        **MANY,
        "WARRANTY_OAUTH_CLIENT_ID": "c",
        "WARRANTY_OAUTH_CLIENT_SECRET": "s",
        "WARRANTY_MARKETPLACE_ORGANIZATION_ID": "1",
        "WARRANTY_MARKETPLACE_APP_ID": "2",
    }
    assert list(bad({**whole, name: value})) == [name]


@pytest.mark.parametrize(
    ("given", "other"),
    [
        ("WARRANTY_OAUTH_CLIENT_ID", "WARRANTY_OAUTH_CLIENT_SECRET"),
        ("WARRANTY_OAUTH_CLIENT_SECRET", "WARRANTY_OAUTH_CLIENT_ID"),
        ("WARRANTY_MARKETPLACE_ORGANIZATION_ID", "WARRANTY_MARKETPLACE_APP_ID"),
        ("WARRANTY_MARKETPLACE_APP_ID", "WARRANTY_MARKETPLACE_ORGANIZATION_ID"),
    ],
)
@pytest.mark.parametrize("roles", [Role(0), Role.WEB, Role.WORKER])
def test_half_a_pair_is_named(given: str, other: str, roles: Role) -> None:
    """Whatever the process does: half of the marketplace app's client is never meant."""
    whole = {"WARRANTY_OAUTH_CLIENT_ID": "7", "WARRANTY_OAUTH_CLIENT_SECRET": "8"}
    if given not in whole:
        assert list(bad({**MANY, **whole, given: "9"}, roles)) == [other]
    else:
        assert list(bad({**MANY, given: "9"}, roles)) == [other]


def test_the_marketplace_s_numbers_are_for_a_client() -> None:
    """Without the client they say nothing."""
    numbers = {
        "WARRANTY_MARKETPLACE_ORGANIZATION_ID": "1",
        "WARRANTY_MARKETPLACE_APP_ID": "2",
    }
    found = bad({**MANY, **numbers})
    assert list(found) == ["WARRANTY_OAUTH_CLIENT_ID", "WARRANTY_OAUTH_CLIENT_SECRET"]


@pytest.mark.parametrize("roles", [Role.WEB, Role.WORKER])
def test_many_accounts_need_an_address(roles: Role) -> None:
    """The web app is reached by it, and the worker writes it into the webhooks that it makes."""
    assert list(bad({"WARRANTY_KEYS": KEY}, roles)) == ["WARRANTY_URL"]
    assert Config.from_environ({"WARRANTY_KEYS": KEY}, Role(0)).url is None


@pytest.mark.parametrize("roles", [Role.WEB, Role.WORKER])
def test_a_marketplace_app_needs_keys(roles: Role) -> None:
    """What its client is granted is stored: without a key the client would be for nothing, and
    what is asked for is the key and not one account's settings."""
    client = {"WARRANTY_OAUTH_CLIENT_ID": "c", "WARRANTY_OAUTH_CLIENT_SECRET": "s"}
    found = bad({"WARRANTY_URL": "https://w.example.com", **client}, roles)
    assert list(found) == ["WARRANTY_KEYS"]
    assert "warranty keys new" in found["WARRANTY_KEYS"].expected


def test_the_app_s_key_is_rsa_s() -> None:
    """Zendesk signs with RS256: another kind of key, or the private half, could never fit."""
    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    private = _RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for text in (pem(curve), private, APP_KEY[:200]):
        assert list(bad({**MANY, "WARRANTY_APP_KEY": text})) == ["WARRANTY_APP_KEY"]


def test_no_secret_of_many_accounts_is_shown() -> None:
    """Neither in an error nor in the configuration's own text; nor is the app's long key."""
    private = _RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    hidden = {
        "WARRANTY_KEYS": f"{KEY},hidden-key",
        "WARRANTY_OAUTH_CLIENT_SECRET": "hidden secret",
        "WARRANTY_APP_KEY": private,
    }
    with pytest.raises(ConfigError) as caught:
        Config.from_environ({**MANY, "WARRANTY_OAUTH_CLIENT_ID": "c", **hidden})
    assert {one.name for one in caught.value.settings} == set(hidden)
    for part in ("hidden", KEY, "BEGIN", private.splitlines()[1]):
        assert part not in str(caught.value)
    config = Config.from_environ(
        {
            **MANY,
            "WARRANTY_OAUTH_CLIENT_ID": "shown",
            "WARRANTY_OAUTH_CLIENT_SECRET": "hidden",
            "WARRANTY_APP_KEY": APP_KEY,
        }
    )
    assert "shown" in repr(config)
    for part in ("hidden", KEY, "BEGIN"):
        assert part not in repr(config)


def test_what_the_environment_may_say_the_store_takes() -> None:
    """Each setting's bounds here lie within those of the settings in the store: what is taken over
    can be read again."""
    most = {
        **LEAST,
        "WARRANTY_UPDATE_LIMIT": "1000000",
        "WARRANTY_DEADLINE_NEAR_DAYS": "365",
        "WARRANTY_DEADLINE_LAST_DAYS": "365",
        "WARRANTY_LIMIT_SHARE": "100",
    }
    one = Config.from_environ(most).installations["main"]
    assert changed(one, as_json(one)) == one
    for name in set(most) - set(LEAST):
        assert list(bad({**most, name: str(int(most[name]) + 1)})) == [name]


def test_the_example_names_every_setting_and_starts() -> None:
    """.env.example holds each setting that is read, and no other; as it stands, it says nothing
    wrong; with part A or part B filled in, it is enough."""
    example = {k: v or "" for k, v in dotenv_values(ROOT / ".env.example").items()}
    source = "".join(Path(one.__file__).read_text() for one in (module, config_account))
    read = set(re.findall(r'"((?:WARRANTY|DATABASE)_[A-Z_]+)"', source))
    assert set(example) == read
    Config.from_environ(example, Role(0))
    Config.from_environ({**example, **LEAST})
    Config.from_environ({**example, **MANY})


# -- an account of Freshdesk -----------------------------------------------------------------------

FRESHDESK = {
    "WARRANTY_FRESHDESK_SUBDOMAIN": "acme",
    "WARRANTY_FRESHDESK_API_KEY": "an-administrators-key",
    "WARRANTY_FRESHDESK_WEBHOOK_SECRET": "one-of-more-than-24-characters",
}


def test_an_account_of_freshdesk() -> None:
    """Its subdomain, key and webhook secret are enough; its limits are those of its least plan."""
    config = Config.from_environ(FRESHDESK)
    one = config.installations["main"]
    assert (one.helpdesk, one.subdomain) == ("freshdesk", "acme")
    assert one.signing_secrets == ("one-of-more-than-24-characters",)
    assert (one.api_key, one.token, one.update_limit) == ("an-administrators-key", None, 80)
    assert "an-administrators-key" not in repr(one)
    assert Config.from_environ(LEAST).installations["main"].update_limit == 100


@pytest.mark.parametrize("name", FRESHDESK)
def test_what_a_freshdesk_account_lacks_is_named(name: str) -> None:
    """Each of the three, as its own setting; the web app needs the secret alone."""
    rest = {key: value for key, value in FRESHDESK.items() if key != name}
    with pytest.raises(ConfigError) as raised:
        Config.from_environ(rest)
    assert [one.name for one in raised.value.settings] == [name]
    if name != "WARRANTY_FRESHDESK_WEBHOOK_SECRET":
        Config.from_environ(rest, Role.WEB)


def test_one_account_is_of_one_helpdesk() -> None:
    """Settings of both are an error that says so, and shows no secret."""
    with pytest.raises(ConfigError, match="not both") as raised:
        Config.from_environ({**LEAST, **FRESHDESK})
    for secret in (*FRESHDESK.values(), *LEAST.values()):
        if len(secret) > 10:
            assert secret not in str(raised.value)


@pytest.mark.parametrize(
    "secret", ["short", "with a space in between it all", "{{ticket.id}}-and-more-of-it"]
)
def test_a_webhook_secret_is_fit_for_a_header(secret: str) -> None:
    """It is long, and nothing that a header or a rule's placeholder could change; and not shown."""
    with pytest.raises(ConfigError) as raised:
        Config.from_environ({**FRESHDESK, "WARRANTY_FRESHDESK_WEBHOOK_SECRET": secret})
    assert "24 characters" in str(raised.value)
    assert secret not in str(raised.value)
