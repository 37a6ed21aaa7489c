-- Called by the scheduler: dispatches that no worker has taken up and whose message is not there.
UPDATE account_syncs s
SET dispatched_at = NULL, next_sync_at = coalesce(s.next_sync_at, now())
FROM unnest(CAST(:ids AS uuid[]), CAST(:numbers AS integer[])) AS lost (id, number)
WHERE s.social_account_id = lost.id AND s.dispatch_number = lost.number
  AND s.dispatched_at IS NOT NULL AND s.lease_token IS NULL
RETURNING s.social_account_id
