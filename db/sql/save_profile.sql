-- Called by a worker that asked the platform who the account is. What the platform did not tell
-- stays as it is. An avatar's address that is too long for its column stands whole in metadata.
UPDATE social_accounts
SET username = coalesce(:username, username),
    display_name = coalesce(:display_name, display_name),
    avatar = CASE WHEN CAST(:avatar AS text) IS NULL THEN avatar
                  WHEN length(:avatar) <= 255 THEN :avatar END,
    metadata = CASE WHEN CAST(:avatar AS text) IS NULL THEN metadata
                    WHEN length(:avatar) <= 255 THEN metadata - 'avatar_url'
                    ELSE metadata || jsonb_build_object('avatar_url', CAST(:avatar AS text)) END,
    followers_count = coalesce(:followers, followers_count),
    following_count = coalesce(:following, following_count),
    posts_count = coalesce(:posts, posts_count),
    last_synced_at = clock_timestamp()
WHERE id = :id
