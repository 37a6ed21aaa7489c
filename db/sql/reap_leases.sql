-- Called by the reaper: leases whose worker is gone. Before the announcement the publication goes
-- again; after it the platform is asked. One that takes its worker down every time is put in
-- quarantine: before the announcement it fails, after it a person has to look.
WITH expired AS (
    SELECT id, intent_at IS NULL AS unsent, crash_count + 1 >= :crashes AS poison
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
        failure_kind = CASE WHEN NOT expired.poison THEN pp.failure_kind
                            WHEN expired.unsent THEN 'quarantined'
                            ELSE 'unconfirmed' END::failure_kind,
        error_message = CASE
            WHEN NOT expired.poison THEN pp.error_message
            WHEN expired.unsent THEN format('its worker was lost %s times while preparing it: look'
                ' at the workers'' logs, then retry the post', pp.crash_count + 1)
            ELSE format('its worker was lost %s times, and it is not known whether it went out:'
                ' look at the account, then say with `publishing posts settle` whether the post is'
                ' there', pp.crash_count + 1) END,
        next_attempt_at = CASE WHEN NOT expired.poison
            THEN greatest(clock_timestamp(), pp.intent_at + :settle_after) END,
        intent_at = CASE WHEN NOT expired.poison THEN pp.intent_at END
    FROM expired
    WHERE pp.id = expired.id
    RETURNING pp.id, pp.dispatch_number, pp.next_attempt_at, pp.failure_kind, pp.error_message,
              expired.unsent, expired.poison
), ledger AS (
    INSERT INTO publication_attempts
        (post_publication_id, dispatch_number, phase, event, next_attempt_at, failure_kind, message)
    SELECT id, dispatch_number, CASE WHEN unsent THEN 'prepare' ELSE 'publish' END::attempt_phase,
           CASE WHEN poison THEN 'failed' ELSE 'lost' END::attempt_event, next_attempt_at,
           CASE WHEN poison THEN failure_kind END,
           CASE WHEN poison THEN error_message ELSE 'its worker is gone' END
    FROM reaped
)
SELECT CASE WHEN poison THEN 'quarantined' ELSE 'worker lost' END
       || CASE WHEN unsent THEN ' before sending' ELSE ' after sending' END AS cause,
       count(*)::integer AS found
FROM reaped GROUP BY 1
