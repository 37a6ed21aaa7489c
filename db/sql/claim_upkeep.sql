-- Called by the scheduler: accounts that are due for upkeep, longest due first. The claim is a time:
-- an account whose message is lost is due again after :patience.
WITH due AS (
    SELECT id, upkeep_at
    FROM social_accounts
    WHERE status = 'active' AND upkeep_at <= now()
    ORDER BY upkeep_at
    LIMIT :room
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE social_accounts a
SET upkeep_at = now() + :patience
FROM due
WHERE a.id = due.id
RETURNING a.id, (extract(epoch FROM due.upkeep_at) * 1000)::bigint AS number
