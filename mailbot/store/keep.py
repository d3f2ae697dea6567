"""Small things the installation remembers: its signing key, leases, health, standing approvals."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbot.store.engine import insert_new, upsert
from mailbot.store.tables import health, lease, setting, standing_approval


def signing_key(tx: Connection) -> bytes:
    """The key of our tokens; made at the first call, the same for all replicas ever after."""
    insert_new(tx, setting, [{"name": "signing_key", "value": secrets.token_hex(32)}])
    value = tx.execute(sa.select(setting.c.value).where(setting.c.name == "signing_key")).scalar_one()
    return bytes.fromhex(value)


def take_lease(tx: Connection, name: str, holder: str, seconds: float, db_now: datetime) -> int | None:
    """Take or keep a lease; its epoch, or None while somebody else holds it."""
    insert_new(tx, lease, [{"name": name, "holder": "", "epoch": 0, "expires_at": db_now}])
    row = tx.execute(sa.select(lease).where(lease.c.name == name).with_for_update()).one()
    if row.holder != holder and row.expires_at > db_now:
        return None
    epoch = row.epoch + (row.holder != holder)
    tx.execute(
        sa.update(lease)
        .where(lease.c.name == name)
        .values(holder=holder, epoch=epoch, expires_at=db_now + timedelta(seconds=seconds))
    )
    return int(epoch)


def drop_lease(tx: Connection, name: str, holder: str, db_now: datetime) -> None:
    tx.execute(sa.update(lease).where(lease.c.name == name, lease.c.holder == holder).values(expires_at=db_now))


def beat(tx: Connection, name: str, now: datetime, error: str = "", wait_until: datetime | None = None) -> None:
    """The last word of a loop or a mailbox."""
    row: dict[str, Any] = {"name": name, "error": error, "wait_until": wait_until}
    row["error_at" if error else "ok_at"] = now
    upsert(tx, health, row)


def approve_template(tx: Connection, template: str, language: str, text_sha256: str, by: str, at: datetime) -> None:
    """A standing approval for exactly this text."""
    row = {"template": template, "language": language, "text_sha256": text_sha256, "approver": by, "at": at}
    insert_new(tx, standing_approval, [row])


def standing_approver(tx: Connection, template: str, language: str, text_sha256: str) -> str | None:
    """Who approved exactly this text for automatic sending; None: it waits as a draft."""
    found: str | None = tx.execute(
        sa.select(standing_approval.c.approver).where(
            standing_approval.c.template == template,
            standing_approval.c.language == language,
            standing_approval.c.text_sha256 == text_sha256,
        )
    ).scalar()
    return found
