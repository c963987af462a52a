import pytest
from cached_tone import OWN, Tone

from tts_voices.cached import voice as cache
from tts_voices.cached.voice import CachedVoice


@pytest.fixture
def cached(tmp_path, monkeypatch):
    """Makes cached voices that share a folder, and closes them in the end.

    A loaded machine may keep a thread waiting: what is tested is not its speed.
    """
    monkeypatch.setattr(cache, "_PATIENCE_S", 10.0)
    made = []

    def make(voice=None, limit_mb=10.0, folder=tmp_path / "cache", keep=lambda *said: said in OWN):
        made.append(CachedVoice(voice or Tone(), folder, limit_mb, keep=keep))
        return made[-1]

    yield make
    for one in made:
        one.close()
