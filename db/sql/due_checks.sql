-- Called by the scheduler: the accounts that have posts to look for, the longest due first, on
-- platforms that are open. The cost follows what is due, however much was ever published.
SELECT due.social_account_id, a.platform::text AS platform
FROM (
    SELECT social_account_id, min(check_at) AS check_at
    FROM (
        SELECT social_account_id, check_at
        FROM publication_checks
        WHERE check_at <= now()
        ORDER BY check_at
        LIMIT :window
    ) AS first
    GROUP BY social_account_id
) AS due
JOIN social_accounts a ON a.id = due.social_account_id
LEFT JOIN platform_pauses pause ON pause.platform = a.platform
WHERE a.status = 'active' AND coalesce(a.paused_until <= now(), true)
  AND pause.opened_at IS NULL AND coalesce(pause.paused_until <= now(), true)
  AND a.platform = ANY (CAST(:platforms AS platform[]))
ORDER BY due.check_at
LIMIT :accounts
