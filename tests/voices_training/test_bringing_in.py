"""The commands that bring recordings and voices of others in."""

import argparse

import numpy as np
import pytest
import soundfile
from coqui_layout import write_glow, write_hifigan

from tts_voices.commands import corpus as corpora_command
from tts_voices.commands import import_coqui as import_command
from tts_voices.training.corpus import read_lessons
from tts_voices.voice import VoiceError
from tts_voices.voice_files import read_description


def called(command, *arguments):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args([str(argument) for argument in arguments]))


def test_recordings_become_a_corpus(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(corpora_command, "_front_end", lambda language: lambda text: ["^", *"bdf", "."])
    (tmp_path / "lj" / "wavs").mkdir(parents=True)
    for name in ("a", "b"):
        soundfile.write(tmp_path / "lj" / "wavs" / f"{name}.wav", np.full(16_000, 0.2), 22_050)
    (tmp_path / "lj" / "metadata.csv").write_text("a|one|one\nb|two|two\nc|three|three\n")
    assert called(corpora_command, "ljspeech", tmp_path / "lj", "-o", tmp_path / "out") == 0
    assert len(read_lessons(tmp_path / "out", "en")) == 2
    assert "2 clips" in capsys.readouterr().out


def test_a_checkpoint_becomes_a_voice(tmp_path, capsys):
    write_glow(tmp_path / "glow")
    write_hifigan(tmp_path / "vocoder", upsample_initial_channel=32)
    out = tmp_path / "voice"
    assert (
        called(import_command, "coqui", tmp_path / "glow", "-o", out, "--vocoder", tmp_path / "vocoder") == 0
    )
    assert read_description(out).name == "coqui-glow"
    assert "coqui-glow (en, 22050 Hz)" in capsys.readouterr().out


def test_unknown_layouts_and_origins_are_refused(tmp_path):
    with pytest.raises(SystemExit):
        called(corpora_command, "librispeech", tmp_path, "-o", tmp_path / "out")
    with pytest.raises(SystemExit):
        called(import_command, "somebody", tmp_path, "-o", tmp_path / "out")
    with pytest.raises(VoiceError, match="no config"):
        called(import_command, "coqui", tmp_path, "-o", tmp_path / "out")
