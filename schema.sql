-- The database as it is today, top to bottom: types, tables, indexes, rules, ways in, rights.
-- The numbered files in db/migrations/ lead to the same database; a test proves it.
-- PostgreSQL 15 to 18, no extension needed.

-- ---------------------------------------------------------------------------------------- types

CREATE TYPE platform AS ENUM ('threads', 'instagram', 'twitter', 'facebook', 'linkedin', 'tiktok');
CREATE TYPE user_role AS ENUM ('admin', 'user', 'viewer');
CREATE TYPE account_status AS ENUM ('active', 'expired', 'revoked', 'error', 'pending');
CREATE TYPE account_health AS ENUM ('healthy', 'degraded', 'unhealthy', 'unknown');
CREATE TYPE content_type AS ENUM ('text', 'image', 'video', 'carousel', 'story', 'reel', 'mixed');
CREATE TYPE media_type AS ENUM ('image', 'video', 'gif', 'document', 'audio');
CREATE TYPE analytics_period AS ENUM ('hourly', 'daily', 'weekly', 'monthly');

-- The life of a post and of each of its publications; docs/states.md draws it.
CREATE TYPE post_status AS ENUM (
    'draft',       -- being written; the engine leaves it alone
    'scheduled',   -- goes out when its time comes
    'publishing',  -- due: queued, in flight, waiting to try again, or being settled
    'published',   -- on the platform; nothing moves it again
    'failed',      -- will not go out by itself; a person may retry it
    'cancelled'    -- withdrawn before anything was sent
);

-- Why a publication waits or failed; domain/failures.py says what each asks for.
CREATE TYPE failure_kind AS ENUM (
    'throttled', 'not_ready', 'unavailable', 'unconfirmed', 'token_expired', 'token_revoked',
    'token_unreadable', 'permission_missing', 'rejected', 'too_late', 'no_target', 'quarantined'
);

-- What becomes of a post whose late window ends before it went out.
CREATE TYPE late_policy AS ENUM (
    'publish',  -- it goes out however late
    'ask',      -- it waits for a person: retry_post sends it, cancel_post withdraws it
    'skip'      -- it fails as too_late
);

CREATE TYPE attempt_phase AS ENUM ('prepare', 'publish', 'settle', 'verify');
CREATE TYPE attempt_event AS ENUM (
    'intent',     -- the one publishing call is about to leave
    'published',  -- confirmed, with the platform's id
    'waiting',    -- the platform is working on it, or a limit is used up
    'retry',      -- surely not published; goes again later
    'unknown',    -- it may have been published; will be asked
    'absent',     -- asked, and surely not published
    'failed',     -- given up
    'lost',       -- the process that held it is gone
    'removed'     -- it was published, and the platform has it no longer
);

-- --------------------------------------------------------------------------------------- tables

CREATE TABLE users (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name           varchar(255) NOT NULL,
    email          varchar(255) NOT NULL,
    password       varchar(255) NOT NULL,  -- argon2id
    role           user_role NOT NULL DEFAULT 'user',
    avatar         varchar(500),
    is_active      boolean NOT NULL DEFAULT true,
    email_verified boolean NOT NULL DEFAULT false,
    last_login_at  timestamptz,
    preferences    jsonb NOT NULL DEFAULT '{}',
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_email_is_unique UNIQUE (email),
    CONSTRAINT users_email_has_an_at CHECK (position('@' IN email) > 1),
    CONSTRAINT users_password_is_hashed CHECK (password LIKE '$%')
);

CREATE TABLE social_accounts (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id          uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    platform         platform NOT NULL,
    platform_user_id varchar(255) NOT NULL,
    username         varchar(255) NOT NULL,
    display_name     varchar(500),
    avatar           varchar(255),
    status           account_status NOT NULL DEFAULT 'active',
    health           account_health NOT NULL DEFAULT 'unknown',
    access_token     text,  -- sealed: v1:<key id>:<base64url of nonce and AES-256-GCM ciphertext>
    refresh_token    text,  -- likewise
    token_expires_at timestamptz,
    expires_at       timestamptz,
    metadata         jsonb NOT NULL DEFAULT '{}',
    followers_count  integer,
    following_count  integer,
    posts_count      integer NOT NULL DEFAULT 0,
    last_synced_at   timestamptz,
    last_posted_at   timestamptz,
    -- additions: what the platform last held against the account, and when it may be used again
    status_reason    text,
    paused_until     timestamptz,
    -- additions: upkeep of the connection
    token_stored_at  timestamptz NOT NULL DEFAULT now(),  -- when the access token was last replaced
    refreshed_at     timestamptz,  -- by the engine; null since it was connected by its owner
    refresh_started_at timestamptz,  -- a refresh was begun and its answer is not stored yet
    upkeep_at        timestamptz DEFAULT now(),  -- looked after next: token, profile
    setbacks         smallint NOT NULL DEFAULT 0,  -- what health follows from; domain/health.py
    budget           jsonb NOT NULL DEFAULT '{}',  -- what is used of its caps; domain/budgets.py
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT social_accounts_access_token_is_sealed CHECK (access_token LIKE 'v1:%:%'),
    CONSTRAINT social_accounts_refresh_token_is_sealed CHECK (refresh_token LIKE 'v1:%:%'),
    CONSTRAINT social_accounts_counts_are_not_negative
        CHECK (least(followers_count, following_count, posts_count) >= 0),
    CONSTRAINT social_accounts_setbacks_are_not_negative CHECK (setbacks >= 0)
) WITH (fillfactor = 85);

CREATE TABLE posts (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id       uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    content       text NOT NULL DEFAULT '',
    status        post_status NOT NULL DEFAULT 'draft',
    content_type  content_type NOT NULL DEFAULT 'text',
    scheduled_at  timestamptz,
    published_at  timestamptz,
    title         varchar(255),
    slug          varchar(255),
    metadata      jsonb NOT NULL DEFAULT '{}',
    hashtags      jsonb NOT NULL DEFAULT '[]',
    mentions      jsonb NOT NULL DEFAULT '[]',
    analytics     jsonb NOT NULL DEFAULT '{}',
    is_scheduled  boolean NOT NULL DEFAULT false,  -- kept by trigger: status = 'scheduled'
    failed_at     timestamptz,
    error_message text,
    retry_count   integer NOT NULL DEFAULT 0,
    last_retry_at timestamptz,
    -- additions: counts edits, so that an edit after loading is noticed before sending; what to do
    -- when it is late, and after how long (null: LATE_WINDOW)
    revision      integer NOT NULL DEFAULT 1,
    late_policy   late_policy NOT NULL DEFAULT 'skip',
    late_window   interval,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT posts_scheduled_have_a_time CHECK (status <> 'scheduled' OR scheduled_at IS NOT NULL),
    CONSTRAINT posts_published_have_a_time CHECK (status <> 'published' OR published_at IS NOT NULL),
    CONSTRAINT posts_failed_have_a_time CHECK (status <> 'failed' OR failed_at IS NOT NULL),
    CONSTRAINT posts_retry_count_is_not_negative CHECK (retry_count >= 0),
    CONSTRAINT posts_hashtags_are_a_list CHECK (jsonb_typeof(hashtags) = 'array'),
    CONSTRAINT posts_mentions_are_a_list CHECK (jsonb_typeof(mentions) = 'array')
) WITH (fillfactor = 85);

-- For search. Not in posts, where every move of a status would compute and index it anew.
CREATE TABLE post_words (
    post_id uuid PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
    words   tsvector NOT NULL
);

CREATE TABLE post_publications (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    post_id           uuid NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    social_account_id uuid NOT NULL REFERENCES social_accounts (id) ON DELETE CASCADE,
    platform          platform NOT NULL,  -- left out: taken from the account
    status            post_status NOT NULL DEFAULT 'scheduled',
    platform_post_id  varchar(255),
    platform_post_url varchar(500),
    scheduled_for     timestamptz,  -- left out: the post's scheduled_at
    published_at      timestamptz,
    likes_count       integer,
    comments_count    integer,
    shares_count      integer,
    impressions_count integer,
    reach_count       integer,
    analytics         jsonb NOT NULL DEFAULT '{}',
    last_synced_at    timestamptz,
    error_message     text,
    failed_at         timestamptz,
    retry_count       integer NOT NULL DEFAULT 0,
    last_retry_at     timestamptz,
    metadata          jsonb NOT NULL DEFAULT '{}',
    -- additions: the state of a publication in flight
    next_attempt_at   timestamptz,  -- waits until then
    give_up_at        timestamptz,  -- end of the late window
    dispatch_number   integer NOT NULL DEFAULT 0,  -- each sending voids the messages before it
    dispatched_at     timestamptz,  -- in flight since
    started_at        timestamptz,  -- first taken up by a worker
    lease_token       uuid,
    lease_until       timestamptz,
    checkpoint        jsonb NOT NULL DEFAULT '{}',
    waiting_since     timestamptz,  -- the platform has been working on it since
    intent_at         timestamptz,  -- the publishing call was announced and has no clear answer yet
    settle_count      smallint NOT NULL DEFAULT 0,  -- how often the platform was asked about it
    crash_count       smallint NOT NULL DEFAULT 0,  -- how often its process was lost
    failure_kind      failure_kind,
    asked_at          timestamptz,  -- late: a person was asked whether it should still go
    verified_at       timestamptz,  -- last seen on the platform
    removed_at        timestamptz,  -- found to be gone from the platform
    followed          boolean NOT NULL DEFAULT false,  -- record_published did the triggers' work
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT publications_published_have_a_time_and_id
        CHECK (status <> 'published' OR (published_at IS NOT NULL AND platform_post_id IS NOT NULL)),
    CONSTRAINT publications_failed_have_a_time_and_kind
        CHECK (status <> 'failed' OR (failed_at IS NOT NULL AND failure_kind IS NOT NULL)),
    CONSTRAINT publications_publishing_are_never_stranded
        CHECK (status <> 'publishing' OR next_attempt_at IS NOT NULL OR dispatched_at IS NOT NULL),
    CONSTRAINT publications_only_publishing_are_in_flight
        CHECK (status = 'publishing'
               OR num_nonnulls(next_attempt_at, dispatched_at, lease_token, intent_at) = 0),
    CONSTRAINT publications_wait_or_fly CHECK (next_attempt_at IS NULL OR dispatched_at IS NULL),
    CONSTRAINT publications_leases_are_whole
        CHECK (num_nonnulls(lease_token, lease_until) IN (0, 2)
               AND (lease_token IS NULL OR dispatched_at IS NOT NULL)),
    CONSTRAINT publications_retry_count_is_not_negative CHECK (retry_count >= 0)
) WITH (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.02
);

CREATE TABLE media (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    post_id       uuid NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    type          media_type NOT NULL,
    url           varchar(2083) NOT NULL,
    thumbnail_url varchar(2083),
    mime_type     varchar(100),
    file_size     bigint,
    width         integer,
    height        integer,
    duration      integer,  -- seconds
    alt_text      varchar(255),
    title         varchar(255),
    description   text,
    "order"       integer NOT NULL DEFAULT 0,
    metadata      jsonb NOT NULL DEFAULT '{}',
    provider      varchar(255),
    provider_key  varchar(500),
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT media_sizes_are_not_negative CHECK (least(file_size, width, height, duration) >= 0)
);

-- Snapshots, never changed once written. The key holds recorded_at because the table is
-- partitioned by it; recorded_at is the start of the bucket, created_at when it was read.
-- A count that the platform does not tell is null, not 0.
CREATE TABLE analytics (
    id                  uuid NOT NULL DEFAULT gen_random_uuid(),
    post_publication_id uuid NOT NULL REFERENCES post_publications (id) ON DELETE CASCADE,
    platform            platform NOT NULL,
    period              analytics_period NOT NULL,
    recorded_at         timestamptz NOT NULL,
    likes_count         integer,
    comments_count      integer,
    shares_count        integer,
    impressions_count   integer,
    reach_count         integer,
    clicks_count        integer,
    saves_count         integer,
    engagement_rate     numeric(5, 2),  -- percent
    demographics        jsonb,
    metrics_by_time     jsonb,
    raw_data            jsonb,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id, recorded_at),
    CONSTRAINT analytics_one_snapshot_a_bucket UNIQUE (post_publication_id, period, recorded_at)
) PARTITION BY RANGE (recorded_at);

CREATE TABLE analytics_default PARTITION OF analytics DEFAULT;

-- When the figures of a publication are read next. A narrow table of its own, because every reading
-- moves an indexed time, and post_publications has nine indexes to keep. The trigger
-- _910_note_published adds a row; without next_sync_at it is new, and the scheduler takes it in.
CREATE TABLE publication_syncs (
    post_publication_id uuid PRIMARY KEY REFERENCES post_publications (id) ON DELETE CASCADE,
    social_account_id   uuid NOT NULL,  -- that of the publication
    published_at        timestamptz NOT NULL,
    next_sync_at        timestamptz,
    last_sync_at        timestamptz,
    unchanged_count     smallint NOT NULL DEFAULT 0,  -- readings in a row that told nothing new
    missing_count       smallint NOT NULL DEFAULT 0,  -- readings in a row that did not find it
    requested           analytics_period,  -- somebody asked for a snapshot of this period too
    closed_at           timestamptz,  -- not read any more: gone, or a story that has ended
    CONSTRAINT syncs_of_closed_series_are_over CHECK (closed_at IS NULL OR next_sync_at IS NULL)
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);

-- When anything of an account is read next, and who reads it: one run for all that is due. Apart
-- from publishing in everything: a limit pauses the reading alone.
CREATE TABLE account_syncs (
    social_account_id uuid PRIMARY KEY REFERENCES social_accounts (id) ON DELETE CASCADE,
    platform          platform NOT NULL,  -- that of the account
    next_sync_at      timestamptz,  -- the earliest of its publications; null: none is left to read
    paused_until      timestamptz,  -- a limit is used up, or what is left of it is for publishing
    dispatch_number   integer NOT NULL DEFAULT 0,  -- each sending voids the messages before it
    dispatched_at     timestamptz,
    lease_token       uuid,
    lease_until       timestamptz,
    failure_count     smallint NOT NULL DEFAULT 0,  -- runs in a row that ended early
    failure_kind      failure_kind,
    message           text,
    CONSTRAINT syncs_leases_are_whole
        CHECK (num_nonnulls(lease_token, lease_until) IN (0, 2)
               AND (lease_token IS NULL OR dispatched_at IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

-- A limit of the whole application that reading has used up; publishing goes on.
CREATE TABLE sync_pauses (
    platform     platform PRIMARY KEY,
    paused_until timestamptz NOT NULL,
    reason       text NOT NULL,
    updated_at   timestamptz NOT NULL DEFAULT now()
);

-- An account's own figures, one row a day (UTC), never changed once written; kept by trigger
-- whenever last_synced_at of the account moves. Small enough to need no partitions.
CREATE TABLE account_snapshots (
    social_account_id uuid NOT NULL REFERENCES social_accounts (id) ON DELETE CASCADE,
    recorded_at       timestamptz NOT NULL,  -- the start of the day
    followers_count   integer,
    following_count   integer,
    posts_count       integer,
    created_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (social_account_id, recorded_at)
);

-- When a materialized view was last brought up to date; one row each, added with the view.
CREATE TABLE view_refreshes (
    name         text PRIMARY KEY,
    refreshed_at timestamptz NOT NULL
);

-- Months of analytics that go, or went, into a Parquet file. Each step is a fact here once it is
-- done, and the next begins only then; what was cut short is done again.
CREATE TABLE analytics_archives (
    month       timestamptz PRIMARY KEY,  -- its start, UTC
    path        text NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT now(),
    row_count   bigint,
    checksum    numeric,      -- over the rows, whatever their order; db/archives.py
    file_sha256 text,
    written_at  timestamptz,
    verified_at timestamptz,  -- the file was read again, and holds what the table holds
    detached_at timestamptz,  -- the rows are no part of analytics any more
    dropped_at  timestamptz,
    CONSTRAINT archives_written_are_counted
        CHECK (written_at IS NULL OR num_nonnulls(row_count, checksum, file_sha256) = 3),
    CONSTRAINT archives_steps_follow_one_another
        CHECK ((verified_at IS NULL OR written_at IS NOT NULL)
               AND (dropped_at IS NULL OR num_nonnulls(verified_at, detached_at) = 2))
);

-- What was tried, in order; rows are only ever added. Answers "why has this not gone out?".
CREATE TABLE publication_attempts (
    id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    post_publication_id uuid NOT NULL REFERENCES post_publications (id) ON DELETE CASCADE,
    dispatch_number     integer NOT NULL,
    phase               attempt_phase NOT NULL,
    event               attempt_event NOT NULL,
    at                  timestamptz NOT NULL DEFAULT clock_timestamp(),
    next_attempt_at     timestamptz,
    failure_kind        failure_kind,
    http_status         smallint,
    platform_code       varchar(100),
    trace_id            varchar(255),
    message             text
);

-- A platform that is paused as a whole: a limit of the application, or an outage.
CREATE TABLE platform_pauses (
    platform     platform PRIMARY KEY,
    paused_until timestamptz NOT NULL,
    reason       text NOT NULL,
    streak       integer NOT NULL DEFAULT 1,  -- pauses in a row; each is longer than the last
    opened_at    timestamptz,  -- an outage since then; null: a limit of the application, or over
    closed_at    timestamptz,  -- the last outage ended
    probe_id     uuid,         -- the one publication that is sent to see whether it is over
    probe_until  timestamptz,  -- then another may be sent
    updated_at   timestamptz NOT NULL DEFAULT now()
);

-- When to look next whether what was published is really there; no row: nothing more to look for.
CREATE TABLE publication_checks (
    post_publication_id uuid PRIMARY KEY REFERENCES post_publications (id) ON DELETE CASCADE,
    social_account_id   uuid NOT NULL,
    check_at            timestamptz NOT NULL DEFAULT clock_timestamp() + interval '2 minutes',
    missing_at          timestamptz  -- was not to be seen then; once more, and it is removed
);

-- How often the reaper had to step in, by cause, since the beginning.
CREATE TABLE reaper_counts (
    cause   text PRIMARY KEY,
    total   bigint NOT NULL DEFAULT 0,
    last_at timestamptz NOT NULL DEFAULT now()
);

-- Who changed what, for the changes that somebody may have to answer for. Holds no secret.
CREATE TABLE audit_log (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    role       text NOT NULL DEFAULT session_user,
    user_id    uuid,  -- app.user_id of the session, if it was set
    table_name text NOT NULL,
    row_id     uuid NOT NULL,
    action     text NOT NULL,
    changes    jsonb NOT NULL
);

CREATE TABLE schema_migrations (
    name       text PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- -------------------------------------------------------------------------------------- indexes

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
-- What is due for upkeep.
CREATE INDEX idx_social_accounts_upkeep ON social_accounts (upkeep_at) WHERE status = 'active';
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
-- What the scheduler polls. (A predicate with now() is refused by PostgreSQL, and
-- scheduled_at > now() would leave out exactly the rows that are due.)
CREATE INDEX idx_posts_scheduled_active ON posts (scheduled_at) WHERE status = 'scheduled';

CREATE INDEX idx_post_words_gin ON post_words USING gin (words);

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

-- What is due of an account, and which accounts have anything due.
CREATE INDEX idx_publication_syncs_due ON publication_syncs (social_account_id, next_sync_at)
    WHERE next_sync_at IS NOT NULL;
CREATE INDEX idx_publication_syncs_new ON publication_syncs (published_at)
    WHERE next_sync_at IS NULL AND closed_at IS NULL;
CREATE INDEX idx_publication_syncs_requested ON publication_syncs (social_account_id)
    WHERE requested IS NOT NULL;
CREATE INDEX idx_account_syncs_due ON account_syncs (platform, next_sync_at)
    WHERE dispatched_at IS NULL;
CREATE INDEX idx_account_syncs_in_flight ON account_syncs (dispatched_at)
    WHERE dispatched_at IS NOT NULL;

CREATE INDEX idx_publication_attempts_publication ON publication_attempts (post_publication_id, id);
CREATE INDEX idx_publication_checks_check_at ON publication_checks (check_at);
CREATE INDEX idx_publication_checks_account ON publication_checks (social_account_id, check_at);
CREATE INDEX idx_audit_log_row ON audit_log (table_name, row_id);

ALTER TABLE posts ALTER COLUMN scheduled_at SET STATISTICS 1000;
ALTER TABLE post_publications ALTER COLUMN published_at SET STATISTICS 1000;
ALTER TABLE posts SET (
    autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0.02
);

-- ---------------------------------------------------------------------------------------- rules
-- Triggers of a table run in the order of their names.

CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$;

CREATE TRIGGER _300_touch BEFORE UPDATE ON users
    FOR EACH ROW WHEN (NEW.updated_at IS DISTINCT FROM now()) EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER _300_touch BEFORE UPDATE ON social_accounts
    FOR EACH ROW WHEN (NEW.updated_at IS DISTINCT FROM now()) EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER _300_touch BEFORE UPDATE ON posts
    FOR EACH ROW WHEN (NEW.updated_at IS DISTINCT FROM now()) EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER _300_touch BEFORE UPDATE ON post_publications
    FOR EACH ROW WHEN (NEW.updated_at IS DISTINCT FROM now()) EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER _300_touch BEFORE UPDATE ON media
    FOR EACH ROW WHEN (NEW.updated_at IS DISTINCT FROM now()) EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER _300_touch BEFORE UPDATE ON analytics
    FOR EACH ROW WHEN (NEW.updated_at IS DISTINCT FROM now()) EXECUTE FUNCTION touch_updated_at();

CREATE FUNCTION words_of(title text, content text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN setweight(to_tsvector('simple', coalesce(title, '')), 'A')
       || setweight(to_tsvector('simple', left(content, 100000)), 'B');

CREATE FUNCTION keep_words() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO post_words (post_id, words) VALUES (NEW.id, words_of(NEW.title, NEW.content))
    ON CONFLICT (post_id) DO UPDATE SET words = excluded.words;
    RETURN NULL;
END $$;

CREATE TRIGGER _850_keep_words AFTER INSERT OR UPDATE OF title, content ON posts
    FOR EACH ROW EXECUTE FUNCTION keep_words();

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

-- Scheduled again, a publication starts anew: nothing of the time before counts against it, and it
-- goes at its post's time unless it is given one of its own.
CREATE FUNCTION start_anew() RETURNS trigger LANGUAGE plpgsql AS $$
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

-- A new token connects an account anew, whoever wrote it: the account is active again, its posts go
-- on, and it is looked after at once. Sealing the same token with another key is no new token.
CREATE FUNCTION connect_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.access_token IS DISTINCT FROM OLD.access_token THEN
        NEW.token_stored_at := now();
        NEW.refresh_started_at := NULL;
        IF NEW.refreshed_at IS NOT DISTINCT FROM OLD.refreshed_at THEN
            NEW.refreshed_at := NULL;
        END IF;
        IF NEW.status = OLD.status AND NEW.status IN ('expired', 'revoked', 'error') THEN
            NEW.status := 'active';
        END IF;
    END IF;
    IF NEW.status = 'active' AND OLD.status <> 'active' THEN
        NEW.status_reason := NULL;
        NEW.health := 'unknown';
        NEW.setbacks := 0;
    END IF;
    IF NEW.upkeep_at IS NOT DISTINCT FROM OLD.upkeep_at THEN
        NEW.upkeep_at := now();
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER _250_connect_anew BEFORE UPDATE OF access_token, status ON social_accounts
    FOR EACH ROW WHEN (
        (NEW.access_token IS DISTINCT FROM OLD.access_token
         OR (NEW.status = 'active' AND OLD.status <> 'active'))
        AND coalesce(current_setting('publishing.reseal', true), '') <> 'on'
    ) EXECUTE FUNCTION connect_anew();

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
-- What the platform holds ready of the earlier content is forgotten, not published. Whoever edits
-- may not read that.
CREATE FUNCTION count_revision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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

-- So is a move to another time: what waits for the old one, or is in a worker's hands, is taken back.
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

CREATE FUNCTION count_media_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE posts SET revision = revision + 1 WHERE id = coalesce(NEW.post_id, OLD.post_id);
    RETURN NULL;
END $$;

CREATE TRIGGER _800_count_revision AFTER INSERT OR UPDATE OR DELETE ON media
    FOR EACH ROW EXECUTE FUNCTION count_media_revision();

-- A post's status follows from its publications; the same rule as roll_up in domain/states.py.
-- Not before the post is released, though: until then its status is its owner's to set.
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

CREATE FUNCTION roll_up_post() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    post uuid := coalesce(NEW.post_id, OLD.post_id);
BEGIN
    PERFORM FROM posts WHERE id = post FOR NO KEY UPDATE;
    PERFORM roll_up_posts(ARRAY[post], coalesce(NEW.status = 'publishing', false));
    RETURN NULL;
END $$;

-- Left out: the release, which moves the post itself, an owner's scheduling it again, and what
-- record_published has followed already.
CREATE TRIGGER _900_roll_up_post AFTER UPDATE OF status, retry_count, error_message
    ON post_publications
    FOR EACH ROW WHEN (
        NOT NEW.followed
        AND ((OLD.status <> NEW.status AND NEW.status NOT IN ('draft', 'scheduled')
              AND NOT (OLD.status = 'scheduled' AND NEW.status = 'publishing'))
             OR OLD.retry_count <> NEW.retry_count
             OR (OLD.error_message IS DISTINCT FROM NEW.error_message AND OLD.status = NEW.status))
    ) EXECUTE FUNCTION roll_up_post();
CREATE TRIGGER _901_roll_up_post AFTER DELETE ON post_publications
    FOR EACH ROW EXECUTE FUNCTION roll_up_post();

-- Nothing is deleted, not with its post, account or user either, while its publishing call is out:
-- the truth about it would be lost.
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

-- What is published is looked for after two minutes, and after fifteen.
CREATE FUNCTION watch_for_life() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO publication_checks (post_publication_id, social_account_id)
    VALUES (NEW.id, NEW.social_account_id)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER _960_watch_for_life AFTER UPDATE OF status ON post_publications
    FOR EACH ROW WHEN (OLD.status <> NEW.status AND NEW.status = 'published' AND NOT NEW.followed)
    EXECUTE FUNCTION watch_for_life();

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
CREATE TRIGGER _100_refuse_change BEFORE UPDATE ON analytics
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER _100_refuse_change BEFORE UPDATE ON account_snapshots
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What is published is followed: one small row now, which the scheduler takes in later.
CREATE FUNCTION note_published() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO publication_syncs (post_publication_id, social_account_id, published_at)
    VALUES (NEW.id, NEW.social_account_id, NEW.published_at)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER _910_note_published AFTER UPDATE OF status ON post_publications
    FOR EACH ROW WHEN (NEW.status = 'published' AND OLD.status <> 'published' AND NOT NEW.followed)
    EXECUTE FUNCTION note_published();
CREATE TRIGGER _911_note_published AFTER INSERT ON post_publications
    FOR EACH ROW WHEN (NEW.status = 'published') EXECUTE FUNCTION note_published();

-- The first figures of an account in a day are that day's.
CREATE FUNCTION note_account_figures() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO account_snapshots
        (social_account_id, recorded_at, followers_count, following_count, posts_count)
    VALUES (NEW.id, date_trunc('day', NEW.last_synced_at, 'UTC'),
            NEW.followers_count, NEW.following_count, NEW.posts_count)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER _910_note_account_figures AFTER UPDATE OF last_synced_at ON social_accounts
    FOR EACH ROW WHEN (NEW.last_synced_at IS DISTINCT FROM OLD.last_synced_at
                       AND NEW.last_synced_at IS NOT NULL)
    EXECUTE FUNCTION note_account_figures();

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
    WHERE before -> key IS DISTINCT FROM after -> key AND key <> 'updated_at';
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

-- Moves what is in the default partition into partitions of its months, and returns these. Rows
-- get there when their month has no partition yet, such as history that is brought in. Readers
-- wait while it runs.
CREATE FUNCTION move_default_analytics() RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month timestamp;
    name text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('make_analytics_partitions'));
    LOCK TABLE analytics_default;
    FOR month IN
        SELECT DISTINCT date_trunc('month', recorded_at AT TIME ZONE 'UTC') FROM analytics_default
    LOOP
        name := 'analytics_' || to_char(month, 'YYYY_MM');
        EXECUTE format('CREATE TABLE %I (LIKE analytics INCLUDING DEFAULTS)', name);
        EXECUTE format(
            'WITH moved AS (DELETE FROM analytics_default WHERE recorded_at >= %L AND'
            ' recorded_at < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
            month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC', name);
        EXECUTE format(
            'ALTER TABLE analytics ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            name, month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
        RETURN NEXT name;
    END LOOP;
END $$;

-- ---------------------------------------------------------------------------------------- views

-- A figure that is kept in a JSON object; null when it is none.
CREATE FUNCTION told(figures jsonb, name text) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN jsonb_typeof(figures -> name) = 'number' THEN (figures ->> name)::numeric END;

-- What a snapshot's count gained since the one before; the first counts in full, and one whose
-- predecessor is too long ago (70 days) is not known.
CREATE FUNCTION gained(deltas jsonb, name text, total integer, age interval) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN deltas IS NOT NULL THEN told(deltas, name)::integer
            WHEN age < interval '70 days' THEN total END;

-- The latest figures of each post that is out, over its platforms.
CREATE VIEW post_figures WITH (security_invoker = true) AS
SELECT p.id AS post_id, p.user_id, min(pp.published_at) AS published_at,
       count(*) AS publications, array_agg(pp.platform ORDER BY pp.platform) AS platforms,
       sum(pp.likes_count) AS likes_count, sum(pp.comments_count) AS comments_count,
       sum(pp.shares_count) AS shares_count, sum(pp.impressions_count) AS impressions_count,
       sum(pp.reach_count) AS reach_count,
       sum(told(pp.analytics, 'clicks_count'))::bigint AS clicks_count,
       sum(told(pp.analytics, 'saves_count'))::bigint AS saves_count,
       told(p.analytics, 'engagement_rate') AS engagement_rate,
       max(pp.last_synced_at) AS last_synced_at
FROM posts p JOIN post_publications pp ON pp.post_id = p.id AND pp.status = 'published'
GROUP BY p.id;

-- Each account with the latest figures of all that it published.
CREATE VIEW account_figures WITH (security_invoker = true) AS
SELECT s.id AS social_account_id, s.user_id, s.platform, s.username, s.followers_count,
       s.following_count, s.posts_count, count(pp.id) AS publications,
       max(pp.published_at) AS last_published_at,
       sum(pp.likes_count) AS likes_count, sum(pp.comments_count) AS comments_count,
       sum(pp.shares_count) AS shares_count, sum(pp.impressions_count) AS impressions_count,
       sum(pp.reach_count) AS reach_count,
       sum(told(pp.analytics, 'clicks_count'))::bigint AS clicks_count,
       sum(told(pp.analytics, 'saves_count'))::bigint AS saves_count
FROM social_accounts s
LEFT JOIN post_publications pp ON pp.social_account_id = s.id AND pp.status = 'published'
GROUP BY s.id;

-- Every snapshot, with its post and account, and what was gained since the one before.
CREATE VIEW publication_gains WITH (security_invoker = true) AS
SELECT a.post_publication_id, pp.post_id, pp.social_account_id, a.platform, a.period,
       a.recorded_at,
       gained(a.metrics_by_time, 'likes_count', a.likes_count, x.age) AS likes_gained,
       gained(a.metrics_by_time, 'comments_count', a.comments_count, x.age) AS comments_gained,
       gained(a.metrics_by_time, 'shares_count', a.shares_count, x.age) AS shares_gained,
       gained(a.metrics_by_time, 'impressions_count', a.impressions_count, x.age)
           AS impressions_gained,
       gained(a.metrics_by_time, 'reach_count', a.reach_count, x.age) AS reach_gained,
       gained(a.metrics_by_time, 'clicks_count', a.clicks_count, x.age) AS clicks_gained,
       gained(a.metrics_by_time, 'saves_count', a.saves_count, x.age) AS saves_gained
FROM analytics a
JOIN post_publications pp ON pp.id = a.post_publication_id
CROSS JOIN LATERAL (SELECT a.recorded_at - pp.published_at AS age) AS x;

-- What the publications of an account gained together on each day (UTC) of the last quarter. A
-- materialized view knows no row-level policies: services that act for a user read own_account_days.
CREATE MATERIALIZED VIEW account_days AS
SELECT s.id AS social_account_id, s.user_id, s.platform, g.recorded_at,
       count(*) AS publications, sum(g.likes_gained) AS likes_gained,
       sum(g.comments_gained) AS comments_gained, sum(g.shares_gained) AS shares_gained,
       sum(g.impressions_gained) AS impressions_gained, sum(g.reach_gained) AS reach_gained,
       sum(g.clicks_gained) AS clicks_gained, sum(g.saves_gained) AS saves_gained
FROM publication_gains g JOIN social_accounts s ON s.id = g.social_account_id
WHERE g.period = 'daily'
  AND g.recorded_at >= date_trunc('day', now(), 'UTC') - interval '92 days'
GROUP BY s.id, g.recorded_at;

CREATE UNIQUE INDEX account_days_key ON account_days (social_account_id, recorded_at);
CREATE INDEX idx_account_days_user ON account_days (user_id, recorded_at);

INSERT INTO view_refreshes (name, refreshed_at) VALUES ('account_days', now());

-- Brings account_days up to date unless that was done less than ``older_than`` ago, or is being
-- done; whether it was. Readers go on meanwhile.
CREATE FUNCTION refresh_account_days(older_than interval) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM view_refreshes
    WHERE name = 'account_days' AND refreshed_at <= now() - older_than
    FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    REFRESH MATERIALIZED VIEW CONCURRENTLY account_days;
    UPDATE view_refreshes SET refreshed_at = now() WHERE name = 'account_days';
    RETURN true;
END $$;

-- ------------------------------------------------------------------------- ways in for services
-- A service needs none of these to schedule: rows in posts and post_publications with status
-- 'scheduled', in its own transaction, are enough.

-- Makes a draft, scheduled or cancelled post due at once. Returns how many publications will go.
CREATE FUNCTION publish_now(post uuid) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    targets integer;
BEGIN
    UPDATE posts SET status = 'scheduled', scheduled_at = now()
    WHERE id = post AND status IN ('draft', 'scheduled', 'cancelled');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'post %: there is none that could be published now', post
            USING ERRCODE = 'no_data_found',
                  HINT = 'It must exist and be draft, scheduled or cancelled; a failed one is retried with retry_post.';
    END IF;
    UPDATE post_publications SET status = 'scheduled', scheduled_for = now()
    WHERE post_id = post AND status IN ('draft', 'scheduled', 'cancelled');
    GET DIAGNOSTICS targets = ROW_COUNT;
    RETURN targets;
END $$;

-- Withdraws what has not been sent. One row a publication: whether it is cancelled now, and if
-- not, why. What a worker holds before its announcement is withdrawn too: the worker finds out.
CREATE FUNCTION cancel_post(post uuid)
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

-- Sends the failed publications of a post again, with a new late window, and those about which a
-- person was asked because they are late. Returns how many. One
-- whose outcome is not confirmed is left out unless the caller has looked and says that it is not
-- on the platform.
CREATE FUNCTION retry_post(
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

-- A person has looked for a publication whose outcome is not known, and says what there is: the
-- platform's id of the post, or null for no post, and then it is sent again. Returns the status.
CREATE FUNCTION settle_publication(
    post uuid, target platform, found_id varchar(255), found_url varchar(500) DEFAULT NULL
) RETURNS post_status LANGUAGE plpgsql AS $$
DECLARE
    settled post_publications;
BEGIN
    UPDATE post_publications pp
    SET status = CASE WHEN found_id IS NULL THEN 'publishing' ELSE 'published' END::post_status,
        platform_post_id = found_id, platform_post_url = found_url,
        published_at = CASE WHEN found_id IS NOT NULL THEN coalesce(failed_at, now()) END,
        next_attempt_at = CASE WHEN found_id IS NULL THEN now() END,
        give_up_at = CASE WHEN found_id IS NULL THEN now() + interval '6 hours' ELSE give_up_at END,
        failed_at = NULL, failure_kind = NULL, error_message = NULL, intent_at = NULL,
        settle_count = 0, dispatched_at = NULL, lease_token = NULL, lease_until = NULL
    WHERE pp.post_id = post AND pp.platform = target
      AND ((pp.status = 'failed' AND pp.failure_kind = 'unconfirmed')
           OR (pp.status = 'publishing' AND pp.intent_at IS NOT NULL AND pp.lease_token IS NULL))
    RETURNING pp.* INTO settled;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'publication of post % on %: nothing about it is unconfirmed', post, target
            USING ERRCODE = 'no_data_found', HINT = 'publishing posts explain shows how it stands.';
    END IF;
    INSERT INTO publication_attempts (post_publication_id, dispatch_number, phase, event, message)
    VALUES (settled.id, settled.dispatch_number, 'settle',
            CASE WHEN found_id IS NULL THEN 'absent' ELSE 'published' END::attempt_event,
            'answered by a person');
    RETURN settled.status;
END $$;

-- --------------------------------------------------------------------------------------- rights
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
    analytics, platform_pauses, publication_checks, reaper_counts TO publishing_worker;
GRANT SELECT, INSERT ON publication_attempts, audit_log TO publishing_worker;
GRANT SELECT ON schema_migrations TO publishing_worker, publishing_app, publishing_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON social_accounts, posts, media TO publishing_app;
GRANT INSERT, UPDATE, DELETE ON post_publications TO publishing_app;
GRANT SELECT, UPDATE ON users TO publishing_app;
GRANT SELECT ON post_words TO publishing_worker, publishing_app, publishing_readonly;
GRANT SELECT ON analytics, publication_attempts, platform_pauses TO publishing_app;
GRANT SELECT ON posts, media, analytics, publication_attempts, platform_pauses, publication_checks,
    reaper_counts, audit_log TO publishing_readonly;
-- A checkpoint may hold an address at which anybody may upload; lease_token is the worker's own.
GRANT SELECT (id, post_id, social_account_id, platform, status, platform_post_id,
    platform_post_url, scheduled_for, published_at, likes_count, comments_count, shares_count,
    impressions_count, reach_count, analytics, last_synced_at, error_message, failed_at,
    retry_count, last_retry_at, metadata, next_attempt_at, give_up_at, dispatch_number,
    dispatched_at, started_at, lease_until, waiting_since, intent_at, settle_count, crash_count,
    failure_kind, asked_at, verified_at, removed_at, followed,
    created_at, updated_at)
    ON post_publications TO publishing_app, publishing_readonly;
GRANT SELECT (id, name, email, role, avatar, is_active, email_verified, last_login_at, preferences,
    created_at, updated_at) ON users TO publishing_readonly;
GRANT SELECT (id, user_id, platform, platform_user_id, username, display_name, avatar, status, health,
    token_expires_at, expires_at, metadata, followers_count, following_count, posts_count,
    last_synced_at, last_posted_at, status_reason, paused_until, token_stored_at, refreshed_at,
    refresh_started_at, upkeep_at, setbacks, budget, created_at, updated_at) ON social_accounts TO publishing_readonly;

GRANT SELECT, INSERT, UPDATE, DELETE ON publication_syncs, account_syncs, sync_pauses
    TO publishing_worker;
GRANT SELECT, INSERT, DELETE ON account_snapshots TO publishing_worker;
GRANT SELECT ON publication_syncs, account_syncs, sync_pauses, account_snapshots
    TO publishing_readonly;
GRANT SELECT ON account_snapshots TO publishing_app;

GRANT SELECT ON view_refreshes, analytics_archives, analytics_default
    TO publishing_worker, publishing_readonly;
GRANT SELECT ON post_figures, account_figures, publication_gains
    TO publishing_app, publishing_readonly, publishing_worker;
GRANT SELECT ON account_days TO publishing_readonly, publishing_worker;

REVOKE EXECUTE ON FUNCTION refresh_account_days, move_default_analytics FROM PUBLIC;
GRANT EXECUTE ON FUNCTION refresh_account_days TO publishing_worker;

REVOKE EXECUTE ON FUNCTION make_analytics_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_analytics_partitions TO publishing_worker;

-- app.user_id is set by the service for its transaction: SET LOCAL app.user_id = '…'.
CREATE FUNCTION app_user_id() RETURNS uuid LANGUAGE sql STABLE
RETURN nullif(current_setting('app.user_id', true), '')::uuid;

-- account_days for services that act for a user: the rows of app.user_id only.
CREATE VIEW own_account_days WITH (security_barrier = true) AS
SELECT social_account_id, user_id, platform, recorded_at, publications, likes_gained,
       comments_gained, shares_gained, impressions_gained, reach_gained, clicks_gained, saves_gained
FROM account_days
WHERE user_id = app_user_id();

GRANT SELECT ON own_account_days TO publishing_app;

ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE social_accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE posts ENABLE ROW LEVEL SECURITY;
ALTER TABLE post_publications ENABLE ROW LEVEL SECURITY;
ALTER TABLE media ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics ENABLE ROW LEVEL SECURITY;
ALTER TABLE publication_attempts ENABLE ROW LEVEL SECURITY;
ALTER TABLE account_snapshots ENABLE ROW LEVEL SECURITY;
ALTER TABLE post_words ENABLE ROW LEVEL SECURITY;

CREATE POLICY everything ON users TO publishing_worker, publishing_readonly USING (true);
CREATE POLICY everything ON social_accounts TO publishing_worker, publishing_readonly USING (true);
CREATE POLICY everything ON posts TO publishing_worker, publishing_readonly USING (true);
CREATE POLICY everything ON post_publications TO publishing_worker, publishing_readonly USING (true);
CREATE POLICY everything ON media TO publishing_worker, publishing_readonly USING (true);
CREATE POLICY everything ON analytics TO publishing_worker, publishing_readonly USING (true);
CREATE POLICY everything ON publication_attempts TO publishing_worker, publishing_readonly
    USING (true);
CREATE POLICY everything ON account_snapshots TO publishing_worker, publishing_readonly
    USING (true);
CREATE POLICY everything ON post_words TO publishing_worker, publishing_readonly USING (true);

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
CREATE POLICY own ON account_snapshots TO publishing_app
    USING (EXISTS (SELECT FROM social_accounts a WHERE a.id = social_account_id));
CREATE POLICY own ON post_words TO publishing_app
    USING (EXISTS (SELECT FROM posts p WHERE p.id = post_id));
