-- What the collection of figures needs: when to read, what was read of an account, and snapshots
-- that nobody changes.

CREATE TABLE publication_syncs (
    post_publication_id uuid PRIMARY KEY REFERENCES post_publications (id) ON DELETE CASCADE,
    social_account_id   uuid NOT NULL,
    published_at        timestamptz NOT NULL,
    next_sync_at        timestamptz,
    last_sync_at        timestamptz,
    unchanged_count     smallint NOT NULL DEFAULT 0,
    missing_count       smallint NOT NULL DEFAULT 0,
    requested           analytics_period,
    closed_at           timestamptz,
    CONSTRAINT syncs_of_closed_series_are_over CHECK (closed_at IS NULL OR next_sync_at IS NULL)
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);

CREATE TABLE account_syncs (
    social_account_id uuid PRIMARY KEY REFERENCES social_accounts (id) ON DELETE CASCADE,
    platform          platform NOT NULL,
    next_sync_at      timestamptz,
    paused_until      timestamptz,
    dispatch_number   integer NOT NULL DEFAULT 0,
    dispatched_at     timestamptz,
    lease_token       uuid,
    lease_until       timestamptz,
    failure_count     smallint NOT NULL DEFAULT 0,
    failure_kind      failure_kind,
    message           text,
    CONSTRAINT syncs_leases_are_whole
        CHECK (num_nonnulls(lease_token, lease_until) IN (0, 2)
               AND (lease_token IS NULL OR dispatched_at IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

CREATE TABLE sync_pauses (
    platform     platform PRIMARY KEY,
    paused_until timestamptz NOT NULL,
    reason       text NOT NULL,
    updated_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE account_snapshots (
    social_account_id uuid NOT NULL REFERENCES social_accounts (id) ON DELETE CASCADE,
    recorded_at       timestamptz NOT NULL,
    followers_count   integer,
    following_count   integer,
    posts_count       integer,
    created_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (social_account_id, recorded_at)
);

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

CREATE TRIGGER _100_refuse_change BEFORE UPDATE ON analytics
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER _100_refuse_change BEFORE UPDATE ON account_snapshots
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE FUNCTION note_published() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO publication_syncs (post_publication_id, social_account_id, published_at)
    VALUES (NEW.id, NEW.social_account_id, NEW.published_at)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER _910_note_published AFTER UPDATE OF status ON post_publications
    FOR EACH ROW WHEN (NEW.status = 'published' AND OLD.status <> 'published')
    EXECUTE FUNCTION note_published();
CREATE TRIGGER _911_note_published AFTER INSERT ON post_publications
    FOR EACH ROW WHEN (NEW.status = 'published') EXECUTE FUNCTION note_published();

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

GRANT SELECT, INSERT, UPDATE, DELETE ON publication_syncs, account_syncs, sync_pauses
    TO publishing_worker;
GRANT SELECT, INSERT, DELETE ON account_snapshots TO publishing_worker;
GRANT SELECT ON publication_syncs, account_syncs, sync_pauses, account_snapshots
    TO publishing_readonly;
GRANT SELECT ON account_snapshots TO publishing_app;

ALTER TABLE account_snapshots ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON account_snapshots TO publishing_worker, publishing_readonly
    USING (true);
CREATE POLICY own ON account_snapshots TO publishing_app
    USING (EXISTS (SELECT FROM social_accounts a WHERE a.id = social_account_id));

-- What was published before is followed too.
INSERT INTO publication_syncs (post_publication_id, social_account_id, published_at)
SELECT id, social_account_id, published_at FROM post_publications WHERE status = 'published'
ON CONFLICT DO NOTHING;
