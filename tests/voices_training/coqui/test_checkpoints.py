"""Downloads through coqui's own model manager, from a server on this machine."""

import json
import socket
import zipfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from coqui_layout import write_glow, write_hifigan

from tts_voices.coqui import checkpoints as coqui_checkpoints
from tts_voices.coqui.checkpoints import checkpoint
from tts_voices.coqui.importing import import_checkpoint
from tts_voices.voice import VoiceError

GLOW, VOCODER = "tts_models/en/ljspeech/glow-tts", "vocoder_models/en/ljspeech/hifigan_v2"


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A folder that a server on loopback gives out, and its address."""
    folder = tmp_path_factory.mktemp("served")
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *given: _Silent(*given, directory=str(folder)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def zipped(folder, path):
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"released--{folder.name}/{file.name}")


@pytest.fixture(scope="module")
def models(served, tmp_path_factory):
    """A list of models in the form of coqui's, whose archives are those of small checkpoints."""
    folder, address = served
    made = tmp_path_factory.mktemp("made")
    write_glow(made / "glow", old=True)
    write_hifigan(
        made / "hifigan",
        old=True,
        upsample_initial_channel=16,
        resblock_type="2",
        resblock_dilation_sizes=[[1, 3]] * 3,
    )
    zipped(made / "glow", folder / "glow.zip")
    zipped(made / "hifigan", folder / "hifigan.zip")
    (folder / "cut.zip").write_bytes((folder / "glow.zip").read_bytes()[:2_000])
    with zipfile.ZipFile(folder / "empty.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing here")
    glow = {
        "github_rls_url": f"{address}/glow.zip",
        "default_vocoder": VOCODER,
        "license": "MPL",
        "author": "Somebody",
    }
    speech = {
        "glow-tts": glow,
        "glow-tts-alone": glow | {"default_vocoder": None},
        "glow-tts-cut": glow | {"github_rls_url": f"{address}/cut.zip"},
        "glow-tts-gone": glow | {"github_rls_url": f"{address}/gone.zip"},
        "glow-tts-empty": glow | {"github_rls_url": f"{address}/empty.zip"},
        "glow-tts-unreachable": glow | {"github_rls_url": f"http://127.0.0.1:{closed_port()}/glow.zip"},
        "glow-tts-mislabelled": glow | {"github_rls_url": f"{address}/hifigan.zip"},
        "tacotron2-DDC": glow,
    }
    listed = {
        "tts_models": {"en": {"ljspeech": speech}},
        "vocoder_models": {
            "en": {
                "ljspeech": {
                    "hifigan_v2": glow | {"github_rls_url": f"{address}/hifigan.zip", "license": "apache 2.0"}
                }
            }
        },
    }
    path = made / "models.json"
    path.write_text(json.dumps(listed), encoding="utf-8")
    return path


def closed_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def test_a_voice_and_its_vocoder_are_fetched_and_become_a_voice(tmp_path, models):
    description = import_checkpoint(GLOW, tmp_path / "voice", models_file=models, store=tmp_path / "store")
    assert description.name == "coqui-en-ljspeech-glow-tts"
    assert description.licence.startswith(f"MPL, {GLOW} of coqui-tts, Somebody, http://127.0.0.1")
    assert f"vocoder: apache 2.0, {VOCODER} of coqui-tts" in description.licence
    assert sorted(path.name for path in (tmp_path / "voice").iterdir()) == [
        "decoder.onnx", "encoder.onnx", "vocoder.onnx", "voice.json",
    ]  # fmt: skip


def test_a_second_use_needs_no_network(tmp_path, models):
    first = checkpoint(GLOW, models_file=models, store=tmp_path)
    unreachable = json.loads(models.read_text(encoding="utf-8"))
    unreachable["tts_models"]["en"]["ljspeech"]["glow-tts"]["github_rls_url"] = (
        f"http://127.0.0.1:{closed_port()}/x.zip"
    )
    (tmp_path / "models.json").write_text(json.dumps(unreachable), encoding="utf-8")
    assert checkpoint(GLOW, models_file=tmp_path / "models.json", store=tmp_path).weights == first.weights


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tts_models/en/ljspeech/glow-tts-cut", "could not be downloaded whole"),
        ("tts_models/en/ljspeech/glow-tts-gone", "could not be downloaded whole"),
        ("tts_models/en/ljspeech/glow-tts-empty", "could not be downloaded whole"),
        ("tts_models/en/ljspeech/glow-tts-unreachable", "is there a network"),
        ("tts_models/en/ljspeech/glow-tts-mislabelled", "not a Glow-TTS"),
        ("tts_models/en/ljspeech/tacotron2-DDC", "no Glow-TTS: only that kind"),
        ("tts_models/en/ljspeech/glow-tts-alone", "no vocoder of its own"),
        ("tts_models/en/ljspeech/no-such-model", "coqui lists no model"),
        ("tts_models/en", "coqui lists no model"),
        ("tts_models/../../etc/passwd", "coqui lists no model"),
        ("no_such_folder", "neither a folder nor a name"),
    ],
)
def test_what_goes_wrong_is_told_in_one_line(tmp_path, models, name, message, capfd):
    with pytest.raises(VoiceError, match=message) as raised:
        import_checkpoint(name, tmp_path / "voice", models_file=models, store=tmp_path / "store")
    assert "\n" not in str(raised.value)
    assert "Traceback" not in capfd.readouterr().err
    assert not (tmp_path / "voice").exists()


def test_a_broken_download_leaves_nothing_that_looks_like_a_model(tmp_path, models):
    for name in ("cut", "gone", "empty", "unreachable"):
        with pytest.raises(VoiceError):
            checkpoint(f"tts_models/en/ljspeech/glow-tts-{name}", models_file=models, store=tmp_path)
    assert not list(tmp_path.glob("tts/*"))


def test_ctrl_c_in_a_download_leaves_nothing_that_looks_like_a_model(tmp_path, models, monkeypatch):
    def interrupted(self, name, item, folder):
        folder.mkdir(parents=True)
        (folder / "half.zip").write_bytes(b"PK")
        raise KeyboardInterrupt

    monkeypatch.setattr(coqui_checkpoints.ModelManager, "create_dir_and_download_model", interrupted)
    with pytest.raises(KeyboardInterrupt):
        checkpoint(GLOW, models_file=models, store=tmp_path)
    assert not list(tmp_path.glob("tts/*"))


def test_a_stored_model_that_is_not_whole_is_not_taken_away(tmp_path, models):
    folder = tmp_path / "tts" / "tts_models--en--ljspeech--glow-tts"
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(VoiceError, match="remove .* and try again"):
        checkpoint(GLOW, models_file=models, store=tmp_path)
    assert (folder / "mine.txt").exists()


@pytest.mark.parametrize("content", ["", "{", "[]", None])
def test_a_list_of_models_that_is_none_is_told(tmp_path, content):
    path = tmp_path / "models.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(VoiceError, match=r"list of models|lists no model"):
        checkpoint(GLOW, models_file=path, store=tmp_path)


def test_coquis_own_list_has_the_official_voices():
    from TTS.utils.manage import ModelManager

    listed = ModelManager().models_dict
    assert (
        listed["tts_models"]["en"]["ljspeech"]["glow-tts"]["default_vocoder"]
        == "vocoder_models/en/ljspeech/multiband-melgan"
    )
    assert listed["tts_models"]["fa"]["custom"]["glow-tts"]["license"] == "CC-BY-4.0"
    assert {"multiband-melgan", "hifigan_v2"} <= set(listed["vocoder_models"]["en"]["ljspeech"])
