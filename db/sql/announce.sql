-- Called by a worker just before the publishing call. Commits the intent, provided that the lease
-- still holds and nobody has edited the post since it was read; the lock makes a later edit wait
-- and then find itself too late.
WITH current AS (
    SELECT p.id
    FROM posts p JOIN post_publications pp ON pp.post_id = p.id
    WHERE pp.id = :id AND p.revision = :revision
    FOR SHARE OF p
), held AS (
    UPDATE post_publications pp
    SET intent_at = clock_timestamp(), checkpoint = CAST(:checkpoint AS jsonb),
        lease_until = clock_timestamp() + :lease
    FROM current
    WHERE pp.id = :id AND pp.lease_token = :token
    RETURNING pp.id, pp.dispatch_number
), ledger AS (
    INSERT INTO publication_attempts (post_publication_id, dispatch_number, phase, event)
    SELECT id, dispatch_number, 'publish', 'intent' FROM held
)
SELECT count(*) FROM held
