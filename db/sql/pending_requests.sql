-- Called by `sync-analytics --wait`: what is still asked for, and how much of it waits for a limit
-- or for a person. Not now(): the transaction is that of the lock, and began long ago.
SELECT count(*) AS pending,
       count(*) FILTER (WHERE a.dispatched_at IS NULL AND a.next_sync_at > clock_timestamp()) AS held_up,
       min(a.message) FILTER (WHERE a.dispatched_at IS NULL AND a.next_sync_at > clock_timestamp()) AS message
FROM publication_syncs s
LEFT JOIN account_syncs a USING (social_account_id)
WHERE s.requested IS NOT NULL AND s.next_sync_at IS NOT NULL
