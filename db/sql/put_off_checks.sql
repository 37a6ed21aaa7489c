-- Called by the scheduler: checks long due, whose platform or account is not open, do not stand in
-- the way of the rest: they come up again in :later, and are dropped a day after the publishing.
WITH stuck AS (
    SELECT c.post_publication_id, pp.published_at < now() - interval '1 day' AS hopeless
    FROM publication_checks c JOIN post_publications pp ON pp.id = c.post_publication_id
    WHERE c.check_at <= now() - :patience
    ORDER BY c.check_at
    LIMIT :window
    FOR UPDATE OF c SKIP LOCKED
), dropped AS (
    DELETE FROM publication_checks c
    USING stuck
    WHERE stuck.hopeless AND c.post_publication_id = stuck.post_publication_id
)
UPDATE publication_checks c
SET check_at = clock_timestamp() + :later
FROM stuck
WHERE NOT stuck.hopeless AND c.post_publication_id = stuck.post_publication_id
