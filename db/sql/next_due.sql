-- Called by the scheduler: seconds until the next post is due (null when none is scheduled), and
-- whether any publication waits for its turn. Ordered as its index is, so that no other plan is left.
SELECT (SELECT extract(epoch FROM min(scheduled_at) - clock_timestamp())::float8
        FROM posts
        WHERE status = 'scheduled' AND scheduled_at >= :low_water) AS seconds,
       (SELECT true
        FROM post_publications
        WHERE next_attempt_at IS NOT NULL
        ORDER BY platform, social_account_id, next_attempt_at
        LIMIT 1) IS NOT NULL AS waits
