-- Called by a worker: all that one batch of readings changes. A snapshot that is there already
-- stays as it is; figures that were not told this time keep their latest value on the publication.
-- Nothing is written, and the count of leases is 0, when the run is no longer the worker's.
WITH held AS (
    UPDATE account_syncs
    SET lease_until = now() + :lease
    WHERE social_account_id = :account AND lease_token = :token
    RETURNING platform
), reading AS MATERIALIZED (
    SELECT given.*, held.platform
    FROM held
    CROSS JOIN jsonb_to_recordset(CAST(:readings AS jsonb)) AS given (
        id uuid, found boolean, likes integer, comments integer, shares integer,
        impressions integer, reach integer, clicks integer, saves integer, rate numeric,
        details jsonb, raw jsonb, buckets jsonb, next_sync_at timestamptz, unchanged smallint,
        missing smallint, requested analytics_period)
), snapshot AS (
    INSERT INTO analytics
        (post_publication_id, platform, period, recorded_at, likes_count, comments_count,
         shares_count, impressions_count, reach_count, clicks_count, saves_count, engagement_rate,
         metrics_by_time, raw_data, created_at)
    SELECT r.id, r.platform, b.period, b.start, r.likes, r.comments, r.shares, r.impressions,
           r.reach, r.clicks, r.saves, r.rate,
           CASE WHEN earlier.recorded_at IS NOT NULL THEN jsonb_build_object(
               'since', earlier.recorded_at,
               'likes_count', r.likes - earlier.likes_count,
               'comments_count', r.comments - earlier.comments_count,
               'shares_count', r.shares - earlier.shares_count,
               'impressions_count', r.impressions - earlier.impressions_count,
               'reach_count', r.reach - earlier.reach_count,
               'clicks_count', r.clicks - earlier.clicks_count,
               'saves_count', r.saves - earlier.saves_count) END,
           r.raw, now()
    FROM reading r
    CROSS JOIN LATERAL jsonb_to_recordset(r.buckets)
        AS b (period analytics_period, start timestamptz)
    -- The bound keeps the look-up to the partitions of the latest months.
    LEFT JOIN LATERAL (
        SELECT a.*
        FROM analytics a
        WHERE a.post_publication_id = r.id AND a.period = b.period AND a.recorded_at < b.start
          AND a.recorded_at >= b.start - interval '70 days'
        ORDER BY a.recorded_at DESC
        LIMIT 1
    ) AS earlier ON true
    WHERE r.found
    ON CONFLICT (post_publication_id, period, recorded_at) DO NOTHING
    RETURNING id
), latest AS (
    UPDATE post_publications pp
    SET likes_count = coalesce(r.likes, pp.likes_count),
        comments_count = coalesce(r.comments, pp.comments_count),
        shares_count = coalesce(r.shares, pp.shares_count),
        impressions_count = coalesce(r.impressions, pp.impressions_count),
        reach_count = coalesce(r.reach, pp.reach_count),
        analytics = pp.analytics || r.details,
        last_synced_at = now()
    FROM reading r
    WHERE pp.id = r.id AND r.found
), state AS (
    UPDATE publication_syncs s
    SET last_sync_at = now(), unchanged_count = r.unchanged, missing_count = r.missing,
        closed_at = CASE WHEN r.next_sync_at IS NULL THEN now() END,
        -- What somebody asked for while it was being read stays asked for.
        next_sync_at = CASE WHEN s.requested IS DISTINCT FROM r.requested
            AND r.next_sync_at IS NOT NULL THEN s.next_sync_at ELSE r.next_sync_at END,
        requested = CASE WHEN s.requested IS DISTINCT FROM r.requested
            AND r.next_sync_at IS NOT NULL THEN s.requested END
    FROM reading r
    WHERE s.post_publication_id = r.id
)
SELECT (SELECT count(*) FROM held) AS leases, (SELECT count(*) FROM snapshot) AS snapshots
