-- Called by a worker: not published for now; goes again, or is asked about, at :at. A limit of the
-- account pauses the account, one of the application pauses the platform. No row: lease lost.
WITH done AS (
    UPDATE post_publications
    SET next_attempt_at = :at, dispatched_at = NULL, lease_token = NULL, lease_until = NULL,
        intent_at = CASE WHEN :keep_intent THEN intent_at END,
        settle_count = :settle_count,
        checkpoint = CAST(:checkpoint AS jsonb),
        waiting_since = CASE WHEN :processing THEN coalesce(waiting_since, clock_timestamp()) END,
        retry_count = retry_count + CASE WHEN :counts THEN 1 ELSE 0 END,
        failure_kind = CAST(:failure_kind AS failure_kind),
        error_message = CASE WHEN :processing THEN error_message ELSE :message END
    WHERE id = :id AND lease_token = :token
    RETURNING id, social_account_id, dispatch_number, platform
), ledger AS (
    INSERT INTO publication_attempts
        (post_publication_id, dispatch_number, phase, event, next_attempt_at, failure_kind,
         http_status, platform_code, trace_id, message)
    SELECT id, dispatch_number, CAST(:phase AS attempt_phase), CAST(:event AS attempt_event), :at,
           CAST(:failure_kind AS failure_kind), :http_status, :platform_code, :trace_id, :message
    FROM done
), account AS (
    UPDATE social_accounts a
    SET paused_until = CASE WHEN :pause = 'account' THEN greatest(a.paused_until, :at)
                            ELSE a.paused_until END,
        status = coalesce(CAST(:account_status AS account_status), a.status),
        status_reason = CASE WHEN CAST(:account_status AS account_status) IS NULL
                             THEN a.status_reason ELSE :message END,
        health = CAST(:health AS account_health), setbacks = :setbacks
    FROM done
    WHERE a.id = done.social_account_id
      AND (:pause = 'account' OR CAST(:account_status AS account_status) IS NOT NULL OR a.setbacks <> :setbacks)
      AND (CAST(:account_status AS account_status) IS NULL
           OR (a.status = 'active' AND a.token_stored_at <= :token_stored_at))
), whole AS (
    INSERT INTO platform_pauses (platform, paused_until, reason)
    SELECT platform, :at, :message FROM done WHERE :pause = 'platform'
    ON CONFLICT (platform) DO UPDATE
        SET paused_until = greatest(platform_pauses.paused_until, excluded.paused_until),
            reason = excluded.reason, updated_at = now()
)
SELECT count(*) FROM done
