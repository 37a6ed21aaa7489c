-- Called by a worker that must not go on (the post was edited under it, or the process stops):
-- the publication is dispatched again at once. No row: the lease is lost.
UPDATE post_publications
SET next_attempt_at = clock_timestamp(), dispatched_at = NULL, lease_token = NULL, lease_until = NULL
WHERE id = :id AND lease_token = :token AND intent_at IS NULL
RETURNING id
