-- Called by the command line: the state of the whole, one row a platform.
SELECT p.platform::text AS platform,
       count(*) FILTER (WHERE pp.status = 'publishing' AND pp.next_attempt_at <= now()) AS due,
       count(*) FILTER (WHERE pp.status = 'publishing' AND pp.next_attempt_at > now()) AS waiting,
       count(*) FILTER (WHERE pp.dispatched_at IS NOT NULL AND pp.lease_token IS NULL) AS queued,
       count(*) FILTER (WHERE pp.lease_token IS NOT NULL) AS in_flight,
       count(*) FILTER (WHERE pp.intent_at IS NOT NULL AND pp.lease_token IS NULL) AS in_doubt,
       count(*) FILTER (WHERE pp.status = 'published' AND pp.published_at > now() - interval '1 hour')
           AS published_last_hour,
       count(*) FILTER (WHERE pp.status = 'failed' AND pp.failed_at > now() - interval '24 hours')
           AS failed_last_day,
       percentile_cont(0.5) WITHIN GROUP (
           ORDER BY extract(epoch FROM pp.started_at - pp.scheduled_for)
       ) FILTER (WHERE pp.started_at > now() - interval '1 hour') AS late_median,
       percentile_cont(0.99) WITHIN GROUP (
           ORDER BY extract(epoch FROM pp.started_at - pp.scheduled_for)
       ) FILTER (WHERE pp.started_at > now() - interval '1 hour') AS late_p99,
       (SELECT pause.paused_until FROM platform_pauses pause
        WHERE pause.platform = p.platform AND pause.paused_until > now()) AS paused_until,
       (SELECT pause.opened_at FROM platform_pauses pause
        WHERE pause.platform = p.platform) AS out_since
FROM unnest(enum_range(NULL::platform)) AS p (platform)
LEFT JOIN post_publications pp ON pp.platform = p.platform
     AND (pp.status = 'publishing'
          OR (pp.status = 'published' AND pp.published_at > now() - interval '1 hour')
          OR (pp.status = 'failed' AND pp.failed_at > now() - interval '24 hours'))
GROUP BY p.platform
ORDER BY p.platform
