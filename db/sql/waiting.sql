-- Called by the scheduler: whether any publication waits for its turn, and whether a platform is out.
-- Ordered as its index is, so that no other plan is left.
SELECT (SELECT true
        FROM post_publications
        WHERE next_attempt_at IS NOT NULL
        ORDER BY platform, social_account_id, next_attempt_at
        LIMIT 1) IS NOT NULL AS waits,
       EXISTS (SELECT FROM platform_pauses WHERE opened_at IS NOT NULL) AS outage
