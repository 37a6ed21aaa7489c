-- Called by the archive, with the partition's name: how many rows, and the sum of 64 bits of the
-- SHA-256 of each. domain/archives.py computes the same from the file.
SELECT count(*) AS rows,
       coalesce(sum(CAST(CAST('x' || left(encode(sha256(convert_to(concat_ws('|',
           id, post_publication_id, platform, period,
           CAST(extract(epoch FROM recorded_at) * 1000000 AS bigint),
           coalesce(CAST(likes_count AS text), '~'), coalesce(CAST(comments_count AS text), '~'),
           coalesce(CAST(shares_count AS text), '~'),
           coalesce(CAST(impressions_count AS text), '~'),
           coalesce(CAST(reach_count AS text), '~'), coalesce(CAST(clicks_count AS text), '~'),
           coalesce(CAST(saves_count AS text), '~'),
           coalesce(CAST(engagement_rate AS text), '~'),
           coalesce(CAST(demographics AS text), '~'),
           coalesce(CAST(metrics_by_time AS text), '~'), coalesce(CAST(raw_data AS text), '~'),
           CAST(extract(epoch FROM created_at) * 1000000 AS bigint),
           CAST(extract(epoch FROM updated_at) * 1000000 AS bigint)
       ), 'UTF8')), 'hex'), 16) AS bit(64)) AS bigint)), 0) AS checksum
FROM analytics_of_month
