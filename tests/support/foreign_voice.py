"""Descriptions of voices that other people trained, for the readers of their symbols."""

from tts_voices.voice_files import VoiceDescription

__all__ = ["IPA", "foreign"]

IPA = "_^~ ,.:;!?-abcdefhijklmnoprstuvwxzæçðøŋœɐɑɒɔəɚɛɜɡɣɪɫɹɾʃʊʌʒʔʰˈˌːθχ"


def foreign(**changes):
    fields = {
        "name": "foreign",
        "language": "en",
        "reader": "espeak",
        "symbols": tuple(IPA),
        "sample_rate_hz": 22_050,
        "fft": 1_024,
        "hop": 256,
        "length": 1.0,
        "noise": 0.0,
        "gain": 1.0,
        "licence": "MPL-2.0",
        "files": {},
    }
    return VoiceDescription(**(fields | changes))
