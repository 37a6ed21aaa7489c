-- Called by the scheduler: runs whose worker is gone begin again, later each time.
UPDATE account_syncs
SET dispatched_at = NULL, lease_token = NULL, lease_until = NULL,
    failure_count = least(failure_count + 1, 30), failure_kind = 'unavailable',
    message = 'the worker that read it is gone',
    next_sync_at = now() + least(interval '1 minute' * power(2, least(failure_count, 10)),
                                 interval '6 hours')
WHERE dispatched_at IS NOT NULL AND lease_until < now()
RETURNING social_account_id
