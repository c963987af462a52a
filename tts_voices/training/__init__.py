"""Teaches the two networks of a voice from a corpus and writes them as a folder that speaks.

Needs the environment of the voices' training.
"""
