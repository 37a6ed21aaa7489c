-- Called by a worker: what it saw of posts that it looked for. A post that is gone is kept as
-- published, with the time at which it was found to be gone, and stands in the ledger.
WITH seen AS (
    SELECT *
    FROM unnest(CAST(:ids AS uuid[]), CAST(:there AS boolean[]), CAST(:gone AS boolean[]),
                CAST(:removed AS boolean[]), CAST(:look_ats AS timestamptz[]))
        AS seen (id, there, gone, removed, look_at)
), told AS (
    UPDATE post_publications pp
    SET verified_at = CASE WHEN seen.there THEN clock_timestamp() ELSE pp.verified_at END,
        removed_at = CASE WHEN seen.removed THEN clock_timestamp() END
    FROM seen
    WHERE pp.id = seen.id AND (seen.there OR seen.removed)
    RETURNING pp.id, pp.dispatch_number, seen.removed
), ledger AS (
    INSERT INTO publication_attempts (post_publication_id, dispatch_number, phase, event, message)
    SELECT id, dispatch_number, 'verify', 'removed', 'the platform has it no longer'
    FROM told WHERE removed
), later AS (
    UPDATE publication_checks c
    SET check_at = seen.look_at,
        missing_at = CASE WHEN seen.gone THEN clock_timestamp()
                          WHEN seen.there THEN NULL ELSE c.missing_at END
    FROM seen
    WHERE c.post_publication_id = seen.id AND seen.look_at IS NOT NULL
)
DELETE FROM publication_checks c
USING seen
WHERE c.post_publication_id = seen.id AND seen.look_at IS NULL
