"""German, with ‘Sie’."""

from __future__ import annotations

from typing import Final

from integration.languages.language import Language

GERMAN: Final = Language(
    "de",
    {
        "greeting": "Guten Tag,",
        "greeting.named": "Guten Tag {name},",
        "status:covered": "vielen Dank für Ihre Nachricht. Ihr Produkt ist durch die beschränkte "
        "Garantie von SOOCAS abgedeckt. Den nächsten Schritt stimmen wir nun mit Ihnen ab.",
        "status:not_covered": "vielen Dank für Ihre Nachricht. Es tut uns leid, dass Ihnen Ihr "
        "Produkt Schwierigkeiten bereitet. Nach allem, was wir bisher wissen, ist dieser Fall "
        "nicht durch die beschränkte Garantie von SOOCAS abgedeckt. Sollte sich etwas anders "
        "verhalten, als Sie es uns geschildert haben, antworten Sie uns bitte, und wir sehen uns "
        "den Fall gern noch einmal an.",
        "status:needs_information": "vielen Dank für Ihre Nachricht. Um über Ihren Garantiefall "
        "entscheiden zu können, benötigen wir noch Folgendes von Ihnen:",
        "status:awaiting_inspection": "vielen Dank. Wir entscheiden über Ihren Fall, sobald das "
        "Produkt geprüft ist, und schreiben Ihnen dann.",
        "status:refund_eligible": "vielen Dank für Ihre Nachricht. Sie sind noch innerhalb der "
        "Frist für eine Erstattung. Wir teilen Ihnen den nächsten Schritt für die Rücksendung und "
        "die Erstattung mit.",
        "status:refer_to_dealer": "vielen Dank für Ihre Nachricht. Sie haben Ihr Produkt bei einem "
        "autorisierten Händler gekauft, der Rückgabe und Ersatz direkt übernimmt. Bitte wenden Sie "
        "sich mit Ihrem Kaufbeleg an den Händler; das ist der schnellste Weg.",
        "status:needs_review": "vielen Dank für Ihre Nachricht. Eine Person aus unserem Team sieht "
        "sich Ihren Fall an und schreibt Ihnen.",
        "freight:buyer": "Bitte beachten Sie, dass die Versandkosten dieser Rücksendung vom Käufer "
        "getragen werden.",
        "freight:soocas": "SOOCAS trägt die Versandkosten dieser Rücksendung.",
        # -- what stands before a list ------------------------------------------------------------
        "decided": "Das war ausschlaggebend:",
        "settle_freight": "Damit wir klären können, wer die Versandkosten trägt, teilen Sie uns "
        "bitte noch mit:",
        "meanwhile": "Bitte teilen Sie uns in der Zwischenzeit mit:",
        # -- questions ----------------------------------------------------------------------------
        "question.first_owner_invoice": "Bitte senden Sie uns die Rechnung, die der ursprüngliche "
        "Käufer erhalten hat.",
        "question.first_owner_order": "Wie lautet die Bestellnummer des Kaufs auf der offiziellen "
        "Website von SOOCAS?",
        "question.first_owner_both": "Bitte senden Sie uns sowohl die Bestellnummer des Kaufs auf "
        "der offiziellen Website von SOOCAS als auch die Rechnung, die der ursprüngliche Käufer "
        "erhalten hat.",
        "question.first_owner_order_or_seller": "Wie lautet die Bestellnummer des Kaufs auf der "
        "offiziellen Website von SOOCAS? Falls es anderswo gekauft wurde, nennen Sie uns bitte "
        "den Verkäufer.",
        "question.first_owner_both_or_seller": "Bitte senden Sie uns sowohl die Bestellnummer des "
        "Kaufs auf der offiziellen Website von SOOCAS als auch die Rechnung, die der "
        "ursprüngliche Käufer erhalten hat. Falls es anderswo gekauft wurde, nennen Sie uns bitte "
        "den Verkäufer und senden Sie uns die Rechnung.",
        "question.order_or_seller": "Wie lautet die Bestellnummer Ihres Kaufs auf der offiziellen "
        "Website von SOOCAS? Falls Sie anderswo gekauft haben, nennen Sie uns bitte den Verkäufer "
        "und senden Sie uns die Rechnung.",
        "question.proof": "Bitte senden Sie uns die Bestellnummer Ihres Kaufs oder die Rechnung.",
        "question.channel": "Wo haben Sie das Produkt gekauft? Falls es auf der offiziellen "
        "Website von SOOCAS war, nennen Sie uns bitte die Bestellnummer.",
        "question.purchase_date": "An welchem Tag haben Sie das Produkt gekauft?",
        "question.countries": "In welchem Land haben Sie das Produkt gekauft, und in welchem Land "
        "befindet es sich jetzt?",
        "question.purchase_country": "In welchem Land haben Sie das Produkt gekauft?",
        "question.claim_country": "In welchem Land befindet sich das Produkt jetzt?",
        "question.problem_and_evidence": "Was ist mit dem Produkt nicht in Ordnung, und wie ist es "
        "dazu gekommen? Bitte fügen Sie ein Foto oder ein kurzes Video bei, auf dem man es sieht.",
        "question.problem": "Was ist mit dem Produkt nicht in Ordnung, und wie ist es dazu "
        "gekommen?",
        "question.evidence": "Bitte senden Sie uns ein Foto oder ein kurzes Video, auf dem man das "
        "Problem sieht.",
        "spoken.troubleshooting": "Darf ich einige Schritte mit Ihnen durchgehen, um zu sehen, "
        "woran es liegt?",
        # -- why a claim is not covered -----------------------------------------------------------
        "denial.S1": "Bei unserer Prüfung hat das Produkt einwandfrei funktioniert.",
        "denial.R5": "Der Kaufpreis wurde vollständig erstattet; damit endet die Garantie.",
        "denial.E2": "Bevor wir fortfahren können, müssten die Schritte der Fehlersuche "
        "durchgegangen werden.",
        "denial.E3": "Auf dem, was Sie uns senden konnten, war der Defekt für uns nicht zu "
        "erkennen.",
        "denial.E5": "Der Artikel, um den wir gebeten hatten, ist nicht zu uns zurückgekommen.",
        "denial.D2": "Die Zeit, in der der Fall bearbeitet werden konnte, ist vorüber.",
        "denial.W2": "Die Garantie gilt in dem Land oder der Region, in der das Produkt gekauft "
        "wurde.",
        "denial.X1": "Mit dem Nachweis, den Sie uns senden konnten, ließ sich der Kauf nicht "
        "bestätigen.",
        "denial.X2": "Die Garantie umfasst keine Produkte, die verloren gingen oder gestohlen "
        "wurden.",
        "denial.X3": "Die Garantie endete am {ended}, und Ihr Fall hat uns am {opened} erreicht.",
        "denial.X3.undated": "Die Garantie hatte schon geendet, bevor Sie uns geschrieben haben.",
        "denial.X4": "Die Frist für eine Erstattung endete am {ended}, und Ihr Fall hat uns am "
        "{opened} erreicht.",
        "denial.X4.undated": "Die Frist für eine Erstattung hatte schon geendet, bevor Sie uns "
        "geschrieben haben.",
        "denial.X5": "Das Produkt war kostenlos; solche Produkte umfasst die Garantie nicht.",
        "denial.X6": "An dem Produkt hat jemand anderes als SOOCAS gearbeitet.",
        "denial.X7": "Die Garantie umfasst keine Schäden durch Einwirkung von außen.",
        "denial.X8": "Die Garantie umfasst keine Schäden durch Stürze, Wasser, extreme "
        "Temperaturen oder unsachgemäße Bedienung.",
        "denial.X9": "Das Produkt stammt von einem Verkäufer, den SOOCAS nicht autorisiert hat.",
    },
    day="{day}. {month} {year}",
    months=(
        *("Januar", "Februar", "März", "April", "Mai", "Juni"),
        *("Juli", "August", "September", "Oktober", "November", "Dezember"),
    ),
)
