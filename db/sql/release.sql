-- Called by the scheduler. Due posts, oldest first: they and their publications become publishing.
-- The first publication of an account that has nothing else under way is dispatched at once, as many
-- of each platform as :rooms allows; the others wait from their time on, and so does what is overdue
-- by :overdue. A post that names no target fails, and says so; one whose late window has ended, and
-- whose owner wants to be asked, waits for an answer, for ever.
-- A crash of the server that loses the commit, which is not waited for, leaves them due as before.
-- :low_water keeps the scan off entries that are dead but still pinned by an old transaction;
-- :crowding names users whose many posts wait for the next pass, so that others get through.
-- What is due at one instant goes in a random order, so that what workers lease together does not
-- lie side by side: a page has room for the next versions of a few of its rows, not of all at once.
-- "IS TRUE" keeps the index of the status out: when the statistics said that nothing is scheduled,
-- all that was scheduled was joined with itself.
WITH due AS MATERIALIZED (
    SELECT id, user_id, scheduled_at, updated_at, late_policy, late_window
    FROM posts
    WHERE status = 'scheduled' AND scheduled_at <= now() AND scheduled_at >= :low_water
      AND user_id <> ALL (CAST(:crowding AS uuid[]))
    ORDER BY scheduled_at
    LIMIT :batch
    FOR UPDATE SKIP LOCKED
), open AS MATERIALIZED (
    -- One scheduler at a time: two that had posts of the same accounts would wait for one another.
    SELECT room.key::platform AS platform, room.value::integer AS room
    FROM jsonb_each_text(CAST(:rooms AS jsonb)) AS room
    WHERE pg_try_advisory_xact_lock(hashtext('dispatch_at_release'))
      AND NOT EXISTS (SELECT FROM platform_pauses p WHERE p.platform = room.key::platform
                      AND (p.paused_until > now() OR p.opened_at IS NOT NULL))
), timed AS (
    SELECT pp.id, pp.platform, pp.social_account_id, due.late_policy,
           coalesce(pp.scheduled_for, due.scheduled_at) AS at,
           greatest(pp.scheduled_for, due.scheduled_at, due.updated_at)
               + coalesce(due.late_window, :late_window) AS give_up_at
    FROM due JOIN post_publications pp ON pp.post_id = due.id
    WHERE (pp.status = 'scheduled') IS TRUE
), ordered AS (
    SELECT timed.*, late_policy = 'ask' AND give_up_at < now() AS asks,
           row_number() OVER (PARTITION BY social_account_id ORDER BY at, id) = 1 AS first
    FROM timed
), able AS MATERIALIZED (
    -- Scalar subqueries, so that each stays one index look-up whatever the statistics say.
    SELECT ordered.*, first AND NOT asks AND at BETWEEN now() - :overdue AND now()
        AND EXISTS (SELECT FROM open WHERE open.platform = ordered.platform)
        AND (SELECT true FROM post_publications busy
             WHERE busy.social_account_id = ordered.social_account_id
               AND busy.dispatched_at IS NOT NULL) IS NULL
        AND (SELECT true FROM post_publications waiting
             WHERE next_attempt_at IS NOT NULL AND waiting.platform = ordered.platform
               AND waiting.social_account_id = ordered.social_account_id
               AND waiting.next_attempt_at <= ordered.at
             ORDER BY waiting.social_account_id, waiting.next_attempt_at
             LIMIT 1) IS NULL
        AND (SELECT a.status = 'active' AND (a.paused_until <= now() OR a.paused_until IS NULL)
             FROM social_accounts a WHERE a.id = ordered.social_account_id) AS able
    FROM ordered
), placed AS (
    SELECT able.*, coalesce(able AND row_number() OVER (PARTITION BY platform, able ORDER BY at)
        <= (SELECT room FROM open WHERE open.platform = able.platform), false) AS goes
    FROM able
), released AS (
    UPDATE post_publications pp
    SET status = 'publishing', updated_at = now(), scheduled_for = placed.at,
        dispatch_number = pp.dispatch_number + placed.goes::integer,
        dispatched_at = CASE WHEN placed.goes THEN clock_timestamp() END,
        next_attempt_at = CASE WHEN placed.asks THEN timestamptz '9999-01-01 UTC'
            WHEN NOT placed.goes THEN placed.at END,
        asked_at = CASE WHEN placed.asks THEN now() END,
        give_up_at = CASE placed.late_policy WHEN 'publish' THEN timestamptz '9999-01-01 UTC'
            ELSE placed.give_up_at END
    FROM placed
    WHERE pp.id = placed.id AND (pp.status = 'scheduled') IS TRUE
    RETURNING pp.id, pp.post_id, pp.dispatch_number, pp.platform, placed.goes, placed.at
), moved AS (
    UPDATE posts p
    SET status = CASE WHEN target.found THEN 'publishing' ELSE 'failed' END::post_status,
        updated_at = now(),
        failed_at = CASE WHEN NOT target.found THEN now() END,
        error_message = CASE WHEN NOT target.found THEN 'the post has no target: add a row to'
            ' post_publications for each account, then set its status to scheduled again' END
    FROM due, LATERAL (SELECT due.id IN (SELECT post_id FROM released) AS found) AS target
    WHERE p.id = due.id
    RETURNING p.id
)
SELECT (SELECT count(*) FROM due) AS posts,
       (SELECT count(*) FROM released) AS publications,
       (SELECT CASE WHEN count(*) < :batch THEN now() ELSE max(scheduled_at) END FROM due)
           AS taken_until,
       (SELECT count(*) FROM moved) AS moved,
       ARRAY(SELECT user_id FROM due GROUP BY user_id HAVING count(*) > :batch / 4) AS crowding,
       (SELECT jsonb_agg(jsonb_build_array(id, dispatch_number, platform) ORDER BY at, random())
        FROM released WHERE goes) AS dispatches,
       set_config('synchronous_commit', 'off', true)
