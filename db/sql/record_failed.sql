-- Called by a worker: it will not go out by itself. What the platform holds against the account is
-- written on the account. No row: the lease is lost.
WITH done AS (
    UPDATE post_publications
    SET status = 'failed', failed_at = clock_timestamp(),
        failure_kind = CAST(:failure_kind AS failure_kind), error_message = :message,
        dispatched_at = NULL, lease_token = NULL, lease_until = NULL, intent_at = NULL,
        waiting_since = NULL
    WHERE id = :id AND lease_token = :token
    RETURNING id, social_account_id, dispatch_number
), ledger AS (
    INSERT INTO publication_attempts
        (post_publication_id, dispatch_number, phase, event, failure_kind, http_status,
         platform_code, trace_id, message)
    SELECT id, dispatch_number, CAST(:phase AS attempt_phase), 'failed',
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
