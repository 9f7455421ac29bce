"""What a customer may read: questions, the reasons of a denial, and the reply made of them."""

from __future__ import annotations

from datetime import UTC

import pytest
from markupsafe import Markup

from integration import claims, replies
from integration.languages import LANGUAGES
from policy import CLAUSES, Verdict, decide
from tests.integration.desk import COMPLETE, NOW, ticket


def decided(facts: dict[str, object]) -> tuple[claims.Reading, Verdict]:
    reading = claims.read(ticket(facts), NOW, UTC)
    return reading, decide(reading.claim, reading.today)


def without(*facts: str) -> dict[str, object]:
    return {key: value for key, value in COMPLETE.items() if key not in facts}


def composed(facts: dict[str, object], *texts: str, own: bool = True) -> str | None:
    reading, verdict = decided(facts)
    asked = replies.questions(reading, verdict)
    made = replies.compose([Markup(text) for text in texts], reading, verdict, asked, own=own)
    return None if made is None else str(made)


def asked(facts: dict[str, object]) -> tuple[str, ...]:
    return replies.questions(*decided(facts))


def test_an_order_number_answers_channel_and_proof_together() -> None:
    """One question, not two, for what one answer settles."""
    (one,) = asked(without("order_number"))
    assert "order number" in one
    assert "sales invoice" in one


@pytest.mark.parametrize(
    ("facts", "question"),
    [
        (
            {"order_number": None, "proof_of_purchase": "sales_invoice"},
            "Where did you buy the product? If it was on the SOOCAS official website",
        ),
        (
            {"order_number": None, "purchase_channel": "official_store"},
            "Please send us the order number of your purchase, or the sales invoice.",
        ),
        (
            {"transferred_ownership": True},
            "Please send us the sales invoice of the original buyer.",
        ),
        (
            {
                "order_number": None,
                "transferred_ownership": True,
                "proof_of_purchase": "sales_invoice",
                "purchase_channel": "official_store",
            },
            "What is the order number of the purchase",
        ),
        (
            {"order_number": None, "transferred_ownership": True},
            "Please send us both the order number",
        ),
    ],
)
def test_nothing_is_asked_that_was_given(facts: dict[str, object], question: str) -> None:
    """Who sent the invoice is not asked for it again; V3 asks another owner for what is missing."""
    (one,) = asked({**COMPLETE, **facts})
    assert one.startswith(question)


def test_problem_and_evidence_are_asked_together() -> None:
    """One answer can carry both."""
    (one,) = asked(without("problem", "defect_evidence"))
    assert "What is wrong" in one
    assert "photo" in one


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (("purchase_country", "claim_country"), "buy the product, and in which country is it now"),
        (("purchase_country",), "In which country did you buy"),
        (("claim_country",), "In which country is the product now"),
        (("purchase_date",), "On what day"),
        (("defect_evidence",), "photo or a short video"),
        (("problem",), "What is wrong"),
    ],
)
def test_each_missing_fact_is_asked_once_and_nothing_else(
    missing: tuple[str, ...], words: str
) -> None:
    """The freight's countries are in the same message as the status's questions."""
    (one,) = asked(without(*missing))
    assert words in one


def test_what_the_agent_must_do_is_not_asked_of_the_customer() -> None:
    """Troubleshooting is documented by the agent."""
    assert asked(without("troubleshooting")) == ()


def test_a_complete_claim_asks_nothing() -> None:
    """Nobody is asked for what cannot matter."""
    assert asked(COMPLETE) == ()


def test_everything_is_asked_in_one_message() -> None:
    """Nothing known: all questions at once, none twice."""
    questions = asked({})
    assert len(questions) == len(set(questions)) == 4
    message = composed({}, "<p>Hello</p>")
    assert message is not None
    assert message.count("<li>") == 4
    assert message.startswith("<p>Hello</p>")


def test_a_question_about_the_freight_says_so() -> None:
    """A covered customer is not asked two countries out of the blue."""
    message = composed(without("purchase_country"), "<p>Covered</p>")
    assert message is not None
    assert "To settle who pays the freight, please also tell us:" in message


def test_a_denial_gives_its_reasons() -> None:
    """A customer who is refused reads why, in plain words, before any word on freight."""
    expired = {**COMPLETE, "purchase_date": "2025-01-01", "problem": "dropped"}
    message = composed(expired, "<p>Sorry</p>", "<p>Freight</p>")
    assert message is not None
    assert (
        "The warranty ended on 1 January 2026, and your claim reached us on 4 May 2026." in message
    )
    assert "damage from falls, water" in message
    assert message.index("Sorry") < message.index("The warranty ended") < message.index("Freight")


def test_every_clause_that_denies_has_a_reason_for_the_customer() -> None:
    """No denial goes out without one."""
    reading, verdict = decided({**COMPLETE, "purchase_date": "2025-01-01"})
    denying = {"S1", "R5", "E2", "E3", "E5", "D2", "W2"} | {f"X{n}" for n in range(1, 10)}
    assert denying <= set(CLAUSES)
    for clause in denying:
        reason = replies.denial(clause, verdict, reading)
        assert reason
        assert reason.endswith(".")
        assert "deni" not in reason


def test_reasons_are_given_only_for_the_verdict_that_is_shown() -> None:
    """Where an agent refused on grounds of their own, the policy's are not put in their mouth."""
    message = composed({**COMPLETE, "problem": "dropped"}, "<p>Sorry</p>", own=False)
    assert message == "<p>Sorry</p>"


def test_there_is_no_message_without_a_text() -> None:
    """Questions alone, without a greeting, are no message."""
    assert composed({}) is None


# -- other languages -------------------------------------------------------------------------------


LACKING = (
    {},
    without("order_number"),
    without("purchase_country"),
    without("claim_country"),
    without("problem"),
    without("defect_evidence"),
    {"order_number": None, "transferred_ownership": True, "purchase_date": "2026-02-01"},
    {"transferred_ownership": True, "proof_of_purchase": "sales_invoice"},
    {"transferred_ownership": True, "purchase_channel": "official_store"},
)


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.parametrize("facts", LACKING, ids=str)
def test_as_much_is_asked_in_every_language(facts: dict[str, object], tag: str) -> None:
    """The same questions, each in that language alone."""
    reading, verdict = decided(facts)
    english = replies.questions(reading, verdict)
    found = replies.questions(reading, verdict, LANGUAGES[tag])
    assert len(found) == len(english) > 0
    keys = {text: key for key, text in LANGUAGES[tag].texts.items()}
    assert [LANGUAGES["en"](keys[question]) for question in found] == list(english)


NOT_THE_FIRST = {**without("order_number"), "transferred_ownership": True}


@pytest.mark.parametrize(
    ("tag", "seller", "invoice"),
    [
        ("en", "please tell us the seller", "invoice"),
        ("de", "nennen Sie uns bitte den Verkäufer", "Rechnung"),
        ("fr", "indiquez-nous le vendeur", "facture"),
        ("es", "díganos quién lo vendió", "factura"),
        ("zh-CN", "请告诉我们卖家是谁", "发票"),
    ],
)
def test_whom_a_dealer_s_product_was_passed_to_is_asked_for_the_seller(
    tag: str, seller: str, invoice: str
) -> None:
    """Nobody knows yet where it was bought: in the same question, and for the invoice only where
    that was not sent. Where it was bought is not asked again."""
    for proof, wanted in ((None, True), ("sales_invoice", False)):
        facts = {**NOT_THE_FIRST, "proof_of_purchase": proof}
        (question,) = replies.questions(*decided(facts), LANGUAGES[tag])
        assert seller in question
        assert (invoice in question) == wanted
        known = {**facts, "purchase_channel": "official_store"}
        (question,) = replies.questions(*decided(known), LANGUAGES[tag])
        assert seller not in question


@pytest.mark.parametrize(
    ("tag", "ended", "fall"),
    [
        ("de", "Die Garantie endete am 1. Januar 2026, und Ihr Fall hat uns am 4. Mai", "Stürze"),
        ("fr", "La garantie a pris fin le 1er janvier 2026, et votre demande", "chute"),
        ("es", "La garantía terminó el 1 de enero de 2026, y su solicitud", "caídas"),
        ("zh-CN", "保修已于2026年1月1日结束，我们于2026年5月4日收到", "跌落"),
    ],
)
def test_a_denial_gives_its_reasons_in_the_customer_s_language(
    tag: str, ended: str, fall: str
) -> None:
    """Days written out as they are there; and what stands before the reasons too."""
    language = LANGUAGES[tag]
    reading, verdict = decided({**COMPLETE, "purchase_date": "2025-01-01", "problem": "dropped"})
    made = replies.compose([Markup("<p>…</p>")], reading, verdict, (), own=True, language=language)
    assert made is not None
    assert ended in made
    assert fall in made
    assert f"<p>{language('decided')}</p><ul>" in made
    assert "What decided it" not in made


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_day_that_is_not_known_is_not_named(tag: str) -> None:
    """Late on every day that the purchase could have been."""
    reading, verdict = decided(COMPLETE)
    unknown = verdict._replace(warranty_ends_on=None, refund_window_ends_on=None)
    for clause in ("X3", "X4"):
        reason = replies.denial(clause, unknown, reading, LANGUAGES[tag])
        assert reason
        assert not any(sign.isdigit() or sign in "{}" for sign in reason)
    assert replies.denial("W1", verdict, reading, LANGUAGES[tag]) is None


@pytest.mark.parametrize("tag", LANGUAGES)
def test_what_is_asked_about_the_freight_says_so_in_every_language(tag: str) -> None:
    """And what is asked while a person looks, that it is meanwhile."""
    language = LANGUAGES[tag]
    for facts, lead in (
        (without("purchase_country"), "settle_freight"),
        ({**without("purchase_country"), "problem": "damaged_on_delivery"}, "meanwhile"),
    ):
        reading, verdict = decided(facts)
        asked = replies.questions(reading, verdict, language)
        texts = [Markup("<p>…</p>")]
        made = replies.compose(texts, reading, verdict, asked, own=True, language=language)
        assert made is not None
        assert f"<p>{language(lead)}</p><ul><li>{asked[0]}</li></ul>" in made


@pytest.mark.parametrize("tag", LANGUAGES)
def test_nobody_is_told_that_the_claim_waits_for_them_where_it_does_not(tag: str) -> None:
    """Where the agent alone has to document something, the customer's question is about the
    freight, and the macro that says otherwise is left out."""
    language = LANGUAGES[tag]
    texts = [Markup("<p>To decide on your claim:</p>")]
    reading, verdict = decided(without("troubleshooting", "claim_country"))
    asked = replies.questions(reading, verdict, language)
    made = replies.compose(texts, reading, verdict, asked, own=True, language=language)
    assert made == (
        f"<p>{language('greeting')}</p><p>{language('settle_freight')}</p>"
        f"<ul><li>{replies.inert(Markup('{}').format(asked[0]))}</li></ul>"
    )
    assert replies.compose([], reading, verdict, asked, own=True, language=language) is None
    reading, verdict = decided(without("troubleshooting", "claim_country", "purchase_date"))
    asked = replies.questions(reading, verdict, language)
    made = replies.compose(texts, reading, verdict, asked, own=True, language=language)
    assert made is not None
    assert made.startswith("<p>To decide on your claim:</p><ul><li>")
    assert language("settle_freight") not in made
