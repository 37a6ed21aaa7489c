-- Called by the scheduler every few seconds: how each platform does, from the end of the ledger. It
-- reads no more than :tail entries, however long the ledger is. What was seen before the last
-- outage ended does not count again.
WITH tail AS MATERIALIZED (
    SELECT post_publication_id, at, event <> 'published' AS setback
    FROM publication_attempts
    WHERE id > (SELECT coalesce(max(id), 0) FROM publication_attempts) - CAST(:tail AS bigint)
      AND at > clock_timestamp() - :window
      AND (event = 'published'
           OR (event IN ('retry', 'unknown') AND phase <> 'settle'
               AND failure_kind IN ('unavailable', 'unconfirmed')))
)
SELECT pp.platform::text AS platform,
       count(DISTINCT pp.social_account_id) FILTER (WHERE tail.setback) AS accounts,
       count(*) FILTER (WHERE tail.setback) AS setbacks,
       count(*) FILTER (WHERE NOT tail.setback) AS successes
FROM tail
JOIN post_publications pp ON pp.id = tail.post_publication_id
LEFT JOIN platform_pauses pause ON pause.platform = pp.platform
WHERE EXISTS (SELECT FROM tail WHERE setback)
  AND pause.opened_at IS NULL AND tail.at > coalesce(pause.closed_at, '-infinity')
GROUP BY pp.platform
