-- Called by the scheduler. Due posts, oldest first: they and their publications become publishing,
-- the publications wait from their time on. A post that names no target fails, and says so; one
-- whose late window has ended, and whose owner wants to be asked, waits for an answer, for ever.
-- A crash of the server that loses the commit, which is not waited for, leaves them due as before.
-- :low_water keeps the scan off entries that are dead but still pinned by an old transaction;
-- :crowding names users whose many posts wait for the next pass, so that others get through.
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
), timed AS (
    SELECT pp.id, pp.post_id, due.late_policy, coalesce(pp.scheduled_for, due.scheduled_at) AS at,
           greatest(pp.scheduled_for, due.scheduled_at, due.updated_at)
               + coalesce(due.late_window, :late_window) AS give_up_at
    FROM due JOIN post_publications pp ON pp.post_id = due.id
    WHERE (pp.status = 'scheduled') IS TRUE
), released AS (
    UPDATE post_publications pp
    SET status = 'publishing', updated_at = now(), scheduled_for = timed.at,
        next_attempt_at = CASE WHEN timed.late_policy = 'ask' AND timed.give_up_at < now()
            THEN timestamptz '9999-01-01 UTC' ELSE timed.at END,
        asked_at = CASE WHEN timed.late_policy = 'ask' AND timed.give_up_at < now() THEN now() END,
        give_up_at = CASE timed.late_policy WHEN 'publish' THEN timestamptz '9999-01-01 UTC'
            ELSE timed.give_up_at END
    FROM timed
    WHERE pp.id = timed.id AND (pp.status = 'scheduled') IS TRUE
    RETURNING pp.post_id
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
       (SELECT max(scheduled_at) FROM due) AS highest,
       (SELECT count(*) FROM moved) AS moved,
       ARRAY(SELECT user_id FROM due GROUP BY user_id HAVING count(*) > :batch / 4) AS crowding,
       EXISTS (SELECT FROM platform_pauses WHERE opened_at IS NOT NULL) AS outage,
       set_config('synchronous_commit', 'off', true)
