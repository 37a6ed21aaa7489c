-- Called by `sync-analytics`: the next :batch publications after :after that are asked for and have
-- no snapshot of this bucket yet become due at once. One row: how many were looked at, how many are
-- asked for now, and the last of them.
WITH looked_at AS MATERIALIZED (
    SELECT s.post_publication_id, s.social_account_id,
           EXISTS (SELECT FROM analytics a
                   WHERE a.post_publication_id = s.post_publication_id
                     AND a.period = CAST(:period AS analytics_period)
                     AND a.recorded_at = :bucket) AS has_it
    FROM publication_syncs s
    JOIN post_publications pp ON pp.id = s.post_publication_id
    WHERE s.closed_at IS NULL AND s.post_publication_id > :after
      AND (CAST(:account AS uuid) IS NULL OR s.social_account_id = :account)
      AND (CAST(:post AS uuid) IS NULL OR pp.post_id = :post)
      AND (CAST(:since AS timestamptz) IS NULL OR pp.published_at >= :since)
    ORDER BY s.post_publication_id
    LIMIT :batch
), held AS MATERIALIZED (
    -- Accounts first, as the workers do it, or the two would deadlock.
    SELECT a.social_account_id
    FROM account_syncs a
    WHERE a.social_account_id IN (SELECT social_account_id FROM looked_at WHERE NOT has_it)
    ORDER BY a.social_account_id
    FOR UPDATE
), asked AS (
    UPDATE publication_syncs s
    SET requested = CAST(:period AS analytics_period), next_sync_at = now()
    FROM looked_at
    WHERE s.post_publication_id = looked_at.post_publication_id AND NOT looked_at.has_it
      AND (SELECT count(*) FROM held) >= 0
    RETURNING s.social_account_id
), told AS (
    INSERT INTO account_syncs AS s (social_account_id, platform, next_sync_at)
    SELECT a.id, a.platform, now()
    FROM social_accounts a
    WHERE a.id IN (SELECT social_account_id FROM asked)
    ORDER BY a.id
    ON CONFLICT (social_account_id) DO UPDATE
        SET next_sync_at = greatest(excluded.next_sync_at, s.paused_until)
)
SELECT (SELECT count(*) FROM looked_at) AS looked_at, (SELECT count(*) FROM asked) AS asked,
       (SELECT max(post_publication_id::text) FROM looked_at) AS last
