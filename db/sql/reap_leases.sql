-- Called by the reaper: leases whose worker is gone. Before the announcement the publication goes
-- again; after it the platform is asked. One that takes its worker down every time is given up.
WITH expired AS (
    SELECT id, intent_at IS NULL AND crash_count + 1 >= :crashes AS poison
    FROM post_publications
    WHERE dispatched_at IS NOT NULL AND lease_until < clock_timestamp()
    LIMIT :batch
    FOR UPDATE SKIP LOCKED
), reaped AS (
    UPDATE post_publications pp
    SET dispatched_at = NULL, lease_token = NULL, lease_until = NULL,
        crash_count = pp.crash_count + 1,
        status = CASE WHEN expired.poison THEN 'failed' ELSE 'publishing' END::post_status,
        failed_at = CASE WHEN expired.poison THEN clock_timestamp() END,
        failure_kind = CASE WHEN expired.poison THEN 'unavailable' END::failure_kind,
        error_message = CASE WHEN expired.poison
            THEN format('its worker was lost %s times while preparing it', pp.crash_count + 1) END,
        next_attempt_at = CASE WHEN NOT expired.poison
            THEN greatest(clock_timestamp(), pp.intent_at + :settle_after) END
    FROM expired
    WHERE pp.id = expired.id
    RETURNING pp.id, pp.dispatch_number, pp.intent_at, pp.next_attempt_at, pp.error_message
)
INSERT INTO publication_attempts
    (post_publication_id, dispatch_number, phase, event, next_attempt_at, message)
SELECT id, dispatch_number,
       CASE WHEN intent_at IS NULL THEN 'prepare' ELSE 'publish' END::attempt_phase,
       CASE WHEN next_attempt_at IS NULL THEN 'failed' ELSE 'lost' END::attempt_event,
       next_attempt_at, coalesce(error_message, 'its worker is gone')
FROM reaped
RETURNING post_publication_id
