"""The words that name a value on receipts, labels and tickets, in English, German, French, Spanish, Hindi and Tamil.

All patterns are for text folded by `values.fold_text`: lower case, no accents, ss for ß.
"""

from __future__ import annotations

import re

NO = r"(?:\s*(?:no|nr|num|number|nummer|numero|n[o°º]|id|code|#)\b\.?|\s*[#№]|\s*n[°º]\.?)"

# Strongest first: if a receipt has two kinds of total, the first kind is what is to be paid.
TOTALS = (
    r"(?:grand total|total (?:amount )?(?:due|to pay|payable)|amount (?:due|payable|to pay)|balance (?:due|to pay)"
    r"|total ttc|net a payer|(?:total|reste) a payer|montant (?:total|du|ttc)|total a pagar|importe total"
    r"|total factura"
    r"|zu zahlen(?:der betrag)?|gesamtbetrag|gesamtsumme|endbetrag|endsumme|rechnungsbetrag|zahlbetrag|gesamt brutto"
    r"|कुल राशि|मொத்தத் தொகை)",
    r"(?:total(?: amount| price| cost| general| eur| euros?| usd| gbp| inr| rs)?|summe(?: eur)?|gesamt|totale|totaal"
    r"|to pay"
    r"|a payer|a pagar|bill total|order total|कुल|कुल योग|மொத்தம்)",
    r"(?:importe|amount|betrag|montant|balance)",
)
SUBTOTAL = (
    r"(?:sub\s*-?\s*total|zwischensumme|netto(?:betrag|summe)?|sous\s*-?\s*total|total ht|montant ht|base imponible"
    r"|net (?:amount|total)|total net|total excl\.?(?: vat| tax)?|items? total|उप योग)"
)
TAX = (
    r"(?:(?:sales |service |state |city |local )?tax|vat|gst|cgst|sgst|hst|pst|mwst\.?|mehrwertsteuer|ust\.?"
    r"|umsatzsteuer"
    r"|tva|iva|impuestos?|total (?:tax|vat|gst|tva|iva))"
)
CHANGE = (
    r"(?:change(?: due| given)?|ruckgeld|zuruck|wechselgeld|rendu(?: monnaie)?|monnaie(?: rendue)?|a rendre|cambio"
    r"|devolucion|vuelto|su cambio|your change)"
)
EXPIRY = (
    r"(?:exp(?:iry|iration|ires|\.)?(?: date| on)?|best (?:before|by|if used by)(?: end)?|use (?:by"
    r"|before)(?: date)?|bbe?|sell by"
    r"|valid (?:until|to|thru|through)|good thru|mindestens haltbar bis(?: ende)?|(?:zu )?verbrauchen bis"
    r"|haltbar bis|mhd|verw\.? bis"
    r"|verwendbar bis|gultig bis|a consommer(?: de preference)?(?: avant(?: le| fin)?| jusqu.au)|date limite|dlc|ddm"
    r"|per\."
    r"|consumir(?: preferentemente)? antes de(?:l| fin de)?|fecha de caducidad|caducidad|cad\.?|vence|vencimiento"
    r"|valido hasta"
    r"|expira|venc\.?|समाप्ति तिथि|காலாவதி தேதி)"
)
MADE = (
    r"(?:made(?: on)?|packed(?: on)?|mfg\.?(?: date)?|mfd\.?|manufactured|produced|production|prod\.?|born|birth|dob"
    r"|hergestellt"
    r"|abgepackt|geboren|fabrique|emballe|ne le|fabricado|envasado|elaborado|nacimiento|pkd\.?|since|est\.?)"
)
DATE = r"(?:date|datum|fecha|le|vom|dated|issued|issue date|invoice date|rechnungsdatum|दिनांक|तारीख|தேதி)"
TIME = r"(?:time|uhrzeit|zeit|heure|hora|समय|நேரம்)"
PHONE = (
    r"(?:tel(?:ephone|efon|efono|efonos)?|phone|ph|fon|tfno|tlf|mobile|mob|cell|handy|portable|movil"
    r"|call(?: us)?(?: on| at)?"
    r"|ring|hotline|rufen sie|फोन|फ़ोन|தொலைபேசி)(?:[\s.-]*(?:no|nr|number)\b)?"
)
_BILL = (
    r"(?:invoice|receipt|order|bill|check|cheque|ticket|transaction|rechnungs?|beleg|bon|quittungs?|factura|facture"
    r"|recibo|recu)"
)
INVOICE = rf"(?:{_BILL}[\s.-]*(?:{NO}\s*)?|(?:no|nr|n[o°º])\.?\s*(?:de\s+)?{_BILL})"

SYNONYMS: tuple[tuple[str, ...], ...] = (
    ("name", "patient", "patient name", "customer", "customer name", "passenger", "passenger name", "full name", "nom",
     "nombre"),
    ("dose", "dosage", "directions", "posologie", "dosis", "dosierung"),
    ("batch", "lot", "charge", "los", "lote", "ch.-b."),
    ("seat", "sitz", "sitzplatz", "place", "siege", "asiento"),
    ("flight", "flug", "vol", "vuelo"),
    ("platform", "track", "gleis", "quai", "voie", "anden", "via"),
    ("coach", "carriage", "wagen", "voiture", "coche"),
    ("cash", "cash paid", "cash tendered", "bar", "gegeben bar", "especes", "efectivo", "entregado", "recu"),
    ("order", "bestellung", "commande", "pedido"),
    ("table", "tisch", "mesa"),
    ("weight", "net weight", "gewicht", "poids", "peso"),
    ("tip", "gratuity", "trinkgeld", "pourboire", "propina"),
    ("discount", "rabatt", "remise", "descuento", "savings"),
    ("opening hours", "open", "hours", "geoffnet", "offnungszeiten", "ouvert", "horaires", "abierto", "horario"),
)  # fmt: skip
"""Labels that mean the same."""

FIELD_NAMES: dict[str, str] = {
    "total": r"(?:grand |final |overall |bill )?(?:total|sum)(?: amount| price| cost| due| bill| to pay)?"
    r"|amount(?: due| to pay| payable)?"
    r"|how much(?: is it| do i owe)?|bill amount|balance due",
    "subtotal": r"sub\s*-?total|net amount|total before tax",
    "tax": r"(?:sales |total )?tax(?: amount)?|vat(?: amount)?|gst|mwst|tva|iva",
    "change": r"change(?: due| given| back)?",
    "expiry date": r"exp|expiry|expir\w+(?: dates?)?|expiry dates?|best[ -]before(?: date)?|best by(?: date)?"
    r"|use[ -]by(?: date)?"
    r"|sell[ -]by(?: date)?|shelf life|mhd|valid until",
    "date": r"(?:receipt |purchase |invoice |issue )?date(?: of (?:purchase|issue))?|day",
    "time": r"time(?: of (?:purchase|day))?|hour",
    "phone": r"(?:tele)?phone(?: numbers?| no)?|telephone|tel|mobile(?: number)?|contact number|number to call",
    "email": r"e-?mail(?: address)?",
    "website": r"web\s?(?:site|page)(?: address)?|url|web address|site|link",
    "address": r"(?:street |postal |shop |store )?address|location|street",
    "invoice number": r"(?:invoice|receipt|bill|check|ticket|transaction)(?: (?:no|number|nr|#|id)\.?)",
}
"""Field -> the names that people ask for it by."""


def synonyms(name: str) -> tuple[str, ...]:
    """Return the labels that mean the same as `name` (folded), itself first."""
    bare = re.sub(NO + r"$", "", name).strip() or name
    for group in SYNONYMS:
        if bare in group:
            return (bare, *(label for label in group if label != bare))
    return (bare,)
