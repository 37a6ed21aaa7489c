-- Called by the scheduler. Takes the first waiting publication of every account that has none in
-- flight, oldest first, as many of each platform as :rooms allows, and numbers the dispatch.
-- Reads one index entry an account, however much an account has waiting. What belongs to an account
-- that has to be connected again waits as it is, until its late window ends and it fails.
-- An account that has posts overdue by :overdue, and posted less than :spacing ago, does not fire
-- them all: they get new times, :spacing apart, and what is on time goes between them.
-- Of one instant they go in a random order, for the reason that release.sql gives.
-- A crash of the server that loses the commit, which is not waited for, leaves them waiting; their
-- messages are void, or serve the next dispatch of that number.
-- Walks the accounts of each platform by itself, and of one that is paused or has no room not at
-- all, so that no platform's backlog stands before another's. Looks at no more than 2,000 accounts
-- of each, from a random one on and round to it again, so that the cost of a pass does not grow
-- with the backlog.
WITH RECURSIVE open AS MATERIALIZED (
    SELECT room.key::platform AS platform, room.value::integer AS room, gen_random_uuid() AS start
    FROM jsonb_each_text(CAST(:rooms AS jsonb)) AS room
    WHERE room.value::integer > 0
      AND NOT EXISTS (SELECT FROM platform_pauses p
                      WHERE p.platform = room.key::platform AND p.paused_until > now())
), heads AS (
    SELECT platform, room, start, start AS social_account_id, NULL::uuid AS id,
           NULL::timestamptz AS next_attempt_at, NULL::timestamptz AS intent_at,
           NULL::timestamptz AS give_up_at, false AS round, 0 AS place
    FROM open
    UNION ALL
    SELECT heads.platform, heads.room, heads.start, head.*, heads.place + 1
    FROM heads, LATERAL (
        (
            SELECT social_account_id, id, next_attempt_at, intent_at, give_up_at, heads.round
            FROM post_publications
            WHERE next_attempt_at IS NOT NULL AND platform = heads.platform
              AND social_account_id > heads.social_account_id
            ORDER BY social_account_id, next_attempt_at
            LIMIT 1
        )
        UNION ALL
        (
            SELECT social_account_id, id, next_attempt_at, intent_at, give_up_at, true
            FROM post_publications
            WHERE next_attempt_at IS NOT NULL AND platform = heads.platform AND NOT heads.round
            ORDER BY social_account_id, next_attempt_at
            LIMIT 1
        )
        LIMIT 1
    ) AS head
    WHERE heads.place < 2000 AND NOT (head.round AND head.social_account_id > heads.start)
), idle AS (
    -- Scalar subqueries, so that each stays one index look-up whatever the statistics say.
    SELECT id, platform, room, social_account_id, next_attempt_at,
           CASE WHEN next_attempt_at < now() - :overdue AND intent_at IS NULL
               THEN (SELECT a.last_posted_at + :spacing
                     FROM social_accounts a WHERE a.id = heads.social_account_id)
           END AS not_before
    FROM heads
    WHERE next_attempt_at <= now()
      AND (SELECT true FROM post_publications busy
           WHERE busy.social_account_id = heads.social_account_id
             AND busy.dispatched_at IS NOT NULL) IS NULL
      AND (SELECT (a.status = 'active' OR heads.give_up_at <= now())
                  AND (a.paused_until <= now() OR a.paused_until IS NULL)
           FROM social_accounts a WHERE a.id = heads.social_account_id)
), ranked AS (
    SELECT id, room, row_number() OVER (PARTITION BY platform ORDER BY next_attempt_at) AS place
    FROM idle
    WHERE coalesce(not_before <= now(), true)
), spaced AS (
    UPDATE post_publications pp
    SET next_attempt_at = idle.not_before + :spacing * (late.place - 1)
    FROM idle, LATERAL (
        SELECT id, next_attempt_at, row_number() OVER (ORDER BY next_attempt_at) AS place
        FROM post_publications
        WHERE platform = idle.platform AND social_account_id = idle.social_account_id
          AND intent_at IS NULL
          AND next_attempt_at < now() - :overdue
        ORDER BY next_attempt_at
        LIMIT 1000
    ) AS late
    -- By primary key, here too.
    WHERE idle.not_before > now() AND pp.id = late.id
      AND coalesce(pp.next_attempt_at, 'infinity') = late.next_attempt_at
), chosen AS (
    -- By primary key: an array, and a condition that no index answers, leave no other plan.
    SELECT id, next_attempt_at
    FROM post_publications
    WHERE id = ANY (ARRAY(SELECT id FROM ranked WHERE place <= room))
      AND coalesce(next_attempt_at, 'infinity') <= now()
    FOR UPDATE SKIP LOCKED
), dispatched AS (
    UPDATE post_publications pp
    SET dispatch_number = pp.dispatch_number + 1, dispatched_at = clock_timestamp(),
        next_attempt_at = NULL, updated_at = now()
    FROM chosen
    WHERE pp.id = chosen.id
    RETURNING pp.id, pp.dispatch_number, pp.platform, chosen.next_attempt_at AS due_at
)
SELECT id, dispatch_number, platform
FROM dispatched, (SELECT set_config('synchronous_commit', 'off', true)) AS lazily
ORDER BY due_at, random()
