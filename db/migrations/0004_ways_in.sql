-- A service needs none of these to schedule: rows in posts and post_publications with status
-- 'scheduled', in its own transaction, are enough.

-- Makes a draft, scheduled or cancelled post due at once. Returns how many publications will go.
CREATE FUNCTION publish_now(post uuid) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    targets integer;
BEGIN
    UPDATE posts SET status = 'scheduled', scheduled_at = now()
    WHERE id = post AND status IN ('draft', 'scheduled', 'cancelled');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'post %: there is none that could be published now', post
            USING ERRCODE = 'no_data_found',
                  HINT = 'It must exist and be draft, scheduled or cancelled; a failed one is retried with retry_post.';
    END IF;
    UPDATE post_publications SET status = 'scheduled', scheduled_for = now()
    WHERE post_id = post AND status IN ('draft', 'scheduled', 'cancelled');
    GET DIAGNOSTICS targets = ROW_COUNT;
    RETURN targets;
END $$;

-- Withdraws what has not been sent. One row a publication: whether it is cancelled now, and if
-- not, why. What a worker holds before its announcement is withdrawn too: the worker finds out.
CREATE FUNCTION cancel_post(post uuid)
RETURNS TABLE (publication_id uuid, cancelled boolean, reason text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM posts WHERE id = post AND status IN ('draft', 'scheduled') FOR UPDATE;
    RETURN QUERY
        WITH withdrawn AS (
            UPDATE post_publications
            SET status = 'cancelled', next_attempt_at = NULL, dispatched_at = NULL,
                lease_token = NULL, lease_until = NULL
            WHERE post_id = post AND intent_at IS NULL
              AND status IN ('draft', 'scheduled', 'publishing', 'failed')
            RETURNING id
        )
        SELECT pp.id, w.id IS NOT NULL OR pp.status = 'cancelled',
               CASE WHEN w.id IS NOT NULL OR pp.status = 'cancelled' THEN NULL
                    WHEN pp.status = 'published' THEN 'too late: it is published'
                    ELSE 'too late: it is being published' END
        FROM post_publications pp LEFT JOIN withdrawn w USING (id)
        WHERE pp.post_id = post;
    UPDATE posts SET status = 'cancelled' WHERE id = post AND status IN ('draft', 'scheduled');
END $$;

-- Sends the failed publications of a post again, with a new late window. Returns how many. One
-- whose outcome is not confirmed is left out unless the caller has looked and says that it is not
-- on the platform.
CREATE FUNCTION retry_post(
    post uuid, sure_it_is_not_there boolean DEFAULT false, late_window interval DEFAULT '6 hours'
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    targets integer;
BEGIN
    UPDATE post_publications
    SET status = 'publishing', next_attempt_at = now(), give_up_at = now() + late_window,
        failed_at = NULL, failure_kind = NULL, retry_count = retry_count + 1,
        last_retry_at = now(), settle_count = 0, crash_count = 0, waiting_since = NULL,
        checkpoint = '{}'
    WHERE post_id = post AND status = 'failed'
      AND (sure_it_is_not_there OR failure_kind <> 'unconfirmed');
    GET DIAGNOSTICS targets = ROW_COUNT;
    RETURN targets;
END $$;

-- A person has looked for a publication whose outcome is not known, and says what there is: the
-- platform's id of the post, or null for no post, and then it is sent again. Returns the status.
CREATE FUNCTION settle_publication(
    post uuid, target platform, found_id varchar(255), found_url varchar(500) DEFAULT NULL
) RETURNS post_status LANGUAGE plpgsql AS $$
DECLARE
    settled post_publications;
BEGIN
    UPDATE post_publications pp
    SET status = CASE WHEN found_id IS NULL THEN 'publishing' ELSE 'published' END::post_status,
        platform_post_id = found_id, platform_post_url = found_url,
        published_at = CASE WHEN found_id IS NOT NULL THEN coalesce(failed_at, now()) END,
        next_attempt_at = CASE WHEN found_id IS NULL THEN now() END,
        give_up_at = CASE WHEN found_id IS NULL THEN now() + interval '6 hours' ELSE give_up_at END,
        failed_at = NULL, failure_kind = NULL, error_message = NULL, intent_at = NULL,
        settle_count = 0, dispatched_at = NULL, lease_token = NULL, lease_until = NULL
    WHERE pp.post_id = post AND pp.platform = target
      AND ((pp.status = 'failed' AND pp.failure_kind = 'unconfirmed')
           OR (pp.status = 'publishing' AND pp.intent_at IS NOT NULL AND pp.lease_token IS NULL))
    RETURNING pp.* INTO settled;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'publication of post % on %: nothing about it is unconfirmed', post, target
            USING ERRCODE = 'no_data_found', HINT = 'publishing posts explain shows how it stands.';
    END IF;
    INSERT INTO publication_attempts (post_publication_id, dispatch_number, phase, event, message)
    VALUES (settled.id, settled.dispatch_number, 'settle',
            CASE WHEN found_id IS NULL THEN 'absent' ELSE 'published' END::attempt_event,
            'answered by a person');
    RETURN settled.status;
END $$;
