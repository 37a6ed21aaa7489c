-- Called by the command line: months with a partition that ends by then, and those that were begun
-- and are not at their end.
SELECT month
FROM (
    SELECT to_timestamp(substr(child.relname, 11), 'YYYY_MM')::timestamp AT TIME ZONE 'UTC' AS month
    FROM pg_inherits i
    JOIN pg_class child ON child.oid = i.inhrelid
    WHERE i.inhparent = 'analytics'::regclass AND child.relname ~ '^analytics_\d{4}_\d\d$'
    UNION
    SELECT a.month FROM analytics_archives a WHERE a.dropped_at IS NULL
) AS known
WHERE month + interval '1 month' <= :before
ORDER BY month
