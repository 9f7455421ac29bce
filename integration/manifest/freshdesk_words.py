# ruff: noqa: E501 - one text a line reads as the table it is
"""Words of the sidebar that are others in Freshdesk, in our five languages.

The sidebar's words are the Zendesk app's; these stand in the places of some. Freshdesk calls its
macros canned responses, an internal note a private one, and a solved ticket resolved; a ticket is
not submitted: its fields are saved by Update, and a reply is sent for itself. No app saves a field
for an agent, so a field that the form lacks can only be named.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "next.set": "Set in the ticket's field. Click Update to keep it.",
        "reply.reword": "An admin may have reworded the canned responses that this is made of.",
        "reply.switching": "A private note is open. Click Reply before you insert this.",
        "reply.inserted": "Inserted. Read it once more, then send it.",
        "reply.note": "A private note is open, so nothing was inserted. Click Reply first.",
        "reply.failed": "That did not work. Copy the text from here, or choose the canned response in the reply's editor.",
        "decision.submit": "Goes into the ticket's fields and counts once you click Update.",
        "decision.saves": "To override, a reason is needed, and the ticket's form lacks its field. An admin can add it.",
        "decision.set": "Set in the ticket's fields. It counts once you click Update.",
        "decision.undone_set": "Taken back in the ticket's fields. It counts once you click Update.",
        "state.over": "This ticket is resolved or closed: nothing on it is changed any more.",
        "claim.set": "Ticked in the ticket's form. Click Update to keep it.",
        "warn.again": "Send again to send it all the same.",
    },
    "de": {
        "next.set": "Ins Feld des Tickets gesetzt. Klicken Sie auf Aktualisieren, damit es bleibt.",
        "reply.reword": "Ein Admin kann die vorgefertigten Antworten geändert haben, aus denen dies besteht.",
        "reply.switching": "Eine private Notiz ist offen. Klicken Sie vor dem Einfügen auf Antworten.",
        "reply.inserted": "Eingefügt. Bitte noch einmal lesen, dann senden.",
        "reply.note": "Eine private Notiz ist offen, daher wurde nichts eingefügt. Klicken Sie zuerst auf Antworten.",
        "reply.failed": "Das hat nicht geklappt. Kopieren Sie den Text von hier oder wählen Sie die vorgefertigte Antwort im Editor der Antwort.",
        "decision.submit": "Kommt in die Felder des Tickets und gilt, sobald Sie auf Aktualisieren klicken.",
        "decision.saves": "Um anders zu entscheiden, braucht es einen Grund, und dem Formular des Tickets fehlt dessen Feld. Ein Admin kann es hinzufügen.",
        "decision.set": "In die Felder des Tickets gesetzt. Gilt, sobald Sie auf Aktualisieren klicken.",
        "decision.undone_set": "In den Feldern des Tickets zurückgenommen. Gilt, sobald Sie auf Aktualisieren klicken.",
        "claim.set": "Im Formular des Tickets angekreuzt. Klicken Sie auf Aktualisieren, damit es bleibt.",
        "mode.notes": "Entscheidungen werden nur als private Notizen geschrieben, nicht in die Felder.",
        "warn.again": "Senden Sie noch einmal, um trotzdem zu antworten.",
    },
    "fr": {
        "next.set": "Saisi dans le champ du ticket. Cliquez sur Mettre à jour pour le conserver.",
        "reply.reword": "Un administrateur a pu modifier les réponses prédéfinies dont ce texte est fait.",
        "reply.switching": "Une note privée est ouverte. Cliquez sur Répondre avant d’insérer.",
        "reply.note": "Une note privée est ouverte, rien n’a donc été inséré. Cliquez d’abord sur Répondre.",
        "reply.failed": "Cela n’a pas fonctionné. Copiez le texte d’ici ou choisissez la réponse prédéfinie dans l’éditeur de la réponse.",
        "decision.submit": "Va dans les champs du ticket et compte dès que vous cliquez sur Mettre à jour.",
        "decision.saves": "Pour décider autrement, il faut un motif, et le formulaire du ticket n’en a pas le champ. Un admin peut l’ajouter.",
        "decision.set": "Saisi dans les champs du ticket. Compte dès que vous cliquez sur Mettre à jour.",
        "decision.undone_set": "Retiré des champs du ticket. Compte dès que vous cliquez sur Mettre à jour.",
        "claim.set": "Coché dans le formulaire du ticket. Cliquez sur Mettre à jour pour le conserver.",
        "mode.notes": "Les décisions sont inscrites en notes privées seulement, pas dans les champs.",
    },
    "es": {
        "next.set": "Puesto en el campo del ticket. Haga clic en Actualizar para conservarlo.",
        "reply.reword": "Un administrador puede haber cambiado las respuestas predefinidas de las que se compone.",
        "reply.switching": "Hay una nota privada abierta. Haga clic en Responder antes de insertar.",
        "reply.note": "Hay una nota privada abierta, así que no se insertó nada. Haga clic primero en Responder.",
        "reply.failed": "No funcionó. Copie el texto de aquí o elija la respuesta predefinida en el editor de la respuesta.",
        "decision.submit": "Va a los campos del ticket y cuenta cuando usted hace clic en Actualizar.",
        "decision.saves": "Para decidir otra cosa hace falta un motivo, y el formulario del ticket no tiene su campo. Un admin puede añadirlo.",
        "decision.set": "Puesto en los campos del ticket. Cuenta cuando usted hace clic en Actualizar.",
        "decision.undone_set": "Retirado de los campos del ticket. Cuenta cuando usted hace clic en Actualizar.",
        "claim.set": "Marcado en el formulario del ticket. Haga clic en Actualizar para conservarlo.",
        "mode.notes": "Las decisiones se escriben solo como notas privadas, no en los campos.",
    },
    "zh-CN": {
        "next.set": "已填入工单字段。点击“更新”后生效。",
        "reply.reword": "管理员可能已修改组成此回复的预设回复。",
        "reply.switching": "当前打开的是私人备注。请先点击“回复”再插入。",
        "reply.inserted": "已插入。请再读一遍后发送。",
        "reply.note": "当前打开的是私人备注，因此未插入任何内容。请先点击“回复”。",
        "reply.failed": "操作未成功。请从此处复制文本，或在回复编辑器中选择预设回复。",
        "decision.submit": "将填入工单字段，点击“更新”后生效。",
        "decision.saves": "另作决定需要填写理由，而此工单表单中没有该字段。管理员可以添加。",
        "decision.set": "已填入工单字段，点击“更新”后生效。",
        "decision.undone_set": "已在工单字段中撤销，点击“更新”后生效。",
        "claim.set": "已在工单表单中勾选。点击“更新”后生效。",
        "mode.notes": "判定仅写为私人备注，不写入字段。",
        "warn.again": "再次发送即可照常发送。",
    },
}
"""By language, then by the sidebar's own key."""
UNSAID: Final = frozenset(
    {
        *("next.saved", "claim.saved", "decision.saved", "decision.undone_saved", "conflict"),
        *("reply.macro", "reply.differs", "reply.applied"),
    }
)
"""Keys of what is never said there: that something was saved at once, or a macro applied."""


def words(panel: Mapping[str, object], language: str) -> dict[str, object]:
    """The sidebar's words in a language, out of the Zendesk app's."""
    own = WORDS[language]
    return {key: own.get(key, text) for key, text in panel.items() if key not in UNSAID}
