-- Called by the scheduler that may send a probe: which publication it is; null: there was none.
UPDATE platform_pauses
SET probe_id = :publication,
    probe_until = CASE WHEN CAST(:publication AS uuid) IS NOT NULL THEN probe_until END
WHERE platform = CAST(:platform AS platform) AND opened_at IS NOT NULL
