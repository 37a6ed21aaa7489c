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
    SET status = CAST(:account_status AS account_status), health = 'unhealthy',
        status_reason = :message
    FROM done
    WHERE CAST(:account_status AS account_status) IS NOT NULL AND a.id = done.social_account_id
)
SELECT count(*) FROM done
