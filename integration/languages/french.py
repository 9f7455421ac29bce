"""French, with ‘vous’."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from integration.languages.language import Language

_SPACE: Final = re.compile(r" (?=[:;?!»])|(?<=«) ")


def spaced(texts: Mapping[str, str]) -> dict[str, str]:
    """Texts whose spaces before ``: ; ? !`` and inside quotation marks do not break, as French is
    set."""
    return {key: _SPACE.sub("\u00a0", text) for key, text in texts.items()}


FRENCH: Final = Language(
    "fr",
    spaced(
        {
            "greeting": "Bonjour,",
            "greeting.named": "Bonjour {name},",
            "status:covered": "Merci de nous avoir écrit. Votre produit est couvert par la "
            "garantie limitée SOOCAS. Nous allons maintenant convenir avec vous de la prochaine "
            "étape.",
            "status:not_covered": "Merci de nous avoir écrit. Nous sommes désolés que votre "
            "produit vous cause des difficultés. D’après ce que nous savons à ce jour, la garantie "
            "limitée SOOCAS ne s’applique pas à cette demande. Si un point diffère de ce que vous "
            "nous avez indiqué, répondez-nous : nous réexaminerons volontiers votre demande.",
            "status:needs_information": "Merci de nous avoir écrit. Pour prendre une décision sur "
            "votre demande de garantie, nous avons encore besoin de quelques éléments de votre "
            "part :",
            "status:awaiting_inspection": "Merci. Nous prendrons une décision sur votre demande "
            "dès que le produit aura été inspecté, et nous vous écrirons alors.",
            "status:refund_eligible": "Merci de nous avoir écrit. Vous êtes dans le délai prévu "
            "pour un remboursement. Nous vous indiquerons la prochaine étape pour le retour et le "
            "remboursement.",
            "status:refer_to_dealer": "Merci de nous avoir écrit. Vous avez acheté votre produit "
            "chez un revendeur agréé, qui s’occupe directement des retours et des remplacements. "
            "Veuillez vous adresser à ce revendeur avec votre justificatif d’achat ; c’est le "
            "moyen le plus rapide.",
            "status:needs_review": "Merci de nous avoir écrit. Une personne de notre équipe "
            "examine votre demande et vous écrira.",
            "freight:buyer": "Veuillez noter que les frais de port de ce retour sont à la charge "
            "de l’acheteur.",
            "freight:soocas": "SOOCAS prend en charge les frais de port de ce retour.",
            # -- what stands before a list --------------------------------------------------------
            "decided": "Ce qui a été déterminant :",
            "settle_freight": "Pour établir qui paie les frais de port, merci de nous indiquer "
            "aussi :",
            "meanwhile": "En attendant, merci de nous indiquer :",
            # -- questions ------------------------------------------------------------------------
            "question.first_owner_invoice": "Veuillez nous envoyer la facture de l’acheteur "
            "d’origine.",
            "question.first_owner_order": "Quel est le numéro de commande de l’achat sur le site "
            "officiel SOOCAS ?",
            "question.first_owner_both": "Veuillez nous envoyer à la fois le numéro de commande de "
            "l’achat sur le site officiel SOOCAS et la facture de l’acheteur d’origine.",
            "question.first_owner_order_or_seller": "Quel est le numéro de commande de l’achat "
            "sur le site officiel SOOCAS ? S’il a été acheté ailleurs, indiquez-nous le vendeur.",
            "question.first_owner_both_or_seller": "Veuillez nous envoyer à la fois le numéro de "
            "commande de l’achat sur le site officiel SOOCAS et la facture de l’acheteur "
            "d’origine. S’il a été acheté ailleurs, indiquez-nous le vendeur et envoyez-nous la "
            "facture.",
            "question.order_or_seller": "Quel est le numéro de commande de votre achat sur le site "
            "officiel SOOCAS ? Si vous avez acheté ailleurs, indiquez-nous le vendeur et "
            "envoyez-nous la facture.",
            "question.proof": "Veuillez nous envoyer le numéro de commande de votre achat, ou la "
            "facture.",
            "question.channel": "Où avez-vous acheté le produit ? Si c’est sur le site officiel "
            "SOOCAS, indiquez-nous le numéro de commande.",
            "question.purchase_date": "Quel jour avez-vous acheté le produit ?",
            "question.countries": "Dans quel pays avez-vous acheté le produit, et dans quel pays "
            "se trouve-t-il maintenant ?",
            "question.purchase_country": "Dans quel pays avez-vous acheté le produit ?",
            "question.claim_country": "Dans quel pays le produit se trouve-t-il maintenant ?",
            "question.problem_and_evidence": "Quel est le problème du produit, et comment est-il "
            "apparu ? Merci de joindre une photo ou une courte vidéo qui le montre.",
            "question.problem": "Quel est le problème du produit, et comment est-il apparu ?",
            "question.evidence": "Veuillez nous envoyer une photo ou une courte vidéo qui montre "
            "le problème.",
            "spoken.troubleshooting": "Puis-je parcourir quelques étapes avec vous, pour voir d’où "
            "vient la panne ?",
            # -- why a claim is not covered -------------------------------------------------------
            "denial.S1": "Lors de notre inspection, le produit fonctionnait correctement.",
            "denial.R5": "L’achat a été intégralement remboursé, ce qui met fin à la garantie.",
            "denial.E2": "Les étapes de dépannage doivent être suivies avant que nous puissions "
            "continuer.",
            "denial.E3": "Ce que vous avez pu nous envoyer ne nous a pas permis de voir le défaut.",
            "denial.E5": "L’article que nous avions demandé ne nous est pas revenu.",
            "denial.D2": "Le délai dans lequel la demande pouvait être traitée est écoulé.",
            "denial.W2": "La garantie s’applique dans le pays ou la région où le produit a été "
            "acheté.",
            "denial.X1": "Le justificatif que vous avez pu nous envoyer ne nous a pas permis de "
            "confirmer l’achat.",
            "denial.X2": "La garantie ne comprend pas les produits perdus ou volés.",
            "denial.X3": "La garantie a pris fin le {ended}, et votre demande nous est parvenue le "
            "{opened}.",
            "denial.X3.undated": "La garantie avait pris fin avant que vous nous écriviez.",
            "denial.X4": "Le délai de remboursement a pris fin le {ended}, et votre demande nous "
            "est parvenue le {opened}.",
            "denial.X4.undated": "Le délai de remboursement avait pris fin avant que vous nous "
            "écriviez.",
            "denial.X5": "Le produit était gratuit, et la garantie ne comprend pas les produits "
            "gratuits.",
            "denial.X6": "Quelqu’un d’autre que SOOCAS est intervenu sur le produit.",
            "denial.X7": "La garantie ne comprend pas les dommages d’origine extérieure au "
            "produit.",
            "denial.X8": "La garantie ne comprend pas les dommages dus à une chute, à l’eau, à des "
            "températures extrêmes ou à une mauvaise utilisation.",
            "denial.X9": "Le produit provient d’un vendeur que SOOCAS n’a pas agréé.",
        }
    ),
    day="{day} {month} {year}",
    months=(
        *("janvier", "février", "mars", "avril", "mai", "juin"),
        *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    ),
    first="1er",
)
