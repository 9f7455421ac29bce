"""The overview of a Freshdesk account: its own words, its own links, and no brands."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from integration.setup.access import COOKIE
from tests.integration.overview.test_pages import path, put, switched_on, table
from tests.integration.setup.served import Service, pass_in
from tests.integration.setup.served_freshdesk import FreshdeskService
from tests.integration.setup.test_pages import words


def export(service: Service, name: str, **more: str) -> list[list[str]]:
    form = {"pass": pass_in(service.get(path(service)).text), "table": name, **more}
    answer = service.post(f"{path(service)}/export", form)
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_from_the_set_up_page(keyed: FreshdeskService) -> None:
    """A link of the set-up page leads there and one leads back, for whoever signed in by a key; it
    may be framed by nobody. Without the cookie nobody reads it."""
    assert f'href="{path(keyed)}"' in keyed.page()
    answer = keyed.get(path(keyed))
    assert answer.status_code == 200
    assert f'href="{keyed.path}"' in answer.text
    assert "sandbox.freshdesk.com" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self';" in policy
    assert keyed.get("/overview/").headers["Location"] == path(keyed)
    keyed.client.delete_cookie(COOKIE, domain="warranty.example.com")
    assert keyed.get(path(keyed)).status_code == 403


def test_words(keyed: FreshdeskService) -> None:
    """Before there is a verdict, and after, no other helpdesk is spoken of."""
    empty = words(keyed.get(path(keyed)))
    switched_on(keyed)
    never = words(keyed.get(path(keyed)))
    assert "a form or an automation rule add the tag" in never
    put(keyed, "7", status="not_covered", decision="covered", asked=("problem",), brand="21001")
    put(keyed, "8", brand=None)
    full = words(keyed.get(path(keyed)))
    for said in (empty, never, full):
        assert "Zendesk" not in said
        assert "trigger" not in said
        assert "rand" not in said.replace("Warranty Desk", "")


def test_no_brands(keyed: FreshdeskService) -> None:
    """Tickets of several products are counted together: there is nothing to choose, and nobody
    gets less by an address that chooses all the same. An export has the product's number."""
    put(keyed, "7", brand="21001")
    put(keyed, "8", brand="21002")
    for more in ("", "?brand=21001", "?brand=nonsense"):
        answer = keyed.get(path(keyed) + more)
        assert answer.status_code == 200
        assert 'id="brand"' not in answer.text
        assert table(answer.text, "Claims by status")[1] == ["Covered", "2", "100 %", "2"]
    rows = export(keyed, "claims", brand="21001")
    assert "Brand" not in rows[0]
    assert [row[rows[0].index("Product")] for row in rows[1:]] == ["21001", "21002"]


def test_links_to_tickets(keyed: FreshdeskService) -> None:
    """A ticket's number leads to where agents see it in Freshdesk."""
    put(keyed, "7", status="not_covered", decision="covered")
    text = keyed.get(path(keyed)).text
    links: list[Any] = re.findall(r'<a href="([^"]+)"[^>]*>#7</a>', text)
    assert set(links) == {f"{keyed.sandbox.base_url}/a/tickets/7"}


def test_tickets_of_reviews(keyed: FreshdeskService) -> None:
    """What the app itself reviews is counted."""
    switched_on(keyed)
    ticket = keyed.ticket("warranty_claim")
    keyed.jobs.accept(keyed.name, "d1", str(ticket.id), "ticket_created")
    keyed.review()
    answer = keyed.get(path(keyed))
    assert table(answer.text, "Claims by status")[1] == ["Needs information", "1", "100 %", "1"]
