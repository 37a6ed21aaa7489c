-- Called by a worker: the publications of its account that are due, longest due first, with the
-- latest figures that are known.
SELECT s.post_publication_id, pp.post_id, pp.platform_post_id, p.content_type, s.published_at,
       s.unchanged_count, s.missing_count, s.requested, pp.likes_count, pp.comments_count,
       pp.shares_count, pp.impressions_count, pp.reach_count, pp.analytics, now() AS now
FROM publication_syncs s
JOIN post_publications pp ON pp.id = s.post_publication_id
JOIN posts p ON p.id = pp.post_id
WHERE s.social_account_id = :account AND s.next_sync_at <= now()
ORDER BY s.next_sync_at
LIMIT :batch
