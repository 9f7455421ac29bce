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
    "borne by soocas", "at our expense", "shipping is on us", "free shipping", "shipping is free",
    "shipping will be free", "shipping free of charge", "ship it free of charge", "ship it for free",
    "return it free of charge", "return it for free", "no shipping costs", "no shipping cost",
    "no shipping fee", "no shipping charge", "no return shipping costs", "not pay for shipping",
    "not pay for the shipping", "not need to pay for shipping", "not need to pay for the shipping",
    "not need to pay shipping", "not need to pay the shipping", "not have to pay for shipping",
    "not have to pay for the shipping", "not have to pay shipping", "not have to pay the shipping",
    "don't need to pay for shipping", "don't need to pay for the shipping",
    "don't need to pay shipping", "don't need to pay the shipping",
    "don't have to pay for shipping", "don't have to pay for the shipping",
    "don't have to pay shipping", "don't have to pay the shipping",
    "won't need to pay for shipping", "won't need to pay for the shipping",
    "won't have to pay for shipping", "won't have to pay for the shipping",
    "won't have to pay shipping", "won't have to pay the shipping",
    # de
    "frankiertes etikett", "frankiertes rücksendeetikett", "vorfrankiertes", "kostenloses rücksendeetikett",
    "kostenlose rücksendung", "rücksendung ist kostenlos", "rücksendung ist für sie kostenlos",
    "wir übernehmen die versandkosten", "wir übernehmen die frachtkosten",
    "versandkosten übernehmen wir", "wir tragen die versandkosten", "versandkosten tragen wir",
    "soocas trägt die fracht", "soocas trägt die versandkosten", "auf unsere kosten",
    "versand ist kostenlos", "versand ist kostenfrei", "versand ist für sie kostenlos",
    "versand ist für sie kostenfrei", "versand ist gratis", "kostenloser versand",
    "kostenlosen versand", "kostenfreier versand", "kostenfreien versand", "versandkostenfrei",
    "entstehen keine versandkosten", "fallen keine versandkosten", "sie zahlen keine versandkosten",
    "sie müssen keine versandkosten", "müssen sie keine versandkosten",
    "sie müssen die versandkosten nicht", "müssen sie die versandkosten nicht",
    "versandkosten müssen sie nicht", "sie müssen den versand nicht", "müssen sie den versand nicht",
    "sie müssen nicht für den versand", "müssen sie nicht für den versand",
    # fr
    "étiquette prépayée", "étiquette de retour gratuite", "étiquette de retour prépayée", "retour gratuit",
    "retour est gratuit", "nous prenons en charge les frais", "nous prendrons en charge les frais",
    "soocas prend en charge les frais", "à nos frais", "sont à notre charge", "livraison gratuite",
    "livraison est gratuite", "expédition gratuite", "expédition est gratuite", "envoi gratuit",
    "envoi est gratuit", "frais de port offerts", "frais de port sont offerts",
    "frais de port sont gratuits", "sans frais de port", "sans frais d'envoi",
    "aucun frais de port à payer", "aucun frais d'envoi à payer", "vous n'avez aucun frais",
    "vous n'avez pas à payer les frais", "vous n'aurez pas à payer les frais",
    "vous n'avez pas à payer le port", "vous n'avez pas à payer l'envoi",
    "vous n'aurez pas à payer l'envoi", "vous ne payez pas les frais", "vous ne payez pas l'envoi",
    # es
    "etiqueta prepagada", "etiqueta de devolución prepagada", "etiqueta de devolución gratuita",
    "devolución gratuita", "devolución es gratuita", "nosotros pagamos el envío",
    "asumimos los gastos de envío", "asumiremos los gastos de envío",
    "soocas asume los gastos de envío", "los gastos de envío corren a nuestro cargo",
    "el envío corre por nuestra cuenta", "envío gratuito", "envío es gratuito",
    "envío será gratuito", "envío gratis", "envío es gratis", "envío será gratis",
    "sin gastos de envío", "no hay gastos de envío", "no tiene que pagar el envío",
    "no tendrá que pagar el envío", "no tiene que pagar los gastos de envío",
    "no tendrá que pagar los gastos de envío", "no necesita pagar el envío",
    "no necesita pagar los gastos de envío", "usted no paga el envío",
    # zh-CN
    "预付标签", "预付运单", "预付的运单", "免费退货标签", "免费退货运单", "运费由我们承担", "运费由我方承担",
    "运费由soocas承担", "运费由 soocas 承担", "我们承担运费", "我们会承担运费", "我们将承担运费",
    "免运费", "运费全免", "包邮", "免费寄回", "您无需支付运费", "您无需承担运费", "您不需要支付运费",
    "您不需要承担运费", "您不用支付运费", "您不用承担运费", "您不用付运费", "您不必支付运费", "您不必承担运费",
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
    "your claim was approved", "we approve your claim", "we will approve your claim",
    "we'll approve your claim", "we have approved your claim", "we've approved your claim",
    "we approved your claim", "happy to approve your claim", "i approve your claim",
    "we cover this", "we do cover this", "we will cover this", "we'll cover this",
    "we can cover this", "the warranty covers this", "your warranty covers this",
    "our warranty covers this", "send you a new one", "sending you a new one", "send a new one",
    "you will get a new one", "you will receive a new one", "you'll receive a new one",
    "you'll get a new one", "send you a new product", "send you a new brush",
    "send you a new toothbrush", "new one for free", "new one free of charge",
    "replace it for free", "replace it free of charge", "replacement free of charge",
    "repair it for free", "repair it free of charge", "you a free replacement",
    # de
    "ist von der garantie abgedeckt", "ist durch die garantie abgedeckt",
    "ist durch die beschränkte garantie von soocas abgedeckt", "fällt unter die garantie",
    "wir ersetzen ihr", "wir tauschen ihr", "sie erhalten ein ersatz", "sie erhalten ersatz",
    "wir senden ihnen ein ersatz", "wir schicken ihnen ein ersatz", "wir erstatten ihnen",
    "ihr garantiefall wurde anerkannt", "ihr garantiefall ist anerkannt",
    "wir erkennen ihren garantiefall an", "wir haben ihren garantiefall anerkannt",
    "das ist ein garantiefall", "dies ist ein garantiefall", "übernehmen wir auf garantie",
    "wir übernehmen das auf garantie", "wir übernehmen dies auf garantie",
    "wir ersetzen es", "wir ersetzen das gerät", "kostenlos ersetzen", "kostenfrei ersetzen",
    "kostenlosen ersatz", "kostenfreien ersatz", "senden ihnen ein neues",
    "schicken ihnen ein neues", "senden ihnen eine neue zahnbürste",
    "schicken ihnen eine neue zahnbürste", "ihnen kostenlos ein neues",
    "ihnen kostenfrei ein neues", "ihnen kostenlos eine neue", "ihnen kostenfrei eine neue",
    "ihnen ein neues gerät", "sie erhalten ein neues", "sie bekommen ein neues",
    # fr
    "est couvert par la garantie", "est couverte par la garantie", "nous remplacerons",
    "nous allons remplacer", "nous vous enverrons un produit de remplacement",
    "nous vous rembourserons", "nous allons vous rembourser", "votre demande est acceptée",
    "votre demande de garantie est acceptée", "votre demande a été acceptée",
    "nous acceptons votre demande", "nous avons accepté votre demande",
    "nous approuvons votre demande", "nous prenons cela en charge", "nous le prenons en charge",
    "est pris en charge sous garantie", "est prise en charge sous garantie",
    "nous le remplacerons", "nous la remplacerons", "remplacer gratuitement",
    "remplacement gratuit", "enverrons un produit neuf", "enverrons un nouveau produit",
    "enverrons un nouvel appareil", "enverrons une nouvelle brosse", "en enverrons un nouveau",
    "en enverrons une nouvelle", "en envoyons un nouveau", "en envoyer un nouveau",
    "en envoyer une nouvelle",
    # es
    "su producto está cubierto", "el producto está cubierto", "su cepillo está cubierto",
    "le reembolsaremos", "le enviaremos un reemplazo", "le enviaremos un producto de sustitución",
    "reemplazaremos su", "sustituiremos su", "su reclamación ha sido aprobada",
    "su solicitud ha sido aprobada", "su reclamación está aprobada",
    "su solicitud está aprobada", "aprobamos su reclamación", "aprobamos su solicitud",
    "hemos aprobado su reclamación", "hemos aprobado su solicitud", "lo cubrimos", "cubrimos esto",
    "la garantía cubre esto", "está cubierto por la garantía", "le enviaremos uno nuevo",
    "le enviaremos una nueva", "le enviaremos gratis", "le enviaremos un producto nuevo",
    "le enviaremos un cepillo nuevo", "enviarle uno nuevo", "enviarle una nueva",
    "le mandaremos uno nuevo", "le mandaremos una nueva", "reemplazo gratuito",
    "lo reemplazaremos", "lo sustituiremos",
    # zh-CN
    "您的产品在保修范围内", "您的产品在 soocas 有限保修范围内", "您的产品属于保修范围", "我们会为您更换",
    "我们将为您更换", "可以为您免费更换", "我们会为您退款", "我们将为您退款",
    "这属于保修范围", "此问题属于保修范围", "我们可以保修", "我们会保修", "为您免费更换", "免费为您更换", "给您免费更换",
    "免费给您更换", "为您寄一个新的", "给您寄一个新的", "寄给您一个新的", "为您寄送一个新的", "给您换一个新的",
    "为您换一个新的", "您的申请已通过", "您的申请已获批准", "我们批准您的申请", "已批准您的申请", "我们批准了您的申请",
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
