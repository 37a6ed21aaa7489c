-- Called every few seconds by each worker process, for all that it holds; returns what it still has.
UPDATE post_publications
SET lease_until = clock_timestamp() + :lease
WHERE lease_token = ANY(:tokens)
  AND dispatched_at IS NOT NULL
RETURNING lease_token
