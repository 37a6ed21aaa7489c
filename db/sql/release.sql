-- Called by the scheduler. Due posts, oldest first: they and their publications become publishing,
-- the publications wait from their time on. A post that names no target fails, and says so.
-- :low_water keeps the scan off entries that are dead but still pinned by an old transaction.
WITH due AS MATERIALIZED (
    SELECT id, scheduled_at, updated_at
    FROM posts
    WHERE status = 'scheduled' AND scheduled_at <= now() AND scheduled_at >= :low_water
    ORDER BY scheduled_at
    LIMIT :batch
    FOR UPDATE SKIP LOCKED
), released AS (
    UPDATE post_publications pp
    SET status = 'publishing',
        scheduled_for = coalesce(pp.scheduled_for, due.scheduled_at),
        next_attempt_at = coalesce(pp.scheduled_for, due.scheduled_at),
        give_up_at = greatest(pp.scheduled_for, due.scheduled_at, due.updated_at) + :late_window
    FROM due
    WHERE pp.post_id = due.id AND pp.status = 'scheduled'
    RETURNING pp.post_id
), moved AS (
    UPDATE posts p
    SET status = CASE WHEN target.found THEN 'publishing' ELSE 'failed' END::post_status,
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
       (SELECT count(*) FROM moved) AS moved
