-- Called by the reaper, and by a scheduler whose messages did not reach the broker: these
-- dispatches are void, their publications wait again.
UPDATE post_publications pp
SET dispatched_at = NULL, next_attempt_at = clock_timestamp()
FROM unnest(CAST(:ids AS uuid[]), CAST(:numbers AS integer[])) AS lost (id, number)
WHERE pp.id = lost.id AND pp.dispatch_number = lost.number
  AND pp.dispatched_at IS NOT NULL AND pp.lease_token IS NULL
RETURNING pp.id
