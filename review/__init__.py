"""The review: where the people who care for somebody read the session log, write in it, and answer for it.

In: the session log (`session_log.reader`), and what signed-in people write. Out: pages under `/review`, and
events of the log (`session_log.care_events`, `session_log.audit_events`): nothing is shown that is not noted.
"""
