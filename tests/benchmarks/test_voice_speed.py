import json

import pytest
from tiny_voice import write_tiny_voice

from benchmarks import voice_speed


@pytest.fixture
def voice(tmp_path):
    write_tiny_voice(tmp_path / "tiny", reader="characters", symbols=tuple(" .,?!abcdefghijklmnopqrstuvwxyz"))
    return str(tmp_path / "tiny")


def test_what_is_measured_of_a_voice(voice, tmp_path, capsys):
    out = tmp_path / "speed.json"
    assert voice_speed.main(["--voice", voice, "--sentences", "3", "--json", str(out)]) == 0
    report = json.loads(out.read_text())
    assert report == json.loads(capsys.readouterr().out)
    assert report["sentences"] == 3
    assert 0 < report["first_audio_ms"]["p50"] <= report["first_audio_ms"]["p95"]
    assert report["real_time_factor"]["p50"] > 0
    assert report["kept_first_audio_ms"]["p50"] > 0
    assert report["coqui"] == {}


def test_a_voice_that_is_not_there_is_told(capsys):
    assert voice_speed.main(["--voice", "nobody"]) == 2
    assert "there is no voice" in capsys.readouterr().err


def test_the_sentences_are_of_about_sixty_characters():
    for language in ("en", "fa"):
        sentences = voice_speed._sentences(language, 50)
        assert len(sentences) == 50
        assert all(52 <= len(sentence) <= 68 for sentence in sentences)
