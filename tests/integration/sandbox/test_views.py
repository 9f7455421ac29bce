"""The agent's view: what it shows, what it submits, what it refuses."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

OWN = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"
VERDICT, FREIGHT = "Warranty: verdict", "Warranty: freight paid by"
DEADLINE, CLAIM = "Warranty: claim deadline", "Warranty: claim"
VOID = {"input", "meta", "link", "br", "hr", "img", "path"}


class Node:
    """An element with what is in it."""

    def __init__(self, tag: str, attrs: dict[str, str], parent: Node | None) -> None:
        self.tag, self.attrs, self.parent = tag, attrs, parent
        self.children: list[Node] = []
        self.parts: list[str | Node] = []

    def all(self, tag: str = "", **attrs: str) -> list[Node]:
        found = []
        for child in self.children:
            same = all(child.attrs.get(k.rstrip("_")) == v for k, v in attrs.items())
            if same and (not tag or child.tag == tag):
                found.append(child)
            found += child.all(tag, **attrs)
        return found

    def one(self, tag: str = "", **attrs: str) -> Node:
        found = self.all(tag, **attrs)
        assert len(found) == 1, (tag, attrs, len(found))
        return found[0]

    @property
    def raw(self) -> str:
        return "".join(p if isinstance(p, str) else p.raw for p in self.parts)

    @property
    def text(self) -> str:
        return " ".join(self.raw.split())

    def within(self, other: Node) -> bool:
        return self.parent is not None and (self.parent is other or self.parent.within(other))


class Page(HTMLParser):
    """A page as a browser takes it: elements, text, and what its form would send."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.here = Node("", {}, None)
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {k: v or "" for k, v in attrs}, self.here)
        self.here.children.append(node)
        self.here.parts.append(node)
        if tag not in VOID:
            self.here = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.here.tag == tag, (self.here.tag, tag)
            assert self.here.parent is not None
            self.here = self.here.parent

    def handle_data(self, data: str) -> None:
        self.here.parts.append(data)

    def form(self, form: Node) -> MultiDict[str, str]:
        """Every successful control, as the HTML standard has it, without buttons."""
        sent: MultiDict[str, str] = MultiDict()
        for node in self.root.all():
            mine = node.attrs.get("form") == form.attrs.get("id", "-") or (
                "form" not in node.attrs and node.within(form)
            )
            name = node.attrs.get("name")
            if not mine or not name or "disabled" in node.attrs:
                continue
            if node.tag == "textarea":
                sent.add(name, node.raw.removeprefix("\n").replace("\n", "\r\n"))
            elif node.tag == "select":
                options = node.all("option")
                chosen = [o for o in options if "selected" in o.attrs]
                if "multiple" not in node.attrs:
                    chosen = chosen[-1:] or options[:1]
                for option in chosen:
                    sent.add(name, option.attrs.get("value", option.text))
            elif node.tag == "input":
                kind = node.attrs.get("type", "text")
                if kind not in ("checkbox", "radio") or "checked" in node.attrs:
                    sent.add(name, node.attrs.get("value", ""))
        return sent


class Desk:
    """A browser on the agent's view of an account."""

    def __init__(self, api: Any) -> None:
        self.api, self.client, self.state = api, api.client, api.state

    def get(self, path: str, status: int = 200, **more: Any) -> Page:
        answer = self.client.get(path, **more)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return Page(answer.text)

    def open(self, ticket_id: int) -> tuple[Page, MultiDict[str, str]]:
        page = self.get(f"/agent/tickets/{ticket_id}")
        return page, page.form(page.root.one("form", id="edit"))

    def post(self, path: str, form: Any, status: int = 303, headers: Any = OWN) -> Any:
        answer = self.client.post(path, data=form, headers=headers)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer

    def submit(self, ticket_id: int, form: MultiDict[str, str], status: int = 303) -> Any:
        answer = self.post(f"/agent/tickets/{ticket_id}", form, status)
        return answer if status == 303 else Page(answer.text)

    def ticket(self, ticket_id: int) -> Any:
        return self.state.ticket_detail(ticket_id).ticket

    def value(self, ticket_id: int, field_id: int) -> Any:
        rows = self.ticket(ticket_id)["custom_fields"]
        return next(row["value"] for row in rows if row["id"] == field_id)

    def tagger(self, title: str, *options: tuple[str, str]) -> int:
        rows = [{"value": value, "name": name} for value, name in options]
        given = {"type": "tagger", "title": title, "custom_field_options": rows}
        return int(
            self.api.ok("POST", "/ticket_fields", {"ticket_field": given})["ticket_field"]["id"]
        )


@pytest.fixture
def desk(api: Any) -> Desk:
    return Desk(api)


@pytest.fixture
def columns(desk: Desk) -> dict[str, int]:
    return {
        VERDICT: desk.tagger(VERDICT, ("w_ok", "Covered"), ("w_no", "Not covered")),
        FREIGHT: desk.tagger(FREIGHT, ("w_us", "SOOCAS"), ("w_buyer", "Buyer")),
        DEADLINE: desk.api.field("date", DEADLINE),
    }


# -- the list --------------------------------------------------------------------------------------


def test_home_leads_to_the_list(desk: Desk) -> None:
    """The bare address leads to the tickets."""
    for path in ("/", "/agent/"):
        answer = desk.client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/agent/tickets")


def test_list_shows_verdict_freight_deadline(desk: Desk, columns: dict[str, int]) -> None:
    """Newest first; the verdict in words with an icon, the days left of the deadline."""
    values = {VERDICT: "w_no", FREIGHT: "w_buyer", DEADLINE: "2026-05-06"}
    desk.api.ticket(subject="First")
    desk.api.ticket(
        subject="Second",
        requester={"name": "Customer 2", "email": "customer2@example.com"},
        custom_fields=[{"id": columns[k], "value": v} for k, v in values.items()],
    )
    rows = desk.get("/agent/tickets").root.one("tbody").all("tr")
    assert [row.one("a").text for row in rows] == ["Second", "First"]
    cells = {cell.attrs.get("data-label"): cell for cell in rows[0].all("td")}
    assert cells["Requester"].text == "Customer 2"
    assert cells["Status"].text == "New"
    assert cells["Verdict"].text == "Not covered"
    assert "bad" in cells["Verdict"].one("span").attrs["class"]
    assert cells["Verdict"].all("svg")
    assert cells["Freight paid by"].text == "Buyer"
    assert cells["Claim deadline"].text == "6 May 2026 2 days left"
    assert cells["Updated"].text == "just now"
    empty = {cell.attrs.get("data-label"): cell.text for cell in rows[1].all("td")}
    assert empty["Verdict"] == "none yet"


@pytest.mark.parametrize(
    ("day", "words", "tone"),
    [
        ("2026-05-03", "1 day ago", "over"),
        ("2026-05-04", "last day today", "near"),
        ("2026-05-11", "7 days left", "near"),
        ("2026-05-12", "8 days left", ""),
    ],
)
def test_days_left(desk: Desk, columns: dict[str, int], day: str, words: str, tone: str) -> None:
    """The last day is included; the last week and what is over stand out."""
    desk.api.ticket(custom_fields=[{"id": columns[DEADLINE], "value": day}])
    left = desk.get("/agent/tickets").root.one("tbody").all("td")[5].one("span")
    assert (left.text, left.attrs["class"].split()[1:]) == (words, [tone] if tone else [])


def test_list_works_without_any_field(desk: Desk) -> None:
    """An account without these fields has a list all the same; an empty one says so."""
    assert "There is no ticket yet" in desk.get("/agent/tickets").root.text
    desk.api.ticket(subject="Alone")
    assert "Alone" in desk.get("/agent/tickets").root.text


def subjects(page: Page) -> list[str]:
    return [row.one("a").text for body in page.root.all("tbody") for row in body.all("tr")]


def test_filters(desk: Desk, columns: dict[str, int]) -> None:
    """Text, tag, status and view each narrow the list; all of them together do so, too."""
    desk.api.ticket(subject="Brush", tags=["vip"])
    desk.api.ticket(
        subject="Fan",
        tags=["vip"],
        custom_fields=[{"id": columns[VERDICT], "value": "w_ok"}],
        requester={"name": "Customer 7", "email": "customer7@example.com"},
    )
    third = desk.api.ticket(subject="Box")
    desk.api.update(third["id"], status="pending")
    view = {
        "title": "VIPs",
        "all": [{"field": "current_tags", "operator": "includes", "value": "vip"}],
    }
    view_id = desk.api.ok("POST", "/views", {"view": view})["view"]["id"]
    for query, found in (
        ("", ["Box", "Fan", "Brush"]),
        ("q=customer7@EXAMPLE.com", ["Fan"]),
        ("q=covered", ["Fan"]),
        (f"q=%23{third['id']}", ["Box"]),
        ("tag=vip", ["Fan", "Brush"]),
        ("status=pending", ["Box"]),
        (f"view={view_id}", ["Fan", "Brush"]),
        (f"view={view_id}&q=brush", ["Brush"]),
        ("q=nothing", []),
        ("view=x&page=-1&status=nonsense", ["Box", "Fan", "Brush"]),
    ):
        assert subjects(desk.get(f"/agent/tickets?{query}")) == found, query
    assert "No ticket matches" in desk.get("/agent/tickets?q=nothing").root.text


def test_pages_of_the_list(desk: Desk) -> None:
    """A long list comes in pages, which keep the filter."""
    for number in range(101):
        desk.state.file_ticket(
            {"subject": f"T{number}", "comment": {"body": "x"}}, "Customer", "customer@example.com"
        )
    first = desk.get("/agent/tickets?q=T")
    assert len(subjects(first)) == 100
    older = first.root.one("nav", class_="pages").one("a").attrs["href"]
    assert subjects(desk.get(older)) == ["T0"]


# -- a ticket --------------------------------------------------------------------------------------


def test_conversation(desk: Desk) -> None:
    """Oldest first; a private note is set apart by words, an icon and a class of its own."""
    filed = desk.state.file_ticket(
        {"subject": "S", "comment": {"body": "one\ntwo"}}, "Customer 1", "customer1@example.com"
    )
    desk.api.update(filed["id"], comment={"html_body": "<b>three</b>", "public": False})
    desk.api.update(filed["id"], comment={"body": "four", "public": True})
    said = desk.open(filed["id"])[0].root.all("article")
    assert [one.attrs["class"] for one in said] == [
        *("comment customer", "comment note", "comment agent"),
    ]
    assert ["Internal note" in one.text for one in said] == [False, True, False]
    assert said[0].one("strong").text == "Customer 1"
    assert said[1].one("span", class_="kind").all("svg")
    assert said[1].one("b").text == "three"
    assert said[0].all("br")


def test_markup_stays_text(desk: Desk) -> None:
    """Markup in a subject, name, comment, field, option, tag, title or view is shown as text."""
    field = desk.api.field("text", f"Warranty: {HOSTILE}")
    chosen = desk.tagger(f"{HOSTILE}: choice", ("x<b>", HOSTILE))
    area = desk.api.field("textarea", "Area")
    ticket = desk.state.file_ticket(
        {
            "subject": HOSTILE,
            "comment": {"body": HOSTILE},
            "tags": ["<i>tag</i>"],
            "custom_fields": [
                {"id": field, "value": HOSTILE},
                {"id": chosen, "value": "x<b>"},
                {"id": area, "value": f"</textarea>{HOSTILE}"},
            ],
        },
        HOSTILE,
        "customer1@example.com",
    )
    desk.api.update(
        ticket["id"],
        comment={"html_body": "<p onclick=x>a<script>b</script><a href='javascript:c'>d</a></p>"},
        metadata={HOSTILE: HOSTILE},
    )
    desk.api.webhook("http://127.0.0.1:9/<script>", name=HOSTILE)
    tag = {"field": "current_tags", "operator": "includes", "value": "x"}
    desk.api.ok("POST", "/views", {"view": {"title": HOSTILE, "all": [tag]}})
    macro = {"title": HOSTILE, "actions": [{"field": "status", "value": "open"}]}
    desk.api.ok("POST", "/macros", {"macro": macro})
    for path in (
        "/agent/tickets",
        f"/agent/tickets?q={HOSTILE}&tag=<b>&view=<b>",
        f"/agent/tickets/{ticket['id']}",
        "/agent/new",
        "/agent/webhooks",
    ):
        page = desk.get(path)
        assert [node.attrs.get("src") for node in page.root.all("script")] == [
            "/agent/static/agent.js"
        ]
        assert not page.root.all("img")
        assert not any(name.startswith("on") for node in page.root.all() for name in node.attrs)
        assert not [a for a in page.root.all("a") if "javascript" in a.attrs.get("href", "")]
    page, form = desk.open(ticket["id"])
    assert page.root.one("h1").text == HOSTILE
    assert form[f"field-{area}"] == f"</textarea>{HOSTILE}"
    assert page.root.all("article")[0].one("div", class_="said").text == HOSTILE
    assert "alert(1)" in desk.get("/agent/tickets").root.one("tbody").text


def test_a_comment_is_cleaned_again(desk: Desk) -> None:
    """Even markup that got into the account some other way is cleaned before it is shown."""
    ticket = desk.api.ticket()
    record = desk.state.tickets[ticket["id"]]
    record.comments[0]["html_body"] = "<iframe src=//x></iframe><p style='x'>kept<script>x</script>"
    said = desk.open(ticket["id"])[0].root.one("article").one("div", class_="said")
    assert said.text == "kept"
    assert [(node.tag, node.attrs) for node in said.all()] == [("p", {})]


def test_a_form_sent_back_as_it_is_changes_nothing(desk: Desk) -> None:
    """Every kind of value survives the form, so that a submit without a change saves nothing."""
    rows = {
        desk.api.field("text", "A: text"): "  two\nlines ",
        desk.api.field("textarea", "A: area"): "\n\nfirst\r\nsecond\n",
        desk.api.field("date", "A: day"): "2026-02-28",
        desk.api.field("checkbox", "A: tick", tag="ticked"): True,
        desk.api.field("integer", "A: number"): "-5",
        desk.api.field("decimal", "A: decimal"): "1.50",
        desk.api.field("multiselect", "A: many", "m_a", "m_b", "m_c"): ["m_a", "m_c"],
        desk.api.field("tagger", "A: one", "o_a", "o_b"): "o_b",
    }
    ticket = desk.api.ticket(
        type="task",
        priority="high",
        due_at="2026-06-01T12:34:56Z",
        tags=["vip"],
        assignee_id=desk.state.agent["id"],
        custom_fields=[{"id": key, "value": value} for key, value in rows.items()],
    )
    before = desk.ticket(ticket["id"])
    answer = desk.submit(ticket["id"], desk.open(ticket["id"])[1])
    assert answer.headers["Location"].endswith("?did=unchanged")
    assert desk.ticket(ticket["id"]) == before


def test_submit_changes_what_was_changed(desk: Desk, columns: dict[str, int]) -> None:
    """Fields, tags, status, type, due date and a comment go in one update, by the agent."""
    text, tick = desk.api.field("text", "Warranty: serial"), desk.api.field("checkbox", CLAIM)
    many = desk.api.field("multiselect", "Parts", "p_a", "p_b")
    ticket = desk.api.ticket(
        tags=["vip", "old"],
        custom_fields=[
            {"id": text, "value": "x"},
            {"id": tick, "value": True},
            {"id": many, "value": ["p_a"]},
        ],
    )
    form = desk.open(ticket["id"])[1]
    form.setlist("tag", [tag for tag in form.getlist("tag") if tag != "old"])
    form["new_tags"] = "New, other"
    form.setlist(f"field-{many}", ["p_b"])
    del form[f"field-{tick}"]
    for name, value in {
        f"field-{text}": "",
        f"field-{columns[VERDICT]}": "w_ok",
        f"field-{columns[DEADLINE]}": "2026-08-01",
        "status": "pending",
        "type": "task",
        "priority": "low",
        "due_at": "2026-08-01T12:00",
        "assignee_id": str(desk.state.agent["id"]),
        "comment": "a\r\nb",
        "mode": "public",
    }.items():
        form[name] = value
    answer = desk.submit(ticket["id"], form)
    assert answer.headers["Location"] == f"/agent/tickets/{ticket['id']}?did=saved"
    now = desk.ticket(ticket["id"])
    assert now["tags"] == ["new", "other", "p_b", "vip", "w_ok"]
    assert desk.value(ticket["id"], text) is None
    assert desk.value(ticket["id"], tick) is False
    assert desk.value(ticket["id"], many) == ["p_b"]
    assert desk.value(ticket["id"], columns[VERDICT]) == "w_ok"
    assert desk.value(ticket["id"], columns[DEADLINE]) == "2026-08-01"
    assert (now["status"], now["type"], now["priority"]) == ("pending", "task", "low")
    assert (now["due_at"], now["assignee_id"]) == ("2026-08-01T12:00:00Z", desk.state.agent["id"])
    detail = desk.state.ticket_detail(ticket["id"])
    assert len(detail.audits) == 2
    assert detail.audits[-1]["author_id"] == desk.state.agent["id"]
    assert (detail.comments[-1]["body"], detail.comments[-1]["public"]) == ("a\nb", True)


def test_a_comment_is_private_unless_chosen(desk: Desk) -> None:
    """The switch stands on 'Internal note' at first, and only 'Public reply' makes one public."""
    ticket = desk.api.ticket()
    for mode, public in (("note", False), ("", False), ("nonsense", False), ("public", True)):
        form = desk.open(ticket["id"])[1]
        assert form["mode"] == "note"
        form["mode"], form["comment"] = mode, f"said {mode}"
        desk.submit(ticket["id"], form)
        assert desk.state.ticket_detail(ticket["id"]).comments[-1]["public"] is public


def test_a_newer_state_is_never_overwritten(
    desk: Desk, columns: dict[str, int], clock: Any
) -> None:
    """A ticket that moved on answers 409: what was typed stays, the rest shows the newest, what
    both changed says so; submitted again, nothing that others did is undone."""
    text = desk.api.field("text", "Warranty: serial")
    ticket = desk.api.ticket(tags=["vip", "old"])
    page, form = desk.open(ticket["id"])
    clock.pass_(seconds=5)
    desk.api.update(
        ticket["id"],
        tags=["vip", "old", "theirs"],
        custom_fields=[
            {"id": columns[VERDICT], "value": "w_no"},
            {"id": columns[DEADLINE], "value": "2026-06-01"},
        ],
        comment={"body": "decided", "public": False},
    )
    form[f"field-{text}"], form["comment"] = "typed", "my words"
    form[f"field-{columns[DEADLINE]}"] = "2026-07-07"
    form["new_tags"] = "mine"
    form.setlist("tag", [tag for tag in form.getlist("tag") if tag != "old"])
    before = desk.ticket(ticket["id"])
    page = desk.submit(ticket["id"], form, 409)
    assert desk.ticket(ticket["id"]) == before
    told = page.root.one(id="problems").text
    assert "Not saved" in told
    assert "Warranty Desk" in told
    assert "Not covered" in told
    assert page.root.one(id=f"field-{columns[DEADLINE]}-now").text.endswith(": 2026-06-01")
    assert page.root.one(id="problems").one("a", href=f"#field-{columns[DEADLINE]}")
    again = page.form(page.root.one("form", id="edit"))
    assert again["comment"] == "my words"
    assert again[f"field-{text}"] == "typed"
    assert again[f"field-{columns[DEADLINE]}"] == "2026-07-07"
    assert again[f"field-{columns[VERDICT]}"] == "w_no"
    assert sorted(again.getlist("tag")) == ["mine", "theirs", "vip", "w_no"]
    desk.submit(ticket["id"], again)
    assert desk.ticket(ticket["id"])["tags"] == ["mine", "theirs", "vip", "w_no"]
    assert desk.value(ticket["id"], columns[VERDICT]) == "w_no"
    assert desk.value(ticket["id"], columns[DEADLINE]) == "2026-07-07"
    assert desk.value(ticket["id"], text) == "typed"


def test_two_updates_in_one_second_conflict_too(desk: Desk) -> None:
    """``updated_at`` counts whole seconds; a change within the same second is noticed anyway."""
    ticket = desk.api.ticket()
    form = desk.open(ticket["id"])[1]
    desk.api.update(ticket["id"], priority="high")
    assert desk.ticket(ticket["id"])["updated_at"] == form["updated_stamp"]
    form["priority"] = "low"
    desk.submit(ticket["id"], form, 409)
    assert desk.ticket(ticket["id"])["priority"] == "high"


@pytest.mark.parametrize("gone", ["seen", "updated_stamp"])
def test_a_form_without_its_state_conflicts(desk: Desk, gone: str) -> None:
    """A submit that does not say what it saw saves nothing."""
    ticket = desk.api.ticket()
    form = desk.open(ticket["id"])[1]
    form["priority"] = "low"
    del form[gone]
    desk.submit(ticket["id"], form, 409)
    assert desk.ticket(ticket["id"])["priority"] is None


def test_refresh_keeps_what_was_typed(desk: Desk, columns: dict[str, int]) -> None:
    """'Show the newest' carries what was typed over, and saves nothing."""
    ticket = desk.api.ticket()
    form = desk.open(ticket["id"])[1]
    desk.api.update(ticket["id"], custom_fields=[{"id": columns[VERDICT], "value": "w_ok"}])
    form["comment"], form["priority"], form["do"] = "words", "urgent", "refresh"
    page = desk.submit(ticket["id"], form, 200)
    again = page.form(page.root.one("form", id="edit"))
    assert again["comment"] == "words"
    assert again["priority"] == "urgent"
    assert again[f"field-{columns[VERDICT]}"] == "w_ok"
    assert desk.ticket(ticket["id"])["priority"] is None
    desk.submit(ticket["id"], again)
    assert desk.ticket(ticket["id"])["priority"] == "urgent"


def test_complaints_stand_at_their_fields(desk: Desk) -> None:
    """A 422 stands next to the field it is about, and keeps what was typed."""
    day = desk.api.field("date", "Warranty: day")
    needed = desk.api.field("text", "Warranty: needed", required=True)
    ticket = desk.api.ticket()
    form = desk.open(ticket["id"])[1]
    form[f"field-{day}"], form["comment"], form["status"] = "2026-02-30", "words", "solved"
    page = desk.submit(ticket["id"], form, 422)
    for key, words in ((day, "2026-02-30 is invalid"), (needed, "is required when solving")):
        node = page.root.one("input", id=f"field-{key}")
        assert node.attrs["aria-invalid"] == "true"
        assert f"field-{key}-wrong" in node.attrs["aria-describedby"].split()
        assert words in page.root.one(id=f"field-{key}-wrong").text
        assert page.root.one(id="problems").one("a", href=f"#field-{key}")
    again = page.form(page.root.one("form", id="edit"))
    assert (again[f"field-{day}"], again["comment"]) == ("2026-02-30", "words")
    assert again["status"] == "solved"
    assert desk.ticket(ticket["id"])["status"] == "new"


def test_due_date_needs_a_task(desk: Desk) -> None:
    """A due date that the helpdesk would drop without a word is complained about."""
    ticket = desk.api.ticket()
    form = desk.open(ticket["id"])[1]
    form["due_at"] = "2026-08-01T12:00"
    page = desk.submit(ticket["id"], form, 422)
    assert "task" in page.root.one(id="due_at-wrong").text
    assert page.form(page.root.one("form", id="edit"))["due_at"] == "2026-08-01T12:00"


def test_a_closed_ticket_is_only_shown(desk: Desk) -> None:
    """On a closed ticket nothing can be filled in, and a submit all the same says why not."""
    ticket = desk.api.ticket()
    form = desk.open(ticket["id"])[1]
    desk.api.update(ticket["id"], status="closed")
    page, now = desk.open(ticket["id"])
    assert set(now) == {"updated_stamp", "seen", "loaded"}
    assert "closed" in page.root.text
    form["seen"], form["updated_stamp"] = now["seen"], now["updated_stamp"]
    form["comment"] = "my words"
    page = desk.submit(ticket["id"], form, 422)
    assert "closed" in page.root.one(id="problems").text
    assert "my words" in page.root.text


def test_macro_is_previewed_in_the_form(desk: Desk, columns: dict[str, int]) -> None:
    """A macro fills in its text and values and saves nothing; submitting saves it, by name."""
    rows = [
        ("comment_value", "Hello {{ticket.requester.first_name}}"),
        ("comment_mode_is_public", True),
        ("status", "pending"),
        (f"custom_fields_{columns[VERDICT]}", "w_ok"),
        ("current_tags", "answered"),
    ]
    given = {"title": "M", "actions": [{"field": name, "value": value} for name, value in rows]}
    macro = desk.api.ok("POST", "/macros", {"macro": given})["macro"]["id"]
    ticket = desk.state.file_ticket(
        {"subject": "S", "comment": {"body": "x"}}, "Ann Other", "customer1@example.com"
    )
    form = desk.open(ticket["id"])[1]
    form["comment"], form["macro"], form["do"] = "Before.", str(macro), "macro"
    before = desk.ticket(ticket["id"])
    page = desk.submit(ticket["id"], form, 200)
    assert desk.ticket(ticket["id"]) == before
    filled = page.form(page.root.one("form", id="edit"))
    assert filled["comment"] == "Before.\r\n\r\nHello Ann"
    assert (filled["mode"], filled["status"]) == ("public", "pending")
    assert filled[f"field-{columns[VERDICT]}"] == "w_ok"
    desk.submit(ticket["id"], filled)
    now = desk.ticket(ticket["id"])
    assert (now["status"], now["tags"]) == ("pending", ["answered", "w_ok"])
    detail = desk.state.ticket_detail(ticket["id"])
    assert detail.comments[-1]["public"]
    titles = [e.get("macro_title") for e in detail.audits[-1]["events"]]
    assert "M" in titles


def test_no_macro_chosen(desk: Desk) -> None:
    """Pressing the macro's button without a macro says so at the list."""
    ticket = desk.api.ticket()
    form = desk.open(ticket["id"])[1]
    form["do"] = "macro"
    page = desk.submit(ticket["id"], form, 200)
    assert "Choose a macro" in page.root.one(id="macro-wrong").text


def test_an_option_that_was_taken_away_stays(desk: Desk) -> None:
    """A value that is no option any more is shown, and not lost by a submit."""
    field = desk.api.field("tagger", "Warranty: choice", "c_a", "c_b")
    ticket = desk.api.ticket(custom_fields=[{"id": field, "value": "c_b"}])
    options = [{"name": "A", "value": "c_a"}]
    given = {"ticket_field": {"custom_field_options": options}}
    desk.api.ok("PUT", f"/ticket_fields/{field}", given)
    form = desk.open(ticket["id"])[1]
    assert form[f"field-{field}"] == "c_b"
    form["priority"] = "low"
    desk.submit(ticket["id"], form)
    assert desk.value(ticket["id"], field) == "c_b"


def test_write_as_the_customer(desk: Desk) -> None:
    """The customer's words are a public comment by the requester and open a pending ticket."""
    ticket = desk.state.file_ticket(
        {"subject": "S", "comment": {"body": "x"}}, "Customer 1", "customer1@example.com"
    )
    desk.api.update(ticket["id"], status="pending")
    path = f"/agent/tickets/{ticket['id']}/customer"
    desk.post(path, {"text": "<b>more</b>"})
    last = desk.state.ticket_detail(ticket["id"]).comments[-1]
    assert (last["body"], last["public"]) == ("<b>more</b>", True)
    assert last["author_id"] == ticket["requester_id"]
    assert desk.ticket(ticket["id"])["status"] == "open"
    page = Page(desk.post(path, {"text": "  "}, 422).text)
    assert "Write something" in page.root.one(id="customer-text-wrong").text
    desk.api.update(ticket["id"], status="closed")
    page = Page(desk.post(path, {"text": "late"}, 422).text)
    assert page.root.one("h1").text == "S"


def test_history(desk: Desk, columns: dict[str, int]) -> None:
    """The history tells who changed what, newest first, options in words, triggers by name."""
    desk.api.trigger(
        "Mark",
        {"all": [{"field": "status", "operator": "is", "value": "open"}]},
        ("current_tags", "marked"),
    )
    ticket = desk.api.ticket(custom_fields=[{"id": columns[VERDICT], "value": "w_ok"}])
    desk.api.update(
        ticket["id"],
        status="open",
        custom_fields=[{"id": columns[VERDICT], "value": "w_no"}],
        comment={"body": "why", "public": False},
        metadata={"clauses": "X3"},
    )
    events = desk.open(ticket["id"])[0].root.one("ol", id="events")
    newest = events.all("li")[0].text
    for words in (
        "Warranty Desk",
        "Internal note: why",
        "Status: new to open",
        f"{VERDICT}: Covered to Not covered",
        "Tags: +marked by the trigger ‘Mark’",
        "clauses: X3",
    ):
        assert words in newest, words
    oldest = [item.text for item in events.children][-1]
    assert f"{VERDICT}: Covered" in oldest
    assert "Status: new" in oldest


def test_unknown_ticket(desk: Desk) -> None:
    """An unknown ticket or page is a page that says so."""
    assert "no such ticket" in desk.get("/agent/tickets/999", 404).root.text
    assert "no such page" in desk.get("/agent/nowhere", 404).root.text
    desk.post("/agent/tickets/999", {}, 404)


# -- filing ----------------------------------------------------------------------------------------


def test_file_a_ticket(desk: Desk) -> None:
    """The customer's form files a ticket with its fields; the claim is ticked from the start."""
    claim = desk.api.field("checkbox", CLAIM, tag="claimed")
    serial, day = desk.api.field("text", "Warranty: serial"), desk.api.field("date", "Other")
    page = desk.get("/agent/new")
    form = page.form(page.root.one("form", action="/agent/new"))
    assert form[f"field-{claim}"] == "1"
    values = {"name": "Customer 3", "email": "customer3@example.com", "subject": "S"}
    for name, value in {**values, "text": "a\r\n\r\nb", f"field-{serial}": "SN"}.items():
        form[name] = value
    answer = desk.post("/agent/new", form)
    made = desk.state.tickets_for_agent()[0]
    assert answer.headers["Location"] == f"/agent/tickets/{made['id']}?did=filed"
    assert (made["subject"], made["description"], made["tags"]) == ("S", "a\n\nb", ["claimed"])
    assert desk.value(made["id"], serial) == "SN"
    assert desk.value(made["id"], day) is None
    person = desk.state.users[made["requester_id"]]
    assert (person["name"], person["role"]) == ("Customer 3", "end-user")


def test_file_a_ticket_says_what_is_missing(desk: Desk) -> None:
    """What is missing or wrong stands at its input, and what was typed stays."""
    day = desk.api.field("date", "Warranty: day")
    tick = desk.api.field("checkbox", CLAIM)
    form = {"name": " ", "email": "nobody", "subject": "S", f"field-{day}": "2026-05-01"}
    page = Page(desk.post("/agent/new", form, 422).text)
    for name in ("name", "email", "text"):
        assert page.root.one(id=f"{name}-wrong").text
        assert page.root.one("form", action="/agent/new").one(id=name).attrs["aria-invalid"]
    assert page.root.one("input", id="subject").attrs["value"] == "S"
    assert page.root.one("input", id=f"field-{day}").attrs["value"] == "2026-05-01"
    assert "checked" not in page.root.one("input", id=f"field-{tick}").attrs
    given = {"name": "N", "email": "n@example.com", "subject": "S", "text": "t"}
    page = Page(desk.post("/agent/new", {**given, f"field-{day}": "soon"}, 422).text)
    assert "soon is invalid" in page.root.one(id=f"field-{day}-wrong").text
    assert desk.state.tickets_for_agent() == []


# -- webhooks --------------------------------------------------------------------------------------


def test_deliveries(desk: Desk, receiver: Any) -> None:
    """The log shows each delivery with its attempts and their answers, and never the secret."""
    hook = desk.api.webhook(receiver.url)
    desk.api.trigger(
        "Call",
        {"all": [{"field": "update_type", "operator": "is", "value": "Create"}]},
        ("notification_webhook", [hook["id"], '{"ticket": "{{ticket.id}}"}']),
    )
    receiver.answers += [(503, {"Retry-After": "0"}, 0.0)]
    ticket = desk.api.ticket()
    assert desk.state.webhooks_idle()
    page = desk.get("/agent/webhooks")
    row = page.root.one("tbody").one("tr")
    cells = {cell.attrs["data-label"]: cell.text for cell in row.all("td")}
    assert (cells["Result"], cells["Answer"], cells["Attempts"]) == ("delivered", "200", "2")
    assert f'{{"ticket": "{ticket["id"]}"}}' in cells["What was sent"]
    attempts = [item.text.split(" ·")[0] for item in row.all("li")]
    assert attempts == ["503", "200"]
    secret = desk.state.webhooks[hook["id"]].secret
    assert secret not in desk.client.get("/agent/webhooks").text


def test_no_webhooks(desk: Desk) -> None:
    """An account without webhooks says so."""
    assert "no webhooks yet" in desk.get("/agent/webhooks").root.text


# -- keeping fresh ---------------------------------------------------------------------------------


def test_version_moves_with_what_pages_show(desk: Desk, clock: Any) -> None:
    """The version stands still while nothing happens, and moves with every change."""

    def version() -> str:
        answer = desk.client.get("/agent/version")
        return str(answer.json["version"])

    ticket = desk.api.ticket()
    seen = [version()]
    assert version() == seen[0]
    page = desk.get("/agent/tickets")
    assert page.root.one("body").attrs["data-version"] == seen[0]

    def delete() -> None:
        desk.api.call("DELETE", f"/tickets/{ticket['id']}")

    for change in (
        lambda: desk.api.update(ticket["id"], priority="low"),
        lambda: desk.api.field("text", "New"),
        lambda: desk.api.webhook("http://127.0.0.1:9/"),
        lambda: desk.state.customer_reply(ticket["id"], "more"),
        lambda: clock.pass_(minutes=1),
        delete,
    ):
        change()
        seen.append(version())
    assert len(set(seen)) == len(seen)


# -- who may ---------------------------------------------------------------------------------------

WRITES = ("/agent/new", "/agent/tickets/1", "/agent/tickets/1/customer")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:81"},
        {"Origin": "https://localhost"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_other_sites_cannot_write(desk: Desk, headers: dict[str, str]) -> None:
    """A POST that does not come from these very pages is refused and changes nothing."""
    ticket = desk.api.ticket()
    form = desk.open(ticket["id"])[1]
    for name, value in {"name": "N", "email": "n@example.com", "subject": "S", "text": "t"}.items():
        form[name] = value
    form["comment"] = "c"
    before = desk.state.ticket_detail(ticket["id"])
    for path in WRITES:
        desk.post(path, form, 403, headers)
    assert desk.state.ticket_detail(ticket["id"]) == before
    assert len(desk.state.tickets_for_agent()) == 1


@pytest.mark.parametrize("name", ["Origin", "Sec-Fetch-Site"])
def test_either_header_suffices(desk: Desk, name: str) -> None:
    """A browser that sends only one of the two headers can write."""
    ticket = desk.api.ticket()
    path = f"/agent/tickets/{ticket['id']}/customer"
    desk.post(path, {"text": "t"}, 303, {name: OWN[name]})


def test_other_host_names_are_refused(desk: Desk) -> None:
    """A name that was made to point at this machine gets nothing."""
    desk.api.ticket(subject="Hidden")
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil"):
        for path in ("/", "/agent/tickets", "/agent/version", "/agent/new"):
            answer = desk.client.get(path, headers={"Host": host})
            assert answer.status_code == 400
            assert "Hidden" not in answer.text
    for name in ("localhost:8000", "127.0.0.1"):
        assert desk.client.get("/agent/tickets", headers={"Host": name}).status_code == 200


def test_headers(desk: Desk) -> None:
    """Every page and asset forbids foreign code, framing and guessing of types."""
    ticket = desk.api.ticket()
    for path in (
        *("/agent/tickets", f"/agent/tickets/{ticket['id']}", "/agent/new", "/agent/webhooks"),
        *("/agent/version", "/agent/nowhere", "/agent/static/agent.css", "/agent/static/agent.js"),
    ):
        answer = desk.client.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy, path
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        answer.close()


def test_pages_use_nothing_from_elsewhere(desk: Desk) -> None:
    """No page names a script, style or image of another site, or carries one inside."""
    ticket = desk.api.ticket()
    for path in ("/agent/tickets", f"/agent/tickets/{ticket['id']}", "/agent/new"):
        page = desk.get(path)
        assert page.root.one("html").attrs["lang"] == "en"
        assert "trying and testing only" in page.root.one("p", class_="banner").text
        assert not page.root.all("style")
        for node in page.root.all():
            assert "style" not in node.attrs
            for name in ("src", "href", "action", "formaction"):
                assert re.match(r"[/#]|$", node.attrs.get(name, "")), node.attrs
    css = desk.client.get("/agent/static/agent.css")
    assert "url(" not in css.text
    assert "@import" not in css.text
    css.close()


def test_every_input_has_a_label(desk: Desk, columns: dict[str, int]) -> None:
    """Each control has a label of its own, ids are unique, and tables have headers."""
    desk.api.field("multiselect", "Many", "m_a", "m_b")
    desk.api.field("checkbox", CLAIM, tag="claimed")
    ticket = desk.api.ticket(tags=["vip"])
    for path in ("/agent/tickets", f"/agent/tickets/{ticket['id']}", "/agent/new"):
        page = desk.get(path)
        ids = [node.attrs["id"] for node in page.root.all() if "id" in node.attrs]
        assert len(ids) == len(set(ids))
        labelled = {node.attrs.get("for") for node in page.root.all("label")}
        wrapped = [inner for node in page.root.all("label") for inner in node.all()]
        for node in page.root.all():
            if node.tag not in ("input", "select", "textarea"):
                continue
            if node.attrs.get("type") == "hidden":
                continue
            assert node in wrapped or node.attrs.get("id") in labelled, node.attrs
        for table in page.root.all("table"):
            assert all("scope" in cell.attrs for cell in table.all("th"))


def test_loaded_state_is_not_trusted(desk: Desk) -> None:
    """Nonsense in what a form says it showed counts as not said, and never breaks a submit."""
    ticket = desk.api.ticket(tags=["vip"])
    for loaded in ("", "[1]", "{", '"x"', json.dumps({"tags": "vip", "priority": [1], "zzz": 1})):
        form = desk.open(ticket["id"])[1]
        form["loaded"] = loaded
        answer = desk.submit(ticket["id"], form)
        assert answer.headers["Location"].endswith("?did=unchanged"), loaded
    desk.submit(ticket["id"], MultiDict({"comment": ""}))
    many = "9" * 5000
    nonsense = MultiDict({"seen": many, "macro_id": many, "comment": "x", "priority": "low"})
    desk.submit(ticket["id"], nonsense, 409)
    desk.submit(ticket["id"], MultiDict({"do": "macro", "macro": many}), 200)
    assert desk.ticket(ticket["id"])["tags"] == ["vip"]


def test_private_stays_private_through_the_form(desk: Desk) -> None:
    """A note that meets a conflict is still a note when it is submitted again."""
    ticket = desk.api.ticket()
    form = desk.open(ticket["id"])[1]
    form["comment"] = "secret"
    desk.api.update(ticket["id"], priority="low")
    page = desk.submit(ticket["id"], form, 409)
    again = page.form(page.root.one("form", id="edit"))
    assert again["mode"] == "note"
    desk.submit(ticket["id"], again)
    assert not desk.state.ticket_detail(ticket["id"]).comments[-1]["public"]


def test_edits_are_the_agents_own(desk: Desk) -> None:
    """An edit in the browser is told as the agent's, made in the agent's view."""
    ticket = desk.api.ticket()
    form = desk.open(ticket["id"])[1]
    form["priority"] = "low"
    desk.submit(ticket["id"], form)
    audit = desk.state.ticket_detail(ticket["id"]).audits[-1]
    assert audit["via"]["channel"] == "web"
    assert audit["author_id"] == desk.state.agent["id"]
