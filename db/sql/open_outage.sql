-- Called by the scheduler: the platform is out. No row: another scheduler has said so already.
INSERT INTO platform_pauses AS known (platform, paused_until, reason, opened_at)
VALUES (CAST(:platform AS platform), clock_timestamp() + :pause, :reason, clock_timestamp())
ON CONFLICT (platform) DO UPDATE
    SET paused_until = greatest(known.paused_until, excluded.paused_until),
        reason = excluded.reason, streak = 1, opened_at = excluded.opened_at,
        probe_id = NULL, probe_until = NULL, updated_at = now()
    WHERE known.opened_at IS NULL
RETURNING platform
