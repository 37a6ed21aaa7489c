-- Called by a worker that is about to refresh a token: it alone does so until :lease has passed.
-- No row: the token is not the one that it saw, or another process is at it.
WITH before AS (
    SELECT id, refresh_started_at AS interrupted_at
    FROM social_accounts
    WHERE id = :id
    FOR NO KEY UPDATE
)
UPDATE social_accounts a
SET refresh_started_at = clock_timestamp()
FROM before
WHERE a.id = before.id AND a.access_token = :seen
  AND (a.refresh_started_at IS NULL OR a.refresh_started_at < clock_timestamp() - :lease)
RETURNING a.refresh_token, a.token_stored_at, before.interrupted_at, a.refresh_started_at AS now
