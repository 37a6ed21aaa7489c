-- Called by a worker just before publishing calls. Commits the intents, provided that the leases
-- still hold and nobody has edited the posts since they were read; the lock makes a later edit wait
-- and then find itself too late. No row: the lease is lost, or the post was edited.
WITH asked AS MATERIALIZED (
    SELECT id, token, revision, checkpoint
    FROM unnest(CAST(:ids AS uuid[]), CAST(:tokens AS uuid[]), CAST(:revisions AS integer[]),
                CAST(:checkpoints AS jsonb[])) AS asked (id, token, revision, checkpoint)
), current AS MATERIALIZED (
    SELECT pp.id, asked.token, asked.checkpoint
    FROM asked
    JOIN post_publications pp ON pp.id = asked.id AND pp.lease_token = asked.token
    JOIN posts p ON p.id = pp.post_id AND p.revision = asked.revision
    FOR SHARE OF p SKIP LOCKED FOR NO KEY UPDATE OF pp SKIP LOCKED
), held AS (
    UPDATE post_publications pp
    SET intent_at = clock_timestamp(), checkpoint = current.checkpoint,
        lease_until = clock_timestamp() + :lease, updated_at = now()
    FROM current
    WHERE pp.id = current.id
    RETURNING pp.id, pp.lease_token, pp.dispatch_number
), ledger AS (
    INSERT INTO publication_attempts (post_publication_id, dispatch_number, phase, event)
    SELECT id, dispatch_number, 'publish', 'intent' FROM held
)
SELECT lease_token FROM held
