import numpy as np
import pytest
from speech_like import speech_like

from ser_model.degradations import at_level, through_mu_law, with_noise
from ser_model.gates import LEAST_SNR_DB, gate, wada_snr_db

RATE_HZ = 16_000


def reason(samples):
    found = gate(samples.astype(np.float32))
    return found.reason if found is not None else None


@pytest.mark.parametrize("seed", range(5))
def test_speech_passes(seed):
    assert reason(speech_like(seed=seed)) is None


@pytest.mark.parametrize("change_db", [-20.0, -10.0, 10.0, 20.0])
def test_speech_passes_at_other_levels(change_db):
    assert reason(at_level(speech_like(), change_db)) is None


def test_speech_passes_through_a_telephone():
    assert reason(through_mu_law(speech_like())) is None


def test_speech_passes_between_long_silence():
    silence = np.zeros(60 * RATE_HZ, dtype=np.float32)
    assert reason(np.concatenate([silence, speech_like(), silence])) is None


@pytest.mark.parametrize("count", [0, 1, 16, 4_799])
def test_less_than_300_ms_is_too_short(count):
    assert reason(speech_like()[:count]) == "too_short"


def test_a_cough_in_silence_is_too_short():
    samples = np.zeros(3 * RATE_HZ)
    samples[16_000:18_400] = 0.2 * np.random.default_rng(0).standard_normal(2_400)
    found = gate(samples.astype(np.float32))
    assert found is not None
    assert found.reason == "too_short"
    assert found.measured == pytest.approx(0.15, abs=0.03)


def test_a_cough_in_a_quiet_room_is_too_short():
    random = np.random.default_rng(0)
    samples = 1e-3 * random.standard_normal(3 * RATE_HZ)
    samples[16_000:18_400] += 0.2 * random.standard_normal(2_400)
    assert reason(samples) == "too_short"


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(RATE_HZ),
        np.full(RATE_HZ, 0.3),
        1e-4 * np.random.default_rng(0).standard_normal(RATE_HZ),
        np.where(np.arange(RATE_HZ) == 8_000, 0.9, 0.0),
    ],
    ids=["digital", "constant offset", "hiss at -80 dB", "one click"],
)
def test_silence_is_silent(samples):
    assert reason(samples) == "silent"


def test_a_whisper_from_another_room_is_too_quiet():
    assert reason(at_level(speech_like(), -40.0)) == "too_quiet"


def test_a_constant_offset_changes_nothing():
    assert reason(speech_like() + np.float32(0.3)) is None
    assert reason(at_level(speech_like(), -40.0) + np.float32(0.3)) == "too_quiet"


@pytest.mark.parametrize("seed", range(5))
def test_speech_that_has_become_a_square_wave_is_clipped(seed):
    assert reason(at_level(speech_like(seed=seed), 60.0)) == "clipped"


@pytest.mark.parametrize("slope", [0.0, -3.0, -6.0])
@pytest.mark.parametrize("seed", range(3))
def test_noise_of_any_colour_shuts_the_gate_from_equal_level_on(slope, seed):
    def heard(snr_db):
        return reason(with_noise(speech_like(seed=seed), snr_db, np.random.default_rng(seed), slope))

    assert heard(10.0) is None
    assert heard(5.0) is None
    assert heard(-10.0) == "noisy"


def test_noise_alone_is_noisy():
    assert reason(0.1 * np.random.default_rng(0).standard_normal(3 * RATE_HZ)) == "noisy"


def test_hum_alone_is_noisy():
    assert reason(0.1 * np.sin(2.0 * np.pi * 100.0 * np.arange(3 * RATE_HZ) / RATE_HZ)) in {
        "noisy",
        "clipped",
    }


@pytest.mark.parametrize(("snr_db", "estimate_db"), [(20.0, 19.3), (10.0, 7.5), (5.0, 2.6), (0.0, -2.0)])
def test_estimate_of_noise_follows_the_truth(snr_db, estimate_db):
    estimates = [
        wada_snr_db(with_noise(speech_like(seed=seed), snr_db, np.random.default_rng(seed), -3.0))
        for seed in range(5)
    ]
    assert np.median(estimates) == pytest.approx(estimate_db, abs=1.0)


def test_estimate_matches_the_published_distributions():
    random = np.random.default_rng(2)
    speech = random.gamma(0.4, size=400_000) * random.choice([-1.0, 1.0], size=400_000)
    noise = random.standard_normal(400_000) * np.sqrt(np.mean(speech**2))
    for snr_db in (-3.0, 0.0, 10.0, 20.0):
        mixed = speech + noise * 10.0 ** (-snr_db / 20.0)
        assert wada_snr_db(mixed.astype(np.float32)) == pytest.approx(snr_db, abs=0.5)


def test_silence_has_no_noise():
    assert wada_snr_db(np.zeros(RATE_HZ, dtype=np.float32)) == 60.0


def test_gate_says_what_it_measured_and_what_it_needs():
    found = gate((0.1 * np.random.default_rng(0).standard_normal(RATE_HZ)).astype(np.float32))
    assert found is not None
    assert found.least == LEAST_SNR_DB
    assert found.measured < LEAST_SNR_DB


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_is_refused(value):
    samples = speech_like()
    samples[100] = value
    with pytest.raises(ValueError, match="NaN or infinity"):
        gate(samples)
