"""Spanish, with ‘usted’, in words that are at home on both sides of the Atlantic."""

from __future__ import annotations

from typing import Final

from integration.languages.language import Language

SPANISH: Final = Language(
    "es",
    {
        "greeting": "Hola:",
        "greeting.named": "Hola, {name}:",
        "status:covered": "Gracias por escribirnos. Su producto está cubierto por la garantía "
        "limitada de SOOCAS. Ahora acordaremos con usted el siguiente paso.",
        "status:not_covered": "Gracias por escribirnos. Lamentamos que su producto le dé "
        "problemas. Por lo que sabemos hasta ahora, la garantía limitada de SOOCAS no cubre esta "
        "solicitud. Si algo es distinto de lo que nos contó, respóndanos y con gusto volveremos a "
        "revisarlo.",
        "status:needs_information": "Gracias por escribirnos. Para decidir sobre su solicitud de "
        "garantía necesitamos algo más de su parte:",
        "status:awaiting_inspection": "Gracias. Decidiremos sobre su solicitud en cuanto se haya "
        "inspeccionado el producto, y entonces le escribiremos.",
        "status:refund_eligible": "Gracias por escribirnos. Usted está dentro del plazo para un "
        "reembolso. Le indicaremos el siguiente paso para la devolución y el reembolso.",
        "status:refer_to_dealer": "Gracias por escribirnos. Usted compró su producto a un "
        "distribuidor autorizado, que se encarga directamente de las devoluciones y los cambios. "
        "Póngase en contacto con el distribuidor y tenga a mano su comprobante de compra; es la "
        "vía más rápida.",
        "status:needs_review": "Gracias por escribirnos. Una persona de nuestro equipo está "
        "revisando su solicitud y le escribirá.",
        "freight:buyer": "Tenga en cuenta que los gastos de envío de esta devolución corren a "
        "cargo del comprador.",
        "freight:soocas": "SOOCAS asume los gastos de envío de esta devolución.",
        # -- what stands before a list ------------------------------------------------------------
        "decided": "Esto fue lo decisivo:",
        "settle_freight": "Para aclarar quién paga los gastos de envío, díganos también:",
        "meanwhile": "Mientras tanto, díganos por favor:",
        # -- questions ----------------------------------------------------------------------------
        "question.first_owner_invoice": "Envíenos, por favor, la factura del comprador original.",
        "question.first_owner_order": "¿Cuál es el número de pedido de la compra en el sitio web "
        "oficial de SOOCAS?",
        "question.first_owner_both": "Envíenos, por favor, tanto el número de pedido de la compra "
        "en el sitio web oficial de SOOCAS como la factura del comprador original.",
        "question.first_owner_order_or_seller": "¿Cuál es el número de pedido de la compra en el "
        "sitio web oficial de SOOCAS? Si se compró en otro lugar, díganos quién lo vendió.",
        "question.first_owner_both_or_seller": "Envíenos, por favor, tanto el número de pedido de "
        "la compra en el sitio web oficial de SOOCAS como la factura del comprador original. Si "
        "se compró en otro lugar, díganos quién lo vendió y envíenos la factura.",
        "question.order_or_seller": "¿Cuál es el número de pedido de su compra en el sitio web "
        "oficial de SOOCAS? Si compró en otro lugar, díganos quién se lo vendió y envíenos la "
        "factura.",
        "question.proof": "Envíenos, por favor, el número de pedido de su compra o la factura.",
        "question.channel": "¿Dónde compró el producto? Si fue en el sitio web oficial de SOOCAS, "
        "indíquenos el número de pedido.",
        "question.purchase_date": "¿Qué día compró el producto?",
        "question.countries": "¿En qué país compró el producto y en qué país se encuentra ahora?",
        "question.purchase_country": "¿En qué país compró el producto?",
        "question.claim_country": "¿En qué país se encuentra ahora el producto?",
        "question.problem_and_evidence": "¿Qué le pasa al producto y cómo ocurrió? Adjunte, por "
        "favor, una foto o un video corto en que se vea.",
        "question.problem": "¿Qué le pasa al producto y cómo ocurrió?",
        "question.evidence": "Envíenos, por favor, una foto o un video corto en que se vea el "
        "problema.",
        "spoken.troubleshooting": "¿Me permite repasar con usted unos pasos para ver dónde está el "
        "fallo?",
        # -- why a claim is not covered -----------------------------------------------------------
        "denial.S1": "En nuestra inspección, el producto funcionó correctamente.",
        "denial.R5": "La compra se reembolsó por completo, y con ello termina la garantía.",
        "denial.E2": "Antes de continuar, es necesario seguir los pasos para solucionar el "
        "problema.",
        "denial.E3": "Con lo que usted pudo enviarnos no logramos ver el defecto.",
        "denial.E5": "El artículo que pedimos no nos llegó de vuelta.",
        "denial.D2": "El plazo en que podía tramitarse la solicitud ha terminado.",
        "denial.W2": "La garantía es válida en el país o la región donde se compró el producto.",
        "denial.X1": "Con el comprobante que usted pudo enviarnos no logramos confirmar la compra.",
        "denial.X2": "La garantía no incluye los productos perdidos o robados.",
        "denial.X3": "La garantía terminó el {ended}, y su solicitud nos llegó el {opened}.",
        "denial.X3.undated": "La garantía ya había terminado antes de que usted nos escribiera.",
        "denial.X4": "El plazo para un reembolso terminó el {ended}, y su solicitud nos llegó el "
        "{opened}.",
        "denial.X4.undated": "El plazo para un reembolso ya había terminado antes de que usted nos "
        "escribiera.",
        "denial.X5": "El producto era gratuito, y la garantía no incluye los productos gratuitos.",
        "denial.X6": "Alguien ajeno a SOOCAS intervino en el producto.",
        "denial.X7": "La garantía no incluye los daños de origen externo al producto.",
        "denial.X8": "La garantía no incluye los daños por caídas, agua, temperaturas extremas o "
        "uso inadecuado.",
        "denial.X9": "El producto procede de un vendedor que SOOCAS no ha autorizado.",
    },
    day="{day} de {month} de {year}",
    months=(
        *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
        *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
    ),
)
