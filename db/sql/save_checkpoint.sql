-- Called by a worker between the steps of a flow. No row: the lease is lost.
UPDATE post_publications
SET checkpoint = CAST(:checkpoint AS jsonb), lease_until = clock_timestamp() + :lease
WHERE id = :id AND lease_token = :token
RETURNING id
