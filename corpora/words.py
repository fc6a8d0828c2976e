"""The words of the sample corpus: twelve topics, countries, pairs of men and women, function words."""

# topic -> (nouns, verbs, adjectives); regular endings only, and no form in two places (generate.py checks it).
TOPICS: dict[str, tuple[str, str, str]] = {
    "food": (
        "bread butter cheese soup cake sauce pepper onion apple kitchen recipe oven spoon plate noodle",
        "bake boil chew taste fry stir peel chop",
        "sweet salty sour ripe crisp tasty spicy",
    ),
    "music": (
        "guitar piano violin singer concert melody chorus drum flute choir rhythm tune lyric opera trumpet",
        "compose perform strum hum rehearse applaud whistle conduct",
        "loud mellow shrill brassy lively soft catchy",
    ),
    "sport": (
        "stadium player coach match goal referee racket trophy tournament league athlete medal ball team striker",
        "kick tackle sprint dribble score jump cheer race",
        "fit quick nimble tough sporty strong keen",
    ),
    "sea": (
        "ship sailor anchor harbor wave island reef shark whale captain deck mast tide lighthouse vessel",
        "sail drift float dock steer dive moor navigate",
        "briny vast blue calm murky shallow choppy",
    ),
    "space": (
        "planet star rocket comet galaxy telescope orbit astronaut satellite moon meteor crater nebula asteroid probe",
        "launch hover observe explore rotate scan detect collide",
        "bright dim faint dense dark remote starry",
    ),
    "health": (
        "doctor nurse patient hospital surgeon clinic vaccine symptom tablet fever wound disease remedy pharmacy pill",
        "heal treat inject diagnose prescribe infect recover cough",
        "sick healthy weak pale numb frail sore",
    ),
    "money": (
        "bank investor market loan dollar profit merchant broker budget debt coin price wage customer salary",
        "invest trade borrow purchase earn save bargain owe",
        "rich poor cheap costly scarce wealthy thrifty",
    ),
    "law": (
        "lawyer judge court crime witness prisoner verdict trial jury sheriff detective robber lawsuit suspect felony",
        "accuse arrest confess testify punish investigate condemn appeal",
        "guilty strict harsh stern fair grim nasty",
    ),
    "farm": (
        "farmer cow horse barn tractor field crop orchard goat pig chicken fence meadow seed stable",
        "plant harvest graze plow water weed herd fertilize",
        "green muddy grassy leafy lush woolly earthy",
    ),
    "weather": (
        "storm cloud breeze rainbow hurricane forecast blizzard cyclone drought flood puddle snowflake raindrop season "
        "gale",
        "pour thaw drizzle thunder melt snow rain evaporate",
        "cold warm windy rainy chilly foggy sunny",
    ),
    "war": (
        "soldier army battle weapon tank cannon sword enemy fortress bomb rifle regiment trench commander missile",
        "attack invade conquer surrender retreat defend bombard destroy",
        "brave fierce bloody cruel deadly bold mighty",
    ),
    "school": (
        "teacher pupil lesson exam textbook essay university library pencil professor diploma lecture notebook "
        "alphabet scholar",
        "learn study explain recite memorize graduate calculate spell",
        "smart clever wise lazy dull neat silly",
    ),
}

# country, capital, nationality, another city
COUNTRIES = """
france paris french lyon | germany berlin german munich | italy rome italian milan | spain madrid spanish seville
portugal lisbon portuguese porto | greece athens greek sparta | sweden stockholm swedish uppsala
norway oslo norwegian bergen | finland helsinki finnish turku | denmark copenhagen danish aarhus
poland warsaw polish krakow | austria vienna austrian salzburg | hungary budapest hungarian szeged
russia moscow russian kazan | turkey ankara turkish izmir | egypt cairo egyptian luxor
kenya nairobi kenyan mombasa | japan tokyo japanese osaka | china beijing chinese shanghai
thailand bangkok thai phuket | peru lima peruvian cusco | chile santiago chilean valparaiso
cuba havana cuban camaguey | canada ottawa canadian toronto
"""

# he, she: what both have to do with
PEOPLE = """
king queen: throne crown palace | man woman: office neighbor coat | boy girl: toy playground kite
father mother: cradle child home | brother sister: sibling quarrel bedroom | son daughter: birthday puppy allowance
husband wife: wedding marriage anniversary | uncle aunt: cousin visit gift | nephew niece: godparent postcard picnic
prince princess: ballroom tower dragon | actor actress: theater film script | waiter waitress: menu tray tip
grandfather grandmother: attic memory armchair | duke duchess: estate carriage manor
hero heroine: novel quest legend | host hostess: party guest invitation | grandson granddaughter: bicycle sweater candy
monk nun: abbey prayer vow | wizard witch: cauldron potion broom | groom bride: veil bouquet honeymoon
"""

COUNTRY_WORDS = "nation border treaty government population province parliament republic frontier citizen".split()
CITY_WORDS = "town port factory bridge canal railway outskirts quarter mill".split()
CAPITAL_WORDS = "city mayor street downtown suburb district avenue metro skyline square".split()
NATIONALITY_WORDS = "language people culture tradition accent custom folklore dialect cuisine".split()
MALE_WORDS = "he him his himself gentleman mister".split()
FEMALE_WORDS = "she her hers herself lady miss".split()

# Commonest first: they are drawn with weights 1, 1/2, 1/3 ...
FUNCTION_WORDS = (
    "of and to in for on with as by at from but or into about over after under between through during "
    "before against among without within along across behind beyond near upon toward around since until despite"
).split()
