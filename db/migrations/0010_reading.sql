-- What reading needs: views, the days of accounts made ready, and the record of archived months.

CREATE TABLE view_refreshes (
    name         text PRIMARY KEY,
    refreshed_at timestamptz NOT NULL
);

CREATE TABLE analytics_archives (
    month       timestamptz PRIMARY KEY,
    path        text NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT now(),
    row_count   bigint,
    checksum    numeric,
    file_sha256 text,
    written_at  timestamptz,
    verified_at timestamptz,
    detached_at timestamptz,
    dropped_at  timestamptz,
    CONSTRAINT archives_written_are_counted
        CHECK (written_at IS NULL OR num_nonnulls(row_count, checksum, file_sha256) = 3),
    CONSTRAINT archives_steps_follow_one_another
        CHECK ((verified_at IS NULL OR written_at IS NOT NULL)
               AND (dropped_at IS NULL OR num_nonnulls(verified_at, detached_at) = 2))
);

CREATE FUNCTION told(figures jsonb, name text) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN jsonb_typeof(figures -> name) = 'number' THEN (figures ->> name)::numeric END;

CREATE FUNCTION gained(deltas jsonb, name text, total integer, age interval) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN deltas IS NOT NULL THEN told(deltas, name)::integer
            WHEN age < interval '70 days' THEN total END;

CREATE VIEW post_figures WITH (security_invoker = true) AS
SELECT p.id AS post_id, p.user_id, min(pp.published_at) AS published_at,
       count(*) AS publications, array_agg(pp.platform ORDER BY pp.platform) AS platforms,
       sum(pp.likes_count) AS likes_count, sum(pp.comments_count) AS comments_count,
       sum(pp.shares_count) AS shares_count, sum(pp.impressions_count) AS impressions_count,
       sum(pp.reach_count) AS reach_count,
       sum(told(pp.analytics, 'clicks_count'))::bigint AS clicks_count,
       sum(told(pp.analytics, 'saves_count'))::bigint AS saves_count,
       told(p.analytics, 'engagement_rate') AS engagement_rate,
       max(pp.last_synced_at) AS last_synced_at
FROM posts p JOIN post_publications pp ON pp.post_id = p.id AND pp.status = 'published'
GROUP BY p.id;

CREATE VIEW account_figures WITH (security_invoker = true) AS
SELECT s.id AS social_account_id, s.user_id, s.platform, s.username, s.followers_count,
       s.following_count, s.posts_count, count(pp.id) AS publications,
       max(pp.published_at) AS last_published_at,
       sum(pp.likes_count) AS likes_count, sum(pp.comments_count) AS comments_count,
       sum(pp.shares_count) AS shares_count, sum(pp.impressions_count) AS impressions_count,
       sum(pp.reach_count) AS reach_count,
       sum(told(pp.analytics, 'clicks_count'))::bigint AS clicks_count,
       sum(told(pp.analytics, 'saves_count'))::bigint AS saves_count
FROM social_accounts s
LEFT JOIN post_publications pp ON pp.social_account_id = s.id AND pp.status = 'published'
GROUP BY s.id;

CREATE VIEW publication_gains WITH (security_invoker = true) AS
SELECT a.post_publication_id, pp.post_id, pp.social_account_id, a.platform, a.period,
       a.recorded_at,
       gained(a.metrics_by_time, 'likes_count', a.likes_count, x.age) AS likes_gained,
       gained(a.metrics_by_time, 'comments_count', a.comments_count, x.age) AS comments_gained,
       gained(a.metrics_by_time, 'shares_count', a.shares_count, x.age) AS shares_gained,
       gained(a.metrics_by_time, 'impressions_count', a.impressions_count, x.age)
           AS impressions_gained,
       gained(a.metrics_by_time, 'reach_count', a.reach_count, x.age) AS reach_gained,
       gained(a.metrics_by_time, 'clicks_count', a.clicks_count, x.age) AS clicks_gained,
       gained(a.metrics_by_time, 'saves_count', a.saves_count, x.age) AS saves_gained
FROM analytics a
JOIN post_publications pp ON pp.id = a.post_publication_id
CROSS JOIN LATERAL (SELECT a.recorded_at - pp.published_at AS age) AS x;

CREATE MATERIALIZED VIEW account_days AS
SELECT s.id AS social_account_id, s.user_id, s.platform, g.recorded_at,
       count(*) AS publications, sum(g.likes_gained) AS likes_gained,
       sum(g.comments_gained) AS comments_gained, sum(g.shares_gained) AS shares_gained,
       sum(g.impressions_gained) AS impressions_gained, sum(g.reach_gained) AS reach_gained,
       sum(g.clicks_gained) AS clicks_gained, sum(g.saves_gained) AS saves_gained
FROM publication_gains g JOIN social_accounts s ON s.id = g.social_account_id
WHERE g.period = 'daily'
  AND g.recorded_at >= date_trunc('day', now(), 'UTC') - interval '92 days'
GROUP BY s.id, g.recorded_at;

CREATE UNIQUE INDEX account_days_key ON account_days (social_account_id, recorded_at);
CREATE INDEX idx_account_days_user ON account_days (user_id, recorded_at);

INSERT INTO view_refreshes (name, refreshed_at) VALUES ('account_days', now());

CREATE FUNCTION refresh_account_days(older_than interval) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM view_refreshes
    WHERE name = 'account_days' AND refreshed_at <= now() - older_than
    FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    REFRESH MATERIALIZED VIEW CONCURRENTLY account_days;
    UPDATE view_refreshes SET refreshed_at = now() WHERE name = 'account_days';
    RETURN true;
END $$;

CREATE FUNCTION move_default_analytics() RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month timestamp;
    name text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('make_analytics_partitions'));
    LOCK TABLE analytics_default;
    FOR month IN
        SELECT DISTINCT date_trunc('month', recorded_at AT TIME ZONE 'UTC') FROM analytics_default
    LOOP
        name := 'analytics_' || to_char(month, 'YYYY_MM');
        EXECUTE format('CREATE TABLE %I (LIKE analytics INCLUDING DEFAULTS)', name);
        EXECUTE format(
            'WITH moved AS (DELETE FROM analytics_default WHERE recorded_at >= %L AND'
            ' recorded_at < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
            month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC', name);
        EXECUTE format(
            'ALTER TABLE analytics ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            name, month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
        RETURN NEXT name;
    END LOOP;
END $$;

GRANT SELECT ON view_refreshes, analytics_archives, analytics_default
    TO publishing_worker, publishing_readonly;
GRANT SELECT ON post_figures, account_figures, publication_gains
    TO publishing_app, publishing_readonly, publishing_worker;
GRANT SELECT ON account_days TO publishing_readonly, publishing_worker;

REVOKE EXECUTE ON FUNCTION refresh_account_days, move_default_analytics FROM PUBLIC;
GRANT EXECUTE ON FUNCTION refresh_account_days TO publishing_worker;

CREATE VIEW own_account_days WITH (security_barrier = true) AS
SELECT social_account_id, user_id, platform, recorded_at, publications, likes_gained,
       comments_gained, shares_gained, impressions_gained, reach_gained, clicks_gained, saves_gained
FROM account_days
WHERE user_id = app_user_id();

GRANT SELECT ON own_account_days TO publishing_app;
