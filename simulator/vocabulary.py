"""The words of the world: categories with what people post about, names, regions, languages."""

# One category per line reads as the table it is.
# ruff: noqa: E501
# fmt: off

from typing import NamedTuple


class Category(NamedTuple):
    """A category, the subjects of its posts, and twists that go with any of them."""

    name: str
    subjects: tuple[str, ...]
    twists: tuple[str, ...]


def _category(name: str, subjects: str, twists: str) -> Category:
    return Category(name, tuple(subjects.split(", ")), tuple(twists.split(", ")))


CATEGORIES = (
    _category("Cooking", "miso soup, sourdough, a one-pan curry, lentil stew, roast peppers, dumplings, flatbread, tomato sauce", "on a weeknight, for a crowd, with five ingredients, the way my aunt does it"),
    _category("Travel", "the night train to Vienna, a week in Lisbon, island ferries, a mountain hut, border crossings, old harbour towns, a desert drive", "on a small budget, in the low season, with two children, without flying"),
    _category("Music", "a new bass line, vinyl finds, choir rehearsal, an open-air concert, home recording, drum practice, jazz chords", "after midnight, for beginners, live in the kitchen, in one take"),
    _category("Football", "the derby, a late equaliser, Sunday league, a goalkeeper's save, the transfer window, youth training, a penalty shoot-out", "in the rain, seen from the stands, minute by minute, against the odds"),
    _category("Running", "a first marathon, hill repeats, trail shoes, interval training, morning miles, a park run, recovery days", "before work, after forty, in winter, at an easy pace"),
    _category("Photography", "street portraits, film cameras, golden hour, long exposures, a used lens, fog in the valley, black and white prints", "with a phone, on expired film, hand-held, in one afternoon"),
    _category("Gardening", "tomato seedlings, compost, a balcony herb bed, rose pruning, raised beds, wild bees, garlic planting", "in heavy clay, in small spaces, without chemicals, before the frost"),
    _category("Cats", "a rescued kitten, the window cat, cat introductions, a cardboard castle, the vet visit, midnight zoomies, an old tomcat", "on day three, in slow motion, told by the cat, with plenty of treats"),
    _category("Dogs", "puppy training, a long forest walk, the shelter dog, recall practice, a muddy spaniel, agility class, an old retriever", "off the lead, one month in, with patience, at the beach"),
    _category("Science", "black holes, gene editing, deep-sea vents, plate tectonics, a solar flare, the immune system, bird migration", "in plain words, with a simple experiment, and what we still do not know, from the newest study"),
    _category("Programming", "a failing test, database indexes, type hints, a memory leak, code review, event loops, a small parser", "in a hundred lines, the hard way, on a Friday, explained with drawings"),
    _category("Films", "a courtroom drama, silent comedies, the final scene, a festival winner, practical effects, a forgotten thriller, soundtracks", "without spoilers, on the big screen, twenty years later, shot by shot"),
    _category("Books", "a short novel, a library sale, a reading slump, translated poetry, a biography, crime fiction, a book club pick", "in one sitting, worth rereading, by candlelight, with notes in the margin"),
    _category("Fashion", "a wool coat, second-hand denim, capsule wardrobes, hand-sewn shirts, linen suits, repair patches, rain boots", "for real weather, under fifty, made to last, in three outfits"),
    _category("Games", "a boss fight, co-op night, speed runs, a cosy farm, strategy openings, pixel art, a board game evening", "blindfolded, on hard mode, with friends, for the first time"),
    _category("Cars", "an old estate car, battery range, brake pads, a rally weekend, rust repair, a hatchback test, engine sounds", "in the driveway, after 300,000 km, on gravel, with basic tools"),
    _category("Cycling", "a gravel tour, commuting, a mountain pass, wheel truing, cargo bikes, a night ride, chain care", "into the wind, before sunrise, with panniers, on cobbles"),
    _category("Art", "a linocut, watercolour skies, mural painting, clay bowls, life drawing, a sketchbook tour, gouache studies", "step by step, in ten minutes, at full size, with two colours"),
    _category("Health", "better sleep, back exercises, stretching, a walking habit, healthy lunches, breathing, sun protection", "backed by evidence, at your desk, in five minutes, without equipment"),
    _category("Parenting", "bedtime stories, a toddler's tantrum, school lunches, rainy-day crafts, first words, screen time, a treasure hunt", "with twins, without shouting, on no sleep, that really worked"),
    _category("Home", "a tiny kitchen, paint colours, a squeaky floor, shelf building, a reading corner, window seals, lamp rewiring", "in a rented flat, over a weekend, from scrap wood, before and after"),
    _category("Local news", "the new tram line, market day, a flooded street, the council vote, a reopened cinema, the harvest fair, roadworks", "as it happened, in pictures, and what it means, heard from neighbours"),
    _category("Finance", "a household budget, index funds, rent or buy, an emergency fund, tax returns, grocery prices, pension basics", "in one page, for freelancers, without jargon, with real numbers"),
    _category("Comedy", "a family dinner, office small talk, a badly timed joke, open mic night, flatmate stories, autocorrect, a wedding speech", "in thirty seconds, gone wrong, with a straight face, part two"),
)

VIDEO_TITLES = ("{Subject} {twist}", "Watch: {subject} {twist}", "{Subject}, start to finish", "A minute of {subject}", "I tried {subject} {twist}")
PHOTO_TITLES = ("{Subject} {twist}", "From today: {subject}", "{Subject}, in one picture", "Look at this: {subject}", "A quiet moment with {subject}")
TEXT_TITLES = ("What I learned about {subject}", "{Subject} {twist}: my notes", "Why {subject} matters to me", "Three thoughts on {subject}", "A question about {subject}")
POLL_TITLES = ("{Subject} {twist}: yes or no?", "Poll: how do you feel about {subject}?", "Vote: {subject}, overrated or underrated?")

OPENERS = ("Finally got round to it: {subject} {twist}.", "Nobody told me {subject} could be this good.", "Some notes on {subject}, {twist}.", "Spent the whole week on {subject}.", "A small update about {subject} {twist}.")
CLOSERS = ("Ask me anything.", "What would you do differently?", "More tomorrow.", "Worth every minute.", "Tell me how yours went.", "Saved the best part for last.", "Thanks to everyone who helped.")

FIRST_NAMES = ("Ada", "Bela", "Chidi", "Dora", "Emre", "Farah", "Goran", "Hana", "Ines", "Jonas", "Kofi", "Lea", "Mira", "Nils", "Olga", "Pablo", "Quinn", "Rosa", "Samir", "Tove", "Uma", "Viktor", "Wanda", "Ximena", "Yara", "Zoltan", "Anouk", "Bruno", "Celia", "Dario", "Elif", "Felix", "Greta", "Hugo", "Irma", "Jamal", "Kaya", "Leon", "Maren", "Nadia", "Oskar", "Petra", "Ravi", "Selma", "Tomas", "Ursula", "Vera", "Wim", "Yusuf", "Zora")
LAST_NAMES = ("Abel", "Brandt", "Castro", "Dahl", "Ekberg", "Fontana", "Gruber", "Hosseini", "Ivanova", "Jansen", "Kimura", "Lindqvist", "Moreau", "Novak", "Okafor", "Pereira", "Quist", "Rossi", "Santos", "Tanaka", "Ulrich", "Varga", "Weiss", "Xu", "Yilmaz", "Zeman", "Arslan", "Bauer", "Cruz", "Duarte", "Eriksen", "Ferrari", "Garcia", "Hofer", "Iqbal", "Jovanovic", "Keller", "Lopes", "Meyer", "Nguyen", "Oliveira", "Popescu", "Ramos", "Silva", "Toth", "Umar", "Vidal", "Wagner", "Young", "Zhou")

REGIONS = ("north", "south", "east", "west")
LANGUAGES = ("en", "es", "de", "pt")
DEVICES = ("mobile", "desktop", "tablet")
SURFACES = ("home", "explore")
KINDS = ("video", "photo", "text", "poll")
VISIBILITIES = ("public", "followers", "friends", "group")
