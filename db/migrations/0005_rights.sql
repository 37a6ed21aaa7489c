-- Group roles, without login: grant them to the logins of your services.
--   publishing_worker    scheduler and workers: every row
--   publishing_app       services that act for a user: rows of app.user_id only
--   publishing_readonly  reports: every row, no secret

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['publishing_worker', 'publishing_app', 'publishing_readonly'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- roles belong to the server; another database made it
        END;
    END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON users, social_accounts, posts, post_publications, media,
    analytics, platform_pauses TO publishing_worker;
GRANT SELECT, INSERT ON publication_attempts, audit_log TO publishing_worker;
GRANT SELECT ON schema_migrations TO publishing_worker, publishing_app, publishing_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON social_accounts, posts, post_publications, media
    TO publishing_app;
GRANT SELECT, UPDATE ON users TO publishing_app;
GRANT SELECT ON analytics, publication_attempts, platform_pauses TO publishing_app;
GRANT SELECT ON posts, post_publications, media, analytics, publication_attempts, platform_pauses,
    audit_log TO publishing_readonly;
GRANT SELECT (id, name, email, role, avatar, is_active, email_verified, last_login_at, preferences,
    created_at, updated_at) ON users TO publishing_readonly;
GRANT SELECT (id, user_id, platform, platform_user_id, username, display_name, avatar, status, health,
    token_expires_at, expires_at, metadata, followers_count, following_count, posts_count,
    last_synced_at, last_posted_at, status_reason, paused_until, created_at, updated_at)
    ON social_accounts TO publishing_readonly;

REVOKE EXECUTE ON FUNCTION make_analytics_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_analytics_partitions TO publishing_worker;

-- app.user_id is set by the service for its transaction: SET LOCAL app.user_id = '…'.
CREATE FUNCTION app_user_id() RETURNS uuid LANGUAGE sql STABLE
RETURN nullif(current_setting('app.user_id', true), '')::uuid;

ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE social_accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE posts ENABLE ROW LEVEL SECURITY;
ALTER TABLE post_publications ENABLE ROW LEVEL SECURITY;
ALTER TABLE media ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics ENABLE ROW LEVEL SECURITY;
ALTER TABLE publication_attempts ENABLE ROW LEVEL SECURITY;

CREATE POLICY everything ON users TO publishing_worker, publishing_readonly USING (true);
CREATE POLICY everything ON social_accounts TO publishing_worker, publishing_readonly USING (true);
CREATE POLICY everything ON posts TO publishing_worker, publishing_readonly USING (true);
CREATE POLICY everything ON post_publications TO publishing_worker, publishing_readonly USING (true);
CREATE POLICY everything ON media TO publishing_worker, publishing_readonly USING (true);
CREATE POLICY everything ON analytics TO publishing_worker, publishing_readonly USING (true);
CREATE POLICY everything ON publication_attempts TO publishing_worker, publishing_readonly
    USING (true);

CREATE POLICY own ON users TO publishing_app USING (id = app_user_id());
CREATE POLICY own ON social_accounts TO publishing_app USING (user_id = app_user_id());
CREATE POLICY own ON posts TO publishing_app USING (user_id = app_user_id());
-- Foreign keys look past these policies: that the account is the user's own is asked here.
CREATE POLICY own ON post_publications TO publishing_app
    USING (EXISTS (SELECT FROM posts p WHERE p.id = post_id))
    WITH CHECK (EXISTS (SELECT FROM posts p WHERE p.id = post_id)
                AND EXISTS (SELECT FROM social_accounts a WHERE a.id = social_account_id));
CREATE POLICY own ON media TO publishing_app
    USING (EXISTS (SELECT FROM posts p WHERE p.id = post_id));
CREATE POLICY own ON analytics TO publishing_app
    USING (EXISTS (SELECT FROM post_publications pp WHERE pp.id = post_publication_id));
CREATE POLICY own ON publication_attempts TO publishing_app
    USING (EXISTS (SELECT FROM post_publications pp WHERE pp.id = post_publication_id));
