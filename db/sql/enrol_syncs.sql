-- Called by the scheduler: takes in what was published :rest ago or longer, first read :first_after
-- its publication, and tells the account that it has something to read by then.
WITH fresh AS MATERIALIZED (
    SELECT post_publication_id
    FROM publication_syncs
    WHERE next_sync_at IS NULL AND closed_at IS NULL AND published_at <= now() - :rest
    ORDER BY published_at
    LIMIT :batch
    FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE publication_syncs s
    SET next_sync_at = greatest(s.published_at + :first_after, now())
    FROM fresh
    WHERE s.post_publication_id = fresh.post_publication_id
    RETURNING s.social_account_id, s.next_sync_at
), told AS (
    INSERT INTO account_syncs AS s (social_account_id, platform, next_sync_at)
    SELECT a.id, a.platform, min(taken.next_sync_at)
    FROM taken JOIN social_accounts a ON a.id = taken.social_account_id
    GROUP BY a.id
    ORDER BY a.id
    ON CONFLICT (social_account_id) DO UPDATE
        SET next_sync_at =
            greatest(least(s.next_sync_at, excluded.next_sync_at), s.paused_until)
)
SELECT count(*) FROM taken
