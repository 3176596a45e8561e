"""Everything that lets somebody in as a member, ended at once (AC-03)."""

from datetime import datetime

from fedirec.storage import (
    invites,
    mail_addresses,
    passwords,
    second_factors,
    sessions,
    tokens,
    turns,
)
from fedirec.storage.database import Transaction


async def take_account(transaction: Transaction, member_name: str) -> None:
    """Wait until this transaction alone changes how a member gets in.

    Without it somebody could come in by the old password while the new one is being written.
    """
    await turns.wait(transaction, f"account {member_name}")


async def end_access(
    transaction: Transaction,
    member_name: str,
    now: datetime,
    *,
    except_digest: str | None = None,
) -> None:
    """End all sessions of a member, or all but one, and every token and link that lets them in."""
    await sessions.end_sessions(transaction, member_name, except_digest=except_digest)
    await second_factors.end_all_pending(transaction, member_name)
    await passwords.end_resets(transaction, member_name)
    await mail_addresses.end_confirmations(transaction, member_name)
    await invites.revoke_claims(transaction, member_name, now)
    await tokens.revoke_tokens(transaction, member_name, now)
