-- Called by a worker, last of all: gives up the lease and says when the account is read again: when
-- the next of its publications is due, but not before :paused_until. A limit of the whole
-- application (:whole_app) pauses the reading of the platform.
WITH done AS (
    UPDATE account_syncs s
    SET dispatched_at = NULL, lease_token = NULL, lease_until = NULL,
        paused_until = CAST(:paused_until AS timestamptz),
        failure_count = :failure_count, failure_kind = CAST(:failure_kind AS failure_kind),
        message = :message,
        next_sync_at = greatest(CAST(:paused_until AS timestamptz), least(s.next_sync_at, (
            SELECT min(p.next_sync_at) FROM publication_syncs p
            WHERE p.social_account_id = s.social_account_id)))
    WHERE s.social_account_id = :account AND s.lease_token = :token
    RETURNING s.platform
), whole AS (
    INSERT INTO sync_pauses (platform, paused_until, reason)
    SELECT platform, CAST(:paused_until AS timestamptz), :message FROM done WHERE :whole_app
    ON CONFLICT (platform) DO UPDATE
        SET paused_until = greatest(sync_pauses.paused_until, excluded.paused_until),
            reason = excluded.reason, updated_at = now()
)
SELECT count(*) FROM done
