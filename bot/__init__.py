"""The gateway: holds the talk between a person and the dialogue engine.

In: audio and events over a websocket in the OpenAI Realtime dialect. Out: transcripts, moods, spoken
replies, crisis lines, and events for the session log. `protocol`, `server_events`, `session_config`,
`endpointing` and `conversation` know nothing of sockets, clocks, threads or models; `realtime` is the
thin shell that gives them all four.
"""
