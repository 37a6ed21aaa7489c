-- Called by a worker, first of all: takes the lease of an account's run, and reads the account. No
-- row: the dispatch is void, or was taken already.
WITH held AS (
    UPDATE account_syncs
    SET lease_token = :token, lease_until = now() + :lease
    WHERE social_account_id = :id AND dispatch_number = :number AND dispatched_at IS NOT NULL
      AND lease_token IS NULL
    RETURNING social_account_id, platform, failure_count
)
SELECT held.social_account_id, held.platform, held.failure_count, a.platform_user_id, a.username,
       a.metadata, a.status, a.status_reason, a.access_token, a.token_expires_at, a.token_stored_at,
       now() AS now
FROM held JOIN social_accounts a ON a.id = held.social_account_id
