# ruff: noqa: E501 - one phrase a place reads as the table it is
# fmt: off
"""Phrases of replies that say who pays the freight, and whether a claim is covered.

Lower case, single spaces, in every language there is. None stands in a reply that the app itself
suggests for a verdict which it contradicts.
"""

from __future__ import annotations

from typing import Final

SOOCAS_PAYS: Final = (
    # en
    "prepaid label", "pre-paid label", "prepaid return label", "prepaid shipping label",
    "free return label", "free return shipping", "return shipping is free",
    "we will pay the shipping", "we will pay for the shipping", "we'll pay the shipping",
    "we'll pay for the shipping", "we pay the shipping", "we pay for the shipping",
    "we will cover the shipping", "we'll cover the shipping", "we cover the shipping",
    "we will bear the shipping", "we will pay the freight", "we will cover the freight",
    "we cover the freight", "soocas bears the freight", "soocas pays the freight",
    "borne by soocas", "at our expense", "shipping is on us",
    # de
    "frankiertes etikett", "frankiertes rücksendeetikett", "vorfrankiertes", "kostenloses rücksendeetikett",
    "kostenlose rücksendung", "rücksendung ist kostenlos", "rücksendung ist für sie kostenlos",
    "wir übernehmen die versandkosten", "wir übernehmen die frachtkosten",
    "versandkosten übernehmen wir", "wir tragen die versandkosten", "versandkosten tragen wir",
    "soocas trägt die fracht", "soocas trägt die versandkosten", "auf unsere kosten",
    # fr
    "étiquette prépayée", "étiquette de retour gratuite", "étiquette de retour prépayée", "retour gratuit",
    "retour est gratuit", "nous prenons en charge les frais", "nous prendrons en charge les frais",
    "soocas prend en charge les frais", "à nos frais", "sont à notre charge",
    # es
    "etiqueta prepagada", "etiqueta de devolución prepagada", "etiqueta de devolución gratuita",
    "devolución gratuita", "devolución es gratuita", "nosotros pagamos el envío",
    "asumimos los gastos de envío", "asumiremos los gastos de envío",
    "soocas asume los gastos de envío", "los gastos de envío corren a nuestro cargo",
    "el envío corre por nuestra cuenta",
    # zh-CN
    "预付标签", "预付运单", "预付的运单", "免费退货标签", "免费退货运单", "运费由我们承担", "运费由我方承担",
    "运费由soocas承担", "运费由 soocas 承担", "我们承担运费", "我们会承担运费", "我们将承担运费",
)
BUYER_PAYS: Final = (
    # en
    "at your own expense", "at your expense", "at your own cost", "borne by the buyer",
    "borne by you", "you will have to pay the", "you will need to pay the",
    "you will have to cover the", "you will need to cover the", "you have to pay the shipping",
    "you need to pay the shipping", "you need to pay for the shipping", "you pay the shipping",
    "you pay for the shipping", "you pay the freight", "the buyer pays the freight",
    # de
    "auf ihre kosten", "auf eigene kosten", "sie tragen die versandkosten",
    "sie tragen die frachtkosten", "versandkosten tragen sie", "müssen sie die versandkosten",
    "sie müssen die versandkosten", "zu ihren lasten", "trägt der käufer", "vom käufer getragen",
    "vom käufer zu tragen",
    # fr
    "à vos frais", "à votre charge", "à la charge de l'acheteur", "vous devrez payer les frais",
    "vous devez payer les frais",
    # es
    "los gastos de envío corren a su cargo", "el envío corre por su cuenta", "corren por su cuenta",
    "a cargo del comprador", "usted debe pagar los gastos de envío",
    "usted deberá pagar los gastos de envío", "tendrá que pagar los gastos de envío",
    # zh-CN
    "运费由您承担", "运费由您自行承担", "运费由买家承担", "运费自理", "运费自付", "您需要承担运费",
    "您需要支付运费", "您自行承担运费",
)
PROMISES: Final = (
    # en
    "is covered by", "is covered under", "are covered by", "we will replace", "we'll replace",
    "we will exchange", "we will send you a replacement", "we'll send you a replacement",
    "we will send a replacement", "you will receive a replacement", "we will refund", "we'll refund",
    "you will receive a refund", "your claim is approved", "your claim has been approved",
    # de
    "ist von der garantie abgedeckt", "ist durch die garantie abgedeckt",
    "ist durch die beschränkte garantie von soocas abgedeckt", "fällt unter die garantie",
    "wir ersetzen ihr", "wir tauschen ihr", "sie erhalten ein ersatz", "sie erhalten ersatz",
    "wir senden ihnen ein ersatz", "wir schicken ihnen ein ersatz", "wir erstatten ihnen",
    "ihr garantiefall wurde anerkannt",
    # fr
    "est couvert par la garantie", "est couverte par la garantie", "nous remplacerons",
    "nous allons remplacer", "nous vous enverrons un produit de remplacement",
    "nous vous rembourserons", "nous allons vous rembourser", "votre demande est acceptée",
    # es
    "su producto está cubierto", "el producto está cubierto", "su cepillo está cubierto",
    "le reembolsaremos", "le enviaremos un reemplazo", "le enviaremos un producto de sustitución",
    "reemplazaremos su", "sustituiremos su", "su reclamación ha sido aprobada",
    "su solicitud ha sido aprobada", "su reclamación está aprobada",
    # zh-CN
    "您的产品在保修范围内", "您的产品在 soocas 有限保修范围内", "您的产品属于保修范围", "我们会为您更换",
    "我们将为您更换", "可以为您免费更换", "我们会为您退款", "我们将为您退款",
)
DENIALS: Final = (
    # en
    "is not covered", "isn't covered", "are not covered", "not covered by", "no longer covered",
    "cannot be covered", "does not cover", "doesn't cover", "cannot replace", "can't replace",
    "unable to replace", "out of warranty", "warranty has expired", "warranty has ended",
    "warranty had ended", "your claim is denied", "your claim has been denied",
    "your claim has been rejected", "have to decline your claim",
    # de
    "nicht von der garantie abgedeckt", "nicht durch die garantie abgedeckt",
    "nicht durch die beschränkte garantie von soocas abgedeckt", "fällt nicht unter die garantie",
    "garantie ist abgelaufen", "ist die garantie abgelaufen", "außerhalb der garantie",
    "keinen garantieanspruch", "kein garantiefall", "können wir nicht ersetzen",
    "ihren garantiefall ablehnen",
    # fr
    "n'est pas couvert", "n'est plus couvert", "ne couvre pas", "hors garantie",
    "garantie a expiré", "garantie est expirée", "n'est plus sous garantie",
    "nous ne pouvons pas remplacer", "votre demande est refusée",
    # es
    "no está cubierto", "no está cubierta", "no cubre", "fuera de garantía",
    "garantía ha vencido", "garantía ha expirado", "ya no está en garantía",
    "no podemos reemplazar", "no podemos sustituir", "su reclamación ha sido rechazada",
    "su solicitud ha sido rechazada",
    # zh-CN
    "不在保修范围", "不在 soocas 有限保修范围", "不属于保修范围", "已过保修期", "超出保修期", "保修期已过",
    "无法为您更换", "不能为您更换",
)

BEFORE: Final = (
    " not ", "n't ", " cannot ", " never ", " no ", " nor ", " neither ", " unable ", " without ",
    " whether ", " if ", " unless ", " instead of ", " rather than ",
    " nicht ", " kein ", " keine ", " keinen ", " keinem ", " keiner ", " weder ", " ohne ", " nie ",
    " ob ", " falls ", " wenn ", " statt ",
    " ne ", " n'", " pas ", " aucun ", " aucune ", " sans ", " si ", " ni ", " jamais ",
    " sin ", " nunca ", " tampoco ", " ningún ", " ninguna ",
    "不", "没", "无", "未", "是否", "如果",
)
"""What turns a phrase round that it stands before: a denial, a condition, an open question."""
AFTER: Final = (" nicht ",)
"""What turns it round from behind: German denies at the end."""
ENDS: Final = (
    ".", ",", ";", ":", "!", "?", "…", "。", "，", "、", "；", "：", "！", "？",
    " and ", " but ", " so ", " und ", " aber ", " et ", " mais ", " donc ", " y ", " pero ",
    "但", "而", "所以",
)
"""What ends the part of a sentence that a denial speaks of."""
