-- What follows a publication (roll-up of its post, first look, first reading) is done for a whole
-- batch by the statement that records it. A trigger that would change nothing does not run.

ALTER TABLE posts DROP COLUMN search;
ALTER TABLE post_publications ADD COLUMN followed boolean NOT NULL DEFAULT false;
ALTER TABLE publication_checks
    ALTER COLUMN check_at SET DEFAULT clock_timestamp() + interval '2 minutes';

CREATE OR REPLACE TRIGGER _300_touch BEFORE UPDATE ON users
    FOR EACH ROW WHEN (NEW.updated_at IS DISTINCT FROM now()) EXECUTE FUNCTION touch_updated_at();
CREATE OR REPLACE TRIGGER _300_touch BEFORE UPDATE ON social_accounts
    FOR EACH ROW WHEN (NEW.updated_at IS DISTINCT FROM now()) EXECUTE FUNCTION touch_updated_at();
CREATE OR REPLACE TRIGGER _300_touch BEFORE UPDATE ON posts
    FOR EACH ROW WHEN (NEW.updated_at IS DISTINCT FROM now()) EXECUTE FUNCTION touch_updated_at();
CREATE OR REPLACE TRIGGER _300_touch BEFORE UPDATE ON post_publications
    FOR EACH ROW WHEN (NEW.updated_at IS DISTINCT FROM now()) EXECUTE FUNCTION touch_updated_at();
CREATE OR REPLACE TRIGGER _300_touch BEFORE UPDATE ON media
    FOR EACH ROW WHEN (NEW.updated_at IS DISTINCT FROM now()) EXECUTE FUNCTION touch_updated_at();
CREATE OR REPLACE TRIGGER _300_touch BEFORE UPDATE ON analytics
    FOR EACH ROW WHEN (NEW.updated_at IS DISTINCT FROM now()) EXECUTE FUNCTION touch_updated_at();

-- The posts must be locked by the caller, and what is read here be later than the lock. ``reopen``
-- takes in posts that were not under way.
CREATE FUNCTION roll_up_posts(posts uuid[], reopen boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE posts p
    SET status = rolled.status, published_at = rolled.published_at, failed_at = rolled.failed_at,
        error_message = rolled.error_message, retry_count = rolled.retry_count,
        last_retry_at = rolled.last_retry_at, updated_at = now()
    FROM unnest(roll_up_posts.posts) AS post (id), LATERAL (
        SELECT found.status,
               CASE WHEN found.status = 'published' THEN found.published_at END AS published_at,
               CASE WHEN found.status = 'failed' THEN found.failed_at END AS failed_at,
               found.error_message, found.retry_count, found.last_retry_at
        FROM (
            SELECT CASE
                       WHEN bool_or(status IN ('scheduled', 'publishing')) THEN 'publishing'
                       WHEN bool_or(status = 'failed') THEN 'failed'
                       WHEN bool_or(status = 'published') THEN 'published'
                       ELSE 'cancelled'
                   END::post_status AS status,
                   max(published_at) AS published_at,
                   max(failed_at) AS failed_at,
                   string_agg(platform || ': ' || error_message, E'\n' ORDER BY platform)
                       FILTER (WHERE error_message IS NOT NULL) AS error_message,
                   coalesce(sum(retry_count), 0)::integer AS retry_count,
                   max(last_retry_at) AS last_retry_at
            FROM post_publications
            WHERE post_id = post.id AND status <> 'draft'
        ) AS found
    ) AS rolled
    WHERE p.id = post.id
      AND (p.status IN ('publishing', 'failed') OR (p.status <> 'scheduled' AND reopen))
      AND (p.status, p.published_at, p.failed_at, p.error_message, p.retry_count, p.last_retry_at)
          IS DISTINCT FROM (rolled.status, rolled.published_at, rolled.failed_at,
                            rolled.error_message, rolled.retry_count, rolled.last_retry_at);
END $$;

CREATE OR REPLACE FUNCTION roll_up_post() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    post uuid := coalesce(NEW.post_id, OLD.post_id);
BEGIN
    PERFORM FROM posts WHERE id = post FOR NO KEY UPDATE;
    PERFORM roll_up_posts(ARRAY[post], coalesce(NEW.status = 'publishing', false));
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER _900_roll_up_post AFTER UPDATE OF status, retry_count, error_message
    ON post_publications
    FOR EACH ROW WHEN (
        NOT NEW.followed
        AND ((OLD.status <> NEW.status AND NEW.status NOT IN ('draft', 'scheduled')
              AND NOT (OLD.status = 'scheduled' AND NEW.status = 'publishing'))
             OR OLD.retry_count <> NEW.retry_count
             OR (OLD.error_message IS DISTINCT FROM NEW.error_message AND OLD.status = NEW.status))
    ) EXECUTE FUNCTION roll_up_post();

CREATE OR REPLACE TRIGGER _910_note_published AFTER UPDATE OF status ON post_publications
    FOR EACH ROW WHEN (NEW.status = 'published' AND OLD.status <> 'published' AND NOT NEW.followed)
    EXECUTE FUNCTION note_published();

CREATE OR REPLACE FUNCTION watch_for_life() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO publication_checks (post_publication_id, social_account_id)
    VALUES (NEW.id, NEW.social_account_id)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER _960_watch_for_life AFTER UPDATE OF status ON post_publications
    FOR EACH ROW WHEN (OLD.status <> NEW.status AND NEW.status = 'published' AND NOT NEW.followed)
    EXECUTE FUNCTION watch_for_life();

CREATE OR REPLACE FUNCTION audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    before jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}' ELSE to_jsonb(OLD) END;
    after jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}' ELSE to_jsonb(NEW) END;
BEGIN
    INSERT INTO audit_log (user_id, table_name, row_id, action, changes)
    SELECT nullif(current_setting('app.user_id', true), '')::uuid, TG_TABLE_NAME,
           coalesce(after ->> 'id', before ->> 'id')::uuid, lower(TG_OP),
           coalesce(jsonb_object_agg(key, CASE
               WHEN key IN ('password', 'access_token', 'refresh_token') THEN '"changed"'
               ELSE jsonb_build_array(before -> key, after -> key)
           END), '{}')
    FROM jsonb_object_keys(before || after) AS key
    WHERE before -> key IS DISTINCT FROM after -> key AND key <> 'updated_at';
    RETURN NULL;
END $$;

GRANT SELECT (followed) ON post_publications TO publishing_app, publishing_readonly;
