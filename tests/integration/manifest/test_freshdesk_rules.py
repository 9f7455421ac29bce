"""Rules for the Freshdesk app: what `fdk validate` would refuse, as far as it is documented, and
what this project asks of it; each rule with something that breaks it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from integration.manifest.freshdesk_checks import check
from integration.manifest.freshdesk_code import MOST
from integration.manifest.packages import Package
from integration.manifest.problems import errors
from tests.integration.manifest.freshdesk_sample import (
    Change,
    added,
    good,
    keys,
    put,
    with_files,
    with_json,
    without,
)

MANIFEST, IPARAMS, REQUESTS = "manifest.json", "config/iparams.json", "config/requests.json"
SERVER, DESK, PAGE = "server/server.js", "app/scripts/panel/desk.js", "app/index.html"
SIDEBAR = ("modules", "support_ticket", "location", "ticket_sidebar")
ICON = "app/styles/images/icon.svg"

MANIFESTS: list[tuple[str, Change]] = [
    ("fdk.platform_version", put("platform-version", to="2.3")),
    ("fdk.platform_version", without("platform-version")),
    ("fdk.unknown_key", put("product", to={"freshdesk": {}})),
    ("fdk.unknown_key", put("name", to="Warranty Desk")),
    ("fdk.unknown_key", put("whitelisted-domains", to=["https://warranty.example.com"])),
    ("fdk.unknown_key", put("modules", "common", "config", to={"a": 1})),
    ("fdk.unknown_module", put("modules", "service_tickets", to={"location": {"a": {}}})),
    ("fdk.no_module", without("modules", "support_ticket")),
    ("fdk.misplaced", put("modules", "support_ticket", "requests", to={"again": {}})),
    ("fdk.misplaced", put("modules", "support_ticket", "functions", to={"look": {}})),
    ("fdk.empty", put("modules", "common", "functions", to={})),
    ("fdk.empty", put("modules", "common", to={})),
    ("fdk.empty", put("modules", to={})),
    ("fdk.empty", put("dependencies", to={})),
    ("fdk.location", put("modules", "common", "location", "ticket_sidebar", to={"url": "a"})),
    ("fdk.location", put("modules", "support_ticket", "location", "sidebar", to={"url": "a"})),
    ("fdk.no_file", put(*SIDEBAR, "url", to="panel.html")),
    ("fdk.no_file", put(*SIDEBAR, "icon", to="icon.svg")),
    ("fdk.no_file", without(*SIDEBAR, "icon")),
    ("fdk.event", put("modules", "common", "events", "onAppUpdate", "handler", to="x")),
    ("fdk.event", put("modules", "common", "events", "onTicketCreate", "handler", to="x")),
    ("fdk.event", put("modules", "support_ticket", "events", "onTicket", "handler", to="x")),
    ("fdk.handler", put("modules", "support_ticket", "events", "onTicketCreate", to={})),
    (
        "fdk.handler",
        put("modules", "support_ticket", "events", "onTicketUpdate", "handler", to="x"),
    ),
    ("fdk.handler", put("modules", "common", "functions", "look", "timeout", to=20)),
    ("fdk.engines", without("engines", "node")),
    ("fdk.engines", put("engines", "node", to="18.20.8")),
    ("fdk.engines", put("engines", "fdk", to="9.8.2")),
    ("fdk.engines", put("engines", "fdk", to="10")),
    ("fdk.unit_tests", without("scripts", "fdk-unit-test")),
    ("fdk.unit_tests", put("scripts", "fdk-unit-test", to="vitest run")),
    ("fdk.template", put("modules", "common", "requests", "more", to={})),
    ("fdk.template", without("modules", "common", "requests", "again")),
]

VERDICT = ("getVerdict", "schema")
TEMPLATES: list[tuple[str, Change]] = [
    ("fdk.template", without("again")),
    ("fdk.template", put("more", "schema", to={"method": "GET", "host": "a.example.com"})),
    ("fdk.templates", lambda value: {f"t{n}": value["again"] for n in range(101)}),
    ("fdk.schema", put(*VERDICT, "body", to="{}")),
    ("fdk.schema", put(*VERDICT, "url", to="https://a.example.com")),
    ("fdk.schema", put(*VERDICT, "protocol", to="http")),
    ("fdk.schema", put(*VERDICT, "method", to="post")),
    ("fdk.schema", without(*VERDICT, "method")),
    ("fdk.schema", without(*VERDICT, "host")),
    *(
        ("fdk.schema", put(*VERDICT, "host", to=host))
        for host in (
            "https://a.example.com", "a.example.com/path", "a.example.com:8443", "10.0.0.1",
            "a.example.com?b", "localhost", "<%= iparam.service_host %>/a",
        )
    ),
    ("fdk.schema", put(*VERDICT, "path", to="panel/ticket")),
    ("fdk.schema", put(*VERDICT, "headers", "content-type", to="multipart/form-data")),
    ("fdk.schema", lambda value: value | {"get verdict": value["getVerdict"]}),
    ("fdk.options", put("again", "options", "maxAttempts", to=0)),
    ("fdk.options", put("again", "options", "maxAttempts", to=6)),
    ("fdk.options", put("again", "options", "retryDelay", to=1600)),
    ("fdk.options", put("again", "options", "retryDelay", to=150)),
    ("fdk.options", put("again", "options", "retryDelay", to="100")),
    ("fdk.iparam", put(*VERDICT, "host", to="<%= iparam.host %>")),
    ("fdk.iparam", put(*VERDICT, "path", to="/<%= iparam.app_secret %>")),
    ("fdk.iparam", put(*VERDICT, "query", to={"key": "<%= iparam.app_secret %>"})),
    ("fdk.context", put(*VERDICT, "host", to="<%= context.host %>")),
    ("fdk.context", put(*VERDICT, "headers", "X-Agent", to="<%= context.agent %>")),
]  # fmt: skip

SETTINGS: list[tuple[str, Change]] = [
    ("fdk.iparam_key", without("installation", "display_name")),
    ("fdk.iparam_key", put("installation", "label", to="Installation")),
    ("fdk.iparam_type", put("installation", "type", to="api_key")),
    ("fdk.iparam_type", put("service_host", "type", to="domain")),
    ("fdk.iparam_type", without("installation", "type")),
    ("fdk.iparam_options", put("mode", to={"display_name": "Mode", "type": "radio"})),
    ("fdk.iparam_default",
     put("mode", to={"display_name": "Mode", "type": "dropdown", "options": ["a", "b"]})),
    ("fdk.iparam_default",
     put("mode", to={"display_name": "Mode", "type": "dropdown", "default_value": "Full",
                     "options": [{"label": "Full", "value": "full"}]})),
    ("fdk.iparam_secure", without("app_secret", "secure")),
    ("fdk.iparam_secure", put("api_token", to={"display_name": "T", "type": "text"})),
    ("house.secret", put("app_secret", "default_value", to="abc")),
    ("house.setting", without("installation")),
    ("house.setting", put("service_host", "required", to=False)),
]  # fmt: skip

Files = Mapping[str, bytes | str | None]


def code(path: str, more: str) -> dict[str, bytes | str | None]:
    return {path: good().files[path].decode() + "\n" + more}


def changed(path: str, old: str, new: str) -> dict[str, bytes | str | None]:
    text = good().files[path].decode()
    assert old in text
    return {path: text.replace(old, new)}


FILES: list[tuple[str, Files]] = [
    ("fdk.no_file", {SERVER: None}),
    ("fdk.handler", changed(SERVER, "onTicketCreateHandler:", "onTicketCreatedHandler:")),
    ("fdk.handler", changed(SERVER, "exports = {", "const handlers = {")),
    ("house.unused_handler", changed(SERVER, "onTicketCreateHandler:", "onTicketCreatedHandler:")),
    ("fdk.render_data", changed(SERVER, "renderData(", "finished(")),
    ("fdk.template", code(DESK, "client.request.invokeTemplate('getVerdicts', {});")),
    ("house.template_name", code(DESK, "client.request.invokeTemplate(name, {});")),
    ("house.unused_template", changed(DESK, "Template('again'", "Template('getVerdict'")),
    ("fdk.request_method", code(DESK, "client.request.get('https://a.example.com');")),
    ("fdk.request_method", code(SERVER, "$request.post('https://a.example.com');")),
    ("fdk.no_alert", code(DESK, "window.alert('no');")),
    ("fdk.cdn", code(DESK, "const far = 'unpkg.com/a';")),
    ("house.console", code(SERVER, "console.log(args);")),
    ("house.console", code(DESK, "console.error(failed);")),
    ("fdk.sandbox", code(SERVER, "setTimeout(run, 10);")),
    ("fdk.sandbox", code(SERVER, "const key = process.env.KEY;")),
    ("fdk.dependency", code(SERVER, "const jwt = require('jsonwebtoken');")),
    ("house.appclient", changed(PAGE, '<script src="{{{appclient}}}"></script>', "")),
    ("house.appclient", changed(PAGE, "<script src=\"{{{app", "<script async src=\"{{{app")),
    ("house.markup", code(DESK, "box.innerHTML = text;")),
    ("house.markup", code(SERVER, "eval(text);")),
    ("house.inline_script", code(PAGE, "<script>run()</script>")),
    ("house.elsewhere", code(PAGE, '<script src="https://cdn.example.com/a.js"></script>')),
    ("house.elsewhere", code(DESK, "import 'https://cdn.example.com/a.js';")),
    ("house.http", code(DESK, "const far = 'http://example.com/a';")),
    ("house.missing_file", code(DESK, "import './gone.js';")),
    ("house.too_large", code(DESK, f"/* {'x' * MOST} */")),
    ("fdk.json", {IPARAMS: "{"}),
    ("fdk.json", {REQUESTS: "{}{}"}),
    ("fdk.json", {IPARAMS: "[]"}),
    ("fdk.json", {"package.json": '{"name": "a", "name": "b"}'}),
    ("fdk.json", {MANIFEST: "{"}),
    ("fdk.json", {MANIFEST: "[]"}),
    ("fdk.no_manifest", {MANIFEST: None}),
    ("fdk.iparams", {IPARAMS: None}),
    ("fdk.iparams", {"config/iparams.html": "<p>"}),
    ("fdk.icon", {ICON: None}),
    ("house.icon", {ICON: '<svg xmlns="http://www.w3.org/2000/svg"/>'}),
    ("house.icon", {ICON: '<svg viewBox="0 0 1 1"><script/></svg>'}),
    ("house.desk", {DESK: None}),
    ("house.leftover", {"app/scripts/panel/view/old.js": "export const old = 1;"}),
    ("house.leftover", {"app/scripts/words/it.json": "{}"}),
    ("house.packed", {"digest.md5": "d41d8cd98f00b204e9800998ecf8427e"}),
    ("fdk.unit_tests", {"vitest.config.js": None}),
    ("fdk.unit_tests", {path: None for path in good().files if path.startswith("tests/")}),
    ("fdk.folder", {path: None for path in good().files if path.startswith("server/")}),
    ("fdk.folder", {path: None for path in good().files if path.startswith("app/")}),
    ("fdk.folder", {path: None for path in good().files if path.startswith("config/")}),
]  # fmt: skip


def test_the_app_breaks_none_of_them() -> None:
    """As it stands in the checkout."""
    assert [str(problem) for problem in errors(check(good()))] == []


@pytest.mark.parametrize(("key", "change"), MANIFESTS)
def test_what_is_wrong_in_the_manifest_is_named(key: str, change: Change) -> None:
    """Each rule by its key."""
    assert key in keys(added(with_json(MANIFEST, change)))


@pytest.mark.parametrize(("key", "change"), TEMPLATES)
def test_what_is_wrong_in_a_template_is_named(key: str, change: Change) -> None:
    """Each rule by its key."""
    assert key in keys(added(with_json(REQUESTS, change)))


@pytest.mark.parametrize(("key", "change"), SETTINGS)
def test_what_is_wrong_in_a_setting_is_named(key: str, change: Change) -> None:
    """Each rule by its key."""
    assert key in keys(added(with_json(IPARAMS, change)))


@pytest.mark.parametrize(("key", "files"), FILES)
def test_what_is_wrong_in_the_files_is_named(key: str, files: Files) -> None:
    """Each rule by its key."""
    assert key in keys(added(with_files(files)))


def test_a_link_is_named() -> None:
    """It would be followed by who packs it, to who knows what."""
    assert "house.link" in keys(added(Package(good().files, ("app/styles/a.css",))))


def test_an_event_that_stops_updates_is_warned_of() -> None:
    """It is allowed, and so no error."""
    change = put(
        "modules", "common", "events", "afterAppUpdate", "handler", to="onAppInstallHandler"
    )
    (found,) = added(with_json(MANIFEST, change))
    assert (found.key, found.level) == ("house.update", "warning")


@pytest.mark.parametrize(
    "change",
    [
        put("getVerdict", "schema", "host", to="<%= iparam.service_host %>.example.com"),
        put("getVerdict", "schema", "path", to="/panel/<%= context.ticket_id %>"),
        put("reportTicket", "schema", "headers", "X-Account", to="<%= context.account %>"),
        put("getVerdict", "options", to={"maxAttempts": 5, "retryDelay": 1500}),
        without("getVerdict", "schema", "protocol"),
    ],
)
def test_what_the_platform_takes_in_a_template_is_taken(change: Change) -> None:
    """A context in a path; in a header, where only the platform's side invokes the template."""
    assert added(with_json(REQUESTS, change)) == []


def test_what_the_platform_takes_in_the_manifest_is_taken() -> None:
    """A page in the background has no icon."""
    background = {"url": "index.html"}
    change = put("modules", "support_ticket", "location", "ticket_background", to=background)
    assert added(with_json(MANIFEST, change)) == []


def test_comments_are_no_code() -> None:
    """What a comment says of a call is no call."""
    more = "// never console.log(args), nor setTimeout\n/* client.request.get( is gone */"
    assert added(with_files(code(SERVER, more))) == []


def test_a_server_that_is_not_needed_may_be_missing() -> None:
    """An app without events and functions has no server."""
    value = json.loads(good().files[MANIFEST])
    for module in value["modules"].values():
        module.pop("events", None)
    del value["modules"]["common"]["requests"]["reportTicket"]
    requests = json.loads(good().files[REQUESTS])
    del requests["reportTicket"]
    files = {path: None for path in good().files if path.startswith("server/")}
    package = with_files({**files, MANIFEST: json.dumps(value), REQUESTS: json.dumps(requests)})
    assert added(package) == []
