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
    'token_unreadable', 'permission_missing', 'rejected', 'too_late', 'no_target'
);

CREATE TYPE attempt_phase AS ENUM ('prepare', 'publish', 'settle');
CREATE TYPE attempt_event AS ENUM (
    'intent',     -- the one publishing call is about to leave
    'published',  -- confirmed, with the platform's id
    'waiting',    -- the platform is working on it, or a limit is used up
    'retry',      -- surely not published; goes again later
    'unknown',    -- it may have been published; will be asked
    'absent',     -- asked, and surely not published
    'failed',     -- given up
    'lost'        -- the process that held it is gone
);

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
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT social_accounts_access_token_is_sealed CHECK (access_token LIKE 'v1:%:%'),
    CONSTRAINT social_accounts_refresh_token_is_sealed CHECK (refresh_token LIKE 'v1:%:%'),
    CONSTRAINT social_accounts_counts_are_not_negative
        CHECK (least(followers_count, following_count, posts_count) >= 0)
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
    -- additions: counts edits, so that an edit after loading is noticed before sending; and search
    revision      integer NOT NULL DEFAULT 1,
    search        tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('simple', coalesce(title, '')), 'A')
        || setweight(to_tsvector('simple', left(content, 100000)), 'B')
    ) STORED,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT posts_scheduled_have_a_time CHECK (status <> 'scheduled' OR scheduled_at IS NOT NULL),
    CONSTRAINT posts_published_have_a_time CHECK (status <> 'published' OR published_at IS NOT NULL),
    CONSTRAINT posts_failed_have_a_time CHECK (status <> 'failed' OR failed_at IS NOT NULL),
    CONSTRAINT posts_retry_count_is_not_negative CHECK (retry_count >= 0),
    CONSTRAINT posts_hashtags_are_a_list CHECK (jsonb_typeof(hashtags) = 'array'),
    CONSTRAINT posts_mentions_are_a_list CHECK (jsonb_typeof(mentions) = 'array')
) WITH (fillfactor = 85);

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
    updated_at   timestamptz NOT NULL DEFAULT now()
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
