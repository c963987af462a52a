"""The people who sign in to the demonstration: one of each role, with passwords made for this one run."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from review.accounts import By, create_account, enrol
from review.assignment_queries import assign
from review.demo_talks import DemoTalk
from review.passwords import hash_password
from review.roles import ADMINISTRATOR, SUPERVISOR, THERAPIST, User
from review.second_factor import new_recovery_codes, new_secret
from session_log import SessionLog
from session_log.transaction import Transaction

__all__ = ["make_accounts"]


async def make_accounts(log: SessionLog, talks: Sequence[DemoTalk]) -> str:
    """Makes a therapist, a supervisor and an administrator, and assigns everybody to the therapist.

    Returns:
        How to sign in as each, in lines for a terminal.
    """
    clinic = talks[0].clinic
    persons = sorted({talk.person for talk in talks})
    by = By("operator", "operator", datetime.now(UTC))
    lines = []
    accounts = {}
    for role in (THERAPIST, SUPERVISOR, ADMINISTRATOR):
        password, secret, codes = secrets.token_urlsafe(12), new_secret(), new_recovery_codes()
        hashed = await asyncio.to_thread(hash_password, password)

        def make(
            transaction: Transaction,
            role: str = role,
            hashed: str = hashed,
            secret: str = secret,
            codes: list[str] = codes,
        ) -> str:
            account = create_account(transaction, f"demo-{role}", role, clinic, by)
            enrol(transaction, account, hashed, secret, codes, by)
            return account

        accounts[role] = await asyncio.wrap_future(log.perform(make))
        lines.append(
            f"  demo-{role:<14} password {password}  authenticator secret {secret}  or code {codes[0]}"
        )

    def assign_all(transaction: Transaction) -> None:
        supervisor = User(accounts[SUPERVISOR], f"demo-{SUPERVISOR}", SUPERVISOR, clinic, session="")
        for person in persons:
            assign(transaction, supervisor, person, accounts[THERAPIST], datetime.now(UTC))

    await asyncio.wrap_future(log.perform(assign_all))
    return "\n".join(lines)
