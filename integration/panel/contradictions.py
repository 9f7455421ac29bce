"""What a reply would say that contradicts the verdict: phrases that the app looks for before an
agent sends it. It only warns.

Lower case, to be looked for anywhere in the reply's text in lower case, with its white space taken
as one space each. In all languages at once: a customer may be answered in another one than the
agent's own. A phrase is chosen so that its denial does not contain it (Spanish and Chinese deny by
a word before), and no phrase stands in a reply that the app itself suggests.
"""

from __future__ import annotations

from typing import Final

_SOOCAS_PAYS: Final = (
    # en
    "prepaid label",
    "pre-paid label",
    "prepaid return label",
    "prepaid shipping label",
    "free return label",
    "free return shipping",
    "we will pay the shipping",
    "we will pay for the shipping",
    "we will cover the shipping",
    "we'll cover the shipping",
    "we cover the shipping",
    "we cover the freight",
    "soocas bears the freight",
    "soocas pays the freight",
    "borne by soocas",
    "at our expense",
    # de
    "frankiertes etikett",
    "frankiertes rücksendeetikett",
    "kostenloses rücksendeetikett",
    "kostenlose rücksendung",
    "wir übernehmen die versandkosten",
    "wir übernehmen die frachtkosten",
    "wir tragen die versandkosten",
    "soocas trägt die fracht",
    "soocas trägt die versandkosten",
    "auf unsere kosten",
    # fr
    "étiquette prépayée",
    "étiquette de retour gratuite",
    "retour gratuit",
    "nous prenons en charge les frais",
    "soocas prend en charge les frais",
    "à nos frais",
    # es
    "etiqueta prepagada",
    "etiqueta de devolución gratuita",
    "devolución gratuita",
    "nosotros pagamos el envío",
    "soocas asume los gastos de envío",
    "los gastos de envío corren a nuestro cargo",
    # zh-CN
    "预付标签",
    "预付运单",
    "免费退货标签",
    "运费由我们承担",
    "运费由soocas承担",
    "我们承担运费",
)
_BUYER_PAYS: Final = (
    # en
    "at your own expense",
    "at your expense",
    "at your own cost",
    "borne by the buyer",
    "borne by you",
    "you will have to pay the",
    "you will need to pay the",
    "you need to pay the shipping",
    "you pay the shipping",
    "you pay the freight",
    "the buyer pays the freight",
    # de
    "auf ihre kosten",
    "auf eigene kosten",
    "sie tragen die versandkosten",
    "sie tragen die frachtkosten",
    "trägt der käufer",
    "vom käufer getragen",
    "vom käufer zu tragen",
    # fr
    "à vos frais",
    "sont à votre charge",
    "à la charge de l'acheteur",
    "vous devrez payer les frais",
    # es
    "los gastos de envío corren a su cargo",
    "a cargo del comprador",
    "usted debe pagar los gastos de envío",
    "usted deberá pagar los gastos de envío",
    # zh-CN
    "运费由您承担",
    "运费由买家承担",
    "运费自理",
    "您需要承担运费",
    "您需要支付运费",
)
_PROMISES: Final = (
    # en
    "is covered by",
    "is covered under",
    "are covered by",
    "we will replace",
    "we'll replace",
    "we will send you a replacement",
    "we'll send you a replacement",
    "we will send a replacement",
    "you will receive a replacement",
    "we will refund",
    "we'll refund",
    "you will receive a refund",
    "your claim is approved",
    "your claim has been approved",
    # de
    "ist von der garantie abgedeckt",
    "ist durch die garantie abgedeckt",
    "fällt unter die garantie",
    "wir ersetzen ihr",
    "sie erhalten ein ersatz",
    "sie erhalten ersatz",
    "wir erstatten ihnen",
    "ihr garantiefall wurde anerkannt",
    # fr
    "est couvert par la garantie",
    "est couverte par la garantie",
    "nous remplacerons",
    "nous allons remplacer",
    "nous vous enverrons un produit de remplacement",
    "nous vous rembourserons",
    "nous allons vous rembourser",
    "votre demande est acceptée",
    # es
    "su producto está cubierto",
    "el producto está cubierto",
    "su reclamación ha sido aprobada",
    "su reclamación está aprobada",
    # zh-CN
    "您的产品在保修范围内",
    "您的产品属于保修范围",
    "我们会为您更换",
    "我们将为您更换",
    "我们会为您退款",
    "我们将为您退款",
)
_DENIALS: Final = (
    # en
    "is not covered",
    "isn't covered",
    "are not covered",
    "not covered by",
    "does not cover",
    "doesn't cover",
    "cannot replace",
    "can't replace",
    "out of warranty",
    "warranty has expired",
    "warranty has ended",
    "warranty had ended",
    "your claim is denied",
    "your claim has been denied",
    "your claim has been rejected",
    # de
    "nicht von der garantie abgedeckt",
    "nicht durch die garantie abgedeckt",
    "fällt nicht unter die garantie",
    "garantie ist abgelaufen",
    "ist die garantie abgelaufen",
    "außerhalb der garantie",
    "keinen garantieanspruch",
    "können wir nicht ersetzen",
    "ihren garantiefall ablehnen",
    # fr
    "n'est pas couvert",
    "ne couvre pas",
    "hors garantie",
    "garantie a expiré",
    "garantie est expirée",
    "nous ne pouvons pas remplacer",
    "votre demande est refusée",
    # es
    "no está cubierto",
    "no está cubierta",
    "no cubre",
    "fuera de garantía",
    "garantía ha vencido",
    "garantía ha expirado",
    "no podemos reemplazar",
    "su reclamación ha sido rechazada",
    # zh-CN
    "不在保修范围",
    "不属于保修范围",
    "已过保修期",
    "超出保修期",
    "保修期已过",
    "无法为您更换",
)

_FREIGHT: Final[dict[str | None, tuple[str, ...]]] = {
    "buyer": _SOOCAS_PAYS,
    "soocas": _BUYER_PAYS,
    # Who pays is not settled: neither may be said yet.
    "undetermined": _SOOCAS_PAYS + _BUYER_PAYS,
}
_OPEN: Final = ("needs_information", "awaiting_inspection", "needs_review")
_COVERAGE: Final[dict[str | None, tuple[str, ...]]] = {
    "covered": _DENIALS,
    "refund_eligible": _DENIALS,
    "not_covered": _PROMISES,
    "refer_to_dealer": _PROMISES,
    **dict.fromkeys(_OPEN, _PROMISES + _DENIALS),
}


def contradictions(status: str | None, payer: str | None) -> dict[str, list[str]]:
    """The phrases that contradict a verdict: about the ``freight`` and about the ``coverage``. None
    where nothing is decided. With a claim that is not covered, nobody is promised a paid label."""
    freight = _SOOCAS_PAYS if status == "not_covered" else _FREIGHT.get(payer, ())
    return {"freight": _spelt(freight), "coverage": _spelt(_COVERAGE.get(status, ()))}


def _spelt(phrases: tuple[str, ...]) -> list[str]:
    """With either apostrophe."""
    curved = [phrase.replace("'", "’") for phrase in phrases if "'" in phrase]
    return [*phrases, *curved]
