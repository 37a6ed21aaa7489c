-- What is late, what is out, what is really there; and nothing is deleted while its call is out.

ALTER TYPE failure_kind ADD VALUE 'quarantined';
ALTER TYPE attempt_phase ADD VALUE 'verify';
ALTER TYPE attempt_event ADD VALUE 'removed';

CREATE TYPE late_policy AS ENUM ('publish', 'ask', 'skip');

ALTER TABLE posts
    ADD COLUMN late_policy late_policy NOT NULL DEFAULT 'skip',
    ADD COLUMN late_window interval;

ALTER TABLE post_publications
    ADD COLUMN asked_at timestamptz,
    ADD COLUMN verified_at timestamptz,
    ADD COLUMN removed_at timestamptz;

ALTER TABLE platform_pauses
    ADD COLUMN opened_at timestamptz,
    ADD COLUMN closed_at timestamptz,
    ADD COLUMN probe_id uuid,
    ADD COLUMN probe_until timestamptz;

CREATE TABLE publication_checks (
    post_publication_id uuid PRIMARY KEY REFERENCES post_publications (id) ON DELETE CASCADE,
    social_account_id   uuid NOT NULL,
    check_at            timestamptz NOT NULL,
    missing_at          timestamptz
);

CREATE TABLE reaper_counts (
    cause   text PRIMARY KEY,
    total   bigint NOT NULL DEFAULT 0,
    last_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX idx_publication_checks_check_at ON publication_checks (check_at);
CREATE INDEX idx_publication_checks_account ON publication_checks (social_account_id, check_at);

CREATE OR REPLACE FUNCTION start_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.failed_at := NULL;
    NEW.failure_kind := NULL;
    NEW.error_message := NULL;
    NEW.settle_count := 0;
    NEW.crash_count := 0;
    NEW.waiting_since := NULL;
    NEW.asked_at := NULL;
    IF NEW.scheduled_for IS NOT DISTINCT FROM OLD.scheduled_for THEN
        NEW.scheduled_for := NULL;
    END IF;
    NEW.checkpoint := '{}';
    RETURN NEW;
END $$;

CREATE FUNCTION move_in_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM post_publications
        WHERE post_id = OLD.id AND (intent_at IS NOT NULL OR status = 'published')
    ) THEN
        RAISE EXCEPTION 'scheduled_at of post %: too late, it is already being published', OLD.id
            USING ERRCODE = 'check_violation', TABLE = 'posts', COLUMN = 'scheduled_at',
                  CONSTRAINT = 'posts_edits_come_before_sending', HINT = 'Write a new post.';
    END IF;
    UPDATE post_publications
    SET next_attempt_at = NEW.scheduled_at, scheduled_for = NEW.scheduled_at,
        give_up_at = give_up_at + (NEW.scheduled_at - scheduled_for),
        asked_at = NULL, dispatched_at = NULL, lease_token = NULL, lease_until = NULL
    WHERE post_id = OLD.id AND status = 'publishing' AND scheduled_for = OLD.scheduled_at;
    RETURN NEW;
END $$;

CREATE TRIGGER _210_move_in_time BEFORE UPDATE OF scheduled_at ON posts
    FOR EACH ROW WHEN (OLD.status = 'publishing' AND NEW.status = 'publishing'
                       AND OLD.scheduled_at <> NEW.scheduled_at)
    EXECUTE FUNCTION move_in_time();

CREATE FUNCTION refuse_deletion_in_doubt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'publication % of post %: its publishing call is out, it cannot be deleted now',
        OLD.id, OLD.post_id
        USING ERRCODE = 'check_violation', TABLE = 'post_publications', COLUMN = 'intent_at',
              CONSTRAINT = 'publications_in_doubt_are_kept',
              HINT = 'Wait until its outcome is known, or say so with settle_publication, then delete.';
END $$;

CREATE TRIGGER _100_refuse_deletion BEFORE DELETE ON post_publications
    FOR EACH ROW WHEN (OLD.intent_at IS NOT NULL) EXECUTE FUNCTION refuse_deletion_in_doubt();

CREATE FUNCTION watch_for_life() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO publication_checks (post_publication_id, social_account_id, check_at)
    VALUES (NEW.id, NEW.social_account_id, clock_timestamp() + interval '2 minutes')
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER _960_watch_for_life AFTER UPDATE OF status ON post_publications
    FOR EACH ROW WHEN (OLD.status <> NEW.status AND NEW.status = 'published')
    EXECUTE FUNCTION watch_for_life();

CREATE OR REPLACE FUNCTION cancel_post(post uuid)
RETURNS TABLE (publication_id uuid, cancelled boolean, reason text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM posts WHERE id = post AND status IN ('draft', 'scheduled') FOR UPDATE;
    RETURN QUERY
        WITH withdrawn AS (
            UPDATE post_publications
            SET status = 'cancelled', next_attempt_at = NULL, dispatched_at = NULL,
                lease_token = NULL, lease_until = NULL, asked_at = NULL
            WHERE post_id = post AND intent_at IS NULL
              AND status IN ('draft', 'scheduled', 'publishing', 'failed')
            RETURNING id
        )
        SELECT pp.id, w.id IS NOT NULL OR pp.status = 'cancelled',
               CASE WHEN w.id IS NOT NULL OR pp.status = 'cancelled' THEN NULL
                    WHEN pp.status = 'published' THEN 'too late: it is published'
                    ELSE 'too late: it is being published' END
        FROM post_publications pp LEFT JOIN withdrawn w USING (id)
        WHERE pp.post_id = post;
    UPDATE posts SET status = 'cancelled' WHERE id = post AND status IN ('draft', 'scheduled');
END $$;

CREATE OR REPLACE FUNCTION retry_post(
    post uuid, sure_it_is_not_there boolean DEFAULT false, late_window interval DEFAULT '6 hours'
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    targets integer;
BEGIN
    UPDATE post_publications
    SET status = 'publishing', next_attempt_at = now(), give_up_at = now() + late_window,
        retry_count = retry_count + CASE WHEN asked_at IS NULL THEN 1 ELSE 0 END,
        last_retry_at = CASE WHEN asked_at IS NULL THEN now() ELSE last_retry_at END,
        failed_at = NULL, failure_kind = NULL, asked_at = NULL, settle_count = 0, crash_count = 0,
        waiting_since = NULL, checkpoint = '{}'
    WHERE post_id = post
      AND ((status = 'failed' AND (sure_it_is_not_there OR failure_kind <> 'unconfirmed'))
           OR (status = 'publishing' AND asked_at IS NOT NULL));
    GET DIAGNOSTICS targets = ROW_COUNT;
    RETURN targets;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON publication_checks, reaper_counts TO publishing_worker;
GRANT SELECT ON publication_checks, reaper_counts TO publishing_readonly;
