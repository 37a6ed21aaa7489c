-- Triggers of a table run in the order of their names.

CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$;

CREATE TRIGGER _300_touch BEFORE UPDATE ON users
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER _300_touch BEFORE UPDATE ON social_accounts
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER _300_touch BEFORE UPDATE ON posts
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER _300_touch BEFORE UPDATE ON post_publications
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER _300_touch BEFORE UPDATE ON media
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER _300_touch BEFORE UPDATE ON analytics
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- The same table of moves as domain/states.py; a test compares the two.
CREATE FUNCTION is_legal_move(old_status post_status, new_status post_status) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN old_status = new_status OR CASE old_status
    WHEN 'draft'      THEN new_status IN ('scheduled', 'cancelled')
    WHEN 'scheduled'  THEN new_status IN ('draft', 'publishing', 'failed', 'cancelled')
    WHEN 'publishing' THEN new_status IN ('published', 'failed', 'cancelled')
    WHEN 'published'  THEN false
    WHEN 'failed'     THEN new_status IN ('scheduled', 'publishing', 'published', 'cancelled')
    WHEN 'cancelled'  THEN new_status IN ('draft', 'scheduled')
END;

CREATE FUNCTION refuse_illegal_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT is_legal_move(OLD.status, NEW.status) THEN
        RAISE EXCEPTION 'status of % % cannot go from % to %',
            TG_TABLE_NAME, OLD.id, OLD.status, NEW.status
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, COLUMN = 'status',
                  CONSTRAINT = 'status_moves_are_legal',
                  HINT = 'Use publish_now, cancel_post or retry_post.';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER _200_refuse_illegal_move BEFORE UPDATE OF status ON posts
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION refuse_illegal_move();
CREATE TRIGGER _200_refuse_illegal_move BEFORE UPDATE OF status ON post_publications
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION refuse_illegal_move();

CREATE FUNCTION keep_is_scheduled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.is_scheduled := NEW.status = 'scheduled';
    RETURN NEW;
END $$;

CREATE TRIGGER _250_keep_is_scheduled BEFORE INSERT OR UPDATE OF status, is_scheduled ON posts
    FOR EACH ROW EXECUTE FUNCTION keep_is_scheduled();

-- Scheduled again, a publication starts anew: nothing of the time before counts against it.
CREATE FUNCTION start_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.failed_at := NULL;
    NEW.failure_kind := NULL;
    NEW.error_message := NULL;
    NEW.settle_count := 0;
    NEW.crash_count := 0;
    NEW.waiting_since := NULL;
    NEW.checkpoint := '{}';
    RETURN NEW;
END $$;

CREATE TRIGGER _250_start_anew BEFORE UPDATE OF status ON post_publications
    FOR EACH ROW WHEN (OLD.status IN ('failed', 'cancelled') AND NEW.status = 'scheduled')
    EXECUTE FUNCTION start_anew();

-- An account stays its user's and its platform's; so does a post its user's.
CREATE FUNCTION refuse_new_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% % cannot be given to another user or platform', TG_TABLE_NAME, OLD.id
        USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, COLUMN = 'user_id',
              CONSTRAINT = 'owners_never_change', HINT = 'Create a new row instead.';
END $$;

CREATE TRIGGER _100_refuse_new_owner BEFORE UPDATE OF user_id, platform ON social_accounts
    FOR EACH ROW WHEN (OLD.user_id <> NEW.user_id OR OLD.platform <> NEW.platform)
    EXECUTE FUNCTION refuse_new_owner();
CREATE TRIGGER _100_refuse_new_owner BEFORE UPDATE OF user_id ON posts
    FOR EACH ROW WHEN (OLD.user_id <> NEW.user_id) EXECUTE FUNCTION refuse_new_owner();

CREATE FUNCTION check_publication_account() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    account record;
BEGIN
    SELECT a.platform, a.user_id = p.user_id AS same_user INTO account
    FROM social_accounts a, posts p
    WHERE a.id = NEW.social_account_id AND p.id = NEW.post_id;
    IF NOT FOUND THEN
        RETURN NEW;  -- the foreign keys, or the row-level policies, refuse it
    END IF;
    NEW.platform := coalesce(NEW.platform, account.platform);
    IF NOT account.same_user THEN
        RAISE EXCEPTION 'social_account_id %: the account belongs to another user than the post',
            NEW.social_account_id
            USING ERRCODE = 'check_violation', TABLE = 'post_publications',
                  COLUMN = 'social_account_id', CONSTRAINT = 'publications_account_is_of_the_posts_user',
                  HINT = 'Choose an account of the user who owns the post.';
    ELSIF NEW.platform <> account.platform THEN
        RAISE EXCEPTION 'platform %: the account is on %', NEW.platform, account.platform
            USING ERRCODE = 'check_violation', TABLE = 'post_publications', COLUMN = 'platform',
                  CONSTRAINT = 'publications_platform_is_the_accounts',
                  HINT = 'Leave platform out; it is taken from the account.';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER _100_check_account
    BEFORE INSERT OR UPDATE OF post_id, social_account_id, platform ON post_publications
    FOR EACH ROW EXECUTE FUNCTION check_publication_account();

-- An edit is honoured until a publishing call is announced; after that it is refused as too late.
-- What the platform holds ready of the earlier content is forgotten, not published.
CREATE FUNCTION count_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'publishing' AND EXISTS (
        SELECT FROM post_publications
        WHERE post_id = OLD.id AND (intent_at IS NOT NULL OR status = 'published')
    ) THEN
        RAISE EXCEPTION 'content of post %: too late, it is already being published', OLD.id
            USING ERRCODE = 'check_violation', TABLE = 'posts', COLUMN = 'content',
                  CONSTRAINT = 'posts_edits_come_before_sending',
                  HINT = 'Write a new post.';
    END IF;
    UPDATE post_publications SET checkpoint = '{}', waiting_since = NULL
    WHERE post_id = OLD.id AND lease_token IS NULL AND intent_at IS NULL AND checkpoint <> '{}';
    NEW.revision := OLD.revision + 1;
    RETURN NEW;
END $$;

CREATE TRIGGER _200_count_revision
    BEFORE UPDATE OF content, content_type, title, metadata, revision ON posts
    FOR EACH ROW WHEN (
        (OLD.content, OLD.content_type, OLD.title, OLD.metadata, OLD.revision)
        IS DISTINCT FROM (NEW.content, NEW.content_type, NEW.title, NEW.metadata, NEW.revision)
    ) EXECUTE FUNCTION count_revision();

CREATE FUNCTION count_media_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE posts SET revision = revision + 1 WHERE id = coalesce(NEW.post_id, OLD.post_id);
    RETURN NULL;
END $$;

CREATE TRIGGER _800_count_revision AFTER INSERT OR UPDATE OR DELETE ON media
    FOR EACH ROW EXECUTE FUNCTION count_media_revision();

-- A post's status follows from its publications; the same rule as roll_up in domain/states.py.
-- Not before the post is released, though: until then its status is its owner's to set.
CREATE FUNCTION roll_up_post() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    post uuid := coalesce(NEW.post_id, OLD.post_id);
BEGIN
    PERFORM FROM posts WHERE id = post FOR NO KEY UPDATE;
    UPDATE posts p
    SET status = rolled.status,
        published_at = CASE WHEN rolled.status = 'published' THEN rolled.published_at END,
        failed_at = CASE WHEN rolled.status = 'failed' THEN rolled.failed_at END,
        error_message = rolled.error_message,
        retry_count = rolled.retry_count,
        last_retry_at = rolled.last_retry_at
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
        WHERE post_id = post AND status <> 'draft'
    ) AS rolled
    WHERE p.id = post
      AND (p.status IN ('publishing', 'failed')
           OR (p.status <> 'scheduled' AND NEW.status = 'publishing'));
    RETURN NULL;
END $$;

-- Left out: the release, which moves the post itself, and an owner's scheduling it again.
CREATE TRIGGER _900_roll_up_post AFTER UPDATE OF status, retry_count, error_message
    ON post_publications
    FOR EACH ROW WHEN (
        (OLD.status <> NEW.status AND NEW.status NOT IN ('draft', 'scheduled')
         AND NOT (OLD.status = 'scheduled' AND NEW.status = 'publishing'))
        OR OLD.retry_count <> NEW.retry_count
        OR (OLD.error_message IS DISTINCT FROM NEW.error_message AND OLD.status = NEW.status)
    ) EXECUTE FUNCTION roll_up_post();
CREATE TRIGGER _901_roll_up_post AFTER DELETE ON post_publications
    FOR EACH ROW EXECUTE FUNCTION roll_up_post();

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% only ever grows', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
              CONSTRAINT = 'history_is_never_rewritten';
END $$;

CREATE TRIGGER _100_refuse_change BEFORE UPDATE ON publication_attempts
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER _100_refuse_change BEFORE UPDATE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Writes the changed columns, old and new; of a secret only that it changed.
CREATE FUNCTION audit() RETURNS trigger
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
    WHERE before -> key IS DISTINCT FROM after -> key AND key NOT IN ('updated_at', 'search');
    RETURN NULL;
END $$;

CREATE TRIGGER _950_audit AFTER INSERT OR DELETE ON users
    FOR EACH ROW EXECUTE FUNCTION audit();
CREATE TRIGGER _951_audit AFTER UPDATE ON users
    FOR EACH ROW WHEN ((OLD.email, OLD.password, OLD.role, OLD.is_active)
        IS DISTINCT FROM (NEW.email, NEW.password, NEW.role, NEW.is_active))
    EXECUTE FUNCTION audit();
CREATE TRIGGER _950_audit AFTER INSERT OR DELETE ON social_accounts
    FOR EACH ROW EXECUTE FUNCTION audit();
CREATE TRIGGER _951_audit AFTER UPDATE ON social_accounts
    FOR EACH ROW WHEN ((OLD.status, OLD.access_token, OLD.refresh_token, OLD.platform_user_id)
        IS DISTINCT FROM (NEW.status, NEW.access_token, NEW.refresh_token, NEW.platform_user_id))
    EXECUTE FUNCTION audit();
CREATE TRIGGER _950_audit AFTER DELETE ON posts
    FOR EACH ROW EXECUTE FUNCTION audit();
CREATE TRIGGER _951_audit AFTER UPDATE ON post_publications
    FOR EACH ROW WHEN (OLD.status <> NEW.status
        AND (NEW.status = 'cancelled' OR OLD.status IN ('failed', 'cancelled')))
    EXECUTE FUNCTION audit();

-- A partition for this month and each of the next; returns the names of those made. One that
-- another process is making, or whose rows already went to the default partition, is left alone.
CREATE FUNCTION make_analytics_partitions(months_ahead integer DEFAULT 3) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
    name text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('make_analytics_partitions'));
    FOR n IN 0 .. months_ahead LOOP
        name := 'analytics_' || to_char(month, 'YYYY_MM');
        IF to_regclass(name) IS NULL THEN
            BEGIN
                EXECUTE format(
                    'CREATE TABLE %I PARTITION OF analytics FOR VALUES FROM (%L) TO (%L)',
                    name, month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
                RETURN NEXT name;
            EXCEPTION WHEN check_violation THEN
                RAISE WARNING 'rows of % are in analytics_default: move them, then run this again', name;
            END;
        END IF;
        month := month + interval '1 month';
    END LOOP;
END $$;

SELECT make_analytics_partitions();
