"""Whether the microphone holds only the bot's own voice, for clients without echo cancellation. No I/O.

What was sent is the reference. Levels of four bands, every 8 ms, of reference and microphone are correlated
at delays of up to 0.7 s; where they agree, delay and attenuation of the echo are known, and a frame whose
levels are no higher than the echo's is not heard as a voice. A voice over the echo rises above it and is
heard. Where nothing agrees, as with headphones or echo cancellation, the gate does nothing.

The idea is that of Duttweiler 1978 and of correlation-based double-talk detection (Ye and Wu 1991), on
envelopes instead of samples: that needs neither a common clock nor a model of the room.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

__all__ = ["EchoGate"]

Levels = NDArray[np.float32]

_HOP_MS = 8
_MICROPHONE_RATE_HZ = 16_000
_HOP_SAMPLES = _MICROPHONE_RATE_HZ * _HOP_MS // 1000
_HOPS_OF_A_FRAME = 4
_BAND_EDGES = (1, 5, 10, 19, 32)  # bins of 125 Hz: 125–625, –1,250, –2,375, –4,000
_BANDS = len(_BAND_EDGES) - 1
_SILENCE_DB = -80.0
_AUDIBLE_DB = -60.0  # what is quieter in all bands can't be compared
_NOISE_DB = -72.0  # nor can what is quieter than this be told from noise

_KEPT_HOPS = 1_024  # 8 s of the reference: what is sent ahead, and the longest delay
_WINDOW_HOPS = 80
_MOST_DELAY_HOPS = 88
_RANGE_DB = 25.0  # below that a room's noise covers the echo
_LIVELY_DB = 4.0  # a steady reference agrees with anything
_LEAST_ACTIVE_HOPS = 40  # the beginning of any two sounds agrees
_AGREES = 0.8
_LEAST_AGREEMENTS = 5  # frames in a row, at one delay: two voices agree only for a moment
_NEAR_HOPS = 2
_FIRST_COMPARISONS = 120
_DISAGREES = 0.45
_MOST_DOUBTS = 16
_FORGETTING = 0.3
_LOUD_DB = 12.0

_DECAY_DB = 1.0  # a hop: a room that has faded by 60 dB after half a second
_SMEAR_HOPS = 2
_MARGIN_DB = 6.0
_BAND_MARGIN_DB = 9.0
_BANDS_ABOVE = 2


class EchoGate:
    """Follows one talk's microphone and what was sent to be played."""

    def __init__(self) -> None:
        self._sent: deque[tuple[NDArray[np.int16] | None, int, int]] = deque()
        self._reference = np.full((_KEPT_HOPS, _BANDS), _SILENCE_DB, dtype=np.float32)
        self._reference_end = 0  # hops
        self._rest = np.zeros(0, dtype=np.float32)
        self._heard = np.full((_WINDOW_HOPS, _BANDS), _SILENCE_DB, dtype=np.float32)
        self._frames = 0
        self._delay_hops: int | None = None
        self._candidate_hops = 0
        self._agreements = 0
        self._compared = 0
        self._gain_db = np.zeros(_BANDS, dtype=np.float32)
        self._echo_db = np.full(_BANDS, _SILENCE_DB, dtype=np.float32)
        self._doubts = 0

    @property
    def delay_ms(self) -> int | None:
        """From sending to hearing the echo; None where no echo is known."""
        return None if self._delay_hops is None else self._delay_hops * _HOP_MS

    def play(self, samples: NDArray[np.int16], rate_hz: int, position_ms: int) -> None:
        """Takes sound that is sent now. Cheap, and safe while another thread is in `is_echo`.

        Args:
            samples: (n,), mono.
            rate_hz: a multiple of 1,000.
            position_ms: how much of the microphone has come in.
        """
        self._sent.append((samples, rate_hz, position_ms))

    def stop(self, position_ms: int) -> None:
        """What was sent is played no more from now on. As cheap and safe."""
        self._sent.append((None, 0, position_ms))

    def is_echo(self, frame: NDArray[np.float32], position_ms: int) -> bool:
        """Takes the next frame of the microphone; True where the bot's voice explains all of it.

        Args:
            frame: (512,), 16 kHz, −1 to 1.
            position_ms: of its beginning.
        """
        self._take_sent()
        now = position_ms // _HOP_MS + _HOPS_OF_A_FRAME
        if now - self._reference_end > _WINDOW_HOPS + _MOST_DELAY_HOPS:
            return False  # nothing was played lately: not even levels are needed
        levels = _levels(frame, _HOP_SAMPLES)
        self._heard = np.concatenate((self._heard[_HOPS_OF_A_FRAME:], levels))
        self._frames += 1
        if self._frames % self._stride == 0:
            self._compare(now)
        return self._explains(levels, now)

    @property
    def _stride(self) -> int:
        """How many frames there are to a comparison: one while nothing is known, or something is found."""
        searching = self._delay_hops is None and (self._agreements > 0 or self._compared < _FIRST_COMPARISONS)
        return 1 if searching else 4

    def _take_sent(self) -> None:
        while self._sent:
            samples, rate_hz, position_ms = self._sent.popleft()
            begin = position_ms // _HOP_MS
            if samples is None:
                kept = max(0, min(_KEPT_HOPS, self._reference_end - begin))
                self._reference = np.roll(self._reference, kept, axis=0)
                self._reference[:kept] = _SILENCE_DB
                self._reference_end -= kept
                self._rest = self._rest[:0]
                continue
            if begin > self._reference_end:
                self._append(np.full((begin - self._reference_end, _BANDS), _SILENCE_DB, dtype=np.float32))
                self._rest = self._rest[:0]
            hop = rate_hz * _HOP_MS // 1000
            fresh = samples.astype(np.float32) / np.float32(32_768)
            sound: NDArray[np.float32] = np.concatenate((self._rest, fresh))
            whole = len(sound) // hop * hop
            self._rest = sound[whole:]
            self._append(_levels(sound[:whole], hop))

    def _append(self, levels: Levels) -> None:
        self._reference_end += len(levels)
        self._reference = np.concatenate((self._reference, levels[-_KEPT_HOPS:]))[-_KEPT_HOPS:]

    def _at(self, first: int, last: int) -> Levels:
        """The reference from hop `first` to before `last`, silence where there is none."""
        found = np.full((last - first, _BANDS), _SILENCE_DB, dtype=np.float32)
        start = self._reference_end - _KEPT_HOPS
        low, high = max(first, start), min(last, self._reference_end)
        if low < high:
            found[low - first : high - first] = self._reference[low - start : high - start]
        return found

    def _compare(self, now: int) -> None:
        """Correlates the last 0.64 s with the reference at every delay."""
        heard = self._heard
        loudest = float(heard.max())
        if loudest < _AUDIBLE_DB:
            return
        played = self._at(now - _WINDOW_HOPS - _MOST_DELAY_HOPS, now)
        top = float(played.max())
        if top < _AUDIBLE_DB:
            return
        active = int((heard.max(axis=1) > loudest - _RANGE_DB).sum())
        if active < _LEAST_ACTIVE_HOPS:
            return
        self._compared += 1
        x = np.maximum(heard, loudest - _RANGE_DB)
        y = np.maximum(played, top - _RANGE_DB)
        x = (x - x.mean(axis=0)).reshape(-1)
        windows = np.lib.stride_tricks.sliding_window_view(y, _WINDOW_HOPS, axis=0)  # (delays, bands, hops)
        centred = windows - windows.mean(axis=2, keepdims=True)
        flat = centred.transpose(0, 2, 1).reshape(len(windows), -1)
        power = (flat**2).sum(axis=1)
        agreement = flat @ x / np.sqrt(power * float(x @ x) + 1e-9)
        agreement[power < _LIVELY_DB**2 * flat.shape[1]] = 0.0
        best = int(agreement.argmax())
        self._judge(_MOST_DELAY_HOPS - best, float(agreement[best]), now)

    def _judge(self, delay_hops: int, agreement: float, now: int) -> None:
        known = self._delay_hops
        near = known is not None and abs(delay_hops - known) <= _NEAR_HOPS
        if agreement >= _AGREES:
            same = abs(delay_hops - self._candidate_hops) <= _NEAR_HOPS
            self._agreements = self._agreements + 1 if same else 1
            self._candidate_hops = delay_hops
            if near or self._agreements >= _LEAST_AGREEMENTS:
                self._learn(delay_hops, now, fresh=not near)
            return
        self._agreements = 0
        if known is not None and agreement < _DISAGREES:
            self._doubts += 1
            if self._doubts >= _MOST_DOUBTS:  # headphones were plugged in, or the echo is cancelled by now
                self._delay_hops = None
                self._doubts = 0

    def _learn(self, delay_hops: int, now: int, *, fresh: bool) -> None:
        self._doubts = 0
        played = self._at(now - _WINDOW_HOPS - delay_hops, now - delay_hops)
        loud = played >= played.max() - _LOUD_DB
        gains = self._gain_db.copy()
        for band in range(_BANDS):
            if loud[:, band].any():
                difference = (self._heard - played)[loud[:, band], band]
                gains[band] = np.median(difference)
            elif fresh:
                gains[band] = np.median((self._heard - played)[loud])
        self._gain_db = gains if fresh else self._gain_db + _FORGETTING * (gains - self._gain_db)
        self._delay_hops = delay_hops

    def _explains(self, levels: Levels, now: int) -> bool:
        if self._delay_hops is None:
            return False
        first = now - _HOPS_OF_A_FRAME - self._delay_hops
        played = self._at(first - _SMEAR_HOPS, first + _HOPS_OF_A_FRAME + _SMEAR_HOPS)
        smeared = np.lib.stride_tricks.sliding_window_view(played, 2 * _SMEAR_HOPS + 1, axis=0).max(axis=2)
        expected = np.empty_like(levels)
        for hop in range(_HOPS_OF_A_FRAME):
            self._echo_db = np.maximum(smeared[hop] + self._gain_db, self._echo_db - _DECAY_DB)
            expected[hop] = self._echo_db
        if float(expected.max()) < _NOISE_DB:
            return False
        heard, echo = _mean_db(levels), _mean_db(expected)
        above = heard > np.maximum(echo, _NOISE_DB) + _BAND_MARGIN_DB
        return bool(_total_db(heard) <= _total_db(echo) + _MARGIN_DB and above.sum() < _BANDS_ABOVE)


def _levels(samples: NDArray[np.float32], hop: int) -> Levels:
    """Levels (n / hop, 4) of the bands in decibels of full scale."""
    spectrum = np.fft.rfft(samples.reshape(-1, hop), axis=1)[:, : _BAND_EDGES[-1]]
    power = np.add.reduceat(np.abs(spectrum) ** 2, _BAND_EDGES[:-1], axis=1) / hop**2
    levels: Levels = (10 * np.log10(power + 10 ** (_SILENCE_DB / 10))).astype(np.float32)
    return levels


def _mean_db(levels: Levels) -> Levels:
    mean: Levels = 10 * np.log10((10 ** (levels / 10)).mean(axis=0))
    return mean


def _total_db(levels: Levels) -> float:
    return float(10 * np.log10((10 ** (levels / 10)).sum()))
