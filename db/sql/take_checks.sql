-- Called by a worker: the posts of an account that are to be looked for now, with the account. They
-- come up again in :later, should the worker be lost. No row: another worker has them.
WITH due AS (
    SELECT post_publication_id
    FROM publication_checks
    WHERE social_account_id = :account AND check_at <= now()
    ORDER BY check_at
    LIMIT :most
    FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE publication_checks c
    SET check_at = clock_timestamp() + :later
    FROM due
    WHERE c.post_publication_id = due.post_publication_id
    RETURNING c.post_publication_id, c.missing_at
)
SELECT pp.id, pp.platform_post_id, pp.published_at, taken.missing_at,
       a.id AS social_account_id, a.platform, a.platform_user_id, a.username, a.metadata,
       a.access_token, a.token_expires_at, a.token_stored_at, clock_timestamp() AS now
FROM taken
JOIN post_publications pp ON pp.id = taken.post_publication_id
JOIN social_accounts a ON a.id = pp.social_account_id
WHERE pp.status = 'published' AND pp.removed_at IS NULL
