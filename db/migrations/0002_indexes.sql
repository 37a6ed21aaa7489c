CREATE INDEX idx_users_email ON users (email);
CREATE INDEX idx_users_role ON users (role);
CREATE INDEX idx_users_created_at ON users (created_at);
CREATE INDEX idx_users_preferences_gin ON users USING gin (preferences);

CREATE INDEX idx_social_accounts_user_id ON social_accounts (user_id);
CREATE INDEX idx_social_accounts_platform ON social_accounts (platform);
CREATE INDEX idx_social_accounts_status ON social_accounts (status);
CREATE INDEX idx_social_accounts_health ON social_accounts (health);
CREATE UNIQUE INDEX idx_social_accounts_user_platform ON social_accounts (user_id, platform);
CREATE INDEX idx_social_accounts_expires_at ON social_accounts (expires_at);
CREATE INDEX idx_social_accounts_metadata_gin ON social_accounts USING gin (metadata);

CREATE INDEX idx_posts_user_id ON posts (user_id);
CREATE INDEX idx_posts_status ON posts (status);
CREATE INDEX idx_posts_scheduled_at ON posts (scheduled_at);
CREATE INDEX idx_posts_published_at ON posts (published_at);
CREATE INDEX idx_posts_content_type ON posts (content_type);
CREATE INDEX idx_posts_user_status ON posts (user_id, status);
CREATE INDEX idx_posts_scheduled_status ON posts (scheduled_at, status);
CREATE INDEX idx_posts_hashtags_gin ON posts USING gin (hashtags);
CREATE INDEX idx_posts_mentions_gin ON posts USING gin (mentions);
CREATE INDEX idx_posts_search_gin ON posts USING gin (search);
-- What the scheduler polls. (A predicate with now() is refused by PostgreSQL, and
-- scheduled_at > now() would leave out exactly the rows that are due.)
CREATE INDEX idx_posts_scheduled_active ON posts (scheduled_at) WHERE status = 'scheduled';

CREATE INDEX idx_post_publications_post_id ON post_publications (post_id);
CREATE INDEX idx_post_publications_social_account_id ON post_publications (social_account_id);
CREATE INDEX idx_post_publications_platform ON post_publications (platform);
CREATE INDEX idx_post_publications_status ON post_publications (status);
CREATE INDEX idx_post_publications_post_status ON post_publications (post_id, status);
CREATE INDEX idx_post_publications_published_at ON post_publications (published_at);
CREATE UNIQUE INDEX idx_post_publications_post_platform ON post_publications (post_id, platform);
-- What waits, account by account: the dispatch reads the first of each.
CREATE INDEX idx_post_publications_waiting
    ON post_publications (platform, social_account_id, next_attempt_at)
    WHERE next_attempt_at IS NOT NULL;
-- What is in flight: at most one publication of an account.
CREATE UNIQUE INDEX idx_post_publications_in_flight ON post_publications (social_account_id)
    WHERE dispatched_at IS NOT NULL;

CREATE INDEX idx_media_post_id ON media (post_id);
CREATE INDEX idx_media_type ON media (type);
CREATE INDEX idx_media_mimetype ON media (mime_type);
CREATE INDEX idx_media_post_order ON media (post_id, "order");

CREATE INDEX idx_analytics_post_publication_id ON analytics (post_publication_id);
CREATE INDEX idx_analytics_platform ON analytics (platform);
CREATE INDEX idx_analytics_period ON analytics (period);
CREATE INDEX idx_analytics_recorded_at ON analytics (recorded_at);
CREATE INDEX idx_analytics_publication_recorded ON analytics (post_publication_id, recorded_at);

CREATE INDEX idx_publication_attempts_publication ON publication_attempts (post_publication_id, id);
CREATE INDEX idx_audit_log_row ON audit_log (table_name, row_id);

ALTER TABLE posts ALTER COLUMN scheduled_at SET STATISTICS 1000;
ALTER TABLE post_publications ALTER COLUMN published_at SET STATISTICS 1000;
ALTER TABLE posts SET (
    autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0.02
);
