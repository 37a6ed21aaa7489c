-- A checkpoint may hold an address at which anybody may upload, and lease_token is the worker's own:
-- the roles of services and reports read every other column of post_publications.

REVOKE SELECT ON post_publications FROM publishing_app, publishing_readonly;
GRANT SELECT (id, post_id, social_account_id, platform, status, platform_post_id,
    platform_post_url, scheduled_for, published_at, likes_count, comments_count, shares_count,
    impressions_count, reach_count, analytics, last_synced_at, error_message, failed_at,
    retry_count, last_retry_at, metadata, next_attempt_at, give_up_at, dispatch_number,
    dispatched_at, started_at, lease_until, waiting_since, intent_at, settle_count, crash_count,
    failure_kind, asked_at, verified_at, removed_at, created_at, updated_at)
    ON post_publications TO publishing_app, publishing_readonly;

-- An edit forgets what was prepared of the earlier content, which its author may not read.
ALTER FUNCTION count_revision() SECURITY DEFINER SET search_path = public, pg_temp;
