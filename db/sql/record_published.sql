-- Called by a worker: the platform named these posts. A message is a remark on what was to follow
-- one, kept as error_message without a failure_kind. No row: the lease is lost.
WITH told AS MATERIALIZED (
    SELECT *
    FROM unnest(CAST(:ids AS uuid[]), CAST(:tokens AS uuid[]), CAST(:phases AS attempt_phase[]),
                CAST(:http_statuses AS smallint[]), CAST(:trace_ids AS text[]),
                CAST(:messages AS text[]), CAST(:platform_post_ids AS text[]),
                CAST(:platform_post_urls AS text[]), CAST(:times AS timestamptz[]),
                CAST(:healths AS account_health[]), CAST(:setbacks AS smallint[]),
                CAST(:used AS jsonb[]), CAST(:closings AS timestamptz[]))
        AS told (id, token, phase, http_status, trace_id, message, post_id, post_url, at, health,
                 setbacks, used, closed_until)
), mine AS MATERIALIZED (
    SELECT told.*
    FROM told
    JOIN post_publications pp ON pp.id = told.id AND pp.lease_token = told.token
    JOIN posts p ON p.id = pp.post_id
    JOIN social_accounts a ON a.id = pp.social_account_id
    FOR NO KEY UPDATE OF pp, p, a SKIP LOCKED
), done AS (
    UPDATE post_publications pp
    SET status = 'published', followed = true, updated_at = now(),
        published_at = coalesce(mine.at,
            CASE WHEN mine.phase = 'settle' THEN pp.intent_at ELSE clock_timestamp() END),
        platform_post_id = mine.post_id, platform_post_url = mine.post_url,
        dispatched_at = NULL, lease_token = NULL, lease_until = NULL, intent_at = NULL,
        waiting_since = NULL, error_message = mine.message, failure_kind = NULL, failed_at = NULL
    FROM mine
    WHERE pp.id = mine.id
    RETURNING pp.id, pp.post_id, pp.social_account_id, pp.dispatch_number, pp.published_at,
              mine.token, mine.phase, mine.http_status, mine.trace_id, mine.message,
              mine.health, mine.setbacks, mine.used, mine.closed_until
), ledger AS (
    INSERT INTO publication_attempts
        (post_publication_id, dispatch_number, phase, event, http_status, trace_id, message)
    SELECT id, dispatch_number, phase, 'published', http_status, trace_id, message FROM done
), account AS (
    UPDATE social_accounts a
    SET last_posted_at = greatest(a.last_posted_at, done.published_at),
        posts_count = a.posts_count + 1,
        paused_until = greatest(a.paused_until, done.closed_until),
        budget = a.budget || jsonb_build_object('used', done.used),
        health = done.health, setbacks = done.setbacks, updated_at = now()
    FROM done
    WHERE a.id = done.social_account_id
), watched AS (
    INSERT INTO publication_checks (post_publication_id, social_account_id)
    SELECT id, social_account_id FROM done
    ON CONFLICT DO NOTHING
), noted AS (
    INSERT INTO publication_syncs (post_publication_id, social_account_id, published_at)
    SELECT id, social_account_id, published_at FROM done
    ON CONFLICT DO NOTHING
), rolled_up AS MATERIALIZED (
    -- A volatile function sees what this statement has done so far: all of ``done``, here.
    SELECT roll_up_posts(array_agg(DISTINCT post_id), false) FROM done
)
SELECT token FROM done, rolled_up
