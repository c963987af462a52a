"""The commands of `python -m tts_voices`, a module each: `add_arguments(parser)` and `run(options)`."""
