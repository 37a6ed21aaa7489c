-- Called by the scheduler: the probe has told. :pause is for how long nothing is sent; null: the
-- platform is back.
UPDATE platform_pauses
SET opened_at = CASE WHEN CAST(:pause AS interval) IS NOT NULL THEN opened_at END,
    closed_at = CASE WHEN CAST(:pause AS interval) IS NULL THEN clock_timestamp() ELSE closed_at END,
    paused_until = clock_timestamp() + coalesce(CAST(:pause AS interval), interval '0'),
    streak = CASE WHEN CAST(:pause AS interval) IS NULL THEN 0 ELSE streak + 1 END,
    probe_id = NULL, probe_until = NULL, updated_at = now()
WHERE platform = CAST(:platform AS platform) AND opened_at IS NOT NULL AND probe_id = :publication
RETURNING platform
