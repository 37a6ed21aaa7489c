"""Users and their connected accounts: the words that are stored."""

from __future__ import annotations

from enum import StrEnum


class UserRole(StrEnum):
    """What a user may do."""

    ADMIN = "admin"
    USER = "user"
    VIEWER = "viewer"


class AccountStatus(StrEnum):
    """Whether an account can be published to."""

    ACTIVE = "active"
    EXPIRED = "expired"  # its token has ended and could not be refreshed
    REVOKED = "revoked"  # the platform or its owner ended the connection
    ERROR = "error"  # a permission is missing, or its token cannot be read
    PENDING = "pending"  # being connected


class AccountHealth(StrEnum):
    """How publishing to an account has been going."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"
    UNKNOWN = "unknown"
