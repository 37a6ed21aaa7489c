-- Called by a worker, first of all, for all dispatches that its threads were just given: takes the
-- leases and reads everything that the work needs. No row: the dispatch is void (a later one was
-- made, it is cancelled, or it was taken already). The commit is not waited for: the announcement's,
-- which comes before any call that could publish, makes this one durable too.
WITH asked AS MATERIALIZED (
    SELECT id, number, token
    FROM unnest(CAST(:ids AS uuid[]), CAST(:numbers AS integer[]), CAST(:tokens AS uuid[]))
        AS asked (id, number, token)
), free AS MATERIALIZED (
    -- A condition that no index answers leaves the primary key alone: as "IS NOT NULL" it was
    -- answered by walking all that is in flight, whenever the statistics said that nothing is.
    SELECT pp.id, asked.token
    FROM asked JOIN post_publications pp ON pp.id = asked.id
    WHERE pp.dispatch_number = asked.number AND num_nonnulls(pp.dispatched_at) = 1
      AND pp.lease_token IS NULL
    FOR NO KEY UPDATE OF pp SKIP LOCKED
), held AS (
    UPDATE post_publications pp
    SET lease_token = free.token, lease_until = clock_timestamp() + :lease,
        started_at = coalesce(started_at, clock_timestamp()),
        last_retry_at = CASE WHEN failure_kind = 'unavailable' THEN now() ELSE last_retry_at END,
        updated_at = now()
    FROM free
    WHERE pp.id = free.id
    RETURNING pp.*
)
SELECT held.id, held.lease_token, held.dispatch_number, held.platform, held.checkpoint,
       held.intent_at, held.waiting_since, held.give_up_at, held.retry_count, held.settle_count,
       held.scheduled_for, p.revision, p.content, p.content_type, p.title,
       coalesce(p.metadata -> held.platform::text, '{}') || held.metadata AS options,
       a.id AS account_id, a.platform_user_id, a.username, a.metadata AS account_metadata,
       a.status AS account_status, a.status_reason, a.access_token,
       a.token_expires_at, a.token_stored_at, a.health, a.setbacks, a.budget,
       clock_timestamp() AS now,
       (SELECT coalesce(jsonb_agg(to_jsonb(m) ORDER BY m."order", m.created_at), '[]')
        FROM media m WHERE m.post_id = p.id) AS media
FROM held
JOIN posts p ON p.id = held.post_id
JOIN social_accounts a ON a.id = held.social_account_id,
    (SELECT set_config('synchronous_commit', 'off', true)) AS lazily
