"""Recordings of others as corpora to learn a voice from.

In: a folder in the layout in which such recordings are published (`ljspeech`, `manatts`), and a front end
that gives the symbols of a text. Out: a folder as `tts_voices.training.corpus` reads it. `preparation` is the
way between the two; a layout only says which clips there are. Needs the environment of the voices' training.
"""
