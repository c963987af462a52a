"""The session log: what of a talk is remembered, only as far as the person allowed it.

In: events of a talk (`session_log.events`), handed to the one writer (`session_log.writer`), which
asks the consents (`session_log.consent`) before anything reaches the disk. Out: one SQLite file
(`session_log.schema`), the same events read back (`session_log.reader`), and the commands
`python -m session_log list | show`. Events and consents need the standard library alone and run on
Python 3.10, so that the dialogue can speak of them too; the rest belongs to the gateway.
"""
