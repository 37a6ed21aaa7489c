"""Everything that the data's specification names exists, under its name and with its type."""

from __future__ import annotations

import psycopg
import pytest

COLUMNS = {
    "users": """id uuid, name varchar(255), email varchar(255), password varchar(255),
        role user_role, avatar varchar(500), is_active boolean, email_verified boolean,
        last_login_at timestamptz, preferences jsonb, created_at timestamptz,
        updated_at timestamptz""",
    "social_accounts": """id uuid, user_id uuid, platform platform, platform_user_id varchar(255),
        username varchar(255), display_name varchar(500), avatar varchar(255),
        status account_status, health account_health, access_token text, refresh_token text,
        token_expires_at timestamptz, expires_at timestamptz, metadata jsonb,
        followers_count integer, following_count integer, posts_count integer,
        last_synced_at timestamptz, last_posted_at timestamptz, created_at timestamptz,
        updated_at timestamptz""",
    "posts": """id uuid, user_id uuid, content text, status post_status, content_type content_type,
        scheduled_at timestamptz, published_at timestamptz, title varchar(255), slug varchar(255),
        metadata jsonb, hashtags jsonb, mentions jsonb, analytics jsonb, is_scheduled boolean,
        failed_at timestamptz, error_message text, retry_count integer, last_retry_at timestamptz,
        created_at timestamptz, updated_at timestamptz""",
    "post_publications": """id uuid, post_id uuid, social_account_id uuid, platform platform,
        status post_status, platform_post_id varchar(255), platform_post_url varchar(500),
        scheduled_for timestamptz, published_at timestamptz, likes_count integer,
        comments_count integer, shares_count integer, impressions_count integer,
        reach_count integer, analytics jsonb, last_synced_at timestamptz, error_message text,
        failed_at timestamptz, retry_count integer, last_retry_at timestamptz, metadata jsonb,
        created_at timestamptz, updated_at timestamptz""",
    "media": """id uuid, post_id uuid, type media_type, url varchar(2083),
        thumbnail_url varchar(2083), mime_type varchar(100), file_size bigint, width integer,
        height integer, duration integer, alt_text varchar(255), title varchar(255),
        description text, order integer, metadata jsonb, provider varchar(255),
        provider_key varchar(500), created_at timestamptz, updated_at timestamptz""",
    "analytics": """id uuid, post_publication_id uuid, platform platform, period analytics_period,
        recorded_at timestamptz, likes_count integer, comments_count integer, shares_count integer,
        impressions_count integer, reach_count integer, clicks_count integer, saves_count integer,
        engagement_rate numeric(5_2), demographics jsonb, metrics_by_time jsonb, raw_data jsonb,
        created_at timestamptz, updated_at timestamptz""",
}
INDEXES = [
    "idx_users_email",
    "idx_users_role",
    "idx_users_created_at",
    "idx_users_preferences_gin",
    "idx_social_accounts_user_id",
    "idx_social_accounts_platform",
    "idx_social_accounts_status",
    "idx_social_accounts_health",
    "idx_social_accounts_user_platform",
    "idx_social_accounts_expires_at",
    "idx_social_accounts_metadata_gin",
    "idx_posts_user_id",
    "idx_posts_status",
    "idx_posts_scheduled_at",
    "idx_posts_published_at",
    "idx_posts_content_type",
    "idx_posts_user_status",
    "idx_posts_scheduled_status",
    "idx_posts_hashtags_gin",
    "idx_posts_mentions_gin",
    "idx_posts_scheduled_active",
    "idx_post_publications_post_id",
    "idx_post_publications_social_account_id",
    "idx_post_publications_platform",
    "idx_post_publications_status",
    "idx_post_publications_post_status",
    "idx_post_publications_published_at",
    "idx_post_publications_post_platform",
    "idx_media_post_id",
    "idx_media_type",
    "idx_media_mimetype",
    "idx_media_post_order",
    "idx_analytics_post_publication_id",
    "idx_analytics_platform",
    "idx_analytics_period",
    "idx_analytics_recorded_at",
    "idx_analytics_publication_recorded",
]
ENUMS = {
    "platform": "threads instagram twitter facebook linkedin tiktok",
    "account_status": "active expired revoked error pending",
    "account_health": "healthy degraded unhealthy unknown",
    "post_status": "draft scheduled publishing published failed cancelled",
    "content_type": "text image video carousel story reel mixed",
    "user_role": "admin user viewer",
    "media_type": "image video gif document audio",
    "analytics_period": "hourly daily weekly monthly",
}
LONG = {"varchar": "character varying", "timestamptz": "timestamp with time zone"}


def spelled(kind: str) -> str:
    name, bracket, size = kind.partition("(")
    return LONG.get(name, name) + bracket + size.replace("_", ",")


@pytest.mark.parametrize("table", COLUMNS)
def test_the_columns_of_the_specification_exist_with_their_types(
    table: str, connection: psycopg.Connection
):
    rows = connection.execute(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0",
        [table],
    )
    found: dict[str, str] = dict(rows.fetchall())
    for entry in COLUMNS[table].split(","):
        name, kind = entry.split()
        assert found[name] == spelled(kind), name


def test_the_indexes_of_the_specification_exist(connection: psycopg.Connection):
    rows = connection.execute("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")
    assert set(INDEXES) <= {name for (name,) in rows}


def test_the_unique_indexes_prevent_duplicate_connections_and_publications(
    connection: psycopg.Connection,
):
    rows = connection.execute("SELECT indexdef FROM pg_indexes WHERE indexdef LIKE '%UNIQUE%'")
    unique = " ".join(definition for (definition,) in rows)
    assert "social_accounts USING btree (user_id, platform)" in unique
    assert "post_publications USING btree (post_id, platform)" in unique


@pytest.mark.parametrize("name", ENUMS)
def test_the_enums_have_the_values_of_the_specification(name: str, connection: psycopg.Connection):
    rows = connection.execute(
        "SELECT enumlabel FROM pg_enum WHERE enumtypid = %s::regtype ORDER BY enumsortorder",
        [name],
    )
    assert [label for (label,) in rows] == ENUMS[name].split()


def test_statistics_and_autovacuum_are_as_specified(connection: psycopg.Connection):
    rows = connection.execute(
        "SELECT attrelid::regclass::text, attname FROM pg_attribute WHERE attstattarget = 1000"
    )
    assert set(rows) == {("posts", "scheduled_at"), ("post_publications", "published_at")}
    options = connection.execute(
        "SELECT reloptions FROM pg_class WHERE relname = 'post_publications'"
    ).fetchone()
    assert options is not None
    assert "autovacuum_vacuum_scale_factor=0.05" in options[0]
    assert "autovacuum_analyze_scale_factor=0.02" in options[0]


def test_analytics_go_to_the_partition_of_their_month_and_others_to_the_default(
    connection: psycopg.Connection,
):
    rows = connection.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'analytics'::regclass"
    )
    names = {name for (name,) in rows}
    assert "analytics_default" in names
    assert len(names) == 5
    assert connection.execute("SELECT make_analytics_partitions(3)").fetchall() == []
    assert len(connection.execute("SELECT make_analytics_partitions(5)").fetchall()) == 2


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ("hashtags @> '[\"lake\"]'", "idx_posts_hashtags_gin"),
        ("mentions @> '[\"ada\"]'", "idx_posts_mentions_gin"),
    ],
)
def test_posts_are_searched_by_index(condition: str, index: str, connection: psycopg.Connection):
    connection.execute("INSERT INTO users (name, email, password) VALUES ('T', 'a@b', '$x')")
    connection.execute(
        "INSERT INTO posts (user_id, content, hashtags, mentions)"
        " SELECT id, CASE n WHEN 7 THEN 'the lake' ELSE 'a hill' END,"
        " CASE n WHEN 7 THEN '[\"lake\"]' ELSE '[]' END::jsonb,"
        " CASE n WHEN 7 THEN '[\"ada\"]' ELSE '[]' END::jsonb"
        " FROM users, generate_series(1, 3000) n"
    )
    connection.execute("VACUUM ANALYZE posts")
    query = f"SELECT content FROM posts WHERE {condition}"
    assert connection.execute(query).fetchall() == [("the lake",)]
    plan = "\n".join(line for (line,) in connection.execute(f"EXPLAIN {query}"))
    assert index in plan
