-- Called by a worker: the platform named the post. A message is a remark on what was to follow it,
-- kept as error_message without a failure_kind. No row: the lease is lost.
WITH done AS (
    UPDATE post_publications
    SET status = 'published',
        published_at = coalesce(CAST(:published_at AS timestamptz),
            CASE WHEN :phase = 'settle' THEN intent_at ELSE clock_timestamp() END),
        platform_post_id = :platform_post_id, platform_post_url = :platform_post_url,
        dispatched_at = NULL, lease_token = NULL, lease_until = NULL, intent_at = NULL,
        waiting_since = NULL, error_message = :message, failure_kind = NULL, failed_at = NULL
    WHERE id = :id AND lease_token = :token
    RETURNING id, social_account_id, dispatch_number, published_at
), ledger AS (
    INSERT INTO publication_attempts
        (post_publication_id, dispatch_number, phase, event, http_status, trace_id, message)
    SELECT id, dispatch_number, CAST(:phase AS attempt_phase), 'published', :http_status, :trace_id,
           :message
    FROM done
), account AS (
    UPDATE social_accounts a
    SET last_posted_at = greatest(a.last_posted_at, done.published_at),
        posts_count = a.posts_count + 1, paused_until = NULL,
        health = CAST(:health AS account_health), setbacks = :setbacks
    FROM done
    WHERE a.id = done.social_account_id
)
SELECT count(*) FROM done
