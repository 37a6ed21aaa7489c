-- Called by a worker in a long upload, after each part: how far it has come. No row: the lease is
-- lost, or the post was edited since it was read.
UPDATE post_publications pp
SET checkpoint = CAST(:checkpoint AS jsonb), lease_until = clock_timestamp() + :lease
FROM posts p
WHERE pp.id = :id AND pp.lease_token = :token AND p.id = pp.post_id AND p.revision = :revision
RETURNING pp.id
