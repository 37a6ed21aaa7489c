-- Called by a worker: it will not go out by itself. What the platform holds against the account is
-- written on the account. One that is too late, and whose owner wants to be asked, waits for an
-- answer instead, for ever. No row: the lease is lost.
WITH asks AS (
    SELECT pp.id
    FROM post_publications pp JOIN posts p ON p.id = pp.post_id
    WHERE pp.id = :id AND p.late_policy = 'ask' AND :failure_kind = 'too_late'
), done AS (
    UPDATE post_publications pp
    SET status = CASE WHEN asks.id IS NULL THEN 'failed' ELSE 'publishing' END::post_status,
        failed_at = CASE WHEN asks.id IS NULL THEN clock_timestamp() END,
        failure_kind = CASE WHEN asks.id IS NULL THEN CAST(:failure_kind AS failure_kind) END,
        error_message = CASE WHEN asks.id IS NULL THEN :message END,
        asked_at = CASE WHEN asks.id IS NOT NULL THEN clock_timestamp() END,
        next_attempt_at = CASE WHEN asks.id IS NOT NULL THEN timestamptz '9999-01-01 UTC' END,
        dispatched_at = NULL, lease_token = NULL, lease_until = NULL, intent_at = NULL,
        waiting_since = NULL
    FROM (SELECT CAST(:id AS uuid) AS id) AS wanted LEFT JOIN asks ON asks.id = wanted.id
    WHERE pp.id = wanted.id AND pp.lease_token = :token
    RETURNING pp.id, pp.social_account_id, pp.dispatch_number, pp.asked_at
), ledger AS (
    INSERT INTO publication_attempts
        (post_publication_id, dispatch_number, phase, event, failure_kind, http_status,
         platform_code, trace_id, message)
    SELECT id, dispatch_number, CAST(:phase AS attempt_phase),
           CASE WHEN asked_at IS NULL THEN 'failed' ELSE 'waiting' END::attempt_event,
           CAST(:failure_kind AS failure_kind), :http_status, :platform_code, :trace_id, :message
    FROM done
), account AS (
    UPDATE social_accounts a
    SET status = coalesce(CAST(:account_status AS account_status), a.status),
        status_reason = CASE WHEN CAST(:account_status AS account_status) IS NULL
                             THEN a.status_reason ELSE :message END,
        health = CAST(:health AS account_health), setbacks = :setbacks
    FROM done
    WHERE a.id = done.social_account_id
      AND (CAST(:account_status AS account_status) IS NOT NULL OR a.setbacks <> :setbacks)
      AND (CAST(:account_status AS account_status) IS NULL
           OR (a.status = 'active' AND a.token_stored_at <= :token_stored_at))
)
SELECT count(*) FROM done
