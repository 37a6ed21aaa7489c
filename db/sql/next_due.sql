-- Called by the scheduler: seconds until the next post is due; null when none is scheduled.
SELECT extract(epoch FROM min(scheduled_at) - clock_timestamp())::float8
FROM posts
WHERE status = 'scheduled' AND scheduled_at > :after
