"""The dialogue server's own parts: what Rasa runs beside its stock components.

In: turns of the gateway over a websocket (`channel`), each with its text and what was heard in the
voice. Out: replies, piece by piece. Between them stand components of Rasa's pipeline: `normaliser`
(one spelling), `crisis_guard` (nothing comes before safety) and `mood` (what the reply is tuned to).
Around it stand the bounds: `sockets` (frames that wait), `turn_desk` (turns in order, once, in time),
`action_server` (a failure there fails no turn) and `discreet_log` (no words). What Rasa knows of a talk
outlives its process, sealed, until the talk ends (`tracker_store`, `tracker_file`, `tracker_key`); a turn
sent again finds its answer there (`answered`).
The files at the root (`config.yml`, `domain.yml`, `data/`) say what is understood and answered.
`python -m dialogue train` trains them when they have changed. Only this package imports Rasa.
"""
