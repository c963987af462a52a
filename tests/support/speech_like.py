"""A sound with the level, rhythm and amplitudes of speech, out of a seed."""

import numpy as np

RATE_HZ = 16_000


def speech_like(seconds=3.0, seed=0, level_db=-26.0):
    """Syllables of 0.12 to 0.25 s, four or so a second, of a gliding buzz with falling harmonics."""
    random = np.random.default_rng(seed)
    count = int(seconds * RATE_HZ)
    samples = np.zeros(count)
    start = int(0.05 * RATE_HZ)
    while start < count:
        length = int(random.uniform(0.12, 0.25) * RATE_HZ)
        time = np.arange(length) / RATE_HZ
        pitch_hz = random.uniform(100.0, 200.0) * (1.0 + random.uniform(-0.5, 0.5) * time)
        phase = 2.0 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
        buzz = sum(np.cos(number * phase) / number**1.1 for number in range(1, 24))
        envelope = np.sin(np.pi * np.arange(length) / length) ** 2 * np.exp(random.normal(0.0, 0.7))
        piece = (buzz * envelope)[: max(0, count - start)]
        samples[start : start + len(piece)] += piece
        start += length + int(random.uniform(0.02, 0.12) * RATE_HZ)
    scale = 10.0 ** (level_db / 20.0) / np.sqrt(np.mean(samples**2))
    return np.clip(samples * scale, -1.0, 1.0).astype(np.float32)
