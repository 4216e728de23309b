"""The words on the rendered pages, written for this benchmark: one vocabulary to tune on, another to test on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Till:
    """The words and formats of one shop's receipts.

    Args:
        language: "en", "de", "fr" or "es".
        shops, streets, thanks: What stands above and below.
        goods: Things to buy.
        subtotal, tax, total, cash, change, date, time, phone, invoice: Labels; "" where such receipts have none.
        day: strftime format of the date.
        money: Format of a price, with {whole} and {cents}.
    """

    language: str
    shops: tuple[str, ...]
    streets: tuple[str, ...]
    thanks: tuple[str, ...]
    goods: tuple[str, ...]
    subtotal: str
    tax: str
    total: str
    cash: str
    change: str
    date: str
    time: str
    phone: str
    invoice: str
    day: str
    money: str


TILLS: dict[str, tuple[Till, ...]] = {
    "tune": (
        Till(
            "en",
            ("GREEN LEAF MARKET", "Corner Bakery", "Hilltop Stores"),
            ("12 High Street", "48 Mill Road, Leeds", "7 Station Parade"),
            ("Thank you for shopping with us", "Please come again"),
            ("Whole milk", "Brown bread", "Free range eggs", "Cheddar", "Bananas", "Tomatoes", "Orange juice", "Rice",
             "Green tea", "Butter", "Apples", "Soap"),
            "Subtotal", "VAT 20%", "TOTAL", "Cash", "Change", "Date:", "Time:", "Tel:", "Receipt no:",
            "%d/%m/%Y", "£{whole}.{cents}",
        ),
        Till(
            "en",
            ("SUNRISE DINER", "Maple Hardware", "Lakeside Grocery"),
            ("210 Oak Avenue", "1600 Lincoln Blvd", "95 Harbor Drive"),
            ("Have a nice day", "Thanks for your visit"),
            ("Pancakes", "Coffee", "Club sandwich", "Lemonade", "Side salad", "Paint brush", "Batteries", "Light bulb",
             "Garden hose", "Waffles", "Chicken soup"),
            "Sub Total", "Tax", "Total", "CASH", "CHANGE", "", "", "Phone", "Order #",
            "%m/%d/%Y", "{whole}.{cents}",
        ),
        Till(
            "de",
            ("MÜLLERS HOFLADEN", "Bäckerei Schön", "Getränke Vogel"),
            ("Königstraße 14", "Am Markt 3, Köln", "Goetheweg 27"),
            ("Vielen Dank für Ihren Einkauf", "Auf Wiedersehen"),
            ("Brötchen", "Käsekuchen", "Vollmilch", "Äpfel", "Kürbiskernbrot", "Apfelschorle", "Weißwurst", "Honig",
             "Müsli", "Kräutertee"),
            "Zwischensumme", "MwSt 7%", "SUMME", "Bar", "Rückgeld", "Datum:", "Uhrzeit:", "Tel.", "Bon-Nr.",
            "%d.%m.%Y", "{whole},{cents}",
        ),
        Till(
            "fr",
            ("ÉPICERIE DU PONT", "Boulangerie Léa", "Chez Benoît"),
            ("5 rue de la Forêt", "18 avenue Hélène", "2 place du Marché"),
            ("Merci de votre visite", "À bientôt"),
            ("Baguette", "Pâté de campagne", "Crème fraîche", "Jus de pêche", "Thé glacé", "Gâteau", "Fromage", "Lait",
             "Œufs"),
            "Sous-total", "TVA 5,5%", "TOTAL", "Espèces", "Rendu", "Date :", "Heure :", "Tél :", "Ticket",
            "%d/%m/%Y", "{whole},{cents} €",
        ),
        Till(
            "es",
            ("MERCADO LA PEÑA", "Panadería Núñez", "Frutas Ibáñez"),
            ("Calle Mayor 21", "Avenida del Río 9", "Plaza de España 4"),
            ("Gracias por su compra", "Vuelva pronto"),
            ("Jamón", "Piñas", "Leche", "Plátanos", "Azúcar", "Café molido", "Pan de molde", "Limones", "Atún"),
            "Subtotal", "IVA 10%", "TOTAL", "Efectivo", "Cambio", "Fecha:", "Hora:", "Teléfono:", "Factura",
            "%d/%m/%Y", "{whole},{cents}",
        ),
    ),
    "test": (
        Till(
            "en",
            ("RIVERSIDE PHARMACY", "The Book Nook", "Barley & Hops"),
            ("33 Castle Lane, York", "Unit 4, Dock Road", "116 Queensway"),
            ("We hope to see you soon", "Keep this receipt for returns"),
            ("Cough syrup", "Plasters", "Notebook", "Ginger beer", "Hand cream", "Sunscreen", "Travel guide",
             "Pork pie", "Toothpaste", "Greeting card", "Vitamin C"),
            "Sub-total", "VAT", "Total due", "Cash tendered", "Change due", "Date", "Time", "Telephone:", "Invoice no.",
            "%d-%m-%Y", "£{whole}.{cents}",
        ),
        Till(
            "en",
            ("BLUE MESA TACOS", "Prairie Pet Supply", "Juniper Cafe"),
            ("402 Canyon Road", "77 Willow Street", "1350 Mission Ave"),
            ("Tell us how we did", "You were served by Dana"),
            ("Fish taco", "Burrito bowl", "Dog treats", "Iced latte", "Cat litter", "Blueberry muffin", "Salsa",
             "Bird seed", "Hot chocolate", "Quesadilla"),
            "Subtotal", "Sales tax", "Amount due", "Cash paid", "Change", "", "", "Ph:", "Check #",
            "%b %d, %Y", "${whole}.{cents}",
        ),
        Till(
            "de",
            ("GÄRTNEREI SÜD", "Café Zuckersüß", "Buchhandlung Groß"),
            ("Bahnhofstraße 8", "Lindenallee 112", "Schloßplatz 1, Jülich"),
            ("Es bediente Sie Frau Özer", "Schönen Tag noch"),
            ("Blumenerde", "Tulpen", "Milchkaffee", "Erdbeertörtchen", "Wörterbuch", "Gießkanne", "Grüner Tee",
             "Postkarte", "Lavendel", "Eisbecher"),
            "Nettobetrag", "USt 19%", "Gesamtbetrag", "Gegeben bar", "Zurück", "Datum", "Zeit", "Telefon:", "Beleg-Nr.",
            "%d.%m.%y", "{whole},{cents} €",
        ),
        Till(
            "fr",
            ("LIBRAIRIE DES ÎLES", "Café de la Gare", "Pharmacie Légère"),
            ("44 boulevard Rouvière", "9 quai aux Fleurs", "31 rue du Château"),
            ("Nous vous remercions", "Bonne journée à tous"),
            ("Croque-monsieur", "Chocolat chaud", "Crêpe sucrée", "Cahier", "Sirop", "Crème solaire", "Dictionnaire",
             "Citron pressé", "Tarte aux fraises"),
            "Total HT", "TVA 20%", "Total TTC", "Reçu", "Monnaie", "Le", "Heure", "Téléphone", "Facture n°",
            "%d/%m/%Y", "{whole},{cents}",
        ),
        Till(
            "es",
            ("FERRETERÍA LÓPEZ", "Café Océano", "Librería Añil"),
            ("Paseo Marítimo 55", "Calle Nuñez 3", "Ronda Sur 18, Cádiz"),
            ("Le atendió Begoña", "Hasta la próxima"),
            ("Tornillos", "Churros", "Chocolate", "Tortilla", "Cuaderno", "Lápices", "Martillo", "Té con limón",
             "Bombilla", "Pegamento"),
            "Base imponible", "IVA 21%", "Importe total", "Entregado", "Devolución", "Fecha", "Hora", "Tel.",
            "Nº factura",
            "%d-%m-%Y", "{whole},{cents} €",
        ),
    ),
}  # fmt: skip

SIGNS: dict[str, tuple[tuple[str, ...], ...]] = {
    "tune": (
        ("Mill Road", "CB1"), ("NO PARKING", "Loading only", "8 am – 6 pm"), ("Caution", "Wet floor"),
        ("Meeting Room 3", "Please knock"), ("Platform 7", "Trains to London"), ("STOP", "Children crossing"),
        ("OPEN", "Mon – Fri 9:00 – 17:30", "Sat 10:00 – 14:00"), ("Keep off the grass",), ("EXIT",), ("Staff only",),
        ("Dr. Helen Marsh", "Dentist", "2nd floor"), ("Lost cat", "Black and white", "Please call 01632 960983"),
        ("Library", "Quiet please"), ("The lift is out of order.", "Use the stairs on your left."),
        ("Beware of the dog",), ("Swimming pool", "No running", "No diving", "Shower before use"),
        ("Ausfahrt freihalten",), ("Bäckerei", "Täglich frische Brötchen"), ("Zimmer 204", "Büro für Öffentlichkeit"),
        ("Vorsicht Stufe",), ("Geschlossen", "Wir öffnen um 8 Uhr"), ("Sortie de secours",), ("Défense de fumer",),
        ("Entrée interdite", "Chantier en cours"), ("Boîte aux lettres", "Levée à 16 h"), ("Salida de emergencia",),
        ("Prohibido el paso", "Zona de obras"), ("Baños", "Niños y niñas"), ("Se vende piso", "Razón: 2º derecha"),
        ("Speed limit", "30"), ("Fresh strawberries", "Pick your own", "Follow the arrows"),
    ),
    "test": (
        ("Harbour Street", "SW4"), ("PRIVATE PROPERTY", "No trespassing"), ("Danger", "High voltage", "Keep out"),
        ("Conference Suite B", "Session in progress"), ("Gate 12", "Departures"), ("SLOW", "School ahead"),
        ("CLOSED", "Back at 1:45 pm"), ("Mind the step",), ("FIRE DOOR", "Keep shut"), ("Reception",),
        ("Patel & Sons", "Solicitors", "Ring bell for entry"), ("Yard sale", "Saturday from 8 am", "46 Birch Lane"),
        ("Museum", "Tickets inside", "Last entry 16:30"), ("This machine takes coins only.", "No refunds are given."),
        ("Cyclists dismount",), ("Laundry room", "Clean the filter", "Hours 7:00 – 22:00"), ("Notausgang",),
        ("Apotheke", "Nachtdienst läuten"), ("Gleis 9", "Zug nach München fällt aus"), ("Frisch gestrichen",),
        ("Betreten für Unbefugte verboten",), ("Poussez fort",), ("Eau non potable",),
        ("Mairie", "Accueil au 1er étage"),
        ("Travaux", "Déviation à droite"), ("Cuidado con el perro",), ("Aseos", "Al fondo a la izquierda"),
        ("Farmacia", "Abierto día y noche"), ("Peligro", "Suelo mojado"), ("Weight limit", "7.5 tonnes"),
        ("Raspberry jam", "Made in this village", "Ask at the counter"),
    ),
}  # fmt: skip

# name of the medicine or food, then label and value pairs; {date} and so on are filled in by the renderer
LABELS: dict[str, tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]] = {
    "tune": (
        ("Paracetamol 500 mg", (("dose", "Dose:", "1 tablet every 6 hours"), ("expiry date", "EXP", "{month}"),
                                ("batch", "LOT", "{code}"))),
        ("Ibuprofen Tablets", (("name", "Name:", "Anna Whitfield"), ("dose", "Dose:", "2 tablets daily"),
                               ("expiry date", "Use by", "{day}"))),
        ("Greek Yogurt", (("expiry date", "Best before", "{day}"), ("batch", "Batch", "{code}"))),
        ("Vollmilch-Schokolade", (("expiry date", "Mindestens haltbar bis", "{day}"), ("batch", "Los", "{code}"))),
        ("Crème dessert", (("expiry date", "À consommer avant le", "{day}"),)),
        ("Atún en aceite", (("expiry date", "Consumir antes de", "{day}"), ("batch", "Lote", "{code}"))),
        ("Boarding pass", (("seat", "Seat", "{seat}"), ("gate", "Gate", "{gate}"), ("flight", "Flight", "{flight}"))),
        ("Parcel", (("order no", "Order no:", "{code}"), ("name", "Name:", "James Okafor"))),
    ),
    "test": (
        ("Amoxicillin 250 mg", (("dose", "Dosage:", "1 capsule with water"), ("expiry date", "Expiry", "{month}"),
                                ("batch", "Batch", "{code}"))),
        ("Cetirizine", (("name", "Patient:", "Maria Lindgren"), ("dose", "Dose:", "1 tablet at night"),
                        ("expiry date", "EXP:", "{day}"))),
        ("Smoked Salmon", (("expiry date", "Use by:", "{day}"), ("batch", "Lot no.", "{code}"))),
        ("Apfelmus", (("expiry date", "Zu verbrauchen bis", "{day}"), ("batch", "Charge", "{code}"))),
        ("Lait demi-écrémé", (("expiry date", "À consommer de préférence avant", "{day}"),)),
        ("Queso curado", (("expiry date", "Consumir preferentemente antes del", "{day}"), ("batch", "Lote", "{code}"))),
        ("Train ticket", (("seat", "Seat", "{seat}"), ("coach", "Coach", "{gate}"),
                          ("platform", "Platform", "{gate}"))),
        ("Return slip", (("order no", "Order number", "{code}"), ("name", "Customer name:", "Priya Raman"))),
    ),
}  # fmt: skip

MENUS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "tune": (
        ("Lunch menu", ("Tomato soup", "Grilled cheese", "Fish and chips", "Garden salad", "Apple pie")),
        ("Speisekarte", ("Käsespätzle", "Gemüsesuppe", "Schnitzel", "Rote Grütze")),
        ("Menu du jour", ("Soupe à l'oignon", "Poulet rôti", "Crème brûlée", "Pâtes fraîches")),
        ("Carta", ("Gazpacho", "Paella de verduras", "Flan con nata", "Pimientos de Padrón")),
    ),
    "test": (
        ("Drinks", ("Flat white", "Mint tea", "Sparkling water", "Mango smoothie", "Cider")),
        ("Getränke", ("Spezi", "Weißbier", "Kännchen Kaffee", "Süßer Apfelsaft")),
        ("Nos glaces", ("Vanille de Tahiti", "Pêche melba", "Café liégeois", "Noix de pécan")),
        ("Tapas", ("Patatas bravas", "Croquetas de jamón", "Boquerones", "Champiñones")),
    ),
}  # fmt: skip

INDIC: dict[str, dict[str, tuple[tuple[str, ...], ...]]] = {
    "hindi": {
        "tune": (
            ("यहाँ गाड़ी खड़ी न करें",), ("कृपया शांति बनाए रखें", "पुस्तकालय"), ("पीने का पानी",),
            ("प्रवेश निषेध", "केवल कर्मचारियों के लिए"), ("सावधान", "आगे सड़क बंद है"), ("महिला शौचालय",),
            ("दुकान रविवार को बंद रहती है",), ("टिकट खिड़की", "कतार में खड़े रहें"), ("रामनगर रेलवे स्टेशन",),
            ("ताज़ी सब्ज़ियाँ और फल", "उचित दाम पर"), ("जूते बाहर उतारें",), ("दवा खाने के बाद लें", "दिन में दो बार"),
            ("बच्चों का विद्यालय", "धीरे चलें"), ("निकास द्वार",),
        ),
        "test": (
            ("धूम्रपान करना मना है",), ("अस्पताल", "हॉर्न न बजाएँ"), ("कूड़ा कूड़ेदान में डालें",),
            ("आपातकालीन द्वार", "दरवाज़ा खुला रखें"), ("खतरा", "बिजली का तार"), ("पूछताछ केंद्र",),
            ("आज बैंक की छुट्टी है",), ("सामान की सुरक्षा", "यात्री स्वयं करें"), ("सुंदरपुर बस अड्डा",),
            ("गरम चाय और समोसे", "हर समय उपलब्ध"), ("फूल तोड़ना मना है",), ("दवा ठंडी जगह पर रखें", "बच्चों से दूर"),
            ("मोबाइल फ़ोन बंद रखें", "बैठक चल रही है"), ("दाहिनी ओर मुड़ें",),
        ),
    },
    "tamil": {
        "tune": (
            ("இங்கே வண்டி நிறுத்தாதீர்கள்",), ("அமைதி காக்கவும்", "நூலகம்"), ("குடிநீர்",),
            ("உள்ளே வர அனுமதி இல்லை",), ("எச்சரிக்கை", "சாலை மூடப்பட்டுள்ளது"), ("பெண்கள் கழிப்பறை",),
            ("ஞாயிறு விடுமுறை",), ("பயணச்சீட்டு", "வரிசையில் நிற்கவும்"), ("மதுரை ரயில் நிலையம்",),
            ("புதிய காய்கறிகள்", "நியாயமான விலை"), ("காலணிகளை வெளியே விடவும்",), ("உணவுக்குப் பின் மருந்து",),
            ("பள்ளி அருகில்", "மெதுவாகச் செல்லவும்"), ("வெளியேறும் வழி",),
        ),
        "test": (
            ("புகை பிடிக்கக் கூடாது",), ("மருத்துவமனை", "ஒலி எழுப்பாதீர்"), ("குப்பையை தொட்டியில் போடவும்",),
            ("அவசர வழி", "கதவை மூடாதீர்கள்"), ("ஆபத்து", "மின்சாரம்"), ("விசாரணை மையம்",),
            ("இன்று வங்கி விடுமுறை",), ("உங்கள் பொருட்களை", "பத்திரமாக வைக்கவும்"), ("கோவை பேருந்து நிலையம்",),
            ("சூடான தேநீர்", "எப்போதும் கிடைக்கும்"), ("பூக்களைப் பறிக்காதீர்கள்",), ("மருந்தை குளிரில் வைக்கவும்",),
            ("கைபேசியை அணைக்கவும்", "கூட்டம் நடக்கிறது"), ("வலது பக்கம் திரும்பவும்",),
        ),
    },
}  # fmt: skip
