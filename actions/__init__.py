"""What the dialogue does beside talking; `rasa run actions` serves every module here.

In: Rasa's tracker after a decision of the rules. Out: events for the tracker and messages, each with a
speakable text in the person's language or data for the gateway (suggestions, feedback, hand-over).
`recommend` picks suggestions, with `contraindications` for what speaks against some, `remembered` for what
helped in an earlier talk and `last_exercise` for when none is left; `explain` says why one can help,
`feedback` notes which one did, `routing` finds a queue for customer service, `session` keeps Rasa's own
commands from undoing a crisis. `turn` reads the tracker for them.
"""
