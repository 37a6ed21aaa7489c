-- Called by the scheduler before each dispatch: the platforms that are out, and whether this
-- scheduler may send one publication now to see whether that is over. One scheduler may at a time.
WITH mine AS (
    UPDATE platform_pauses
    SET probe_until = clock_timestamp() + :patience, probe_id = NULL
    WHERE opened_at IS NOT NULL AND paused_until <= clock_timestamp()
      AND coalesce(probe_until < clock_timestamp(), true)
    RETURNING platform
)
SELECT pause.platform::text AS platform, mine.platform IS NOT NULL AS mine
FROM platform_pauses pause LEFT JOIN mine ON mine.platform = pause.platform
WHERE pause.opened_at IS NOT NULL
