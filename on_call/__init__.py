"""Reaching people: the clinic's on-call contacts, called when life may be at risk.

In: an alert of a talk (`on_call.alert`, never a word of the person) and the contacts with their duty hours
(`on_call.rota`). The desk (`on_call.desk`) follows the rules of `on_call.escalation`, which know no clock and
no network: it delivers by webhook (`on_call.webhook`) and mail (`on_call.mail`), tries again, waits for
somebody to acknowledge, and goes on to the next contact. Out: what became of it for the talk, and each step
for the session log, from which `on_call.stored_alerts` reads them after a restart. By hand:
`python -m on_call who | test`.
"""
