"""What a reply would say that contradicts the verdict.

``says`` finds a phrase as the app does; that the app's own does the same is the last test here.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from integration.assess import assess
from integration.catalogue import MACROS, PAYER_LABELS, STATUS_LABELS
from integration.config import Installation
from integration.languages import LANGUAGES
from integration.panel import replying
from integration.panel.contradictions import contradictions, turned
from tests.integration.desk import NOW, ticket
from tests.integration.panel.test_words import CASES

MAIN = Installation("main")
SAYS = Path("manifest/zendesk/assets/panel/says.js")
TURNED = turned()


def plain(reply: str) -> str:
    return " ".join(reply.lower().split())


def says(text: str, phrase: str) -> bool:
    """Whether a text says a phrase and means it, by the rule of ``contradictions.turned``."""
    before, after = TURNED["before"], TURNED["after"]
    if any(one in f" {phrase} " for one in (*before, *after)):
        return phrase in text
    parts = [text]
    for end in TURNED["ends"]:
        parts = [cut for part in parts for cut in part.split(end)]
    for part in (f" {part.strip()} " for part in parts):
        at = part.find(phrase)
        while at >= 0:
            first, rest = part[:at], part[at + len(phrase) :]
            denied = any(one in first for one in before)
            if not denied and not any(one in rest for one in after):
                return True
            at = part.find(phrase, at + 1)
    return False


def warned(reply: str, status: str, payer: str) -> set[str]:
    """What the app would warn of."""
    text = plain(reply)
    found = contradictions(status, payer)
    return {about for about, phrases in found.items() if any(says(text, one) for one in phrases)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("facts", CASES, ids=str)
def test_the_app_never_warns_of_its_own_suggestion(facts: dict[str, object], language: str) -> None:
    """Whatever the verdict and the language, its reply does not contradict it: nor for an app that
    only looks whether a phrase is there."""
    found = assess(ticket({k: v for k, v in facts.items() if v is not None}), MAIN, NOW)
    message = replying.message(found, LANGUAGES[language])
    if message is not None:
        payer = str(found.intent.outcome["freight_payer"])
        for phrases in contradictions(found.verdict.status, payer).values():
            assert [one for one in phrases if one in plain(message["text"])] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", STATUS_LABELS)
def test_nor_of_a_status_in_any_language(status: str, language: str) -> None:
    """Each status's own text goes with it, and so does that on the freight."""
    say = LANGUAGES[language]
    for payer in PAYER_LABELS:
        text = say(f"status:{status}")
        if payer in ("buyer", "soocas") and status in ("covered", "awaiting_inspection"):
            text += " " + say(f"freight:{payer}")
        assert warned(text, status, payer) == set()


@pytest.mark.parametrize("status", STATUS_LABELS)
def test_nor_of_the_macro_that_fits(status: str) -> None:
    """Each status's own macro goes with it."""
    (text,) = (macro.text for macro in MACROS if macro.key == f"status:{status}")
    for payer in PAYER_LABELS:
        assert warned(text, status, payer) == set()


WRONG = [
    ("We  will\ncover the shipping of this return.", "covered", "buyer", "freight"),
    ("Please send it at your own expense.", "covered", "soocas", "freight"),
    ("Here is a prepaid label.", "needs_information", "undetermined", "freight"),
    ("Here is a prepaid label.", "not_covered", "not_applicable", "freight"),
    ("I will attach a prepaid return label, no worries.", "covered", "buyer", "freight"),
    ("You will have to pay the postage yourself.", "covered", "soocas", "freight"),
    ("That is no problem, and we will refund you.", "not_covered", "x", "coverage"),
    ("Don’t worry: we’ll replace your brush.", "not_covered", "x", "coverage"),
    ("Your brush is covered by the warranty.", "not_covered", "not_applicable", "coverage"),
    ("This isn’t covered, sorry.", "covered", "soocas", "coverage"),
    ("I am afraid it is out of warranty.", "covered", "soocas", "coverage"),
    ("Wir übernehmen die Versandkosten.", "covered", "buyer", "freight"),
    ("Die Versandkosten übernehmen wir gern.", "covered", "buyer", "freight"),
    ("Bitte senden Sie das Gerät auf Ihre Kosten ein.", "covered", "soocas", "freight"),
    ("Leider müssen Sie die Versandkosten zahlen.", "covered", "soocas", "freight"),
    ("Ihr Gerät ist von der Garantie abgedeckt.", "not_covered", "x", "coverage"),
    ("Wir senden Ihnen ein Ersatzgerät.", "not_covered", "x", "coverage"),
    ("Leider ist die Garantie abgelaufen.", "covered", "soocas", "coverage"),
    ("Das ist leider kein Garantiefall.", "covered", "soocas", "coverage"),
    ("Le retour est à vos frais.", "covered", "soocas", "freight"),
    ("Nous prendrons en charge les frais de retour.", "covered", "buyer", "freight"),
    ("Votre produit est couvert par la garantie.", "not_covered", "x", "coverage"),
    ("Votre produit n’est plus sous garantie.", "covered", "soocas", "coverage"),
    ("Asumiremos los gastos de envío.", "covered", "buyer", "freight"),
    ("Los gastos de envío corren a su cargo.", "covered", "soocas", "freight"),
    ("Su producto está cubierto.", "needs_review", "undetermined", "coverage"),
    ("Lo sentimos, su producto no está cubierto.", "covered", "soocas", "coverage"),
    ("运费由我们承担。", "covered", "buyer", "freight"),
    ("请您寄回产品，运费由您承担。", "covered", "soocas", "freight"),
    ("您的产品属于保修范围。", "not_covered", "x", "coverage"),
    ("不好意思让您久等了，我们会为您更换。", "not_covered", "x", "coverage"),
    ("很抱歉，保修期已过。", "covered", "soocas", "coverage"),
    ("We cover this under warranty.", "not_covered", "x", "coverage"),
    ("We will send you a new one for free.", "not_covered", "x", "coverage"),
    ("I am happy to approve your claim.", "not_covered", "x", "coverage"),
    ("We’ll replace it free of charge.", "not_covered", "x", "coverage"),
    ("Shipping is free of charge for you.", "covered", "buyer", "freight"),
    ("You do not need to pay for shipping.", "covered", "buyer", "freight"),
    ("You don’t have to pay for shipping.", "not_covered", "buyer", "freight"),
    ("You won't have to pay the shipping.", "covered", "buyer", "freight"),
    ("You get free shipping, of course.", "covered", "buyer", "freight"),
    ("There are no shipping costs.", "covered", "buyer", "freight"),
    ("Das übernehmen wir auf Garantie.", "not_covered", "x", "coverage"),
    ("Wir schicken Ihnen kostenlos ein neues Gerät.", "not_covered", "x", "coverage"),
    ("Wir schicken Ihnen ein neues zu.", "not_covered", "x", "coverage"),
    ("Der Versand ist für Sie kostenlos.", "covered", "buyer", "freight"),
    ("Ihnen entstehen keine Versandkosten.", "covered", "buyer", "freight"),
    ("Sie müssen die Versandkosten nicht tragen.", "covered", "buyer", "freight"),
    ("Nous vous en enverrons un nouveau.", "not_covered", "x", "coverage"),
    ("Nous avons accepté votre demande.", "not_covered", "x", "coverage"),
    ("La livraison est gratuite pour vous.", "covered", "buyer", "freight"),
    ("Vous n’avez pas à payer les frais de port.", "covered", "buyer", "freight"),
    ("Lo cubrimos y le enviaremos uno nuevo.", "not_covered", "x", "coverage"),
    ("Hemos aprobado su solicitud.", "not_covered", "x", "coverage"),
    ("El envío es gratuito para usted.", "covered", "buyer", "freight"),
    ("Usted no tiene que pagar los gastos de envío.", "covered", "buyer", "freight"),
    ("这属于保修范围，我们会给您寄一个新的。", "not_covered", "x", "coverage"),
    ("您的申请已通过。", "not_covered", "x", "coverage"),
    ("我们提供包邮。", "covered", "buyer", "freight"),
    ("您无需支付运费。", "covered", "buyer", "freight"),
]


@pytest.mark.parametrize(("reply", "status", "payer", "about"), WRONG)
def test_a_reply_that_contradicts_the_verdict_is_warned_of(
    reply: str, status: str, payer: str, about: str
) -> None:
    """In the customer's language, whichever the agent's is."""
    assert about in warned(reply, status, payer)


RIGHT = [
    ("Your brush is not covered by the warranty.", "not_covered", "not_applicable"),
    ("Your brush is covered, and we cover the shipping.", "covered", "soocas"),
    ("You do not need to pay the shipping.", "covered", "soocas"),
    ("The return is not at your expense.", "covered", "soocas"),
    ("We will not charge you shipping.", "covered", "soocas"),
    ("We are unable to offer you a prepaid label.", "covered", "buyer"),
    ("Unfortunately we cannot send a free return label for this.", "covered", "buyer"),
    ("To see whether it is covered by the warranty, we need more.", "needs_information", "x"),
    ("I am sorry that we can’t tell yet if we will replace it.", "needs_review", "x"),
    ("Neither of them is covered by our warranty.", "not_covered", "x"),
    ("Good news: your warranty is not out of warranty terms.", "covered", "soocas"),
    ("The freight for this return is borne by the buyer.", "covered", "buyer"),
    ("Ihr Gerät fällt nicht unter die Garantie.", "not_covered", "not_applicable"),
    ("Ihr Gerät ist nicht von der Garantie abgedeckt.", "not_covered", "not_applicable"),
    ("Wir übernehmen die Versandkosten leider nicht.", "covered", "buyer"),
    ("Wir übernehmen die Versandkosten für diese Rücksendung nicht.", "covered", "buyer"),
    ("Sie tragen die Versandkosten nicht.", "covered", "soocas"),
    ("Die Einsendung geht nicht zu Ihren Lasten.", "covered", "soocas"),
    ("Ein frankiertes Etikett können wir nicht senden.", "covered", "buyer"),
    ("Wir können Ihnen kein kostenloses Rücksendeetikett senden.", "covered", "buyer"),
    ("Wir prüfen, ob Ihr Gerät von der Garantie abgedeckt ist.", "needs_information", "x"),
    ("Votre produit n’est pas couvert par la garantie.", "not_covered", "not_applicable"),
    ("Le retour n’est pas à vos frais.", "covered", "soocas"),
    ("Nous ne pouvons pas fournir d’étiquette prépayée.", "covered", "buyer"),
    ("Pour voir si votre produit est couvert par la garantie :", "needs_information", "x"),
    ("Su producto no está cubierto por la garantía.", "not_covered", "not_applicable"),
    ("No podemos ofrecerle una etiqueta prepagada.", "covered", "buyer"),
    ("El envío no es a cargo del comprador.", "covered", "soocas"),
    ("Para saber si su producto está cubierto, envíenos la factura.", "needs_information", "x"),
    ("您的产品不属于保修范围，我们不会为您更换。", "not_covered", "not_applicable"),
    ("您不需要承担运费。", "covered", "soocas"),
    ("无需运费由您承担。", "covered", "soocas"),
    ("我们不提供免费退货标签。", "covered", "buyer"),
    ("我们需要确认是否可以为您免费更换。", "needs_review", "undetermined"),
    ("We cannot send you a new one.", "not_covered", "not_applicable"),
    ("Unfortunately we cannot replace it free of charge.", "not_covered", "not_applicable"),
    ("We do not cover this under warranty.", "not_covered", "not_applicable"),
    ("To approve your claim we need the invoice.", "needs_information", "undetermined"),
    ("Before we can approve your claim, please send a photo.", "needs_information", "x"),
    ("Shipping is not free.", "covered", "buyer"),
    ("We do not offer free shipping.", "covered", "buyer"),
    ("You do need to pay for shipping.", "covered", "buyer"),
    ("Please ask your dealer what shipping costs.", "covered", "buyer"),
    ("Shipping is free of charge for you.", "covered", "soocas"),
    ("You do not need to pay for shipping.", "covered", "soocas"),
    ("Das können wir nicht kostenlos ersetzen.", "not_covered", "not_applicable"),
    ("Wir können Ihnen kein neues Gerät senden.", "not_covered", "not_applicable"),
    ("Der Versand ist nicht kostenlos.", "covered", "buyer"),
    ("Wir übernehmen keine Versandkosten.", "covered", "buyer"),
    ("Sie müssen die Versandkosten nicht tragen.", "covered", "soocas"),
    ("Nous ne pouvons pas vous en envoyer un nouveau.", "not_covered", "not_applicable"),
    ("La livraison n’est pas gratuite.", "covered", "buyer"),
    ("Vous n’avez pas à payer les frais de port.", "covered", "soocas"),
    ("No podemos enviarle uno nuevo.", "not_covered", "not_applicable"),
    ("El envío no es gratuito.", "covered", "buyer"),
    ("Usted no tiene que pagar los gastos de envío.", "covered", "soocas"),
    ("我们无法给您寄一个新的。", "not_covered", "not_applicable"),
    ("这不属于保修范围。", "not_covered", "not_applicable"),
    ("此次退货不包邮。", "covered", "buyer"),
    ("您无需支付运费。", "covered", "soocas"),
]


@pytest.mark.parametrize(("reply", "status", "payer"), RIGHT)
def test_a_reply_that_agrees_is_not(reply: str, status: str, payer: str) -> None:
    """A denial, a condition or an open question promises nothing."""
    assert warned(reply, status, payer) == set()


def test_phrases_are_as_they_are_looked_for() -> None:
    """In lower case, with single spaces, each once."""
    for status in STATUS_LABELS:
        for payer in PAYER_LABELS:
            for phrases in contradictions(status, payer).values():
                assert len(phrases) == len(set(phrases))
                for phrase in phrases:
                    assert phrase == plain(phrase)
                    assert not any(end in phrase for end in TURNED["ends"]), "it would be cut"


def test_where_nothing_is_shown_nothing_contradicts() -> None:
    """Nobody is warned on a ticket without a verdict."""
    assert contradictions(None, None) == {"freight": [], "coverage": []}


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node")
def test_the_app_finds_them_by_the_same_rule() -> None:
    """Its own ``says`` agrees with the one of this page on every phrase and every reply above."""
    phrases = {
        phrase
        for status in STATUS_LABELS
        for payer in PAYER_LABELS
        for some in contradictions(status, payer).values()
        for phrase in some
    }
    texts = [plain(reply) for reply, *_ in (*WRONG, *RIGHT)]
    asked = [(text, phrase) for text in texts for phrase in sorted(phrases) if phrase in text]
    script = (
        f"import {{ says }} from {json.dumps(SAYS.resolve().as_uri())};"
        "let given = ''; for await (const part of process.stdin) given += part;"
        "const { asked, turned } = JSON.parse(given);"
        "console.log(JSON.stringify(asked.map(([text, phrase]) => says(text, phrase, turned))));"
    )
    ran = subprocess.run(
        ["node", "--input-type=module", "-e", script],
        input=json.dumps({"asked": asked, "turned": TURNED}),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found = json.loads(ran.stdout)
    assert found == [says(text, phrase) for text, phrase in asked]
    assert set(found) == {True, False}
