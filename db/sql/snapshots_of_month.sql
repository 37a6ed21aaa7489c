-- Called by the archive, with the partition's name: its rows, those of a publication together.
SELECT CAST(id AS text), CAST(post_publication_id AS text), CAST(platform AS text),
       CAST(period AS text), recorded_at, likes_count, comments_count, shares_count,
       impressions_count, reach_count, clicks_count, saves_count, engagement_rate,
       CAST(demographics AS text), CAST(metrics_by_time AS text), CAST(raw_data AS text),
       created_at, updated_at
FROM analytics_of_month
ORDER BY post_publication_id, recorded_at, id
