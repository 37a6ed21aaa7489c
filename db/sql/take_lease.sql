-- Called by a worker, first of all: takes the lease and reads everything that the work needs.
-- No row: the dispatch is void (a later one was made, it is cancelled, or it was taken already).
WITH held AS (
    UPDATE post_publications
    SET lease_token = :token, lease_until = clock_timestamp() + :lease,
        started_at = coalesce(started_at, clock_timestamp()),
        last_retry_at = CASE WHEN failure_kind = 'unavailable' THEN now() ELSE last_retry_at END
    WHERE id = :id AND dispatch_number = :number AND dispatched_at IS NOT NULL
      AND lease_token IS NULL AND status = 'publishing'
    RETURNING *
)
SELECT held.id, held.dispatch_number, held.platform, held.checkpoint, held.intent_at,
       held.waiting_since, held.give_up_at, held.retry_count, held.settle_count,
       held.scheduled_for, p.revision, p.content, p.content_type, p.title,
       coalesce(p.metadata -> held.platform::text, '{}') || held.metadata AS options,
       a.id AS account_id, a.platform_user_id, a.username, a.metadata AS account_metadata,
       a.status AS account_status, a.status_reason, a.access_token, a.refresh_token,
       a.token_expires_at, a.token_stored_at, a.health, a.setbacks, clock_timestamp() AS now,
       (SELECT coalesce(jsonb_agg(to_jsonb(m) ORDER BY m."order", m.created_at), '[]')
        FROM media m WHERE m.post_id = p.id) AS media
FROM held
JOIN posts p ON p.id = held.post_id
JOIN social_accounts a ON a.id = held.social_account_id
