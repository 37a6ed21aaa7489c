-- Called by the command line: what only a person can answer, oldest first.
SELECT pp.post_id AS post, pp.platform::text AS platform, a.username AS account,
       CASE WHEN pp.asked_at IS NOT NULL THEN 'is it too late?' ELSE 'is it there?' END AS question,
       coalesce(pp.failed_at, pp.asked_at) AS since, left(p.content, 60) AS content,
       CASE WHEN pp.asked_at IS NOT NULL
           THEN format('publishing posts retry %s (or cancel)', pp.post_id)
           ELSE format('publishing posts settle %s --platform %s --published ID (or --not-there)',
                       pp.post_id, pp.platform)
       END AS answer
FROM post_publications pp
JOIN posts p ON p.id = pp.post_id
JOIN social_accounts a ON a.id = pp.social_account_id
WHERE (pp.status = 'failed' AND pp.failure_kind = 'unconfirmed')
   OR (pp.status = 'publishing' AND pp.asked_at IS NOT NULL)
ORDER BY since
LIMIT :limit
