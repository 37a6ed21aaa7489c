-- Called by the reaper: dispatches that no worker has taken up for :silence.
SELECT id, dispatch_number, platform, dispatched_at < clock_timestamp() - :hopeless AS hopeless
FROM post_publications
WHERE dispatched_at IS NOT NULL AND lease_token IS NULL
  AND dispatched_at < clock_timestamp() - :silence
ORDER BY dispatched_at
LIMIT :batch
