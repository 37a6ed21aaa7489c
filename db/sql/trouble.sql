-- Called by the command line: what may need a person.
SELECT (SELECT count(*) FROM posts WHERE status = 'scheduled' AND scheduled_at > now())
           AS scheduled,
       (SELECT count(*) FROM posts WHERE status = 'scheduled' AND scheduled_at <= now())
           AS unreleased,
       (SELECT coalesce(extract(epoch FROM now() - min(scheduled_at)), 0)::float8
        FROM posts WHERE status = 'scheduled' AND scheduled_at <= now()) AS oldest_unreleased,
       (SELECT count(*) FROM post_publications
        WHERE dispatched_at IS NOT NULL AND lease_until < now() - interval '30 seconds')
           AS unreaped,
       (SELECT count(*) FROM post_publications
        WHERE status = 'failed' AND failure_kind = 'unconfirmed'
          AND failed_at > now() - interval '7 days') AS unconfirmed,
       (SELECT count(*) FROM post_publications
        WHERE status = 'publishing' AND asked_at IS NOT NULL) AS asked,
       (SELECT count(*) FROM post_publications
        WHERE status = 'failed' AND failure_kind = 'quarantined'
          AND failed_at > now() - interval '7 days') AS quarantined,
       (SELECT count(*) FROM social_accounts WHERE status IN ('expired', 'revoked', 'error'))
           AS broken_accounts,
       (SELECT count(*) FROM (SELECT FROM analytics_default LIMIT 10000) AS stray)
           AS stray_snapshots,
       (to_regclass('analytics_' || to_char((now() AT TIME ZONE 'UTC') + interval '1 month', 'YYYY_MM'))
           IS NULL) AS next_month_missing
