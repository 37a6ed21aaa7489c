"""Twelve months of figures, made inside the database: posts, and the snapshots that the cadence
takes of them."""

from __future__ import annotations

from typing import Final

import psycopg

from domain.archives import months_before
from runtime import clock

MONTHS: Final = 12
A_PUBLICATION: Final = 98  # snapshots of one of them, on average
USERS: Final = 100

_ROWS: Final = """
INSERT INTO users (name, email, password)
SELECT 'Bench', n || '@bench.example', '$none' FROM generate_series(1, {users}) n;
INSERT INTO social_accounts (user_id, platform, platform_user_id, username, upkeep_at)
SELECT u.id, p, '1', 'bench', NULL
FROM users u, unnest(enum_range(NULL::platform)) p;
INSERT INTO posts (user_id, status, content, published_at, scheduled_at)
SELECT s.user_id, 'published', 'post ' || n, at, at
FROM social_accounts s,
     LATERAL (SELECT n, now() - random() * ({span}) AS at
              FROM generate_series(1, {each}) n WHERE s.id IS NOT NULL) AS x;
INSERT INTO post_publications (post_id, social_account_id, platform, status, platform_post_id,
                               published_at, likes_count, impressions_count, last_synced_at)
SELECT p.id, s.id, s.platform, 'published', '1', p.published_at,
       (random() * 1000)::int, (random() * 50000)::int, now()
FROM (SELECT id, user_id, published_at, row_number() OVER (PARTITION BY user_id) AS place
      FROM posts) AS p
JOIN (SELECT id, user_id, platform, row_number() OVER (PARTITION BY user_id) AS place
      FROM social_accounts) AS s ON s.user_id = p.user_id AND s.place = 1 + p.place % 6;
"""
# How far apart the snapshots of a period are, from what age, up to what age.
_CADENCE: Final = (
    ("hourly", "1 hour", "hour", "0", "1 day"),
    ("hourly", "6 hours", "hour", "1 day", "7 days"),
    ("daily", "1 day", "day", "0", "30 days"),
    ("weekly", "1 week", "week", "0", "91 days"),
    ("monthly", "1 month", "month", "0", "10 years"),
)
_SNAPSHOTS: Final = """
INSERT INTO analytics (post_publication_id, platform, period, recorded_at, likes_count,
                       comments_count, shares_count, impressions_count, engagement_rate,
                       metrics_by_time, raw_data)
SELECT pp.id, pp.platform, '{period}', at, x.total, x.total / 7, x.total / 20, x.total * 40, 2.91,
       CASE WHEN at > pp.published_at THEN jsonb_build_object(
           'since', at - interval '{step}', 'likes_count', x.total / 30,
           'comments_count', x.total / 200, 'shares_count', x.total / 600,
           'impressions_count', x.total) END,
       jsonb_build_object('id', pp.platform_post_id, 'public_metrics', jsonb_build_object(
           'like_count', x.total, 'reply_count', x.total / 7, 'retweet_count', x.total / 20,
           'impression_count', x.total * 40, 'bookmark_count', 3, 'quote_count', 1))
FROM post_publications pp
CROSS JOIN LATERAL generate_series(
    date_trunc('{unit}', pp.published_at + interval '{since}', 'UTC'),
    least(now(), pp.published_at + interval '{until}'), interval '{step}') AS at
CROSS JOIN LATERAL (
    SELECT (100 * ln(2 + greatest(0, extract(epoch FROM at - pp.published_at) / 3600)))::int
) AS x (total)
"""


def make(session: psycopg.Connection, rows: int) -> int:
    """About ``rows`` snapshots over the twelve months before this one, and this one; how many."""
    month = clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for back in range(1, MONTHS + 1):
        start, end = months_before(month, back), months_before(month, back - 1)
        session.execute(
            f"CREATE TABLE analytics_{start:%Y_%m} PARTITION OF analytics"
            f" FOR VALUES FROM ('{start.isoformat()}') TO ('{end.isoformat()}')"
        )
    session.execute("SET session_replication_role = replica")  # no triggers, no foreign keys
    session.execute("SET synchronous_commit = off")
    first = months_before(month, MONTHS)
    each = max(1, rows // A_PUBLICATION // (USERS * 6))
    span = f"now() - timestamptz '{first.isoformat()}'"
    session.execute(_ROWS.format(users=USERS, each=each, span=span).encode())
    for period, step, unit, since, until in _CADENCE:
        made = _SNAPSHOTS.format(period=period, step=step, unit=unit, since=since, until=until)
        session.execute(f"{made} ON CONFLICT DO NOTHING".encode())
    session.execute("RESET session_replication_role")
    session.execute("VACUUM ANALYZE")
    session.execute("REFRESH MATERIALIZED VIEW account_days")
    session.execute("VACUUM ANALYZE account_days")
    found = session.execute("SELECT count(*) FROM analytics").fetchone()
    return int(found[0]) if found else 0
