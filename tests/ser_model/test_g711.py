import io

import numpy as np
import pytest
import soundfile

from ser_model.g711 import mu_law_decoded, mu_law_encoded


def test_every_octet_comes_back():
    octets = np.arange(256, dtype=np.uint8)
    again = mu_law_encoded(mu_law_decoded(octets))
    assert np.array_equal(np.delete(again, 127), np.delete(octets, 127))  # 127 is minus zero
    assert again[127] == 255


def test_values_are_those_of_libsndfile():
    values = np.arange(-32_768, 32_768, 4, dtype=np.int16)
    file = io.BytesIO()
    soundfile.write(file, values, 8_000, format="WAV", subtype="ULAW")
    file.seek(0)
    expected, _ = soundfile.read(file, dtype="float32")
    assert np.array_equal(mu_law_decoded(mu_law_encoded((values / 32_768).astype(np.float32))), expected)


@pytest.mark.parametrize(
    ("octet", "value"), [(0x80, 8_031), (0x00, -8_031), (0xFF, 0), (0xFE, 2), (0xEF, 33)]
)
def test_values_are_those_of_the_table(octet, value):
    assert mu_law_decoded(np.array([octet], dtype=np.uint8))[0] * 8_192 == value


def test_beyond_full_scale_is_clipped():
    samples = np.array([1.0, 5.0, -1.0, -5.0], dtype=np.float32)
    assert mu_law_encoded(samples).tolist() == [0x80, 0x80, 0x00, 0x00]
