package site

import "fmt"

// Words are the texts of the site in one language. Those of the goods come from
// the shop.
type Words struct {
	Language string // its own name
	price    func(cents int) string

	Skip, Languages, Categories, AllTools string // of the frame
	Example, MadeBy                       string

	Hero, HeroText, ListDescription, Tools string // of the lists

	TradeList, TradeText, Tool, TradePrice, Pieces string // of the trade list

	AsOf, Fresh, InStock, SoldOut     string // of an item
	Material, Length, Weight, MoreOf  string
	Waiting, WaitingText, WaitingLink string // of its shell
	Missing, MissingText              string // of the page that is not there
}

// In returns the words of a locale, English where there are none.
func In(locale string) *Words {
	if locale == "de" {
		return &german
	}
	return &english
}

// Price is an amount of money as the language writes it.
func (w *Words) Price(cents int) string { return w.price(cents) }

var english = Words{
	Language: "English",
	price:    func(cents int) string { return fmt.Sprintf("€%d.%02d", cents/100, cents%100) },

	Skip:       "Skip to content",
	Languages:  "Language",
	Categories: "Boards",
	AllTools:   "All tools",
	Example:    "An example site. Nothing on these boards is for sale.",
	MadeBy:     "Made by a WebAssembly module, kept and served by wisr.",

	Hero:            "Hand tools, hung where you can see them",
	HeroText:        "Names, prices and stock come from a JSON API. A page is made of them once and kept; when it is ten seconds old, the next visit has it made anew.",
	ListDescription: "A catalog of hand tools: for striking, cutting, measuring, holding and boring.",
	Tools:           "tools",

	TradeList:  "Trade list",
	TradeText:  "What joiners with an account pay, and how much of it hangs on the wall.",
	Tool:       "Tool",
	TradePrice: "Trade price",
	Pieces:     "Pieces",

	AsOf:     "As of",
	Fresh:    "good for ten seconds",
	InStock:  "in stock",
	SoldOut:  "Sold out",
	Material: "Made of",
	Length:   "Length",
	Weight:   "Weight",
	MoreOf:   "On the same board",

	Waiting:     "Fetching it from the back",
	WaitingText: "Nobody has asked for this one yet. Its page is being made, and comes up by itself.",
	WaitingLink: "Load it now",

	Missing:     "This hook is empty",
	MissingText: "There is no page at this address. What hung here may have a new name, or was never ours.",
}

var german = Words{
	Language: "Deutsch",
	price:    func(cents int) string { return fmt.Sprintf("%d,%02d\u00a0€", cents/100, cents%100) },

	Skip:       "Zum Inhalt",
	Languages:  "Sprache",
	Categories: "Wände",
	AllTools:   "Alle Werkzeuge",
	Example:    "Eine Beispielseite. Nichts an diesen Wänden ist zu verkaufen.",
	MadeBy:     "Von einem WebAssembly-Modul erzeugt, von wisr aufbewahrt und ausgeliefert.",

	Hero:            "Handwerkzeug, griffbereit an der Wand",
	HeroText:        "Namen, Preise und Bestand kommen aus einer JSON-API. Daraus entsteht eine Seite einmal und wird aufbewahrt; ist sie zehn Sekunden alt, lässt der nächste Besuch sie neu machen.",
	ListDescription: "Ein Katalog für Handwerkzeug: zum Schlagen, Schneiden, Messen, Halten und Bohren.",
	Tools:           "Werkzeuge",

	TradeList:  "Händlerliste",
	TradeText:  "Was Tischler mit Konto zahlen, und wie viel davon an der Wand hängt.",
	Tool:       "Werkzeug",
	TradePrice: "Händlerpreis",
	Pieces:     "Stück",

	AsOf:     "Stand",
	Fresh:    "gilt zehn Sekunden",
	InStock:  "auf Lager",
	SoldOut:  "Ausverkauft",
	Material: "Aus",
	Length:   "Länge",
	Weight:   "Gewicht",
	MoreOf:   "An derselben Wand",

	Waiting:     "Wird aus dem Lager geholt",
	WaitingText: "Danach hat noch niemand gefragt. Die Seite entsteht gerade und erscheint von selbst.",
	WaitingLink: "Jetzt laden",

	Missing:     "Dieser Haken ist leer",
	MissingText: "Unter dieser Adresse gibt es keine Seite. Was hier hing, heißt vielleicht anders, oder es war nie da.",
}
