-- Called by a worker that holds the posts: the latest figures of all their publications.
SELECT post_id, platform, likes_count, comments_count, shares_count, impressions_count,
       reach_count, analytics
FROM post_publications
WHERE post_id = ANY (:posts) AND last_synced_at IS NOT NULL
