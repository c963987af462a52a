import io
import logging
import sys

import pytest

from language import speakable
from tts_voices.__main__ import main
from tts_voices.pronunciation.readers import own_reader


@pytest.fixture
def read(capsys):
    """Runs the command; gives its blocks, each as lines."""

    def run(text, *options):
        assert main(["read", text, *options]) == 0
        return [block.splitlines() for block in capsys.readouterr().out.split("\n\n")]

    return run


@pytest.fixture
def standard_input(monkeypatch):
    """Sets what standard input holds."""

    class Given:
        def __init__(self, content):
            self.buffer = io.BytesIO(content)

    return lambda content: monkeypatch.setattr(sys, "stdin", Given(content))


def cells(line):
    """Reading, table and word of a line."""
    return [cell.strip() for cell in line[9:].split("  ") if cell.strip()]


def test_it_shows_the_spoken_words_and_the_symbols_of_a_sentence(read):
    sentence = "Call 123 at 7:30 pm."
    [[text, spoken, symbols, *_]] = read(sentence)
    assert text == f"text     {sentence}"
    assert spoken == f"spoken   {speakable(sentence, 'en')}"
    assert "seven thirty" in spoken
    assert symbols == f"symbols  {' '.join(own_reader('en')(sentence))}"


def test_it_names_the_table_of_each_english_word(read):
    [[*_, first, second, third, fourth, fifth]] = read("You're US records, blorptastic Tamrin.")
    assert first.startswith("words    ")
    assert cells(first) == ["y uw1 r", "english_additions.tsv", "You're"]
    assert cells(second) == ["y uw1 eh1 s", "in no table: by rules or letters", "US"]
    assert cells(third) == ["r eh1 k er0 d | r ax k ao1 r d", "english_homographs.tsv", "records"]
    assert cells(fourth)[1:] == ["in no table: by rules or letters", "blorptastic"]
    assert cells(fifth)[2] == "Tamrin"


def test_it_names_the_table_of_each_persian_word(read):
    [[_, spoken, symbols, *words]] = read("حالِ ۲ کرم، دست‌هایمان Zoom فلاغزن")
    assert spoken == "spoken   حالِ دو کرم, دست‌هایمان Zoom فلاغزن"
    assert symbols == f"symbols  {' '.join(own_reader('fa')('حالِ ۲ کرم، دست‌هایمان Zoom فلاغزن'))}"
    assert cells(words[0]) == ["hAl +e", "lexicon.tsv", "حال"]
    assert cells(words[2])[1:] == ["lexicon.tsv, persian_homographs.tsv", "کرم"]
    assert cells(words[3])[1] in {"lexicon.tsv", "lexicon.tsv (a part of it)"}
    assert cells(words[4]) == ["z uw1 m", "dictionary", "Zoom"]
    assert cells(words[5])[1:] == ["in no table: by rules or letters", "فلاغزن"]


def test_a_sentence_marked_by_hand_names_its_table(read):
    from tts_voices.pronunciation.building.persian_build import TEXTS_TABLE, read_texts

    text = next(iter(read_texts(TEXTS_TABLE).values()))
    for block in read(text, "--language", "fa"):
        assert all("ezafe.tsv" in word for word in block[3:])


def test_a_word_of_the_other_script_is_read_by_its_own_tables(read):
    [[_, _, symbols, *words]] = read("Say سلام there.", "--language", "en")
    assert cells(words[1]) == ["salAm", "lexicon.tsv", "سلام"]
    assert "s ae0 l aa1 m" in symbols


def test_every_sentence_has_a_block(read):
    assert [block[0] for block in read("One. Two. سلام.", "--language", "en")][:2] == [
        "text     One.",
        "text     Two.",
    ]


def test_standard_input_is_read_line_by_line_each_in_its_language(read, standard_input):
    standard_input("I see you.\n\nمی‌بینم.\n😀\n".encode())
    english, persian, nothing = read("-")
    assert english[0] == "text     I see you."
    assert cells(persian[3])[1].startswith("lexicon.tsv")
    assert nothing[-1] == "spoken   (nothing)"


def test_control_characters_are_not_printed(read):
    [lines] = read("a \x1b]0;title\x07 b \udcff")
    assert all(line.isprintable() for line in lines)


def test_nothing_is_logged(read, caplog):
    with caplog.at_level(logging.DEBUG):
        read("My secret word.")
    assert not caplog.records


@pytest.mark.parametrize("text", ["", "😀 ...", "\n \n"])
def test_a_text_without_a_word_ends_with_2_and_one_line(capsys, text):
    assert main(["read", text]) == 2
    assert capsys.readouterr().err == "tts_voices: the text has no word to read\n"


def test_a_text_of_any_length_is_read_in_pieces(read):
    blocks = read("word " * 2_000)
    assert all(len(block[0]) < 1_000 for block in blocks)
    assert sum(len(block[3:]) for block in blocks) == 2_000


@pytest.mark.parametrize(("content", "message"), [(b"\xff\xfe", "no UTF-8"), (b"a" * 1_000_001, "a million")])
def test_standard_input_that_is_no_text_ends_with_2(capsys, standard_input, content, message):
    standard_input(content)
    assert main(["read", "-"]) == 2
    assert message in capsys.readouterr().err


def test_an_output_without_persian_letters_is_told(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert main(["read", "سلام"]) == 2
    assert "PYTHONIOENCODING=utf-8" in capsys.readouterr().err


def test_its_help_names_the_tables_and_where_they_lie(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["read", "--help"])
    assert ended.value.code == 0
    told = " ".join(capsys.readouterr().out.split())
    for name in ("tts_voices/pronunciation/tables", "data/persian_pronunciation", "english_additions.tsv"):
        assert name in told
