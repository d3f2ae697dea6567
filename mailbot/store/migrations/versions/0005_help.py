"""Which drafts the drafting help was asked about, and how it ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mailbot.store.types import Words

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A new column; what is there already was never asked about."""
    op.add_column("draft", sa.Column("helped", Words(), nullable=False, server_default=""))
