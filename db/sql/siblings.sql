-- Called by a worker that settles: what else the account has published since a day before.
SELECT platform_post_id
FROM post_publications
WHERE social_account_id = :account AND id <> :id AND platform_post_id IS NOT NULL
  AND published_at > CAST(:since AS timestamptz) - interval '1 day'
ORDER BY published_at DESC
LIMIT 1000
