"""The answer: what the panel shows of a ticket, and what it never holds."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import responses

from integration import catalogue
from integration.languages import LANGUAGES
from integration.store import Store
from policy import FACT
from tests.integration.desk import COMPLETE, option
from tests.integration.panel.conftest import BINDINGS, FIELD_IDS, Serve, Service, native

TICKET = "https://one-account.zendesk.com/api/v2/tickets/7.json"


def days(answer: dict[str, Any]) -> dict[str, str]:
    return {one["key"]: one["date"] for one in answer["timeline"]}


def test_a_covered_claim(service: Service, serve: Serve) -> None:
    """The verdict, why, what it means and by when; the reply and the macro that fit."""
    serve()
    found = service.ticket()
    assert found["state"] == "claim"
    assert found["mode"] == "full"
    assert found["as_of"] is None
    assert found["verdict"]["status"] == "covered"
    assert found["headline"].startswith("COVERED · replacement by the same model · freight: SOOCAS")
    assert found["clauses"][0] == {
        "clause": "S1",
        "because": "The problem is a defect in quality.",
        "sentence": "Defects in materials and workmanship are covered, in normal use, within the "
        "warranty period.",
    }
    assert found["counts"] == {
        "status": "covered",
        "label": "Covered",
        "payer": "soocas",
        "by": "policy",
    }
    assert (found["missing"], found["next_question"], found["misread"]) == ([], None, [])
    assert found["freight"]["label"] == "SOOCAS"
    assert found["remedy"]["kind"] == "replacement_same_model"
    assert found["macro"] == {
        "id": BINDINGS.macros["status:covered"],
        "title": "Warranty: covered",
    }
    assert "covered by the SOOCAS limited warranty" in found["message"]["text"]
    assert list(days(found).items()) == [
        ("purchase", "2026-02-01"),
        ("refund_window", "2026-03-03"),
        ("opened", "2026-05-04"),
        ("today", "2026-05-05"),
        ("claim_deadline", "2027-02-01"),
        ("warranty_end", "2027-02-01"),
    ]
    assert (found["shown"], found["decision"], found["history"]) == (None, None, [])
    assert {one["fact"] for one in found["presumed"]} >= {"free_product"}
    assert "what_if" not in found


def test_a_claim_that_needs_information(service: Service, serve: Serve) -> None:
    """What is missing, whom to ask, in which field it belongs, and one message that asks."""
    serve({"order_number": "SO-1", "purchase_country": "DE"})
    found = service.ticket(language="de")
    assert found["verdict"]["status"] == "needs_information"
    assert found["headline"].startswith("ANGABEN FEHLEN · 3 Fragen an den Kunden")
    missing = {one["fact"]: one for one in found["missing"]}
    assert list(missing) == [
        "purchase_date",
        "problem",
        "defect_evidence",
        "troubleshooting",
        "claim_country",
    ]
    assert missing["purchase_date"] == {
        "fact": "purchase_date",
        "title": "Kaufdatum",
        "of": "buyer",
        "field": FIELD_IDS["purchase_date"],
        "question": "On what day did you buy the product?",
        "kind": "date",
        "ask": "An welchem Tag haben Sie das Produkt gekauft?",
        "ask_customer": "On what day did you buy the product?",
        "options": None,
        "hint": "Der Tag, an dem der Käufer das Produkt gekauft hat.",
        "also": [],
    }
    assert missing["troubleshooting"]["of"] == "agent"
    assert missing["troubleshooting"]["question"].startswith("Gehen Sie die Fehlersuche")
    assert found["next_question"] in missing
    assert found["message"]["asks"] is True
    for question in ("On what day did you buy", "In which country is the product now?"):
        assert question in found["message"]["text"]
    assert found["freight"]["because"] == "Es fehlt: Land, in dem das Produkt jetzt ist."
    (deadline,) = [one for one in found["timeline"] if one["key"] == "claim_deadline"]
    assert deadline["provisional"] is True


def test_the_next_question_is_the_one_that_settles_most(service: Service, serve: Serve) -> None:
    """Among the problem and its evidence, most problems end the claim without any evidence."""
    serve({**COMPLETE, "problem": None, "defect_evidence": None})
    assert service.ticket()["next_question"] == "problem"
    serve({**COMPLETE, "defect_evidence": None})
    assert service.ticket()["next_question"] == "defect_evidence"


# -- in whose language -----------------------------------------------------------------------------


def test_a_question_can_be_asked_aloud(service: Service, serve: Serve) -> None:
    """In the agent's language and in the customer's, with the answers to choose from, in the
    account's own options, and the other field that the same answer fills."""
    serve({})
    found = service.ticket(language="fr", customer_language="zh-cn")
    assert (found["language"], found["customer_language"]) == ("fr", "zh-CN")
    missing = {one["fact"]: one for one in found["missing"]}
    problem = missing["problem"]
    assert problem["ask"].startswith("Quel est le problème du produit")
    assert problem["ask_customer"] == "产品出了什么问题，是怎么发生的？"
    assert problem["question"].startswith("What is wrong with the product")
    # That account has one option of its own, and none for the rest.
    assert problem["options"] == [
        {"value": "own_defect", "label": "Défaut de qualité", "means": "quality_defect"}
    ]
    channel = missing["purchase_channel"]
    assert [one["means"] for one in channel["options"]] == list(FACT["purchase_channel"].values)
    assert channel["also"] == [
        {
            "fact": "order_number",
            "title": "Numéro de commande",
            "field": FIELD_IDS["order_number"],
        }
    ]
    assert missing["troubleshooting"]["ask"].startswith("Passez en revue le dépannage")
    assert missing["troubleshooting"]["ask_customer"].endswith("吗？")
    assert missing["purchase_country"]["options"] is None
    assert found["next_question"] in missing


def test_every_question_has_its_words(service: Service, serve: Serve) -> None:
    """Whatever is missing, in every language: nobody has to read out English."""
    for facts in ({}, {"order_number": "SO-1"}, {"transferred_ownership": True}):
        serve(facts)
        for language in LANGUAGES:
            found = service.ticket(language=language, customer_language=language)
            for one in found["missing"]:
                assert one["ask"]
                assert one["ask_customer"]
                assert one["hint"]
                assert (one["options"] is None) == (one["kind"] != "choice")
                if one["of"] == "buyer":
                    assert (one["question"] == one["ask"]) == (language == "en")
                    assert one["ask_customer"] == one["ask"]


def test_an_order_number_that_is_known_is_not_asked_for(service: Service, serve: Serve) -> None:
    """Its field is not offered again."""
    serve({**COMPLETE, "transferred_ownership": True})
    (proof,) = service.ticket()["missing"]
    assert (proof["fact"], proof["also"]) == ("proof_of_purchase", [])


def test_the_message_is_in_the_customer_s_language(service: Service, serve: Serve) -> None:
    """And says in which it is; the agent's stays the agent's."""
    serve()
    english = "Your product is covered by the SOOCAS limited warranty."
    for asked, used, words in (
        ("de-DE", "de", "Ihr Produkt ist durch die beschränkte Garantie von SOOCAS abgedeckt."),
        ("fr", "fr", "Votre produit est couvert par la garantie limitée SOOCAS."),
        ("ja", "en", english),
        (None, "en", english),
        ("", "en", english),
    ):
        found = service.ticket(language="es", customer_language=asked)
        assert found["message"]["language"] == found["customer_language"] == used
        assert words in found["message"]["text"]
        assert found["headline"].startswith("CUBIERTO")


def test_an_agent_reads_no_english(service: Service, serve: Serve) -> None:
    """Why it was decided so, who pays and what comes of it, in the agent's language."""
    for facts in (
        COMPLETE,
        {**COMPLETE, "claim_country": "US"},
        {**COMPLETE, "problem": "not_quality", "purchase_date": "2024-01-01"},
        {**COMPLETE, "remedy_preference": "refund", "return_kind": "unauthorized"},
    ):
        serve(facts)
        english = service.ticket()
        for language in LANGUAGES:
            if language != "en":
                _differs(service.ticket(language=language), english)


def _differs(mine: dict[str, Any], english: dict[str, Any]) -> None:
    """The same clauses in other words, and the verdict itself untouched."""
    for one, other in zip(mine["clauses"], english["clauses"], strict=True):
        assert one["clause"] == other["clause"]
        assert one["because"] != other["because"]
        assert one["sentence"] != other["sentence"]
    for part in ("freight", "remedy"):
        assert mine[part]["clauses"] == english[part]["clauses"]
        same = mine[part]["because"] == english[part]["because"]
        assert same == (english[part]["because"] == "")
    for one, other in zip(mine["presumed"], english["presumed"], strict=True):
        assert one["words"] != other["words"]
    assert mine["verdict"] == english["verdict"]


def test_a_field_that_is_not_understood_says_so_in_the_agent_s_language(
    service: Service, serve: Serve
) -> None:
    """What it may hold, by the labels that stand on the ticket."""
    serve({**COMPLETE, "purchase_date": "soon", "free_product": "perhaps"})
    misread = {one["fact"]: one["expected"] for one in service.ticket(language="de")["misread"]}
    assert misread == {
        "purchase_date": "ein Datum als JJJJ-MM-TT",
        "free_product": "eines von: Yes, No",
    }
    english = {one["fact"]: one["expected"] for one in service.ticket()["misread"]}
    assert english["free_product"] == "one of Yes, No"


# -- what is edited, and what might be ------------------------------------------------------------


def test_what_is_edited_counts_before_it_is_saved(service: Service, serve: Serve) -> None:
    """In the helpdesk's own options; null empties a field."""
    serve()
    assert service.ticket(edited={"problem": "own_defect"})["verdict"]["status"] == "covered"
    dropped = service.ticket(edited={"problem": "warranty_problem_dropped"})
    assert dropped["verdict"]["clauses"] == ["X8"]
    assert dropped["counts"]["status"] == "not_covered"
    emptied = service.ticket(edited={"problem": None, "order_number": ""})
    assert {one["fact"] for one in emptied["missing"]} >= {"problem", "proof_of_purchase"}
    late = service.ticket(edited={"purchase_date": "2024-02-01"})
    assert days(late)["warranty_end"] == "2025-02-01"
    assert "X3" in late["verdict"]["clauses"]


def test_a_what_if_stands_beside_the_verdict(service: Service, serve: Serve) -> None:
    """What would follow, on top of what is edited; the verdict itself stays."""
    serve()
    found = service.ticket(
        edited={"purchase_date": None}, what_if={"problem": "warranty_problem_dropped"}
    )
    assert found["verdict"]["status"] == "needs_information"
    assert found["what_if"]["verdict"]["status"] == "not_covered"
    assert found["what_if"]["clauses"][0]["clause"] == "X8"
    assert "purchase" not in days(found["what_if"])
    assert found["what_if"]["freight"]["payer"] == "not_applicable"


def test_an_agent_s_override_is_followed_as_it_is_typed(service: Service, serve: Serve) -> None:
    """What counts is the agent's; the policy's verdict is still told."""
    serve()
    found = service.ticket(
        edited={
            "agent_decision": catalogue.decision_option("not_covered"),
            "agent_decision_reason": "Seen in the photo",
        }
    )
    assert found["verdict"]["status"] == "covered"
    assert found["counts"] == {
        "status": "not_covered",
        "label": "Not covered",
        "payer": "not_applicable",
        "by": "agent",
    }
    assert found["decision"] == {
        "what": "not_covered",
        "label": "Override to: not covered",
        "status": "not_covered",
        "reason": "Seen in the photo",
        "unclear": None,
    }
    assert found["macro"]["title"] == "Warranty: not covered"
    assert "What decided it" not in found["message"]["text"]  # the reasons are not the policy's
    assert "we will replace" in found["contradicts"]["coverage"]


def test_a_hold_suggests_nothing(service: Service, serve: Serve) -> None:
    """Somebody wants nothing said yet; an option of nobody's counts as a hold, too."""
    serve()
    for option_ in (catalogue.decision_option("hold"), "wait_a_little"):
        found = service.ticket(edited={"agent_decision": option_})
        assert (found["message"], found["macro"]) == (None, None)
        assert found["decision"]["what"] == "hold"
    assert found["decision"]["unclear"] == "wait_a_little"


def test_a_verdict_set_by_hand_is_told_as_such(service: Service, serve: Serve) -> None:
    """The app did not write it, so it counts; and one that it does not know is said to be other."""
    serve({**COMPLETE, "verdict": "needs_review"})
    found = service.ticket()
    assert (found["shown"], found["counts"]["by"]) == ("needs_review", "hand")
    assert found["counts"]["status"] == "needs_review"
    serve({**COMPLETE, "verdict": "goodwill_gesture"})
    found = service.ticket()
    assert (found["shown"], found["counts"]["status"]) == ("other", None)
    assert found["contradicts"]["coverage"] == []


# -- where a ticket stands ------------------------------------------------------------------------


def test_a_ticket_that_is_no_claim(service: Service, serve: Serve) -> None:
    """What it would be if it were one; but nothing to say to the customer, nothing to warn of."""
    serve({}, tags=["vip"], subject="Where is my parcel?")
    found = service.ticket()
    assert found["state"] == "no_claim"
    assert found["verdict"]["status"] == "needs_information"
    assert found["next_question"] is not None
    assert (found["message"], found["macro"]) == (None, None)
    assert found["contradicts"] == {"freight": [], "coverage": []}


@pytest.mark.parametrize("ticked", [True, "yes", "true", "1"])
def test_ticking_the_claim_makes_it_one_at_once(
    service: Service, serve: Serve, ticked: object
) -> None:
    """As the helpdesk will when it is saved; and unticking it ends that."""
    serve(COMPLETE, tags=[])
    found = service.ticket(edited={"claim": ticked})
    assert (found["state"], found["message"] is None) == ("claim", False)
    serve(COMPLETE)
    for off in (False, None, "no", ""):
        assert service.ticket(edited={"claim": off})["state"] == "no_claim"


def test_a_new_ticket_is_judged_by_what_is_typed_alone(
    service: Service, zendesk: responses.RequestsMock
) -> None:
    """No request is sent for what is not there yet; the claim is opened today, in the account's
    zone."""
    typed = {key: option(key, value) for key, value in COMPLETE.items()}
    found = service.ticket(None, edited={"claim": True, **typed, "problem": "own_defect"})
    assert found["state"] == "claim"
    assert found["verdict"]["status"] == "covered"
    assert days(found)["opened"] == "2026-05-05"
    assert found["message"] is not None
    assert (found["version"], found["history"]) == (None, [])
    assert {one["on_ticket"] for one in found["fields"].values()} == {None}
    empty = service.ticket(None)
    assert (empty["state"], empty["verdict"]["status"]) == ("no_claim", "needs_information")
    assert empty["next_question"] in {one["fact"] for one in empty["missing"]}
    assert len(zendesk.calls) == 0


def test_a_new_ticket_is_opened_on_the_account_s_day(service: Service) -> None:
    """At noon UTC it is the next day already on Kiritimati."""
    service.kept.change_settings(
        "one", {"time_zone": "Pacific/Kiritimati"}, version=1, who="a test"
    )
    found = service.ticket(None)
    assert days(found)["opened"] == days(found)["today"] == "2026-05-06"


@pytest.mark.parametrize("status", ["solved", "closed"])
def test_a_ticket_that_is_over_is_judged_as_of_its_end(
    service: Service, serve: Serve, status: str
) -> None:
    """A claim that was settled in time does not lapse in the archive; nothing is suggested."""
    serve(
        {**COMPLETE, "purchase_date": "2023-02-01"},
        status=status,
        created_at="2023-05-04T10:00:00Z",
        updated_at="2023-05-20T10:00:00Z",
    )
    found = service.ticket()
    assert found["state"] == "over"
    assert found["verdict"]["status"] == "covered"
    assert found["verdict"]["decided_on"] == "2023-05-20"
    assert days(found)["today"] == "2026-05-05"
    assert (found["message"], found["macro"], found["next_question"]) == (None, None, None)


def test_an_account_that_is_not_set_up(service: Service, store: Store) -> None:
    """Nothing can be read before the fields are known."""
    service.store.save_bindings("one", type(BINDINGS)())
    assert service.ticket() == {"state": "not_set_up", "mode": "full"}


def test_an_account_that_is_switched_off(service: Service, zendesk: object) -> None:
    """Nothing is even worked out."""
    service.kept.change_settings("one", {"mode": "off"}, version=1, who="a test")
    assert service.ticket() == {"state": "off", "mode": "off"}


def test_fields_that_a_ticket_lacks_are_named(
    service: Service, zendesk: responses.RequestsMock
) -> None:
    """Also those without which a review gives up; the verdict is shown all the same."""
    given = native(COMPLETE)
    lacking = {int(FIELD_IDS[key]) for key in ("stamp", "verdict", "troubleshooting")}
    given["custom_fields"] = [one for one in given["custom_fields"] if one["id"] not in lacking]
    zendesk.get(TICKET, json={"ticket": given})
    found = service.ticket()
    assert [k for k, one in found["fields"].items() if one["on_ticket"] is False] == [
        "troubleshooting",
        "verdict",
        "stamp",
    ]
    assert [one["fact"] for one in found["missing"]] == ["troubleshooting"]


def test_the_fields_are_told_in_the_helpdesk_s_terms(service: Service, serve: Serve) -> None:
    """With an admin's own field, its own options, and of ours those alone that it has."""
    serve()
    fields = service.ticket()["fields"]
    assert fields["problem"] == {
        "id": FIELD_IDS["problem"],
        "title": "Warranty: problem",
        "kind": "choice",
        "role": "fact",
        "options": [{"value": "own_defect", "label": "Quality defect", "means": "quality_defect"}],
        "on_ticket": True,
    }
    assert fields["free_product"]["options"][1] == {
        "value": "warranty_free_product_no",
        "label": "No",
        "means": False,
    }
    assert "fields" not in service.ticket(fields=False)


# -- untrusted text, and what is kept back --------------------------------------------------------


def test_a_ticket_s_words_stay_text(service: Service, serve: Serve) -> None:
    """They come in JSON alone, in places that are named, and never in the one piece of HTML."""
    nasty = "<img src=x onerror=alert(1)>{{ticket.requester.email}}</script>"
    serve(
        {
            **COMPLETE,
            "purchase_date": nasty,
            "order_number": nasty,
            "proof_of_purchase": nasty,
            "agent_decision": nasty,
            "agent_decision_reason": nasty,
            "verdict": nasty,
        }
    )
    answered = service.post("ticket", {"ticket": "7"})
    assert answered.content_type == "application/json"
    assert answered.headers["X-Content-Type-Options"] == "nosniff"
    found = answered.get_json()
    held = {path for path, value in leaves(found) if "onerror" in str(value)}
    assert held == {"misread[].value", "decision.reason", "decision.unclear"}
    assert held <= set(found["untrusted"])
    edited = service.ticket(edited={"agent_decision": None, "verdict": None, "problem": nasty})
    assert "onerror" not in edited["message"]["html"] + edited["message"]["text"]
    assert "{{" not in edited["message"]["html"]


def leaves(value: object, path: str = "") -> list[tuple[str, object]]:
    """Every value in an answer with its path, lists as ``[]``."""
    if isinstance(value, dict):
        pairs = [(f"{path}.{key}".lstrip("."), one) for key, one in value.items()]
    elif isinstance(value, list):
        pairs = [(f"{path}[]", one) for one in value]
    else:
        return [(path, value)]
    return [leaf for place, one in pairs for leaf in leaves(one, place)]


def test_an_answer_holds_no_secret_and_nothing_of_a_person(service: Service, serve: Serve) -> None:
    """Neither ours, nor the account's, nor who asked, nor what they wrote; nor the stamp."""
    serve({**COMPLETE, "stamp": "STAMP-TEXT"})
    answered = service.post("ticket", {"ticket": "7"})
    text = answered.text + str(answered.headers)
    for name in ("one", "two"):
        for secret in (service.secrets[name], f"TOKEN-{name}", f"SIGNING-{name}"):
            assert secret not in text
    for private in ("SECRET-", "424242", "STAMP-TEXT", "SO-1", "one-account", "two"):
        assert private not in answered.text, private
    assert "Access-Control-Allow-Origin" not in answered.headers
    assert answered.headers["Cache-Control"] == "no-store"


def test_nothing_is_written(service: Service, serve: Serve, zendesk: Any) -> None:
    """One GET a question, whatever is asked; and no review is made due by looking."""
    serve()
    service.ticket(edited={"claim": False, "verdict": "x", "stamp": "y"})
    service.ticket(what_if={"problem": None})
    assert [call.request.method for call in zendesk.calls] == ["GET", "GET"]
    assert shown(service, "7") is None


def shown(service: Service, ticket: str) -> object:
    from integration.jobs import Jobs

    return Jobs(service.store).show("one", ticket)


def test_the_answer_is_json_all_through(service: Service, serve: Serve) -> None:
    """Dates and all: what is sent is what was meant."""
    serve()
    found = service.ticket()
    assert json.loads(json.dumps(found)) == found
    assert datetime.fromisoformat(found["version"].replace("Z", "+00:00")).tzinfo == UTC


def test_what_is_asked_for_is_asked_once(service: Service, serve: Serve) -> None:
    """A fact that both the status and the freight hang on stands in the list once."""
    serve({"order_number": "SO-1"})
    facts = [one["fact"] for one in service.ticket()["missing"]]
    assert len(facts) == len(set(facts))
