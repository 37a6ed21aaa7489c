-- Called by the scheduler. Takes the first waiting publication of every account that has none in
-- flight, oldest first, as many of each platform as :rooms allows, and numbers the dispatch.
-- Reads one index entry an account, however much an account has waiting.
WITH RECURSIVE heads AS (
    (
        SELECT social_account_id, id, platform, next_attempt_at
        FROM post_publications
        WHERE next_attempt_at IS NOT NULL
        ORDER BY social_account_id, next_attempt_at
        LIMIT 1
    )
    UNION ALL
    SELECT head.*
    FROM heads, LATERAL (
        SELECT social_account_id, id, platform, next_attempt_at
        FROM post_publications
        WHERE next_attempt_at IS NOT NULL AND social_account_id > heads.social_account_id
        ORDER BY social_account_id, next_attempt_at
        LIMIT 1
    ) AS head
), ranked AS (
    SELECT heads.id, heads.next_attempt_at,
           row_number() OVER (PARTITION BY heads.platform ORDER BY heads.next_attempt_at) AS place,
           (CAST(:rooms AS jsonb) ->> heads.platform::text)::integer AS room
    FROM heads
    JOIN social_accounts a ON a.id = heads.social_account_id
    WHERE heads.next_attempt_at <= now()
      AND (a.paused_until IS NULL OR a.paused_until <= now())
      AND NOT EXISTS (
          SELECT FROM platform_pauses p
          WHERE p.platform = heads.platform AND p.paused_until > now())
      AND NOT EXISTS (
          SELECT FROM post_publications busy
          WHERE busy.social_account_id = heads.social_account_id AND busy.dispatched_at IS NOT NULL)
), chosen AS (
    SELECT pp.id
    FROM post_publications pp JOIN ranked USING (id)
    WHERE ranked.place <= ranked.room AND pp.next_attempt_at <= now()
    ORDER BY ranked.next_attempt_at
    FOR UPDATE OF pp SKIP LOCKED
)
UPDATE post_publications pp
SET dispatch_number = pp.dispatch_number + 1, dispatched_at = clock_timestamp(),
    next_attempt_at = NULL
FROM chosen
WHERE pp.id = chosen.id
RETURNING pp.id, pp.dispatch_number, pp.platform
