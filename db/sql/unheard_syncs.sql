-- Called by the scheduler: dispatches that no worker has taken up for :silence, oldest first.
SELECT social_account_id, dispatch_number, platform
FROM account_syncs
WHERE dispatched_at < now() - CAST(:silence AS interval) AND lease_token IS NULL
ORDER BY dispatched_at
LIMIT :batch
