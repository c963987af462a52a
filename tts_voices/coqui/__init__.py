"""Voices that were trained with coqui-tts, as folders that speak here."""
