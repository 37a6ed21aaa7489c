-- Called by the scheduler: the accounts with the longest due readings, as many of each platform as
-- :rooms allows. One index range a platform, however many publications there are.
WITH chosen AS (
    SELECT due.social_account_id
    FROM (
        SELECT CAST(name AS platform) AS platform, CAST(places AS integer) AS places
        FROM jsonb_each_text(CAST(:rooms AS jsonb)) AS given (name, places)
        WHERE NOT EXISTS (SELECT FROM sync_pauses p
                          WHERE p.platform::text = name AND p.paused_until > now())
    ) AS room
    CROSS JOIN LATERAL (
        SELECT social_account_id
        FROM account_syncs
        WHERE platform = room.platform AND dispatched_at IS NULL AND next_sync_at <= now()
        ORDER BY next_sync_at
        LIMIT room.places
        FOR UPDATE SKIP LOCKED
    ) AS due
)
-- By primary key: an array leaves no other plan.
UPDATE account_syncs
SET dispatch_number = dispatch_number + 1, dispatched_at = now(), next_sync_at = NULL
WHERE social_account_id = ANY (ARRAY(SELECT social_account_id FROM chosen))
RETURNING social_account_id, dispatch_number, platform
