-- Called by the command line: everything that the explanation of a post's publications needs.
SELECT pp.id, pp.platform::text AS platform, pp.status::text AS status,
       p.status::text AS post_status, a.username,
       coalesce(pp.scheduled_for, p.scheduled_at) AS due_at,
       pp.next_attempt_at, pp.dispatched_at, pp.lease_token IS NOT NULL AS leased, pp.intent_at,
       pp.published_at, pp.retry_count, pp.settle_count, pp.failure_kind::text AS failure_kind,
       pp.error_message AS error, a.paused_until AS account_paused_until,
       a.status::text AS account_status, a.status_reason AS account_reason, pp.give_up_at,
       pause.paused_until AS platform_paused_until, pause.reason AS platform_pause_reason,
       pause.opened_at AS platform_out_since,
       EXISTS (SELECT FROM post_publications busy
               WHERE busy.social_account_id = pp.social_account_id
                 AND busy.dispatched_at IS NOT NULL AND busy.id <> pp.id) AS account_busy,
       pp.asked_at, pp.verified_at, pp.removed_at,
       pp.platform_post_id, pp.platform_post_url, clock_timestamp() AS now
FROM post_publications pp
JOIN posts p ON p.id = pp.post_id
JOIN social_accounts a ON a.id = pp.social_account_id
LEFT JOIN platform_pauses pause ON pause.platform = pp.platform
WHERE pp.post_id = :post
ORDER BY pp.platform
