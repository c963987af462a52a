import numpy as np
import pytest
import soundfile

from ser_model.errors import ManifestError
from ser_model.manifest import UNDETERMINED, read_manifest

HEADER = "path,emotion,speaker,language,split\n"


@pytest.fixture
def write(tmp_path):
    """Writes a manifest beside two recordings, a.wav and b.wav."""
    for name in ("a.wav", "b.wav"):
        soundfile.write(tmp_path / name, np.zeros(1_600), 16_000)

    def write(text, encoding="utf-8"):
        path = tmp_path / "manifest.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_rows_are_read_with_paths_relative_to_the_manifest(write, tmp_path):
    path = write(HEADER + "a.wav,anger,s1,en,test\nb.wav,sadness,s2,de,valid\n")
    first, second = read_manifest(path)
    assert (first.path, first.emotion, first.speaker, first.language) == (
        tmp_path / "a.wav",
        "anger",
        "s1",
        "en",
    )
    assert second.split == "valid"


def test_manifest_of_a_spreadsheet_program_is_read_despite_its_byte_order_mark(write):
    assert len(read_manifest(write(HEADER + "a.wav,anger,s1,en,test\r\n", "utf-8-sig"))) == 1


def test_language_that_is_not_given_is_undetermined(write):
    assert read_manifest(write("path,emotion\na.wav,fear\n"))[0].language == UNDETERMINED


def test_only_the_rows_of_a_split_are_taken(write):
    path = write(HEADER + "a.wav,anger,s1,en,test\nb.wav,sadness,s2,de,valid\n")
    assert [row.emotion for row in read_manifest(path, split="valid")] == ["sadness"]


def test_unknown_emotions_are_listed_with_their_counts(write):
    path = write(HEADER + "a.wav,anger,s1,en,test\nb.wav,boredom,s2,de,test\nb.wav,calm,s2,de,test\n")
    with pytest.raises(ManifestError, match=r"'boredom' \(1 rows\), 'calm' \(1 rows\).*--skip-unknown"):
        read_manifest(path)


def test_unknown_emotions_are_left_out_on_demand(write):
    path = write(HEADER + "a.wav,anger,s1,en,test\ngone.wav,boredom,s2,de,test\n")
    assert [row.emotion for row in read_manifest(path, skip_unknown=True)] == ["anger"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"columns \['path', 'emotion'\] are missing"),
        ("file,emotion\na.wav,anger\n", r"columns \['path'\] are missing"),
        (HEADER, "no rows"),
        (HEADER + "a.wav,boredom,s1,en,test\n", "unknown emotions 'boredom'"),
        (HEADER + "a.wav,,s1,en,test\n", "unknown emotions ''"),
        (HEADER + ",anger,s1,en,test\n", "a row has no path"),
        (HEADER + "gone.wav,anger,s1,en,test\n", "1 of 1 recordings are missing.*gone.wav"),
        (HEADER + "a.wav\n", "unknown emotions ''"),
    ],
)
def test_bad_manifest_is_refused_with_its_reason(write, text, words):
    with pytest.raises(ManifestError, match=words):
        read_manifest(write(text))


def test_split_that_does_not_occur_is_refused_with_those_that_do(write):
    with pytest.raises(ManifestError, match=r"no rows of split 'dev'; it has \['test'\]"):
        read_manifest(write(HEADER + "a.wav,anger,s1,en,test\n"), split="dev")


def test_only_unknown_emotions_are_refused_even_when_skipped(write):
    with pytest.raises(ManifestError, match="no row has a known emotion"):
        read_manifest(write(HEADER + "a.wav,boredom,s1,en,test\n"), skip_unknown=True)


def test_file_that_is_no_text_is_refused(write, tmp_path):
    path = tmp_path / "binary.csv"
    path.write_bytes(b"\xff\xfe\x00\x81path")
    with pytest.raises(ManifestError, match="not a CSV file in UTF-8"):
        read_manifest(path)


def test_missing_manifest_is_refused(tmp_path):
    with pytest.raises(ManifestError, match="cannot be read"):
        read_manifest(tmp_path / "none.csv")
