from pathlib import Path

import pytest

from tts_voices.pronunciation.english import EnglishReader
from tts_voices.pronunciation.english_homographs import Homographs
from tts_voices.voice import VoiceError

READER = EnglishReader.load()

# word | sentence with its first reading (noun or adjective) | sentence with its second (verb)
PAIRS = """
record|Keep a record of it.|Record your mood.
present|Stay in the present moment.|Present your plan to them.
object|Hold one small object.|I object to that.
use|It's no use.|Use your breath.
uses|It has many uses.|She uses it daily.
close|Stay close to me.|Close your eyes.
excuse|That is no excuse.|Excuse me.
house|The house is quiet.|They house people.
abuse|The abuse must stop.|Never abuse yourself.
refuse|Put out the refuse bin.|You can refuse the offer.
permit|You need a permit.|Permit yourself to rest.
contract|Read the contract.|Let the muscles contract.
conduct|His conduct hurt you.|They conduct a survey.
conflict|The conflict is over.|These may conflict.
desert|The desert is hot.|Don't desert me.
produce|Buy fresh produce at the market, the produce is good.|It can produce pain.
progress|You made progress.|Things progress slowly.
project|Start a small project.|We project our fears.
protest|They went to a protest.|You could protest.
rebel|He is a rebel.|You may rebel.
subject|Change the subject.|Don't subject yourself to it.
suspect|He is a suspect.|I suspect it hurts.
increase|There is an increase.|Increase the pause.
insult|That was an insult.|Don't insult me.
import|The import is cheap.|They import tea.
address|Write down the address.|Let's address it.
estimate|Make an estimate.|Estimate the time.
separate|Sleep in a separate room.|Separate the two.
deliberate|It was a deliberate step.|They will deliberate.
moderate|Take a moderate walk.|They moderate the group.
graduate|She is a graduate.|You will graduate.
duplicate|Make a duplicate.|Don't duplicate it.
elaborate|That's an elaborate plan.|Could you elaborate?
perfect|Nobody is perfect.|You can perfect it.
discount|Ask for a discount.|Don't discount your pain.
transfer|The transfer came.|Transfer the money.
transport|Take public transport.|We transport the box.
live|I like live music.|I live alone.
lives|Our lives change.|He lives here.
lead|The pencil has lead in it, a lead pipe too.|Lead the way.
wind|The wind is cold.|Wind down before bed.
tear|A tear fell.|Don't tear the page.
tears|Let the tears come.|It tears me apart.
wound|The wound heals.|She wound it up.
bow|Tie a bow.|Bow your head.
read|I have read it.|I like to read.
minute|Wait a minute.|It was a minute detail.
content|The content of the letter.|I feel content.
row|Three days in a row.|We had a row with them.
dove|A white dove came.|He dove into the water.
bass|He plays the bass.|We had striped bass.
polish|Use shoe polish.|My Polish friend.
used|I used a cup.|I used to smoke.
"""
CASES = [tuple(line.split("|")) for line in PAIRS.strip().splitlines()]


def _readings(word: str) -> tuple[str, str]:
    table = READER.homographs.readings
    stem = word if word in table else word.removesuffix("s")
    first, second, _ = table[stem]
    ending = {"uses": " ax z", "lives": " z", "tears": " z"}.get(word, "")
    return " ".join(first) + ending, " ".join(second) + ending


@pytest.mark.parametrize(("word", "noun", "verb"), CASES)
def test_the_words_around_decide(word: str, noun: str, verb: str) -> None:
    first, second = _readings(word)
    assert f" {first} " in " ".join(READER.symbols(noun)) + " "
    assert f" {second} " in " ".join(READER.symbols(verb)) + " "


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I read it yesterday.", "r eh1 d"),
        ("She read a book.", "r eh1 d"),
        ("Did you read it?", "r iy1 d"),
        ("Have you read it?", "r eh1 d"),
        ("I read every night.", "r iy1 d"),
        ("Read this page.", "r iy1 d"),
        ("The towel is used to dry.", "y uw1 z d"),
        ("I'm used to noise.", "y uw1 s t"),
        ("Stay close.", "k l ow1 s"),
        ("The shop closes.", "k l ow1 z ax z"),
        ("The streamers go live tonight.", "l ay1 v"),
        ("There is a tear in the fabric.", "t eh1 r"),
        ("Which subjects are closed?", "s ah1 b jh ih0 k t s"),
    ],
)
def test_single_rules(text: str, said: str) -> None:
    assert f" {said} " in " ".join(READER.symbols(text))


def test_other_words_are_left_to_the_lexicon() -> None:
    assert READER.homographs.reading(["the", "table"], 1, "table", opens=False) is None
    assert READER.homographs.reading(["s"], 0, "s", opens=True) is None


@pytest.mark.parametrize(
    "line", ["record", "record\tr eh1\tr ax", "record\tr eh1\tr ax\tboth", "a\tq9\tb\tnoun"]
)
def test_a_damaged_table_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "table.tsv"
    path.write_text(f"# remark\n{line}\n", encoding="utf-8")
    with pytest.raises(VoiceError, match=r"table\.tsv, line 2"):
        Homographs.load(path)
    with pytest.raises(VoiceError, match="bring it back"):
        Homographs.load(tmp_path / "none.tsv")
